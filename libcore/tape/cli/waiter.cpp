#include <tape/base/error.h>
#include <tape/cli/waiter.h>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <functional>

namespace tape::cli {
namespace {

// Where changes are not told (network file systems), this is how late an event is seen.
constexpr int kAtMostMilliseconds = 250;

}  // namespace

class Waiter::Callback {
 public:
  Callback(const std::stop_token& stop, int fd)
      : callback_(stop, [fd] {
          const std::uint64_t one = 1;
          (void)!::write(fd, &one, sizeof one);
        }) {}

 private:
  std::stop_callback<std::function<void()>> callback_;
};

Waiter::Waiter(std::stop_token stop)
    : stop_(std::move(stop)),
      stopped_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      changes_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
  if (!stopped_) throw system_error("eventfd", errno);
  callback_ = std::make_unique<Callback>(stop_, stopped_.get());
}

Waiter::~Waiter() = default;

void Waiter::watch(const std::string& path) {
  const auto parent = std::filesystem::path(path).parent_path();
  const auto folder = parent.empty() ? std::string(".") : parent.string();
  if (std::find(folders_.begin(), folders_.end(), folder) != folders_.end()) return;
  folders_.push_back(folder);
  if (!changes_) return;  // no inotify left: the time limit does
  (void)::inotify_add_watch(changes_.get(), folder.c_str(),
                            IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE);
}

bool Waiter::wait() {
  if (stop_.stop_requested()) return false;
  std::array<pollfd, 2> fds{pollfd{stopped_.get(), POLLIN, 0}, pollfd{changes_.get(), POLLIN, 0}};
  (void)::poll(fds.data(), fds.size(), kAtMostMilliseconds);
  if ((fds[1].revents & POLLIN) != 0) {
    alignas(inotify_event) std::array<char, 4096> told{};
    while (::read(changes_.get(), told.data(), told.size()) > 0) {
    }
  }
  return !stop_.stop_requested();
}

}  // namespace tape::cli
