#include <tape/base/error.h>
#include <tape/cli/declare.h>
#include <tape/cli/output.h>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace tape::cli {
namespace {

constexpr mode_t kOwnerOnly = 0600;
constexpr mode_t kByUmask = 0666;

/// Like write_all, but a closed pipe is an outcome of its own.
void write_or_closed(int fd, Bytes bytes, const std::string& name) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    } else if (errno == EPIPE) {
      throw ClosedOutput{};
    } else if (errno == EAGAIN) {
      pollfd wait{fd, POLLOUT, 0};
      (void)::poll(&wait, 1, -1);
    } else if (errno != EINTR) {
      throw system_error(fmt::format("{}: cannot write", name), errno);
    }
  }
}

/// An existing device or FIFO is written to without --force: there is nothing to overwrite.
bool is_special(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

Fd create(const OutputOptions& options, mode_t mode) {
  const auto& path = options.path;
  int flags = O_WRONLY | O_CLOEXEC;
  if (!is_special(path)) flags |= O_CREAT | (options.force ? O_TRUNC : O_EXCL);
  Fd fd(::open(path.c_str(), flags, mode));
  if (fd) return fd;
  if (errno == EEXIST) {
    struct stat info {};
    const bool directory = ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
    throw Error(Fault::io, directory ? fmt::format("{}: is a directory; name a file", path)
                                     : fmt::format("{}: exists; --force writes over it", path));
  }
  throw system_error(fmt::format("{}: cannot create", path), errno);
}

void refuse_terminal(int fd) {
  if (::isatty(fd) == 0) return;
  throw Error(Fault::usage,
              "binary output is not written to a terminal; use -o FILE, a pipe or a redirection");
}

/// A descriptor that is not a new regular file: stdout, a device, a FIFO.
class StreamSink final : public log::Sink {
 public:
  StreamSink(Fd fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)) {}
  void write(Bytes bytes) override { write_or_closed(fd_.get(), bytes, name_); }
  void sync() override {
    if (::fdatasync(fd_.get()) != 0 && errno != EINVAL && errno != EROFS) {
      throw system_error(fmt::format("{}: cannot sync", name_), errno);
    }
  }

 private:
  Fd fd_;
  std::string name_;
};

Fd duplicate_stdout() {
  Fd fd(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0));
  if (!fd) throw system_error("stdout: cannot write", errno);
  return fd;
}

}  // namespace

void add_output(App& app, OutputOptions& options) {
  app.options()
      .add_option("-o,--output", options.path, "write to FILE ('-' is stdout)")
      ->type_name("FILE");
  app.options().add_flag("--force", options.force, "write over an existing file");
}

Output::Output(const OutputOptions& options, Content content)
    : name_(options.path == "-" ? "stdout" : options.path), standard_(options.path == "-") {
  fd_ = standard_ ? duplicate_stdout()
                  : create(options, content == Content::binary ? kOwnerOnly : kByUmask);
  terminal_ = ::isatty(fd_.get()) != 0;
  if (content == Content::binary) refuse_terminal(fd_.get());
  // A batch and one large event fit without growing.
  buffer_.reserve(2 * kBatch);
}

Output::~Output() {
  try {
    flush();
  } catch (...) {  // NOLINT(bugprone-empty-catch): close() is what reports
  }
}

void Output::flush() {
  if (!fd_ || buffer_.empty()) return;
  // Emptied first: what could not be written is not tried again by the destructor.
  struct Emptied {
    std::string& text;
    ~Emptied() { text.clear(); }
  } emptied{buffer_};
  write_or_closed(fd_.get(), as_bytes(buffer_), name_);
}

void Output::close() {
  flush();
  const int fd = fd_.release();
  // A full NFS or quota shows only here.
  if (fd >= 0 && ::close(fd) != 0 && errno != EINTR) {
    throw system_error(fmt::format("{}: cannot close", name_), errno);
  }
}

Exit print(std::string_view text) {
  write_all(STDOUT_FILENO, as_bytes(text), "stdout");
  return Exit::done;
}

void refuse_same_file(const OutputOptions& options, const std::vector<std::string>& inputs) {
  struct stat out {};
  const bool known = options.path == "-" ? ::fstat(STDOUT_FILENO, &out) == 0
                                         : ::stat(options.path.c_str(), &out) == 0;
  if (!known || !S_ISREG(out.st_mode)) return;
  for (const auto& input : inputs) {
    struct stat in {};
    if (input == "-" || ::stat(input.c_str(), &in) != 0) continue;
    if (in.st_dev == out.st_dev && in.st_ino == out.st_ino) {
      throw Error(Fault::usage, fmt::format("{}: is input and output; choose another -o", input));
    }
  }
}

std::unique_ptr<log::Sink> make_sink(const OutputOptions& options) {
  if (options.path == "-") {
    refuse_terminal(STDOUT_FILENO);
    return std::make_unique<StreamSink>(duplicate_stdout(), "stdout");
  }
  if (is_special(options.path)) {
    auto fd = create(options, kOwnerOnly);
    refuse_terminal(fd.get());
    return std::make_unique<StreamSink>(std::move(fd), options.path);
  }
  return std::make_unique<log::FileSink>(
      options.path, options.force ? log::Existing::replace : log::Existing::refuse);
}

}  // namespace tape::cli
