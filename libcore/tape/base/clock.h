// The only place that asks the system for the time: two clocks, and one that tests and players
// move.
#pragma once

#include <tape/base/time.h>

#include <stop_token>

namespace tape {

/// A moment by both clocks: receivedAt = monotonic + offset.
struct Stamp {
  Nanos received_at = 0;   // UTC
  Nanos clock_offset = 0;  // CLOCK_REALTIME - CLOCK_MONOTONIC in force; 0 = no monotonic clock
};

class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;
  /// UTC. Steps with the system's clock.
  [[nodiscard]] virtual Nanos now() const = 0;
  /// Never steps back; its zero means nothing.
  [[nodiscard]] virtual Nanos monotonic() const = 0;
  /// Returns at monotonic() >= `moment`, or early when stop is requested.
  virtual void sleep_until(Nanos moment, const std::stop_token& stop) = 0;
};

/// CLOCK_REALTIME and CLOCK_MONOTONIC.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] Nanos now() const override;
  [[nodiscard]] Nanos monotonic() const override;
  void sleep_until(Nanos moment, const std::stop_token& stop) override;
};

/// Sleeps of this thread end when they are due, not when it is cheapest to wake: Linux's timer
/// slack of 50 us becomes 1 ns. Best effort.
void sharpen_sleeps();

/// Stands still until a test moves it; sleeping moves it.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Nanos utc) : now_(utc) {}
  [[nodiscard]] Nanos now() const override { return now_; }
  [[nodiscard]] Nanos monotonic() const override { return monotonic_; }
  void sleep_until(Nanos moment, const std::stop_token& stop) override;
  void advance(Nanos duration);
  /// The system's clock steps, the monotonic one does not.
  void step(Nanos duration) { now_ += duration; }

 private:
  Nanos now_;
  Nanos monotonic_ = kSecond;
};

/// Stamps frames: monotonic clock plus an offset that is sampled once a second and taken anew on a
/// step.
class Stamper {
 public:
  explicit Stamper(const Clock& clock);
  /// Says whether this stamp took a new offset that differs from the one before by more than kStep.
  struct Result {
    Stamp stamp;
    Nanos step = 0;  // new offset minus old where it was a step, else 0
  };
  [[nodiscard]] Result stamp();
  /// A change of the offset within a second that is a step and no drift.
  static constexpr Nanos kStep = kMillisecond;

 private:
  const Clock& clock_;
  Nanos offset_;
  Nanos sampled_at_;
};

}  // namespace tape
