#include "venue/kraken_futures/exchange/support.h"

using namespace kraken_exchange;

namespace {

constexpr std::string_view kOrders =
    R"({"feed":"open_orders_snapshot","account":"desk","orders":[{"instrument":"PI_XBTUSD",)"
    R"("time":1600000000000,"last_update_time":1600000000000,"qty":5,"filled":2,)"
    R"("limit_price":9000.0,"stop_price":0.0,"type":"limit","order_id":"of-the-tape",)"
    R"("direction":0,"reduce_only":false}]})";

const std::string kMaker =
    "orderType=post&symbol=pi_xbtusd&side=buy&size=7&limitPrice=9999&cliOrdId=mine";

std::string of(const std::string& type, const std::string& side, const std::string& price) {
  return "orderType=" + type + "&symbol=PI_XBTUSD&side=" + side + "&size=1&limitPrice=" + price;
}

}  // namespace

TEST_CASE("kraken orders: a maker-only order rests, is edited and cancelled") {
  Venue venue(accounts({"desk"}));
  venue.stage.play(kBook);
  venue.stage.play(kOrders, {"desk"});
  const auto client = venue.connect();
  CHECK(venue.subscribe(client, "open_orders").at(0)["orders"].size() == 1);

  const auto sent = venue.post("sendorder", kMaker)["sendStatus"];
  CHECK(sent["status"] == "placed");
  CHECK(sent["cliOrdId"] == "mine");
  CHECK(sent["orderEvents"][0]["type"] == "PLACE");
  CHECK(sent["orderEvents"][0]["order"]["limitPrice"] == 9999);
  const std::string id = sent["order_id"];
  auto heard = venue.stage.heard(client);
  REQUIRE(heard.size() == 1);
  CHECK(heard[0]["feed"] == "open_orders");
  CHECK(heard[0]["is_cancel"] == false);
  CHECK(heard[0]["reason"] == "new_placed_order_by_user");
  CHECK(heard[0]["order"]["order_id"] == id);
  CHECK(heard[0]["order"]["qty"] == 7);
  CHECK(heard[0]["order"]["direction"] == 0);
  CHECK(heard[0]["order"]["type"] == "limit");

  const auto open = venue.ask("GET", "openorders")["openOrders"];
  REQUIRE(open.size() == 2);
  CHECK(open[0]["order_id"] == "of-the-tape");
  CHECK(open[0]["status"] == "partiallyFilled");
  CHECK(open[1]["order_id"] == id);
  CHECK(open[1]["orderType"] == "post");
  CHECK(open[1]["status"] == "untouched");
  CHECK(open[1]["unfilledSize"] == 7);
  const auto late = venue.connect();
  CHECK(venue.subscribe(late, "open_orders_verbose").at(0)["orders"].size() == 2);

  const auto edited = venue.post("editorder", "cliOrdId=mine&size=3&limitPrice=9998")["editStatus"];
  CHECK(edited["status"] == "edited");
  CHECK(edited["orderId"] == id);
  CHECK(edited["orderEvents"][0]["old"]["quantity"] == 7);
  CHECK(edited["orderEvents"][0]["new"]["quantity"] == 3);
  heard = venue.stage.heard(client);
  REQUIRE(heard.size() == 1);
  CHECK(heard[0]["order"]["limit_price"] == 9998);
  CHECK(heard[0]["is_cancel"] == false);

  const auto cancelled = venue.post("cancelorder", "order_id=" + id)["cancelStatus"];
  CHECK(cancelled["status"] == "cancelled");
  CHECK(cancelled["orderEvents"][0]["uid"] == id);
  heard = venue.stage.heard(client);
  REQUIRE(heard.size() == 1);
  CHECK(heard[0] == Json{{"feed", "open_orders"},
                         {"order_id", id},
                         {"cli_ord_id", "mine"},
                         {"is_cancel", true},
                         {"reason", "cancelled_by_user"}});
  CHECK(venue.post("cancelorder", "order_id=" + id)["cancelStatus"]["status"] == "notFound");
  CHECK(venue.post("editorder", "orderId=" + id + "&size=1")["editStatus"]["status"] ==
        "orderForEditNotFound");
}

TEST_CASE("kraken orders: what would execute is refused as an order that finds nothing") {
  Venue venue(accounts({"desk"}));
  venue.stage.play(kBook);
  CHECK(venue.status(of("post", "buy", "10000")) == "placed");
  CHECK(venue.status(of("post", "buy", "10000.5")) == "postWouldExecute");
  CHECK(venue.status(of("post", "sell", "9999.5")) == "postWouldExecute");
  CHECK(venue.status(of("lmt", "sell", "10000")) == "placed");
  CHECK(venue.status(of("lmt", "buy", "10001")) == "outsidePriceCollar");
  CHECK(venue.status(of("ioc", "buy", "10001")) == "iocWouldNotExecute");
  CHECK(venue.status(of("fok", "buy", "9000")) == "iocWouldNotExecute");
  CHECK(venue.status("orderType=mkt&symbol=PI_XBTUSD&side=buy&size=1") == "iocWouldNotExecute");
  CHECK(venue.status("orderType=stp&symbol=PI_XBTUSD&side=sell&size=1&stopPrice=1") == "placed");
  CHECK(venue.ask("GET", "openorders")["openOrders"].size() == 3);
}

TEST_CASE("kraken orders: in the order management period only what rests is taken") {
  Venue venue(accounts({"desk"}));
  venue.stage.play(kBook);
  SECTION("by the flag of the market") { venue.stage.play(ticker(true, false)); }
  SECTION("by a note") {
    venue.stage.play(R"({"feed":"notifications_auth","notifications":[{"id":419,"type":"market",)"
                     R"("priority":"high","note":"All Derivatives markets are in post-only mode.",)"
                     R"("effective_time":1600000000000}]})",
                     {"desk"});
  }
  SECTION("by a fault") { venue.stage.exchange->set_post_only(true); }
  const auto client = venue.connect();
  venue.stage.play(kOrders, {"desk"});
  CHECK(venue.subscribe(client, "open_orders_verbose").size() == 1);
  CHECK(venue.status(of("post", "buy", "10000")) == "placed");
  CHECK(venue.status(of("lmt", "buy", "10000")) == "placed");
  venue.stage.heard(client);
  const auto refused = venue.post("sendorder", of("lmt", "buy", "10000.5"))["sendStatus"];
  CHECK(refused["status"] == "marketIsPostOnly");
  CHECK(refused["orderEvents"][0]["type"] == "REJECT");
  CHECK(refused["orderEvents"][0]["reason"] == "MARKET_IS_POST_ONLY");
  CHECK(venue.status(of("ioc", "sell", "9999")) == "marketIsPostOnly");
  CHECK(venue.status("orderType=mkt&symbol=PI_XBTUSD&side=sell&size=1") == "marketIsPostOnly");
  CHECK(venue.stage.heard(client).empty());
  CHECK(venue.status(of("post", "sell", "9999")) == "postWouldExecute");
  const auto heard = venue.stage.heard(client);
  REQUIRE(heard.size() == 1);
  CHECK(heard[0]["reason"] == "post_order_failed_because_it_would_be_filled");
  CHECK(heard[0]["is_cancel"] == true);
  const auto all = venue.post("cancelallorders")["cancelStatus"];
  CHECK(all["status"] == "cancelled");
  CHECK(all["cancelledOrders"].size() == 3);
  CHECK(venue.stage.heard(client).size() == 3);
  CHECK(venue.post("cancelallorders")["cancelStatus"]["status"] == "noOrdersToCancel");
}

TEST_CASE("kraken orders: the period ends") {
  Venue venue(accounts({"desk"}));
  venue.stage.play(kBook);
  venue.stage.play(ticker(true, false));
  CHECK(venue.status(of("lmt", "buy", "10001")) == "marketIsPostOnly");
  venue.stage.play(ticker(false, false));
  CHECK(venue.status(of("lmt", "buy", "10001")) == "outsidePriceCollar");
  venue.stage.play(ticker(false, true));
  CHECK(venue.status(of("post", "buy", "1")) == "marketSuspended");
}

TEST_CASE("kraken orders: prices are those of the ticker where there is no book") {
  Venue venue(accounts({"desk"}));
  CHECK(venue.status(of("post", "buy", "1")) == "marketInactive");
  venue.stage.play(ticker(false, false));
  CHECK(venue.status(of("post", "buy", "10000")) == "placed");
  CHECK(venue.status(of("post", "buy", "10000.5")) == "postWouldExecute");
}

TEST_CASE("kraken orders: wrong ones are refused whatever the market") {
  Venue venue(accounts({"desk"}));
  venue.stage.play(kBook);
  CHECK(venue.post("sendorder", "orderType=lmt")["error"] == "requiredArgumentMissing");
  CHECK(venue.status(of("settle_stop", "buy", "1")) == "invalidOrderType");
  CHECK(venue.status(of("lmt", "up", "1")) == "invalidSide");
  CHECK(venue.status(of("lmt", "buy", "x")) == "invalidPrice");
  CHECK(venue.status("orderType=lmt&symbol=PI_XBTUSD&side=buy&size=-1&limitPrice=1") ==
        "invalidSize");
  CHECK(venue.status(of("lmt", "buy", "1") + "&cliOrdId=" + std::string(101, 'a')) ==
        "clientOrderIdTooLong");
  CHECK(venue.status(of("lmt", "buy", "1") + "&reduceOnly=true") == "wouldNotReducePosition");
  CHECK(venue.status(kMaker) == "placed");
  CHECK(venue.status(kMaker) == "clientOrderIdAlreadyExist");
  CHECK(venue.post("transfer", "amount=1")["error"] == "Unavailable");
}

TEST_CASE("kraken orders: a batch does each of its elements") {
  Venue venue(accounts({"desk"}));
  venue.stage.play(kBook);
  // {"batchOrder":[...]} as a form has it.
  const auto made = venue.post(
      "batchorder",
      "json=%7B%22batchOrder%22:[%7B%22order%22:%22send%22,%22order_tag%22:%221%22,"
      "%22orderType%22:%22post%22,%22symbol%22:%22PI_XBTUSD%22,%22side%22:%22buy%22,%22size%22:2,"
      "%22limitPrice%22:9000.5,%22cliOrdId%22:%22x%22%7D,%7B%22order%22:%22edit%22,"
      "%22cliOrdId%22:%22x%22,%22size%22:4%7D,%7B%22order%22:%22cancel%22,%22order_id%22:"
      "%22nothing%22%7D]%7D")["batchStatus"];
  REQUIRE(made.size() == 3);
  CHECK(made[0]["status"] == "placed");
  CHECK(made[0]["order_tag"] == "1");
  CHECK(made[1]["status"] == "edited");
  CHECK(made[1]["order_id"] == made[0]["order_id"]);
  CHECK(made[2]["status"] == "notFound");
  const auto open = venue.ask("GET", "openorders")["openOrders"];
  REQUIRE(open.size() == 1);
  CHECK(open[0]["unfilledSize"] == 4);
  CHECK(open[0]["limitPrice"] == 9000.5);
  CHECK(venue.post("batchorder", "json=%7B")["error"] == "Json Parse Error");
  CHECK(venue.post("batchorder")["error"] == "requiredArgumentMissing");
}

TEST_CASE("kraken orders: the tape says nothing more of an order that a client cancelled") {
  Venue venue(accounts({"desk", "other"}));
  venue.stage.play(kBook);
  venue.stage.play(kOrders, {"desk"});
  const auto client = venue.connect();
  CHECK(venue.subscribe(client, "open_orders").size() == 1);
  CHECK(venue.post("cancelorder", "order_id=of-the-tape")["cancelStatus"]["status"] == "cancelled");
  CHECK(venue.stage.heard(client).at(0)["order_id"] == "of-the-tape");
  const auto change = [](const std::string& id) {
    return R"({"feed":"open_orders","order":{"instrument":"PI_XBTUSD","time":1,)"
           R"("last_update_time":1600000001000,"qty":1,"filled":6,"limit_price":1,"stop_price":0,)"
           R"("type":"limit","order_id":")" +
           id +
           R"(","direction":0,"reduce_only":false},"is_cancel":false,"reason":"partial_fill"})";
  };
  venue.stage.play(change("of-the-tape"), {"desk"});
  CHECK(venue.stage.heard(client).empty());
  venue.stage.play(change("another"), {"desk"});
  CHECK(venue.stage.heard(client).size() == 1);
  // Nor in a list of all of them.
  venue.stage.play(kOrders, {"desk"});
  const auto whole = venue.stage.heard(client);
  REQUIRE(whole.size() == 1);
  CHECK(whole[0]["feed"] == "open_orders_snapshot");
  CHECK(whole[0]["orders"].empty());
  CHECK(venue.ask("GET", "openorders")["openOrders"].empty());
}

TEST_CASE("kraken orders: a switch cancels all of an account, of the tape too, and once") {
  Venue venue(accounts({"desk", "other"}));
  venue.stage.play(kBook);
  venue.stage.play(kOrders, {"desk"});
  const auto client = venue.connect();
  venue.subscribe(client, "open_orders");
  CHECK(venue.status(kMaker) == "placed");
  CHECK(venue.ask("POST", "sendorder", kMaker, "other")["sendStatus"]["status"] == "placed");
  venue.stage.heard(client);

  const auto armed = venue.post("cancelallordersafter", "timeout=60");
  CHECK(armed["result"] == "success");
  CHECK(armed["status"]["currentTime"] != armed["status"]["triggerTime"]);
  venue.stage.pass(59 * kSecond);
  CHECK(venue.stage.heard(client).empty());
  SECTION("again, in time") {
    venue.post("cancelallordersafter", "timeout=60");
    venue.stage.exchange->on_ping(client);
    venue.stage.pass(59 * kSecond);
    CHECK(venue.stage.heard(client).empty());
  }
  SECTION("not again") {}
  venue.stage.exchange->on_ping(client);
  venue.stage.pass(kSecond);
  const auto heard = venue.stage.heard(client);
  REQUIRE(heard.size() == 2);
  for (const auto& gone : heard) {
    CHECK(gone["is_cancel"] == true);
    CHECK(gone["reason"] == "dead_man_switch");
  }
  CHECK(venue.ask("GET", "openorders")["openOrders"].empty());
  CHECK(venue.ask("GET", "openorders", "", "other")["openOrders"].size() == 1);
  CHECK(venue.status(kMaker) == "placed");
  venue.stage.heard(client);
  venue.stage.pass(30 * kSecond);
  CHECK(venue.stage.heard(client).empty());
}

TEST_CASE("kraken orders: a switch that is disarmed does not fire") {
  Venue venue(accounts({"desk"}));
  venue.stage.play(kBook);
  CHECK(venue.status(kMaker) == "placed");
  venue.post("cancelallordersafter", "timeout=10");
  CHECK(venue.post("cancelallordersafter", "timeout=0")["status"]["triggerTime"] == "0");
  venue.stage.pass(30 * kSecond);
  CHECK(venue.ask("GET", "openorders")["openOrders"].size() == 1);
  CHECK(venue.post("cancelallordersafter", "timeout=soon")["error"] == "invalidArgument");
  CHECK(venue.post("cancelallordersafter")["error"] == "requiredArgumentMissing");
}
