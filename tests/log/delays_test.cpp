#include <tape/log/delays.h>

#include <catch2/catch.hpp>

#include <limits>

using tape::kMillisecond;
using tape::Nanos;
using tape::log::Delays;

TEST_CASE("a quantile is at most an eighth too long, and never too short") {
  for (const Nanos delay :
       {Nanos{8}, Nanos{100}, Nanos{12'345}, 5 * kMillisecond, Nanos{3'000'000'000}}) {
    Delays delays;
    delays.add(delay);
    const auto at = delays.counts().at(0.99);
    CHECK(at >= delay);
    CHECK(static_cast<double>(at) <= static_cast<double>(delay) * 1.13);
  }
}

TEST_CASE("the hundredth of a hundred is not in p99, the second is in p50") {
  Delays delays;
  for (int i = 0; i < 99; ++i) delays.add(kMillisecond);
  delays.add(1000 * kMillisecond);
  const auto counts = delays.counts();
  CHECK(counts.total() == 100);
  CHECK(counts.at(0.99) < 2 * kMillisecond);
  CHECK(counts.at(1) >= 1000 * kMillisecond);
}

TEST_CASE("what happened between two looks is their difference") {
  Delays delays;
  delays.add(1000 * kMillisecond);
  const auto before = delays.counts();
  delays.add(kMillisecond);
  const auto since = delays.counts().since(before);
  CHECK(since.total() == 1);
  CHECK(since.at(1) < 2 * kMillisecond);
}

TEST_CASE("nothing, negative and endless delays have a place") {
  Delays delays;
  CHECK(delays.counts().at(0.5) == 0);
  delays.add(-5);
  delays.add(0);
  delays.add(std::numeric_limits<Nanos>::max());
  CHECK(delays.counts().total() == 3);
}
