// Orders that are modified, that trail, and several at once.
#include "venue/binance_usdm/exchange/support.h"

using namespace binance_exchange;

namespace {

std::string limit(const std::string& name, const std::string& time, const std::string& price) {
  return "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=2&timeInForce=" + time + "&price=" + price +
         "&newClientOrderId=" + name;
}
std::string change(const std::string& name, const std::string& quantity, const std::string& price) {
  return "symbol=BTCUSDT&side=BUY&origClientOrderId=" + name + "&quantity=" + quantity +
         "&price=" + price;
}
/// As a query has it.
std::string coded(const Json& list) {
  std::string out;
  for (const char c : list.dump()) out += c == '"' ? std::string("%22") : std::string(1, c);
  return out;
}

}  // namespace

TEST_CASE("binance orders: a limit order is modified, and the stream tells it") {
  Venue venue(accounts({"desk"}));
  venue.stage.play(kQuote);
  const auto stream = venue.stage.connect("/private/ws/" + venue.listen_key());
  REQUIRE(venue.place(limit("mine", "GTC", "9000")) == "NEW");
  venue.stage.heard(stream);
  const auto changed = venue.ask("PUT", "v1/order", change("mine", "3", "9001.5"));
  CHECK(changed["status"] == "NEW");
  CHECK(changed["origQty"] == "3");
  CHECK(changed["price"] == "9001.5");
  auto heard = venue.stage.heard(stream);
  REQUIRE(heard.size() == 1);
  CHECK(heard[0]["e"] == "ORDER_TRADE_UPDATE");
  CHECK(heard[0]["o"]["x"] == "AMENDMENT");
  CHECK(heard[0]["o"]["X"] == "NEW");
  CHECK(heard[0]["o"]["i"] == changed["orderId"]);
  CHECK(heard[0]["o"]["p"] == "9001.5");
  auto open = venue.ask("GET", "v1/openOrders");
  REQUIRE(open.size() == 1);
  CHECK(open[0]["price"] == "9001.5");

  const auto code = [&](const std::string& parameters) {
    return venue.ask("PUT", "v1/order", parameters)["code"];
  };
  CHECK(code(change("mine", "3.0", "9001.50")) == -5027);
  CHECK(code(change("mine", "3", "10000.5")) == -2010);
  CHECK(code(change("mine", "-3", "9000")) == -4003);
  CHECK(code(change("none", "3", "9000")) == -2013);
  CHECK(code(change("mine", "3", "")) == -1102);
  CHECK(code("symbol=BTCUSDT&side=BUY&quantity=1&price=1") == -1102);
  CHECK(code("symbol=BTCUSDT&side=SELL&origClientOrderId=mine&quantity=1&price=1") == -1117);
  CHECK(venue.place("symbol=BTCUSDT&side=SELL&type=STOP_MARKET&quantity=1&stopPrice=9000&"
                    "newClientOrderId=stop") == "NEW");
  CHECK(code(change("stop", "3", "9000")) == -5025);
  // All of that left it as it was.
  CHECK(venue.ask("GET", "v1/order", "symbol=BTCUSDT&origClientOrderId=mine")["price"] == "9001.5");
}

TEST_CASE("binance orders: a maker-only order that a modification would let take is cancelled") {
  Venue venue(accounts({"desk"}));
  venue.stage.play(kQuote);
  const auto stream = venue.stage.connect("/private/ws/" + venue.listen_key());
  REQUIRE(venue.place(limit("maker", "GTX", "9000")) == "NEW");
  venue.stage.heard(stream);
  CHECK(venue.ask("PUT", "v1/order", change("maker", "2", "10000.5"))["code"] == -5022);
  const auto heard = venue.stage.heard(stream);
  REQUIRE(heard.size() == 1);
  CHECK(heard[0]["o"]["X"] == "CANCELED");
  CHECK(venue.ask("GET", "v1/openOrders").empty());
}

TEST_CASE("binance orders: one of the tape is modified, too, unless it has been filled so far") {
  Venue venue(accounts({"desk"}));
  venue.stage.play(kQuote);
  const auto update = [](const std::string& status) {
    return R"({"e":"ORDER_TRADE_UPDATE","E":1600000000000,"T":1600000000000,"o":{"s":"BTCUSDT",)"
           R"("c":"x","S":"BUY","o":"LIMIT","f":"GTC","q":"3","p":"1","ap":"0","sp":"0","x":"NEW",)"
           R"("X":")" +
           status +
           R"(","i":5,"l":"0","z":"1","L":"0","T":1600000000000,"t":0,"ps":"BOTH","R":false,)"
           R"("wt":"CONTRACT_PRICE","ot":"LIMIT"}})";
  };
  const auto stream = venue.stage.connect("/private/ws/" + venue.listen_key());
  venue.stage.play(update("PARTIALLY_FILLED"), {"desk"});
  venue.stage.heard(stream);
  const auto changed = venue.ask("PUT", "v1/order", change("x", "2", "2"));
  CHECK(changed["status"] == "PARTIALLY_FILLED");
  CHECK(changed["executedQty"] == "1");
  CHECK(venue.stage.heard(stream).at(0)["o"]["x"] == "AMENDMENT");
  venue.stage.play(update("FILLED"), {"desk"});
  CHECK(venue.stage.heard(stream).empty());
  CHECK(venue.ask("PUT", "v1/order", change("x", "1", "2"))["status"] == "CANCELED");
  CHECK(venue.stage.heard(stream).at(0)["o"]["x"] == "CANCELED");
  CHECK(venue.ask("GET", "v1/openOrders").empty());
}

TEST_CASE("binance orders: a trailing stop rests, never triggered") {
  Venue venue(accounts({"desk"}));
  venue.stage.play(kQuote);
  const auto stream = venue.stage.connect("/private/ws/" + venue.listen_key());
  const std::string bare = "symbol=BTCUSDT&type=TRAILING_STOP_MARKET&quantity=1&side=";
  const auto sent =
      venue.ask("POST", "v1/order", bare + "SELL&callbackRate=0.5&activationPrice=10100");
  CHECK(sent["status"] == "NEW");
  CHECK(sent["type"] == "TRAILING_STOP_MARKET");
  CHECK(sent["activatePrice"] == "10100");
  CHECK(sent["priceRate"] == "0.5");
  const auto heard = venue.stage.heard(stream);
  REQUIRE(heard.size() == 1);
  CHECK(heard[0]["o"]["AP"] == "10100");
  CHECK(heard[0]["o"]["cr"] == "0.5");
  std::string higher(kQuote);
  higher.replace(higher.find("9999.5"), 6, "10200.5");
  higher.replace(higher.find("10000.5"), 7, "10201.5");
  venue.stage.play(higher);
  CHECK(venue.ask("GET", "v1/openOrders").at(0)["priceRate"] == "0.5");

  CHECK(venue.place(bare + "SELL") == -1102);
  CHECK(venue.place(bare + "SELL&callbackRate=0.05") == -2007);
  CHECK(venue.place(bare + "SELL&callbackRate=10.1") == -2007);
  CHECK(venue.place(bare + "SELL&callbackRate=1&activationPrice=-1") == -4135);
  CHECK(venue.place(bare + "SELL&callbackRate=1&activationPrice=10200.5") == -2021);
  CHECK(venue.place(bare + "BUY&callbackRate=1&activationPrice=10201.5") == -2021);
  CHECK(venue.place(bare + "BUY&callbackRate=10&activationPrice=10000") == "NEW");
  CHECK(venue.place(bare + "BUY&callbackRate=0.1") == "NEW");
}

TEST_CASE("binance orders: each of a batch is answered by itself") {
  Venue venue(accounts({"desk"}));
  venue.stage.play(kQuote);
  const auto stream = venue.stage.connect("/private/ws/" + venue.listen_key());
  const auto order = [](const std::string& name, const std::string& price) {
    return Json{{"symbol", "BTCUSDT"}, {"side", "BUY"},           {"type", "LIMIT"},
                {"quantity", "1"},     {"price", price},          {"timeInForce", "GTX"},
                {"reduceOnly", false}, {"newClientOrderId", name}};
  };
  const auto batch = [&](const std::string& method, const Json& list) {
    return venue.ask(method, "v1/batchOrders", "batchOrders=" + coded(list));
  };
  const auto placed =
      batch("POST", {order("a", "9000"), order("b", "10000.5"), order("c", "9001")});
  REQUIRE(placed.size() == 3);
  CHECK(placed[0]["clientOrderId"] == "a");
  CHECK(placed[1]["code"] == -5022);
  CHECK(placed[2]["status"] == "NEW");
  CHECK(venue.stage.heard(stream).size() == 2);

  const auto changes = Json{{{"symbol", "BTCUSDT"},
                             {"side", "BUY"},
                             {"orderId", placed[0]["orderId"]},
                             {"quantity", "5"},
                             {"price", "9000"}},
                            {{"symbol", "BTCUSDT"},
                             {"side", "BUY"},
                             {"origClientOrderId", "none"},
                             {"quantity", "5"},
                             {"price", "9000"}}};
  const auto changed = batch("PUT", changes);
  REQUIRE(changed.size() == 2);
  CHECK(changed[0]["origQty"] == "5");
  CHECK(changed[1]["code"] == -2013);
  CHECK(venue.stage.heard(stream).at(0)["o"]["x"] == "AMENDMENT");

  const auto cancel = [&](const std::string& list) {
    return venue.ask("DELETE", "v1/batchOrders", "symbol=BTCUSDT&" + list);
  };
  const auto gone = cancel("orderIdList=" + Json{placed[0]["orderId"], 7}.dump());
  REQUIRE(gone.size() == 2);
  CHECK(gone[0]["status"] == "CANCELED");
  CHECK(gone[1]["code"] == -2011);
  CHECK(cancel("origClientOrderIdList=" + coded(Json::array({"c"}))).at(0)["status"] == "CANCELED");
  CHECK(venue.stage.heard(stream).size() == 2);
  CHECK(venue.ask("GET", "v1/openOrders").empty());

  CHECK(batch("POST", Json::array())["code"] == -4082);
  CHECK(batch("POST", Json(6, order("d", "1")))["code"] == -4082);
  CHECK(batch("POST", Json{1})["code"] == -1102);
  CHECK(venue.ask("POST", "v1/batchOrders")["code"] == -1102);
  CHECK(cancel("")["code"] == -1102);
  CHECK(cancel("orderIdList=%5B%5D")["code"] == -1130);
  CHECK(cancel("orderIdList=7")["code"] == -1130);
  CHECK(cancel("orderIdList=%5B1,2,3,4,5,6,7,8,9,10,11%5D")["code"] == -1130);
  CHECK(venue.ask("DELETE", "v1/batchOrders", "orderIdList=%5B7%5D")["code"] == -1102);
}

TEST_CASE("binance orders: a batch counts as five orders, a modification as one") {
  Venue venue(accounts({"desk"}));
  venue.stage.play(kQuote);
  REQUIRE(venue.place(limit("mine", "GTC", "9000")) == "NEW");
  for (int i = 0; i < 58; ++i) {
    REQUIRE(venue.ask("POST", "v1/batchOrders", "batchOrders=%5B%7B%7D%5D").size() == 1);
  }
  for (int i = 1; i < 10; ++i) {
    const auto price = std::to_string(9000 + i);
    REQUIRE(venue.ask("PUT", "v1/order", change("mine", "2", price))["price"] == price);
  }
  const auto full = venue.call("PUT", "v1/order", change("mine", "2", "8999"));
  CHECK(full.status == 429);
  CHECK(Json::parse(full.body)["code"] == -1015);
}
