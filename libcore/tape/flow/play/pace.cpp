#include <tape/base/saturate.h>
#include <tape/flow/play/pace.h>

#include <algorithm>
#include <limits>

namespace tape::flow {
namespace {

Nanos scaled(Nanos duration, double factor) {
  if (factor == 1) return duration;
  constexpr double kMost = 9.2e18;
  return static_cast<Nanos>(std::clamp(static_cast<double>(duration) * factor, -kMost, kMost));
}

}  // namespace

void Pace::enter(Nanos tape_time, Nanos now) {
  if (!begun_) anchor_ = now;
  begun_ = true;
  if (cut_) origin_ = saturating_difference(tape_time, furthest_);
  cut_ = false;
  next_ = saturating_difference(tape_time, origin_);
  if (const Nanos silence = saturating_difference(next_, furthest_); gap_ > 0 && silence > gap_) {
    origin_ = saturating_sum(origin_, saturating_difference(silence, gap_));
    next_ = saturating_difference(tape_time, origin_);
  }
  furthest_ = std::max(furthest_, next_);
}

Nanos Pace::due() const {
  if (speed_ == 0) return std::numeric_limits<Nanos>::min();
  const Nanos ahead = saturating_difference(next_, anchor_position_);
  return saturating_sum(anchor_, speed_ == 1 ? ahead : scaled(ahead, 1 / speed_));
}

Nanos Pace::position(Nanos now) const {
  if (!begun_ || speed_ == 0) return next_;
  const Nanos reached =
      saturating_sum(anchor_position_, scaled(saturating_difference(now, anchor_), speed_));
  return std::min(reached, furthest_);
}

Nanos Pace::tape_now(Nanos now) const { return saturating_sum(origin_, position(now)); }

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
