// How late sleeps end on this machine, so that one can begin its waking earlier.
#pragma once

#include <tape/base/time.h>

#include <algorithm>

namespace tape::flow {

/// Kernels wake a sleeper late: by some 50 us, more on a virtual machine, and not the same from one
/// day to the next. Follows what nine of ten sleeps do not exceed.
class Oversleep {
 public:
  /// How much earlier to wake from a sleep of this length, the rest of which is spun: a small part
  /// of it, so that a thread that waits stays nearly idle.
  [[nodiscard]] Nanos lead(Nanos sleep) const { return std::min(usual_, sleep / kPart); }

  /// A sleep ended so late.
  void learn(Nanos late) {
    usual_ = std::clamp<Nanos>(usual_ + (late > usual_ ? 9 * kStep : -kStep), 0, kMost);
  }

 private:
  static constexpr Nanos kStep = 200;
  static constexpr Nanos kMost = 100'000;
  static constexpr Nanos kPart = 8;

  Nanos usual_ = 0;
};

}  // namespace tape::flow
