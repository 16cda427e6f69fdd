#include <tape/base/error.h>
#include <tape/base/fd.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace tape {

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = other.release();
  }
  return *this;
}

Fd::~Fd() { reset(); }

int Fd::release() { return std::exchange(fd_, -1); }

void Fd::reset() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Fd open_input(const std::string& path) {
  if (path == "-") {
    Fd input(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
    if (!input) throw system_error("stdin", errno);
    return input;
  }
  Fd input(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!input) throw system_error(path, errno);
  struct stat about {};
  if (::fstat(input.get(), &about) != 0) throw system_error(path, errno);
  if (S_ISDIR(about.st_mode)) throw Error(Fault::io, path + ": is a directory, expected a file");
  return input;
}

void write_all(int fd, Bytes bytes, const std::string& path) {
  while (!bytes.empty()) {
    const auto written = ::write(fd, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd ready{fd, POLLOUT, 0};
      (void)::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      throw system_error(path, errno);
    }
  }
}

std::size_t read_some(int fd, void* out, std::size_t size, const std::string& path) {
  for (;;) {
    const auto got = ::read(fd, out, size);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) throw system_error(path, errno);
  }
}

std::size_t read_at(int fd, void* out, std::size_t size, std::uint64_t offset,
                    const std::string& path) {
  auto* bytes = static_cast<std::uint8_t*>(out);
  std::size_t done = 0;
  while (done < size) {
    const auto got = ::pread(fd, bytes + done, size - done, static_cast<off_t>(offset + done));
    if (got == 0) break;
    if (got > 0) {
      done += static_cast<std::size_t>(got);
    } else if (errno != EINTR) {
      throw system_error(path, errno);
    }
  }
  return done;
}

}  // namespace tape
