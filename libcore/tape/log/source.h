// The bytes of one input by their offsets: a window over a regular file, or over what a pipe gave
// so far.
#pragma once

#include <tape/base/bytes.h>
#include <tape/base/fd.h>

#include <cstdint>
#include <memory>
#include <string>

namespace tape::log {

class Source {
 public:
  Source(Fd input, std::string name);

  /// All buffered bytes from `offset` on; at least `wanted` of them, unless the input ends before
  /// (for now: a growing file may have more at the next call). Valid until the next call. On a
  /// pipe, waits, and `offset` is not below what was released.
  [[nodiscard]] Bytes get(std::uint64_t offset, std::size_t wanted);
  /// Bytes below `offset` are not asked for again.
  void release(std::uint64_t offset);
  /// Whether the input reaches to `offset`, without reading up to there. On a pipe: reads, up to 1
  /// MiB ahead, else believes it does.
  [[nodiscard]] bool reaches(std::uint64_t offset);
  /// Reads somewhere else in a regular file, past the window. Fewer bytes at the end.
  std::size_t peek(std::uint64_t offset, void* out, std::size_t size) const;
  /// Skips ahead to `offset`; on a pipe by reading.
  void skip_to(std::uint64_t offset);

  [[nodiscard]] bool regular() const { return regular_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  /// Of a regular file, now.
  [[nodiscard]] std::uint64_t file_size() const;
  /// End of what is buffered.
  [[nodiscard]] std::uint64_t buffered_to() const { return start_ + used_; }

 private:
  void make_room(std::uint64_t offset, std::size_t wanted);

  Fd input_;
  std::string name_;
  bool regular_ = false;
  std::unique_ptr<std::uint8_t[]> buffer_;
  std::size_t capacity_ = 0;
  std::uint64_t start_ = 0;  // offset of buffer_[0]
  std::size_t used_ = 0;
  std::uint64_t released_ = 0;
};

}  // namespace tape::log
