// Arithmetic of times that stops at the ends instead of overflowing: stamps may be hostile.
#pragma once

#include <tape/base/time.h>

#include <limits>

namespace tape {

[[nodiscard]] inline Nanos saturating_difference(Nanos a, Nanos b) {
  Nanos result = 0;
  if (!__builtin_sub_overflow(a, b, &result)) return result;
  return a < b ? std::numeric_limits<Nanos>::min() : std::numeric_limits<Nanos>::max();
}

[[nodiscard]] inline Nanos saturating_sum(Nanos a, Nanos b) {
  Nanos result = 0;
  if (!__builtin_add_overflow(a, b, &result)) return result;
  return b < 0 ? std::numeric_limits<Nanos>::min() : std::numeric_limits<Nanos>::max();
}

}  // namespace tape
