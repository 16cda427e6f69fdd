#include <tape/base/clock.h>
#include <tape/base/error.h>
#include <tape/log/sink.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <limits>
#include <thread>
#include <utility>

namespace tape::log {

FileSink::FileSink(std::string path, Existing existing) : path_(std::move(path)) {
  const int how = existing == Existing::refuse ? O_EXCL : O_TRUNC;
  fd_ = Fd(::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | how, 0600));
  if (fd_) return;
  struct stat about {};
  const int reason = errno;
  const bool there = ::stat(path_.c_str(), &about) == 0;
  if (there && S_ISDIR(about.st_mode)) {
    throw Error(Fault::io, path_ + ": is a directory, expected the name of a file to write");
  }
  if (reason == EEXIST) {
    throw Error(Fault::io,
                path_ + ": exists already; choose another name or give --force to overwrite it");
  }
  throw system_error(path_, reason);
}

void FileSink::write(Bytes bytes) {
  write_all(fd_.get(), bytes, path_);
  written_ += bytes.size();
}

void FileSink::sync() {
  // EINVAL: a pipe or a device, which has nothing to make durable.
  if (::fdatasync(fd_.get()) != 0 && errno != EINVAL && errno != EROFS) {
    throw system_error(path_ + ": cannot make it durable", errno);
  }
}

DescriptorSink::DescriptorSink(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}

void DescriptorSink::write(Bytes bytes) { write_all(fd_, bytes, name_); }

void DescriptorSink::sync() {
  struct stat about {};
  if (::fstat(fd_, &about) != 0 || !S_ISREG(about.st_mode)) return;
  if (::fdatasync(fd_) != 0) throw system_error(name_ + ": cannot make it durable", errno);
}

void MemorySink::write(Bytes more) {
  const auto fits = std::min(more.size(), limit_ - std::min(limit_, bytes.size()));
  bytes.insert(bytes.end(), more.begin(), more.begin() + static_cast<std::ptrdiff_t>(fits));
  written_ += fits;
  if (fits < more.size()) throw system_error("memory", ENOSPC);
}

struct Syncer::Impl {
  Sink& sink;
  Nanos interval;
  Fd wake{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::atomic<std::uint64_t> asked = 0;
  std::atomic<std::uint64_t> answered = 0;
  std::atomic<Nanos> latency = 0;
  std::atomic<bool> failed = false;
  std::exception_ptr failure;  // written once, before failed
  std::jthread thread;

  Impl(Sink& target, Nanos every) : sink(target), interval(every) {
    if (!wake) throw system_error("eventfd", errno);
    thread = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }

  void ring() const {
    const std::uint64_t one = 1;
    (void)!::write(wake.get(), &one, sizeof one);
  }

  void run(const std::stop_token& stop) {
    const int wait = interval <= 0
                         ? -1
                         : static_cast<int>(std::clamp<Nanos>(interval / kMillisecond, 1,
                                                              std::numeric_limits<int>::max()));
    std::uint64_t synced = 0;
    while (!stop.stop_requested()) {
      pollfd ready{wake.get(), POLLIN, 0};
      (void)::poll(&ready, 1, wait);
      std::uint64_t rings = 0;
      (void)!::read(wake.get(), &rings, sizeof rings);
      const auto request = asked.load();
      const auto written = sink.written();
      const bool wanted =
          request != answered || (interval > 0 && (written == 0 || written != synced));
      if (wanted && !failed) attempt();
      synced = written;
      answered = request;
      answered.notify_all();
    }
    answered = std::numeric_limits<std::uint64_t>::max();
    answered.notify_all();
  }

  void attempt() {
    try {
      const SystemClock clock;
      const Nanos before = clock.monotonic();
      sink.sync();
      latency = clock.monotonic() - before;
    } catch (...) {
      failure = std::current_exception();
      failed = true;
    }
  }
};

Nanos Syncer::last_latency() const { return impl_->latency; }

Syncer::Syncer(Sink& sink, Nanos interval) : impl_(std::make_unique<Impl>(sink, interval)) {}

Syncer::~Syncer() {
  impl_->thread.request_stop();
  impl_->ring();
}

void Syncer::check() {
  if (impl_->failed) std::rethrow_exception(impl_->failure);
}

void Syncer::sync_now() {
  const auto ticket = ++impl_->asked;
  impl_->ring();
  for (auto now = impl_->answered.load(); now < ticket; now = impl_->answered.load()) {
    impl_->answered.wait(now);
  }
  check();
}

}  // namespace tape::log
