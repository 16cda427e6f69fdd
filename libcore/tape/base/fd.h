// File descriptors: one owner, whole writes, errors that name the file.
#pragma once

#include <tape/base/bytes.h>

#include <string>

namespace tape {

/// Owns a descriptor; -1 is none. Closes silently: call sync or close where the outcome matters.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int descriptor) : fd_(descriptor) {}
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept;
  ~Fd();

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] explicit operator bool() const { return fd_ >= 0; }
  int release();
  void reset();

 private:
  int fd_ = -1;
};

/// Opens for reading; "-" is a duplicate of stdin. Throws Error{io} naming the path; a directory is
/// refused.
[[nodiscard]] Fd open_input(const std::string& path);

/// Writes everything or throws Error{io} naming `path`. Retries EINTR; waits on a non-blocking
/// descriptor.
void write_all(int fd, Bytes bytes, const std::string& path);

/// Reads up to `size` bytes once; 0 at the end. Throws Error{io} naming `path`.
[[nodiscard]] std::size_t read_some(int fd, void* out, std::size_t size, const std::string& path);

/// Reads up to `size` bytes at `offset`, less only at the end of the file. Throws Error{io}.
[[nodiscard]] std::size_t read_at(int fd, void* out, std::size_t size, std::uint64_t offset,
                                  const std::string& path);

}  // namespace tape
