#include <tape/venue/exchange/orders/client_orders.h>

#include "venue/exchange/stage.h"

namespace tape::venue::test {
namespace {

ClientOrder order(const std::string& id) {
  ClientOrder order;
  order.id = id;
  order.symbol = "PI_XBTUSD";
  order.quantity = Decimal{5, 0};
  order.filled = Decimal{2, 0};
  return order;
}

std::string tape_order(const std::string& id) {
  return R"({"feed":"open_orders","order":{"instrument":"PI_ETHUSD","time":1,)"
         R"("last_update_time":1600000001000,"qty":3,"filled":4,"limit_price":1,"stop_price":0,)"
         R"("type":"limit","order_id":")" +
         id + R"(","direction":1,"reduce_only":true},"is_cancel":false,"reason":"partial_fill"})";
}

std::vector<std::string> ids(const std::vector<ClientOrder>& orders) {
  std::vector<std::string> all;
  for (const auto& each : orders) all.push_back(each.id);
  return all;
}

}  // namespace

using Ids = std::vector<std::string>;

TEST_CASE("orders of the tape and of clients are one list") {
  Stage stage("kraken-futures", {});
  stage.play(tape_order("t1"), {"desk"});
  stage.play(tape_order("t2"), {"desk"});
  ClientOrders orders(stage);
  CHECK_FALSE(orders.touched("desk"));
  orders.put("desk", order("c1"));
  CHECK(orders.touched("desk"));
  CHECK_FALSE(orders.touched("other"));
  CHECK(ids(orders.all("desk", "")) == Ids{"t1", "t2", "c1"});
  CHECK(ids(orders.all("desk", "PI_XBTUSD")) == Ids{"c1"});
  CHECK(orders.all("other", "").empty());
  const auto found = orders.find("desk", "t1", "");
  REQUIRE(found);
  CHECK(format_decimal(found->quantity) == "7");
  CHECK(format_decimal(found->remaining()) == "3");
  CHECK(found->side == schema::Side::SELL);
  CHECK(found->reduce_only);
  CHECK_FALSE(orders.find("desk", "", ""));
}

TEST_CASE("an order of the tape that a client edits is the client's, and gone once cancelled") {
  Stage stage("kraken-futures", {});
  stage.play(tape_order("t1"), {"desk"});
  ClientOrders orders(stage);
  auto edited = *orders.find("desk", "t1", "");
  edited.limit_price = Decimal{9, 0};
  orders.put("desk", edited);
  CHECK(orders.overruled("desk", "t1"));
  CHECK_FALSE(orders.overruled("other", "t1"));
  CHECK(ids(orders.all("desk", "")) == Ids{"t1"});
  CHECK(format_decimal(orders.find("desk", "t1", "")->limit_price) == "9");
  orders.cancel("desk", edited);
  CHECK(orders.all("desk", "").empty());
  CHECK(orders.overruled("desk", "t1"));
  // What no tape knows leaves nothing behind.
  orders.put("desk", order("c1"));
  orders.cancel("desk", order("c1"));
  CHECK_FALSE(orders.overruled("desk", "c1"));
  CHECK(orders.own("desk") == 0);
}

}  // namespace tape::venue::test
