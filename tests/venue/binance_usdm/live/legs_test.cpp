#include <tape/venue/binance_usdm/live/legs.h>

#include <catch2/catch.hpp>

#include <set>

using tape::kSecond;
using tape::Nanos;
using tape::venue::binance_usdm::live::Legs;

namespace {

constexpr Nanos kMinute = 60 * kSecond;
constexpr Nanos kHour = 60 * kMinute;

/// Connection 1 stands, 2 is to follow and opened at 23 h.
Legs two() {
  Legs legs(0);
  legs.begin(1);
  legs.opened(1, 0);
  legs.begin_next(2);
  legs.opened(2, 23 * kHour);
  return legs;
}

}  // namespace

TEST_CASE("a connection is followed by another between 23 h and 23 h 45 min, siblings apart") {
  std::set<Nanos> moments;
  for (std::uint32_t number = 0; number < 45; ++number) {
    Legs legs(number);
    legs.begin(1);
    CHECK(legs.step(48 * kHour, true) == Legs::Step::none);
    legs.opened(1, 0);
    Nanos at = 23 * kHour - 1;
    CHECK(legs.step(at, true) == Legs::Step::none);
    while (at < 24 * kHour && legs.step(at, true) == Legs::Step::none) at += kMinute;
    CHECK(at < 23 * kHour + 45 * kMinute);
    moments.insert(at);
  }
  CHECK(moments.size() == 45);
}

TEST_CASE("the next one takes over when it is ready and data came, or after a while") {
  auto legs = two();
  const auto at = 23 * kHour;
  CHECK(legs.step(at + kSecond, true) == Legs::Step::none);
  CHECK(legs.step(at + 30 * kSecond, true) == Legs::Step::promote);
  CHECK(legs.step(at + 30 * kSecond, false) == Legs::Step::none);
  CHECK(legs.step(at + 5 * kMinute, false) == Legs::Step::promote);
  legs.heard(2);
  CHECK(legs.step(at + kSecond, false) == Legs::Step::none);
  CHECK(legs.step(at + kSecond, true) == Legs::Step::promote);
  CHECK(legs.promote() == 1);
  CHECK(legs.current().id == 2);
  CHECK(legs.next().id == 0);
  CHECK(legs.step(at + kMinute, true) == Legs::Step::none);
}

TEST_CASE("a loss during the change leaves the connection that stands") {
  auto current_lost = two();
  CHECK(current_lost.lost(1) == 1);
  CHECK(current_lost.current().id == 2);
  CHECK(current_lost.open());

  auto next_lost = two();
  CHECK(next_lost.lost(2) == 0);
  CHECK(next_lost.current().id == 1);
  CHECK(next_lost.step(24 * kHour, true) == Legs::Step::none);

  Legs none_stands(0);
  none_stands.begin(1);
  none_stands.opened(1, 0);
  none_stands.begin_next(2);
  CHECK(none_stands.lost(1) == 2);
  CHECK(none_stands.has(1));
  CHECK_FALSE(none_stands.has(2));
  CHECK_FALSE(none_stands.open());
  CHECK(none_stands.lost(7) == 0);
}

TEST_CASE("age counts from the last opening") {
  Legs legs(0);
  legs.begin(1);
  legs.opened(1, 0);
  CHECK(legs.lost(1) == 0);
  CHECK(legs.step(30 * kHour, true) == Legs::Step::none);
  legs.opened(1, 22 * kHour);
  CHECK(legs.step(24 * kHour, true) == Legs::Step::none);
  CHECK(legs.step(45 * kHour, true) == Legs::Step::connect_next);
}
