#include <tape/flow/play/pace.h>

#include <catch2/catch.hpp>

#include <limits>

namespace tape::flow {

TEST_CASE("a silence is squeezed to the longest one kept, what follows keeps its distances") {
  Pace pace(1, kSecond);
  pace.enter(100 * kSecond, 0);
  CHECK(pace.due() == 0);
  pace.enter(160 * kSecond, 0);
  CHECK(pace.due() == kSecond);
  pace.enter(160 * kSecond + 300 * kMillisecond, 0);
  CHECK(pace.due() == kSecond + 300 * kMillisecond);
  CHECK(pace.tape_now(kSecond) == 160 * kSecond);
}

TEST_CASE("another speed holds from the moment it is set") {
  Pace pace(1, 0);
  pace.enter(0, 0);
  pace.enter(10 * kSecond, 0);
  pace.set_speed(2, 4 * kSecond);
  CHECK(pace.due() == 7 * kSecond);
  CHECK(pace.tape_now(5 * kSecond) == 6 * kSecond);
  pace.set_speed(0.5, 5 * kSecond);
  CHECK(pace.due() == 13 * kSecond);
}

TEST_CASE("a pause is not caught up") {
  Pace pace(1, 0);
  pace.enter(0, 0);
  pace.enter(10 * kSecond, 0);
  pace.hold(4 * kSecond);
  pace.go(100 * kSecond);
  CHECK(pace.due() == 106 * kSecond);
}

TEST_CASE("after a step the next event keeps its distance to the one stepped to") {
  Pace pace(1, 0);
  pace.enter(0, 0);
  pace.enter(10 * kSecond, 0);
  pace.hold(kSecond);
  pace.reach(50 * kSecond);
  pace.enter(12 * kSecond, 50 * kSecond);
  CHECK(pace.due() == 52 * kSecond);
}

TEST_CASE("after a cut the next event follows at once, whatever its time") {
  Pace pace(1, 0);
  pace.enter(100 * kSecond, 0);
  pace.enter(101 * kSecond, 0);
  pace.cut();
  pace.enter(3 * kSecond, 0);
  CHECK(pace.due() == kSecond);
  pace.enter(5 * kSecond, 0);
  CHECK(pace.due() == 3 * kSecond);
  CHECK(pace.tape_now(3 * kSecond) == 5 * kSecond);
}

TEST_CASE("absurd stamps do not overflow") {
  constexpr Nanos kMost = std::numeric_limits<Nanos>::max();
  constexpr Nanos kLeast = std::numeric_limits<Nanos>::min();
  Pace pace(0.001, 1);
  for (const Nanos at : {kLeast, kMost, Nanos{0}, kMost, kLeast}) {
    pace.enter(at, kSecond);
    (void)pace.due();
    (void)pace.tape_now(kMost);
  }
  pace.enter(0, kSecond);
  CHECK(pace.speed() == 0.001);
}

}  // namespace tape::flow
