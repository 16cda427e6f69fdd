// When an event of a tape is due: anchored to the start, at a speed that may change, with silences
// squeezed.
#pragma once

#include <tape/base/time.h>

namespace tape::flow {

/// Positions are tape time since the first event, squeezed silences left out. Stamps that are
/// absurd do not overflow.
class Pace {
 public:
  /// Tape time per wall time, 0 = events are due at once; the longest silence kept, 0 = all.
  Pace(double speed, Nanos gap) : speed_(speed), gap_(gap) {}

  /// The event that comes next was received at `tape_time`.
  void enter(Nanos tape_time, Nanos now);
  /// When it is due, by the clock that `now` comes from.
  [[nodiscard]] Nanos due() const;
  /// The tape's time at `now`; that of the event entered last where speed is 0.
  [[nodiscard]] Nanos tape_now(Nanos now) const;

  /// The event that comes next follows the last one at once: another place of the tape, or its
  /// beginning.
  void cut() { cut_ = true; }
  /// Time stands still from now on; go() makes it run again.
  void hold(Nanos now);
  void go(Nanos now) { anchor_ = now; }
  /// The event entered last goes now, whenever it was due.
  void reach(Nanos now);
  void set_speed(double speed, Nanos now);
  [[nodiscard]] double speed() const { return speed_; }

 private:
  [[nodiscard]] Nanos position(Nanos now) const;

  double speed_;
  Nanos gap_;
  bool begun_ = false;
  bool cut_ = true;
  Nanos origin_ = 0;    // tape time of position 0
  Nanos furthest_ = 0;  // position of any event so far
  Nanos next_ = 0;      // position of the event entered last
  Nanos anchor_ = 0;    // wall time of anchor_position_
  Nanos anchor_position_ = 0;
};

}  // namespace tape::flow
