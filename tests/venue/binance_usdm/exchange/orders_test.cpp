#include "venue/binance_usdm/exchange/support.h"

using namespace binance_exchange;

namespace {

const std::string kMaker =
    "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTX&quantity=2&price=9999&newClientOrderId="
    "mine";

std::string of(const std::string& time, const std::string& side, const std::string& price) {
  return "symbol=BTCUSDT&type=LIMIT&quantity=1&timeInForce=" + time + "&side=" + side +
         "&price=" + price;
}

}  // namespace

TEST_CASE("binance orders: a maker-only order rests and is cancelled, and the stream tells it") {
  Venue venue(accounts({"desk"}));
  venue.stage.play(kQuote);
  const auto raw = venue.stage.connect("/private/ws/" + venue.listen_key());
  const auto combined = venue.stage.connect("/private/stream?streams=" + venue.listen_key());
  const auto sent = venue.ask("POST", "v1/order", kMaker);
  CHECK(sent["status"] == "NEW");
  CHECK(sent["clientOrderId"] == "mine");
  CHECK(sent["origQty"] == "2");
  auto heard = venue.stage.heard(raw);
  REQUIRE(heard.size() == 1);
  CHECK(heard[0]["e"] == "ORDER_TRADE_UPDATE");
  CHECK(heard[0]["o"]["x"] == "NEW");
  CHECK(heard[0]["o"]["i"] == sent["orderId"]);
  CHECK(venue.stage.heard(combined).at(0)["data"] == heard[0]);

  const auto open = venue.ask("GET", "v1/openOrders", "symbol=BTCUSDT");
  REQUIRE(open.size() == 1);
  CHECK(open[0]["price"] == "9999");
  CHECK(venue.ask("GET", "v1/openOrders", "symbol=ETHUSDT").empty());
  CHECK(venue.ask("GET", "v1/order", "symbol=BTCUSDT&origClientOrderId=mine")["status"] == "NEW");

  const std::string cancel = "symbol=BTCUSDT&origClientOrderId=mine";
  CHECK(venue.ask("DELETE", "v1/order", cancel)["status"] == "CANCELED");
  heard = venue.stage.heard(raw);
  REQUIRE(heard.size() == 1);
  CHECK(heard[0]["o"]["X"] == "CANCELED");
  CHECK(venue.ask("DELETE", "v1/order", cancel)["code"] == -2011);
  CHECK(venue.ask("GET", "v1/order", cancel)["code"] == -2013);
  CHECK(venue.ask("DELETE", "v1/order", "symbol=BTCUSDT")["code"] == -1102);
}

TEST_CASE("binance orders: what would execute is refused") {
  Venue venue(accounts({"desk"}));
  CHECK(venue.place(kMaker) == -1121);
  venue.stage.play(kQuote);
  CHECK(venue.place(of("GTX", "BUY", "10000.5")) == -5022);
  CHECK(venue.place(of("GTX", "SELL", "9999.5")) == -5022);
  CHECK(venue.place(of("GTX", "SELL", "10000")) == "NEW");
  CHECK(venue.place(of("GTC", "BUY", "10000")) == "NEW");
  CHECK(venue.place(of("GTC", "BUY", "10000.5")) == -2010);
  CHECK(venue.place(of("FOK", "BUY", "10001")) == -5021);
  CHECK(venue.place("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1") == -2010);
  CHECK(venue.place("symbol=BTCUSDT&side=SELL&type=STOP_MARKET&quantity=1&stopPrice=9000") ==
        "NEW");
  const auto stream = venue.stage.connect("/private/ws/" + venue.listen_key());
  CHECK(venue.place(of("IOC", "BUY", "10001")) == "EXPIRED");
  const auto heard = venue.stage.heard(stream);
  REQUIRE(heard.size() == 2);
  CHECK(heard[0]["o"]["x"] == "NEW");
  CHECK(heard[1]["o"]["x"] == "EXPIRED");
  CHECK(venue.ask("GET", "v1/openOrders").size() == 3);
}

TEST_CASE("binance orders: wrong ones are refused whatever the market") {
  Venue venue(accounts({"desk"}));
  venue.stage.play(kQuote);
  CHECK(venue.place("side=BUY") == -1102);
  CHECK(venue.place("symbol=BTCUSDT&side=UP&type=LIMIT") == -1117);
  CHECK(venue.place("symbol=BTCUSDT&side=BUY&type=NONE") == -1116);
  CHECK(venue.place("symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=1") == -1102);
  CHECK(venue.place(of("XXX", "BUY", "1")) == -1115);
  CHECK(venue.place(of("GTC", "BUY", "-1")) == -4001);
  CHECK(venue.place(of("GTC", "BUY", "1") + "&reduceOnly=true") == -2022);
  CHECK(venue.place(kMaker) == "NEW");
  CHECK(venue.place(kMaker) == -4116);
  CHECK(venue.call("POST", "v1/leverage", "symbol=BTCUSDT").status == 400);
}

TEST_CASE("binance orders: so many in ten seconds") {
  Venue venue(accounts({"desk"}));
  venue.stage.play(kQuote);
  for (int i = 0; i < 300; ++i) REQUIRE(venue.place(of("GTC", "BUY", "1")) == "NEW");
  CHECK(venue.place(of("GTC", "BUY", "1")) == -1015);
  venue.stage.pass(10 * kSecond);
  CHECK(venue.place(of("GTC", "BUY", "1")) == "NEW");
}

TEST_CASE("binance orders: a countdown cancels all of a symbol, unless it is set again") {
  Venue venue(accounts({"desk"}));
  venue.stage.play(kQuote);
  std::string other(kQuote);
  other.replace(other.find("BTC"), 3, "ETH");
  venue.stage.play(other);
  const auto stream = venue.stage.connect("/private/ws/" + venue.listen_key());
  CHECK(venue.place(of("GTX", "BUY", "9000")) == "NEW");
  CHECK(venue.place(of("GTX", "BUY", "9001")) == "NEW");
  CHECK(venue.place("symbol=ETHUSDT&side=BUY&type=LIMIT&timeInForce=GTX&quantity=1&price=1") ==
        "NEW");
  venue.stage.heard(stream);
  const std::string countdown = "symbol=BTCUSDT&countdownTime=5000";
  CHECK(venue.ask("POST", "v1/countdownCancelAll", countdown) ==
        Json{{"symbol", "BTCUSDT"}, {"countdownTime", "5000"}});
  SECTION("it is set again, and then not") {
    venue.stage.pass(4 * kSecond);
    venue.ask("POST", "v1/countdownCancelAll", countdown);
    venue.stage.pass(4 * kSecond);
    CHECK(venue.stage.heard(stream).empty());
    venue.stage.pass(kSecond);
    CHECK(venue.stage.heard(stream).size() == 2);
    CHECK(venue.ask("GET", "v1/openOrders").size() == 1);
    venue.stage.pass(20 * kSecond);
    CHECK(venue.stage.heard(stream).empty());
  }
  SECTION("it is taken back") {
    venue.ask("POST", "v1/countdownCancelAll", "symbol=BTCUSDT&countdownTime=0");
    venue.stage.pass(20 * kSecond);
    CHECK(venue.stage.heard(stream).empty());
    CHECK(venue.ask("DELETE", "v1/allOpenOrders", "symbol=BTCUSDT")["code"] == 200);
    CHECK(venue.stage.heard(stream).size() == 2);
  }
}

TEST_CASE("binance orders: the tape says nothing more of an order that a client cancelled") {
  Venue venue(accounts({"desk"}));
  venue.stage.play(kQuote);
  const auto update = [](int id, const std::string& status) {
    return R"({"e":"ORDER_TRADE_UPDATE","E":1600000000000,"T":1600000000000,"o":{"s":"BTCUSDT",)"
           R"("c":"x","S":"BUY","o":"LIMIT","f":"GTC","q":"1","p":"1","ap":"0","sp":"0","x":")" +
           status + R"(","X":")" + status + R"(","i":)" + std::to_string(id) +
           R"(,"l":"0","z":"0","L":"0","T":1600000000000,"t":0,"ps":"BOTH"}})";
  };
  const auto stream = venue.stage.connect("/private/ws/" + venue.listen_key());
  venue.stage.play(update(5, "NEW"), {"desk"});
  CHECK(venue.stage.heard(stream).size() == 1);
  CHECK(venue.ask("DELETE", "v1/order", "symbol=BTCUSDT&orderId=5")["status"] == "CANCELED");
  CHECK(venue.stage.heard(stream).at(0)["o"]["X"] == "CANCELED");
  venue.stage.play(update(5, "EXPIRED"), {"desk"});
  CHECK(venue.stage.heard(stream).empty());
  venue.stage.play(update(6, "NEW"), {"desk"});
  CHECK(venue.stage.heard(stream).size() == 1);
  const auto open = venue.ask("GET", "v1/openOrders");
  REQUIRE(open.size() == 1);
  CHECK(open[0]["orderId"] == 6);
}
