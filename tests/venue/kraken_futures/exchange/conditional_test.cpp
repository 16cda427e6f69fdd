// Orders that wait for a price, and what is told of single orders.
#include "venue/kraken_futures/exchange/support.h"

using namespace kraken_exchange;

namespace {

std::string trailing(const std::string& side, const std::string& deviation,
                     const std::string& unit) {
  return "orderType=trailing_stop&symbol=PI_XBTUSD&size=1&side=" + side +
         "&trailingStopMaxDeviation=" + deviation + "&trailingStopDeviationUnit=" + unit;
}

Json statuses(Venue& venue, const std::string& asked) {
  return venue.post("orders/status", asked)["orders"];
}

}  // namespace

TEST_CASE("kraken orders: a trailing stop rests at its distance from the market") {
  Venue venue(accounts({"desk"}));
  venue.stage.play(ticker(false, false));
  venue.stage.play(R"({"feed":"open_orders_snapshot","account":"desk","orders":[]})", {"desk"});
  const auto client = venue.connect();
  REQUIRE(venue.subscribe(client, "open_orders").size() == 1);
  const auto sent = venue.post("sendorder", trailing("sell", "2.5", "PERCENT") + "&cliOrdId=t");
  CHECK(sent["sendStatus"]["status"] == "placed");
  const auto placed = sent["sendStatus"]["orderEvents"][0]["orderTrigger"];
  CHECK(placed["type"] == "trailing_stop");
  CHECK(placed["triggerPrice"] == 9750);  // of the last price, 10000
  CHECK(placed["triggerSide"] == "trigger_below");
  CHECK(placed["triggerSignal"] == "last_price");
  auto heard = venue.stage.heard(client);
  REQUIRE(heard.size() == 1);
  CHECK(heard[0]["order"]["type"] == "trailing_stop");
  CHECK(heard[0]["order"]["stop_price"] == 9750);
  CHECK(heard[0]["order"]["trailing_stop_options"] ==
        Json{{"max_deviation", 2.5}, {"unit", "percent"}});

  // Where the market goes, it does not follow, and is not triggered.
  venue.stage.play(
      R"({"feed":"ticker","product_id":"PI_XBTUSD","time":1600000001000,"bid":9000,"ask":9001,)"
      R"("bid_size":1,"ask_size":1,"last":9000,"tag":"perpetual","pair":"XBT:USD"})");
  const auto late = venue.connect();
  const auto begun = venue.subscribe(late, "open_orders").at(0)["orders"];
  REQUIRE(begun.size() == 1);
  CHECK(begun[0]["stop_price"] == 9750);
  CHECK(begun[0]["trailing_stop_options"]["max_deviation"] == 2.5);

  const auto edit = [&](const std::string& what) {
    return venue.post("editorder", "cliOrdId=t&" + what)["editStatus"]["status"];
  };
  CHECK(edit("stopPrice=9000") == "cannotEditTriggerPriceOfTrailingStop");
  CHECK(edit("limitPrice=9000") == "cannotEditLimitPriceOfTrailingStop");
  CHECK(edit("trailingStopMaxDeviation=51") == "invalidPrice");
  venue.stage.heard(client);
  CHECK(edit("size=2") == "edited");
  CHECK(venue.stage.heard(client).at(0)["order"]["stop_price"] == 9750);
  CHECK(edit("trailingStopMaxDeviation=100&trailingStopDeviationUnit=QUOTE_CURRENCY") == "edited");
  heard = venue.stage.heard(client);
  REQUIRE(heard.size() == 1);
  CHECK(heard[0]["order"]["stop_price"] == 8900);
  CHECK(heard[0]["order"]["qty"] == 2);
  CHECK(heard[0]["order"]["trailing_stop_options"]["unit"] == "quote_currency");
}

TEST_CASE("kraken orders: a trailing stop above the market, without a signal to trail") {
  Venue venue(accounts({"desk"}));
  CHECK(venue.status(trailing("buy", "1", "PERCENT")) == "marketInactive");
  venue.stage.play(kBook);
  const auto sent =
      venue.post("sendorder", trailing("buy", "10.5", "QUOTE_CURRENCY") + "&triggerSignal=index");
  const auto placed = sent["sendStatus"]["orderEvents"][0]["orderTrigger"];
  CHECK(placed["triggerPrice"] == 10011);  // of the best ask
  CHECK(placed["triggerSide"] == "trigger_above");
  CHECK(placed["triggerSignal"] == "spot_price");
}

TEST_CASE("kraken orders: wrong trailing stops") {
  Venue venue(accounts({"desk"}));
  venue.stage.play(kBook);
  const auto error = [&](const std::string& body) {
    return venue.post("sendorder", body)["error"];
  };
  const std::string bare = "orderType=trailing_stop&symbol=PI_XBTUSD&size=1&side=buy";
  CHECK(error(bare) == "requiredArgumentMissing");
  CHECK(error(bare + "&trailingStopMaxDeviation=1") == "requiredArgumentMissing");
  CHECK(error(trailing("buy", "x", "PERCENT")) == "invalidArgument");
  CHECK(error(trailing("buy", "1", "TICKS")) == "invalidArgument");
  CHECK(error(trailing("buy", "1", "PERCENT") + "&stopPrice=1") == "invalidArgument");
  CHECK(error(trailing("buy", "1", "PERCENT") + "&limitPrice=1") == "invalidArgument");
  const auto refused = [&](const std::string& deviation) {
    const auto sent = venue.post("sendorder", trailing("buy", deviation, "PERCENT"))["sendStatus"];
    CHECK(sent["status"] == "invalidPrice");
    return sent["orderEvents"][0]["reason"];
  };
  CHECK(refused("0.09") == "TRAILING_STOP_MAX_DEVIATION_TOO_SMALL");
  CHECK(refused("50.1") == "TRAILING_STOP_MAX_DEVIATION_TOO_LARGE");
  CHECK(venue.status(trailing("buy", "0.1", "PERCENT")) == "placed");
  CHECK(venue.status(trailing("buy", "50", "PERCENT")) == "placed");
}

TEST_CASE("kraken orders: the status of single orders, of clients and of the tape") {
  Venue venue(accounts({"desk", "other"}));
  venue.stage.play(kBook);
  venue.stage.play(
      R"({"feed":"open_orders_snapshot","account":"desk","orders":[{"instrument":"PI_XBTUSD",)"
      R"("time":1600000000000,"last_update_time":1600000000000,"qty":5,"filled":2,)"
      R"("limit_price":9000.0,"stop_price":0.0,"type":"limit","order_id":"of-the-tape",)"
      R"("direction":0,"reduce_only":false}]})",
      {"desk"});
  const std::string sent = venue.post(
      "sendorder",
      "orderType=stp&symbol=PI_XBTUSD&side=sell&size=1&stopPrice=9000&triggerSignal=mark&cliOrdId="
      "mine")["sendStatus"]["order_id"];
  const auto of_tape = statuses(venue, "orderIds=of-the-tape");
  REQUIRE(of_tape.size() == 1);
  CHECK(of_tape[0]["status"] == "ENTERED_BOOK");
  CHECK(of_tape[0]["updateReason"].is_null());
  CHECK(of_tape[0]["error"].is_null());
  CHECK(of_tape[0]["order"] == Json{{"type", "ORDER"},
                                    {"orderId", "of-the-tape"},
                                    {"cliOrdId", nullptr},
                                    {"symbol", "PI_XBTUSD"},
                                    {"side", "buy"},
                                    {"quantity", 7},
                                    {"filled", 2},
                                    {"limitPrice", 9000},
                                    {"reduceOnly", false},
                                    {"timestamp", "2020-09-13T12:26:40.000Z"},
                                    {"lastUpdateTimestamp", "2020-09-13T12:26:40.000Z"},
                                    {"priceTriggerOptions", nullptr}});
  const auto own = statuses(venue, "cliOrdIds=mine");
  REQUIRE(own.size() == 1);
  CHECK(own[0]["status"] == "TRIGGER_PLACED");
  CHECK(own[0]["order"]["type"] == "TRIGGER_ORDER");
  CHECK(own[0]["order"]["priceTriggerOptions"] == Json{{"triggerPrice", 9000},
                                                       {"triggerSide", "TRIGGER_BELOW"},
                                                       {"triggerSignal", "MARK_PRICE"},
                                                       {"triggerTime", nullptr}});
  // However the list is written; each order once.
  const std::vector<std::string> lists = {
      "orderIds=of-the-tape&orderIds=" + sent, "orderIds[]=of-the-tape&orderIds%5B%5D=" + sent,
      "orderIds=of-the-tape," + sent, "orderIds=%5B%22of-the-tape%22,%22" + sent + "%22%5D",
      "orderIds=of-the-tape&cliOrdIds=mine&orderIds=" + sent};
  for (const auto& list : lists) {
    CHECK(statuses(venue, list).size() == 2);
  }
  CHECK(statuses(venue, "orderIds=nothing").empty());
  CHECK(venue.ask("POST", "orders/status", "orderIds=" + sent, "other")["orders"].empty());
  CHECK(venue.post("orders/status")["error"] == "requiredArgumentMissing");

  // One that is cancelled is told of for five seconds more.
  venue.post("cancelorder", "order_id=" + sent);
  venue.stage.pass(4 * kSecond);
  const auto gone = statuses(venue, "orderIds=" + sent);
  REQUIRE(gone.size() == 1);
  CHECK(gone[0]["status"] == "CANCELLED");
  CHECK(gone[0]["updateReason"] == "CANCELLED_BY_USER");
  venue.stage.pass(kSecond);
  CHECK(statuses(venue, "orderIds=" + sent).empty());
  venue.post("cancelallordersafter", "timeout=1");
  venue.stage.pass(kSecond);
  CHECK(statuses(venue, "orderIds=of-the-tape").at(0)["updateReason"] == "DEAD_MAN_SWITCH");
}
