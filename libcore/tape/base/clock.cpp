#include <tape/base/clock.h>

#include <sys/prctl.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <ctime>
#include <mutex>

namespace tape {
namespace {

Nanos read(clockid_t id) {
  timespec time{};
  (void)::clock_gettime(id, &time);
  return time.tv_sec * kSecond + time.tv_nsec;
}

}  // namespace

Nanos SystemClock::now() const { return read(CLOCK_REALTIME); }
Nanos SystemClock::monotonic() const { return read(CLOCK_MONOTONIC); }

void SystemClock::sleep_until(Nanos moment, const std::stop_token& stop) {
  // A condition variable that only the stop request notifies wakes at once; the last moment is left
  // to the kernel's clock, which wakes several times closer to it.
  constexpr Nanos kLast = 2 * kMillisecond;
  if (moment - monotonic() > kLast) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    const auto deadline =
        std::chrono::steady_clock::time_point(std::chrono::nanoseconds(moment - kLast));
    (void)wake.wait_until(lock, stop, deadline, [] { return false; });
  }
  const timespec at{moment / kSecond, moment % kSecond};
  while (!stop.stop_requested() &&
         ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr) == EINTR) {
  }
}

void sharpen_sleeps() { (void)::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL); }

void ManualClock::sleep_until(Nanos moment, const std::stop_token& stop) {
  if (!stop.stop_requested()) advance(std::max<Nanos>(0, moment - monotonic_));
}

void ManualClock::advance(Nanos duration) {
  now_ += duration;
  monotonic_ += duration;
}

Stamper::Stamper(const Clock& clock)
    : clock_(clock), offset_(clock.now() - clock.monotonic()), sampled_at_(clock.monotonic()) {}

Stamper::Result Stamper::stamp() {
  const Nanos monotonic = clock_.monotonic();
  Nanos step = 0;
  if (monotonic - sampled_at_ >= kSecond) {
    const Nanos offset = clock_.now() - clock_.monotonic();
    const Nanos change = offset - offset_;
    if (change > kStep || change < -kStep) step = change;
    offset_ = offset;
    sampled_at_ = monotonic;
  }
  return {{monotonic + offset_, offset_}, step};
}

}  // namespace tape
