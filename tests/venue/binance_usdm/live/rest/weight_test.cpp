#include <tape/venue/binance_usdm/live/rest/weight.h>

#include <catch2/catch.hpp>

#include <limits>

using tape::kSecond;
using tape::venue::Session;
using tape::venue::binance_usdm::live::Weight;

namespace {

Session::Now at(tape::Nanos seconds) {
  return {seconds * kSecond, (1'600'000'020 + seconds) * kSecond};
}

}  // namespace

TEST_CASE("weight is admitted up to a part of the limit, what is under way included") {
  Weight weight;
  weight.report(1900, at(0));
  CHECK(weight.admits(20, 80, at(1)));
  CHECK_FALSE(weight.admits(21, 80, at(1)));
  weight.spend(20, at(1));
  CHECK_FALSE(weight.admits(1, 80, at(1)));
  CHECK(weight.admits(1, 90, at(1)));
  weight.settle(20);
  CHECK(weight.used(at(1)) == 1920);
}

TEST_CASE("the count begins anew with each minute, but not what is under way") {
  Weight weight;
  weight.report(1920, at(0));
  weight.spend(30, at(0));
  CHECK_FALSE(weight.admits(1, 80, at(59)));
  CHECK(weight.used(at(60)) == 30);
  CHECK(weight.admits(1890, 80, at(60)));
}

TEST_CASE("the venue's own count and limit hold; nonsense is no limit") {
  Weight weight;
  weight.spend(100, at(0));
  weight.settle(100);
  weight.report(7, at(1));
  CHECK(weight.used(at(1)) == 7);
  weight.set_limit(1000);
  CHECK_FALSE(weight.admits(800, 80, at(1)));
  weight.set_limit(0);
  CHECK(weight.limit() == 1000);
  weight.report(std::numeric_limits<std::uint32_t>::max(), at(1));
  weight.spend(1, at(1));
  CHECK_FALSE(weight.admits(1, 100, at(1)));
}

TEST_CASE("a wait only grows") {
  Weight weight;
  weight.block(at(60).monotonic);
  weight.block(at(10).monotonic);
  CHECK_FALSE(weight.admits(1, 80, at(59)));
  CHECK(weight.admits(1, 80, at(60)));
}
