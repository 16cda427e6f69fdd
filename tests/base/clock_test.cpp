#include <tape/base/clock.h>

#include <catch2/catch.hpp>

#include <chrono>
#include <thread>

using tape::kMillisecond;
using tape::kSecond;
using tape::ManualClock;
using tape::Stamper;

TEST_CASE("a stamp is the monotonic clock plus the offset in force") {
  ManualClock clock(1'795'341'600 * kSecond);
  Stamper stamper(clock);
  const auto first = stamper.stamp();
  CHECK(first.stamp.received_at == clock.now());
  CHECK(first.stamp.received_at - first.stamp.clock_offset == clock.monotonic());
  CHECK(first.step == 0);
  clock.advance(kSecond / 2);
  CHECK(stamper.stamp().stamp.received_at == clock.now());
}

TEST_CASE("a step of the system's clock shows once, with the next sample") {
  ManualClock clock(1'795'341'600 * kSecond);
  Stamper stamper(clock);
  const auto before = stamper.stamp().stamp;
  clock.step(-5 * kSecond);
  clock.advance(kSecond / 2);
  const auto within = stamper.stamp();
  CHECK(within.step == 0);
  CHECK(within.stamp.clock_offset ==
        before.clock_offset);  // no new sample yet: time goes on evenly
  CHECK(within.stamp.received_at == before.received_at + kSecond / 2);
  clock.advance(kSecond / 2);
  const auto after = stamper.stamp();
  CHECK(after.step == -5 * kSecond);
  CHECK(after.stamp.clock_offset == before.clock_offset - 5 * kSecond);
  CHECK(after.stamp.received_at == clock.now());
  clock.advance(kSecond);
  CHECK(stamper.stamp().step == 0);
}

TEST_CASE("a drift is followed and is no step") {
  ManualClock clock(1'795'341'600 * kSecond);
  Stamper stamper(clock);
  clock.step(kMillisecond / 2);
  clock.advance(kSecond);
  const auto result = stamper.stamp();
  CHECK(result.step == 0);
  CHECK(result.stamp.received_at == clock.now());
}

TEST_CASE("the manual clock's sleep moves it, unless it is stopped") {
  ManualClock clock(0);
  std::stop_source stop;
  const auto start = clock.monotonic();
  clock.sleep_until(start + 3 * kSecond, stop.get_token());
  CHECK(clock.monotonic() == start + 3 * kSecond);
  CHECK(clock.now() == 3 * kSecond);
  clock.sleep_until(start, stop.get_token());
  CHECK(clock.monotonic() == start + 3 * kSecond);
  stop.request_stop();
  clock.sleep_until(start + 9 * kSecond, stop.get_token());
  CHECK(clock.monotonic() == start + 3 * kSecond);
}

TEST_CASE("the system clock's sleep ends at its time, and at once when stopped") {
  tape::SystemClock clock;
  const auto start = clock.monotonic();
  clock.sleep_until(start + 5 * kMillisecond, {});
  CHECK(clock.monotonic() >= start + 5 * kMillisecond);
  std::stop_source stop;
  const std::jthread stopper([&] { stop.request_stop(); });
  clock.sleep_until(clock.monotonic() + 3600 * kSecond, stop.get_token());
  CHECK(stop.stop_requested());
}
