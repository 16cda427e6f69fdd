// Reads a regular file block by block, ahead of who takes the blocks, on a thread of its own.
#pragma once

#include <tape/base/queue.h>
#include <tape/event/frame.h>

#include <cstddef>
#include <exception>
#include <string>
#include <thread>
#include <vector>

namespace tape::flow {

class ReadAhead {
 public:
  static constexpr std::size_t kBlock = std::size_t{256} << 10U;
  /// In front of a block's bytes: for what is left over of the block before.
  static constexpr std::size_t kRoom = std::size_t{64} << 10U;
  static constexpr std::size_t kMemory = kRoom + kBlock + event::kFramePadding;

  struct Block {
    std::vector<char> memory;  // kMemory: room, bytes, padding
    std::size_t size = 0;      // of the bytes; 0: the file ends
    std::exception_ptr failure;
  };

  /// The descriptor stays the caller's, who leaves it alone as long as this lives. `name` is for
  /// messages.
  ReadAhead(int fd, std::string name);
  ~ReadAhead();
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  /// Waits for the next one. Not again behind the end. Throws Error{io} naming the file.
  [[nodiscard]] Block take();
  /// Memory for further blocks: as often as take() gave some.
  void give_back(std::vector<char> memory);

 private:
  void run();

  const int fd_;
  const std::string name_;
  Queue<Block> ready_{2};
  Queue<std::vector<char>> spare_{4};
  std::jthread thread_;
};

}  // namespace tape::flow
