// The part of app.h that meets signals.
#include <tape/base/fd.h>
#include <tape/cli/app.h>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <thread>

namespace tape::cli {
namespace {

// A handler has no other way to its object than statics; they belong to the one Signals that is
// alive.
std::atomic<int> stop_fd{-1};
std::atomic<int> stop_signal{0};
std::atomic<bool> hung_up{false};

extern "C" void tape_on_stop(int number) {
  const int saved = errno;
  int none = 0;
  if (stop_signal.compare_exchange_strong(none, number)) {
    const std::uint64_t one = 1;
    (void)!::write(stop_fd.load(), &one, sizeof one);
  } else {
    // The second one: the default action, which comes as soon as this handler returns.
    (void)std::signal(number, SIG_DFL);
    (void)std::raise(number);
  }
  errno = saved;
}

extern "C" void tape_on_hangup(int /*number*/) { hung_up.store(true); }

struct sigaction install(int number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  // No SA_RESTART: a read that waits for input returns, so that its caller can look at the token.
  struct sigaction before {};
  (void)::sigaction(number, &action, &before);
  return before;
}

Fd make_eventfd() {
  Fd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!fd) throw system_error("eventfd", errno);
  return fd;
}

}  // namespace

struct Signals::Impl {
  Fd asked = make_eventfd();
  Fd quit = make_eventfd();
  std::stop_source source;
  Hangup hangup = Hangup::ends_process;
  struct sigaction before_int {};
  struct sigaction before_term {};
  struct sigaction before_hup {};
  std::jthread watcher;

  void watch() {
    // request_stop() is not for signal handlers, hence this thread.
    std::array<pollfd, 2> fds{pollfd{asked.get(), POLLIN, 0}, pollfd{quit.get(), POLLIN, 0}};
    while (::poll(fds.data(), fds.size(), -1) < 0 && errno == EINTR) {
    }
    if ((fds[0].revents & POLLIN) != 0) source.request_stop();
  }
};

Signals::Signals(Hangup hangup) : impl_(std::make_unique<Impl>()) {
  impl_->hangup = hangup;
  stop_signal.store(0);
  hung_up.store(false);
  stop_fd.store(impl_->asked.get());
  // The watcher takes no signals, so that they interrupt the thread that waits for input.
  sigset_t all;
  sigset_t before;
  (void)::sigfillset(&all);
  (void)::pthread_sigmask(SIG_SETMASK, &all, &before);
  impl_->watcher = std::jthread([impl = impl_.get()] { impl->watch(); });
  (void)::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  impl_->before_int = install(SIGINT, tape_on_stop);
  impl_->before_term = install(SIGTERM, tape_on_stop);
  if (hangup == Hangup::is_a_flag) impl_->before_hup = install(SIGHUP, tape_on_hangup);
}

Signals::~Signals() {
  (void)::sigaction(SIGINT, &impl_->before_int, nullptr);
  (void)::sigaction(SIGTERM, &impl_->before_term, nullptr);
  if (impl_->hangup == Hangup::is_a_flag) (void)::sigaction(SIGHUP, &impl_->before_hup, nullptr);
  const std::uint64_t one = 1;
  (void)!::write(impl_->quit.get(), &one, sizeof one);
  impl_->watcher.join();
  stop_fd.store(-1);
}

std::stop_token Signals::token() const { return impl_->source.get_token(); }
bool Signals::stopped() const { return stop_signal.load() != 0; }
int Signals::signal() const { return stop_signal.load(); }
int Signals::descriptor() const { return impl_->asked.get(); }
bool Signals::take_hangup() { return hung_up.exchange(false); }

}  // namespace tape::cli
