#include <tape/venue/exchange/orders/dead_man.h>

#include <catch2/catch.hpp>

namespace tape::venue {

using Names = std::vector<std::string>;

TEST_CASE("a switch fires once, when nobody armed it again in time") {
  DeadMan switches;
  switches.arm("a", 10);
  switches.arm("b", 10);
  switches.arm("b", 15);
  CHECK(switches.fire(9).empty());
  CHECK(switches.fire(10) == Names{"a"});
  CHECK(switches.fire(14).empty());
  CHECK(switches.fire(15) == Names{"b"});
  CHECK(switches.fire(1000).empty());
}

TEST_CASE("a switch that was disarmed does not fire, and can be armed anew") {
  DeadMan switches;
  switches.arm("a", 10);
  CHECK(switches.armed("a"));
  switches.disarm("a");
  switches.disarm("unknown");
  CHECK_FALSE(switches.armed("a"));
  CHECK(switches.fire(100).empty());
  switches.arm("a", 110);
  CHECK(switches.fire(110) == Names{"a"});
}

}  // namespace tape::venue
