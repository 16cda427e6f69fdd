#include <tape/net/backoff.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <limits>

using tape::kSecond;
using tape::Nanos;
using tape::net::Backoff;

TEST_CASE("delays stay below a bound that doubles up to the most") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Backoff backoff({kSecond, 30 * kSecond, 30 * kSecond}, seed);
    Nanos bound = kSecond;
    for (int i = 0; i < 12; ++i) {
      const Nanos delay = backoff.next();
      CHECK(delay >= 0);
      CHECK(delay <= bound);
      bound = std::min(bound * 2, 30 * kSecond);
    }
    CHECK(backoff.attempts() == 12);
  }
}

TEST_CASE("jitter uses the whole range, so that clients spread out") {
  int low = 0;
  int high = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    Backoff backoff({kSecond, 30 * kSecond, 30 * kSecond}, seed);
    for (int i = 0; i < 5; ++i) (void)backoff.next();
    const Nanos delay = backoff.next();  // bound: 30 s, as 32 s is over the most
    low += delay < 3 * kSecond ? 1 : 0;
    high += delay > 27 * kSecond ? 1 : 0;
  }
  // A tenth each is expected; 50 and 200 are more than five deviations off.
  CHECK(low > 50);
  CHECK(low < 200);
  CHECK(high > 50);
  CHECK(high < 200);
}

TEST_CASE("a connection that stood long enough starts from base again, a short one does not") {
  Backoff backoff({kSecond, 30 * kSecond, 30 * kSecond}, 7);
  for (int i = 0; i < 6; ++i) (void)backoff.next();
  backoff.ended(30 * kSecond - 1);
  CHECK(backoff.attempts() == 6);
  backoff.ended(30 * kSecond);
  CHECK(backoff.attempts() == 0);
  CHECK(backoff.next() <= kSecond);
}

TEST_CASE("extreme policies neither overflow nor hang") {
  constexpr Nanos kMost = std::numeric_limits<Nanos>::max();
  Backoff longest({kMost / 2 + 1, kMost, kSecond}, 1);
  for (int i = 0; i < 100; ++i) CHECK(longest.next() >= 0);
  Backoff none({0, 0, kSecond}, 1);
  for (int i = 0; i < 100; ++i) CHECK(none.next() == 0);
  Backoff reversed({10 * kSecond, kSecond, kSecond}, 1);
  for (int i = 0; i < 100; ++i) CHECK(reversed.next() <= kSecond);
}
