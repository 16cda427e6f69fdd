#include <tape/flow/play/pace.h>

#include <algorithm>
#include <limits>

namespace tape::flow {
namespace {

Nanos difference(Nanos a, Nanos b) {
  Nanos result = 0;
  if (!__builtin_sub_overflow(a, b, &result)) return result;
  return a < b ? std::numeric_limits<Nanos>::min() : std::numeric_limits<Nanos>::max();
}

Nanos sum(Nanos a, Nanos b) {
  Nanos result = 0;
  if (!__builtin_add_overflow(a, b, &result)) return result;
  return b < 0 ? std::numeric_limits<Nanos>::min() : std::numeric_limits<Nanos>::max();
}

Nanos scaled(Nanos duration, double factor) {
  if (factor == 1) return duration;
  constexpr double kMost = 9.2e18;
  return static_cast<Nanos>(std::clamp(static_cast<double>(duration) * factor, -kMost, kMost));
}

}  // namespace

void Pace::enter(Nanos tape_time, Nanos now) {
  if (!begun_) anchor_ = now;
  begun_ = true;
  if (cut_) origin_ = difference(tape_time, furthest_);
  cut_ = false;
  next_ = difference(tape_time, origin_);
  if (const Nanos silence = difference(next_, furthest_); gap_ > 0 && silence > gap_) {
    origin_ = sum(origin_, difference(silence, gap_));
    next_ = difference(tape_time, origin_);
  }
  furthest_ = std::max(furthest_, next_);
}

Nanos Pace::due() const {
  if (speed_ == 0) return std::numeric_limits<Nanos>::min();
  const Nanos ahead = difference(next_, anchor_position_);
  return sum(anchor_, speed_ == 1 ? ahead : scaled(ahead, 1 / speed_));
}

Nanos Pace::position(Nanos now) const {
  if (!begun_ || speed_ == 0) return next_;
  const Nanos reached = sum(anchor_position_, scaled(difference(now, anchor_), speed_));
  return std::min(reached, furthest_);
}

Nanos Pace::tape_now(Nanos now) const { return sum(origin_, position(now)); }

void Pace::hold(Nanos now) {
  anchor_position_ = position(now);
  anchor_ = now;
}

void Pace::reach(Nanos now) {
  anchor_position_ = furthest_;
  anchor_ = now;
}

void Pace::set_speed(double speed, Nanos now) {
  hold(now);
  speed_ = speed;
}

}  // namespace tape::flow
