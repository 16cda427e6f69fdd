// Cuts a byte stream (pipe or file) into runs at a delimiter; bounded memory whatever comes in.
#pragma once

#include <tape/base/digest.h>
#include <tape/base/time.h>
#include <tape/flow/read_ahead.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tape::flow {

/// One run of bytes without its delimiter, followed by event::kFramePadding readable bytes;
/// writable.
struct Run {
  std::span<char> bytes;     // of an oversize run: its first event::kOversizeKept bytes
  std::uint64_t number = 0;  // from 1: the line, for messages
  bool terminated = true;    // false: the input ended without the delimiter
  bool oversize = false;
  std::uint64_t total_bytes = 0;  // oversize only
  Sha256Sum sum{};                // oversize only: of the whole run
};

class Splitter {
 public:
  /// `name` is for messages. No delimiter: the whole input is one run. The descriptor stays the
  /// caller's; a regular file is read ahead from where it stands.
  Splitter(int fd, std::string name, std::optional<char> delimiter);

  enum class Next : std::uint8_t { run, drained, end };
  /// The next run that is whole in memory. drained: call fill(). Views live until the next fill().
  [[nodiscard]] Next next(Run& run);

  enum class Filled : std::uint8_t { data, timeout, stopped, end };
  /// Waits for bytes until `timeout` has passed (negative: for ever) or `stop_fd` (-1: none) is
  /// readable, and reads once. Throws Error{io} naming the input.
  [[nodiscard]] Filled fill(Nanos timeout, int stop_fd);

 private:
  [[nodiscard]] std::size_t find_delimiter() const;
  Next take(Run& run, std::size_t end, bool terminated);
  Next take_oversize(Run& run, bool terminated);
  void swallow(std::size_t end);
  void make_room();
  [[nodiscard]] Filled take_block();

  int fd_;
  std::string name_;
  std::optional<char> delimiter_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  // of what is not handed out yet
  std::size_t scan_ = 0;   // up to here there is no delimiter
  std::size_t end_ = 0;
  bool at_end_ = false;
  std::uint64_t runs_ = 0;

  bool swallowing_ = false;  // inside an oversize run
  std::vector<char> head_;
  std::uint64_t total_ = 0;
  Sha256 digest_;
  std::unique_ptr<ReadAhead> ahead_;  // of a regular file
};

}  // namespace tape::flow
