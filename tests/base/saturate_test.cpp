#include <tape/base/saturate.h>

#include <catch2/catch.hpp>

namespace tape {

TEST_CASE("sums and differences of times stop at the ends") {
  constexpr Nanos kLeast = std::numeric_limits<Nanos>::min();
  constexpr Nanos kMost = std::numeric_limits<Nanos>::max();
  CHECK(saturating_sum(2, 3) == 5);
  CHECK(saturating_sum(kMost, 1) == kMost);
  CHECK(saturating_sum(kLeast, -1) == kLeast);
  CHECK(saturating_difference(2, 3) == -1);
  CHECK(saturating_difference(kMost, -1) == kMost);
  CHECK(saturating_difference(kLeast, 1) == kLeast);
}

}  // namespace tape
