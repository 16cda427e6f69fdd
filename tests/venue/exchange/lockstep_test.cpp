#include <tape/venue/exchange/lockstep.h>

#include <catch2/catch.hpp>

namespace tape::venue {
namespace {

constexpr TapeSource kFirst{1, 1};
constexpr TapeSource kSecond{1, 2};

}  // namespace

TEST_CASE("the tape waits until one client has asked all that the recorder asked") {
  Lockstep lockstep;
  CHECK_FALSE(lockstep.pass(kFirst, {"a", "b"}, true));
  lockstep.asked(7, "a");
  lockstep.asked(8, "b");
  CHECK_FALSE(lockstep.pass(kFirst, {"a", "b"}, true));
  lockstep.asked(7, "b");
  CHECK(lockstep.pass(kFirst, {"a", "b"}, true));
  CHECK(lockstep.client_of(kFirst) == ClientId{7});
  // Asked once is passed once.
  CHECK_FALSE(lockstep.pass(kFirst, {"a"}, true));
}

TEST_CASE("a paired client speaks for its connection alone") {
  Lockstep lockstep;
  lockstep.asked(7, "a");
  CHECK(lockstep.pass(kFirst, {"a"}, true));
  lockstep.asked(7, "c");
  CHECK_FALSE(lockstep.pass(kSecond, {"c"}, true));
  CHECK(lockstep.pass(kFirst, {"c"}, true));
}

TEST_CASE("what many ask pairs nobody") {
  Lockstep lockstep;
  lockstep.asked(7, "heartbeat");
  CHECK(lockstep.pass(kFirst, {"heartbeat"}, false));
  CHECK_FALSE(lockstep.client_of(kFirst));
  lockstep.asked(7, "a");
  CHECK(lockstep.pass(kFirst, {"a"}, true));
  // It is paired now: what it is to ask is waited for.
  CHECK(lockstep.pass(kFirst, {"heartbeat"}, false));
  CHECK_FALSE(lockstep.pass(kFirst, {"heartbeat"}, false));
}

TEST_CASE("who is gone, and what is lost, is free again") {
  Lockstep lockstep;
  lockstep.asked(7, "a");
  CHECK(lockstep.pass(kFirst, {"a"}, true));
  lockstep.lost(kFirst);
  lockstep.asked(7, "a");
  CHECK(lockstep.pass(kSecond, {"a"}, true));
  lockstep.gone(7);
  CHECK_FALSE(lockstep.client_of(kSecond));
}

}  // namespace tape::venue
