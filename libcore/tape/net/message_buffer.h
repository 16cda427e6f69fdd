// The buffer in which one message at a time is put together: kept over messages, with padding
// behind.
#pragma once

#include <tape/base/digest.h>
#include <tape/event/frame.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>

namespace tape::net {

class MessageBuffer {
 public:
  /// Keeps at most `most` bytes of a message.
  explicit MessageBuffer(std::size_t most);

  /// Where the next bytes go: at least one byte. Once `most` bytes are kept, a scratch area whose
  /// bytes are only counted.
  [[nodiscard]] std::span<char> space();
  /// `count` bytes were put into space().
  void commit(std::size_t count);
  /// The kept front of the message, followed by event::kFramePadding zero bytes.
  [[nodiscard]] std::span<char> kept();
  /// Bytes of the message in all.
  [[nodiscard]] std::size_t total() const { return total_; }
  /// SHA-256 of the whole message, where only its front is kept. Once, when it is whole.
  [[nodiscard]] std::optional<Sha256Sum> digest();
  /// Begins the next message. Gives memory back once many messages needed only little of it.
  void clear();
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

 private:
  void resize(std::size_t capacity);

  const std::size_t most_;
  std::unique_ptr<char[]> bytes_;  // capacity_ and the padding
  std::unique_ptr<char[]> scratch_;
  std::unique_ptr<Sha256> digest_;  // of a message that is not kept whole
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
  std::size_t total_ = 0;
  std::uint32_t small_in_a_row_ = 0;
};

}  // namespace tape::net
