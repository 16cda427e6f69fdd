#include <tape/venue/budget.h>

#include <catch2/catch.hpp>

#include <vector>

using tape::kMillisecond;
using tape::kSecond;
using tape::venue::Budget;

TEST_CASE("a budget gives its limit in a window, and again when the window has moved on") {
  Budget budget(500, 10 * kSecond);
  for (int i = 0; i < 5; ++i) CHECK(budget.take(100, kSecond * i));
  CHECK(budget.used(4 * kSecond) == 500);
  CHECK_FALSE(budget.take(1, 10 * kSecond - 1));
  CHECK(budget.take(100, 10 * kSecond));  // the first 100 are out of the window
  CHECK_FALSE(budget.take(1, 10 * kSecond));
  CHECK(budget.used(25 * kSecond) == 0);
}

TEST_CASE("no window of any beginning has more than the limit") {
  Budget budget(25, kSecond);
  std::vector<tape::Nanos> taken;
  for (tape::Nanos now = 0; now < 20 * kSecond; now += 7 * kMillisecond) {
    if (budget.take(1, now)) taken.push_back(now);
  }
  REQUIRE(taken.size() > 400);  // the allowance is used too
  for (std::size_t i = 25; i < taken.size(); ++i) {
    REQUIRE(taken[i] - taken[i - 25] >= kSecond);
  }
}

TEST_CASE("what was refused is not spent") {
  Budget budget(10, kSecond);
  CHECK(budget.take(9, 0));
  CHECK_FALSE(budget.take(2, 0));
  CHECK(budget.used(0) == 9);
  CHECK(budget.take(1, 0));
}

TEST_CASE("a cost above the limit fits an unspent window only") {
  Budget budget(10, kSecond);
  CHECK(budget.take(1, 0));
  CHECK_FALSE(budget.take(25, kSecond - 1));
  CHECK(budget.take(25, kSecond));
  CHECK_FALSE(budget.take(1, 2 * kSecond - 1));
}

TEST_CASE("a pause holds everything back and is not shortened") {
  Budget budget(10, kSecond);
  budget.pause(5 * kSecond);
  budget.pause(3 * kSecond);
  CHECK(budget.paused_until() == 5 * kSecond);
  CHECK_FALSE(budget.take(1, 5 * kSecond - 1));
  CHECK(budget.take(1, 5 * kSecond));
}
