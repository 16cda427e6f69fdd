#include <tape/base/clock.h>
#include <tape/base/error.h>
#include <tape/base/fd.h>
#include <tape/flow/play/child.h>

#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace tape::flow {
namespace {

constexpr Nanos kGrace = 2 * kSecond;  // between SIGTERM and SIGKILL
constexpr const char* kVariable = "TAPE_ENDPOINT=";
constexpr const char* kSocketName = "/run.ipc";

/// Attributes of a child: signals as in a fresh process, whatever we block or ignore.
class Attributes {
 public:
  Attributes() {
    ::posix_spawnattr_init(&value_);
    sigset_t set;
    ::sigemptyset(&set);
    ::posix_spawnattr_setsigmask(&value_, &set);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::sigaddset(&set, signal);
    ::posix_spawnattr_setsigdefault(&value_, &set);
    ::posix_spawnattr_setflags(&value_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~Attributes() { ::posix_spawnattr_destroy(&value_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  [[nodiscard]] const posix_spawnattr_t* get() const { return &value_; }

 private:
  posix_spawnattr_t value_{};
};

}  // namespace

Child::Child(const std::string& command, const std::string& endpoint) {
  std::string variable = kVariable + endpoint;
  std::vector<char*> environment{variable.data()};
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (!std::string_view(*entry).starts_with(kVariable)) environment.push_back(*entry);
  }
  environment.push_back(nullptr);
  std::string shell = "sh";
  std::string option = "-c";
  std::string text = command;
  std::array<char*, 4> arguments{shell.data(), option.data(), text.data(), nullptr};
  const Attributes attributes;
  const int error = ::posix_spawn(&pid_, "/bin/sh", nullptr, attributes.get(), arguments.data(),
                                  environment.data());
  if (error != 0) throw system_error("cannot start /bin/sh", error);
}

Child::~Child() {
  if (status()) return;
  (void)::kill(pid_, SIGTERM);
  if (wait(kGrace)) return;
  (void)::kill(pid_, SIGKILL);
  int ended = 0;
  while (::waitpid(pid_, &ended, 0) < 0 && errno == EINTR) {
  }
}

std::optional<int> Child::status() {
  int ended = 0;
  if (!status_ && ::waitpid(pid_, &ended, WNOHANG) == pid_) {
    status_ = WIFEXITED(ended) ? WEXITSTATUS(ended) : 128 + WTERMSIG(ended);
  }
  return status_;
}

std::optional<int> Child::wait(Nanos timeout) {
  if (status()) return status_;
  const SystemClock clock;
  const Nanos deadline = clock.monotonic() + timeout;
  const Fd handle(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  for (;;) {
    const Nanos left = (deadline - clock.monotonic() + kMillisecond - 1) / kMillisecond;
    pollfd item{handle.get(), POLLIN, 0};
    // Without a handle (an old kernel) short waits do.
    const auto slice = std::clamp<Nanos>(left, 0, handle ? INT_MAX : 10);
    (void)::poll(&item, handle ? 1 : 0, static_cast<int>(slice));
    if (status() || left <= 0) return status_;
  }
}

SocketFolder::SocketFolder() {
  const char* base = std::getenv("TMPDIR");
  path_ = fmt::format("{}/tape-XXXXXX", base != nullptr && *base != '\0' ? base : "/tmp");
  if (::mkdtemp(path_.data()) == nullptr)
    throw system_error(fmt::format("{}: cannot make a folder", path_), errno);
}

SocketFolder::~SocketFolder() {
  (void)::unlink((path_ + kSocketName).c_str());
  (void)::rmdir(path_.c_str());
}

std::string SocketFolder::endpoint() const { return "ipc://" + path_ + kSocketName; }

}  // namespace tape::flow
