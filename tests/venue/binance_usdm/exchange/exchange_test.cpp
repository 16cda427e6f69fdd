#include "venue/binance_usdm/exchange/support.h"

using namespace binance_exchange;

TEST_CASE("binance exchange: streams come raw or combined, as they are asked for") {
  Venue venue(accounts({"desk"}));
  const auto raw = venue.stage.connect("/public/ws/btcusdt@bookTicker");
  const auto combined = venue.stage.connect("/public/stream?streams=btcusdt@bookTicker");
  const auto later = venue.stage.connect("/public/ws");
  CHECK(venue.stage.say(later, R"({"method":"SUBSCRIBE","params":["btcusdt@bookTicker"],"id":1})")
            .at(0) == Json::parse(R"({"result":null,"id":1})"));
  venue.stage.play(kQuote);
  CHECK(venue.stage.heard(raw).at(0)["s"] == "BTCUSDT");
  CHECK(venue.stage.heard(later).at(0)["s"] == "BTCUSDT");
  const auto wrapped = venue.stage.heard(combined);
  REQUIRE(wrapped.size() == 1);
  CHECK(wrapped[0]["stream"] == "btcusdt@bookTicker");
  CHECK(wrapped[0]["data"]["s"] == "BTCUSDT");
  venue.stage.say(raw, R"({"method":"SET_PROPERTY","params":["combined",true],"id":2})");
  CHECK(venue.stage.say(raw, R"({"method":"GET_PROPERTY","params":["combined"],"id":3})")
            .at(0)["result"] == true);
  venue.stage.say(later, R"({"method":"UNSUBSCRIBE","params":["btcusdt@bookTicker"],"id":4})");
  venue.stage.play(kQuote);
  CHECK(venue.stage.heard(raw).at(0).contains("stream"));
  CHECK(venue.stage.heard(later).empty());
}

TEST_CASE("binance exchange: wrong messages are refused in the venue's words") {
  Venue venue(accounts({"desk"}));
  const auto client = venue.stage.connect("/public/ws");
  CHECK(venue.stage.say(client, "{").at(0)["code"] == 3);
  CHECK(venue.stage.say(client, R"({"method":"NONE","id":1})").at(0)["code"] == 2);
  CHECK(venue.stage.say(client, R"({"method":"SUBSCRIBE","params":1,"id":1})").at(0)["code"] == 2);
  const auto refusal = venue.stage.exchange->on_upgrade(99, {"GET", "/elsewhere", "", {}});
  REQUIRE(refusal);
  CHECK(refusal->status == 404);
  CHECK(venue.stage.exchange->on_upgrade(99, {"GET", "/private/ws/unknownKeyOfSomebody", "", {}})
            ->status == 400);
}

TEST_CASE("binance exchange: ten messages a second, pings, and a day") {
  Venue venue(accounts({"desk"}));
  const auto hasty = venue.stage.connect("/public/ws");
  for (int i = 0; i < 11; ++i) venue.stage.say(hasty, R"({"method":"LIST_SUBSCRIPTIONS","id":1})");
  REQUIRE(venue.stage.closed.size() == 1);
  CHECK(venue.stage.closed[0].code == 1008);
  const auto silent = venue.stage.connect("/public/ws");
  const auto alive = venue.stage.connect("/public/ws");
  venue.stage.pass(180 * kSecond);
  CHECK(venue.stage.pinged == std::vector<ClientId>{silent, alive});
  for (int i = 0; i < 4; ++i) {
    venue.stage.exchange->on_ping(alive);
    venue.stage.pass(180 * kSecond);
  }
  REQUIRE(venue.stage.closed.size() == 2);
  CHECK(venue.stage.closed[1].client == silent);
  for (int i = 0; i < 24 * 20; ++i) {
    venue.stage.exchange->on_ping(alive);
    venue.stage.pass(180 * kSecond);
  }
  REQUIRE(venue.stage.closed.size() == 3);
  CHECK(venue.stage.closed[2].client == alive);
}

TEST_CASE("binance exchange: listen keys are made, kept, closed, and over after an hour") {
  Venue venue(accounts({"desk"}));
  const auto key = venue.listen_key();
  CHECK(venue.listen_key() == key);
  const auto client = venue.stage.connect("/private/ws/" + key);
  const auto put = [&] {
    return Json::parse(venue.stage.ask("PUT", "/fapi/v1/listenKey", "", Venue::key()).body);
  };
  venue.stage.pass(3000 * kSecond);
  venue.stage.exchange->on_ping(client);
  CHECK(put()["listenKey"] == key);
  const auto other = venue.stage.connect("/private/ws/" + key);
  venue.stage.pass(3000 * kSecond);
  CHECK(venue.stage.heard(other).empty());
  venue.stage.exchange->on_ping(other);
  venue.stage.pass(600 * kSecond);
  const auto said = venue.stage.heard(other);
  REQUIRE(said.size() == 1);
  CHECK(said[0]["e"] == "listenKeyExpired");
  CHECK(said[0]["E"].is_string());
  CHECK(put()["code"] == -1125);
  CHECK(venue.listen_key() != key);
  CHECK(venue.stage.ask("DELETE", "/fapi/v1/listenKey", "", Venue::key()).body == "{}");
  CHECK(put()["code"] == -1125);
  CHECK(venue.stage.ask("POST", "/fapi/v1/listenKey").status == 401);
}

TEST_CASE("binance exchange: requests are signed, in time, and of a known key") {
  Venue venue(accounts({"desk"}));
  const auto code = [&](const std::string& query, const Stage::Headers& headers) {
    const auto reply = venue.stage.ask("GET", "/fapi/v2/account?" + query, "", headers);
    return Json::parse(reply.body)["code"];
  };
  const auto at = [&](tape::Nanos moment) {
    return tape::venue::binance_usdm::live::signed_query(secret(), "", moment);
  };
  CHECK(code(at(venue.stage.utc()), {}) == -2014);
  CHECK(code(at(venue.stage.utc()), {{"x-mbx-apikey", "none"}}) == -2015);
  CHECK(code(at(venue.stage.utc() - 60 * kSecond), Venue::key()) == -1021);
  CHECK(code(at(venue.stage.utc()) + "0", Venue::key()) == -1022);
  CHECK(code("signature=00", Venue::key()) == -1102);
  const auto order = venue.stage.ask("POST", "/fapi/v1/order?symbol=BTCUSDT", "", Venue::key());
  CHECK(Json::parse(order.body)["code"] == -1102);
}

TEST_CASE("binance exchange: an address has 2400 units a minute") {
  Venue venue(accounts({"desk"}));
  for (int i = 0; i < 2400; ++i) {
    REQUIRE(venue.stage.ask("GET", "/fapi/v1/ping").status == 200);
  }
  const auto refused = venue.stage.ask("GET", "/fapi/v1/ping");
  CHECK(refused.status == 429);
  CHECK(Json::parse(refused.body)["code"] == -1003);
  venue.stage.pass(60 * kSecond);
  CHECK(venue.stage.ask("GET", "/fapi/v1/ping").status == 200);
}

TEST_CASE("binance exchange: an account that no tape has is flat") {
  Venue venue(accounts({"desk"}, false));
  CHECK(venue.ask("GET", "v1/openOrders") == Json::array());
  CHECK(venue.ask("GET", "v2/positionRisk") == Json::array());
  CHECK(venue.ask("GET", "v2/balance") == Json::array());
  CHECK(venue.ask("GET", "v1/userTrades", "symbol=BTCUSDT") == Json::array());
  CHECK(venue.ask("GET", "v2/account").is_object());
  CHECK(venue.ask("GET", "v1/positionSide/dual")["dualSidePosition"] == false);
}

TEST_CASE("binance exchange: what the tape answered wins, else its state answers") {
  Venue venue(accounts({"desk"}));
  CHECK(venue.call("GET", "v2/positionRisk").body == "waits");
  const std::string row =
      R"([{"symbol":"BTCUSDT","positionAmt":"-0.5","entryPrice":"9000","markPrice":"9100",)"
      R"("unRealizedProfit":"1","liquidationPrice":"0","leverage":"20","marginType":"cross",)"
      R"("positionSide":"BOTH","updateTime":1600000000000}])";
  venue.stage.play(row, {"desk", "/fapi/v2/positionRisk"});
  CHECK(venue.ask("GET", "v2/positionRisk") == Json::parse(row));
  // Of another version, which the tape never asked.
  const auto made = venue.ask("GET", "v3/positionRisk");
  REQUIRE(made.size() == 1);
  CHECK(made[0]["positionAmt"] == "-0.5");
  CHECK(venue.ask("GET", "v3/positionRisk", "symbol=ETHUSDT") == Json::array());
  venue.stage.play(
      R"({"e":"ORDER_TRADE_UPDATE","E":1600000000000,"T":1600000000000,"o":{"s":"BTCUSDT","c":"x",)"
      R"("S":"SELL","o":"LIMIT","f":"GTC","q":"1","p":"9000","ap":"9000","sp":"0","x":"TRADE",)"
      R"("X":"FILLED","i":5,"l":"1","z":"1","L":"9000","n":"0.1","N":"USDT","T":1600000000000,)"
      R"("t":77,"m":true,"ps":"BOTH","rp":"2"}})",
      {"desk"});
  const auto trades = venue.ask("GET", "v1/userTrades", "symbol=BTCUSDT");
  REQUIRE(trades.size() == 1);
  CHECK(trades[0]["id"] == 77);
  CHECK(trades[0]["side"] == "SELL");
  CHECK(trades[0]["qty"] == "1");
}

TEST_CASE("binance exchange: before the tape runs, it answers with what comes first on it") {
  Venue venue(accounts({"desk"}));
  const std::string target = "/fapi/v1/depth?symbol=BTCUSDT&limit=1000";
  const auto depth = [](const std::string& id) {
    return R"({"lastUpdateId":)" + id +
           R"(,"E":1600000000000,"T":1600000000000,"bids":[["9999","1"]],"asks":[]})";
  };
  venue.stage.runs = false;
  venue.stage.play(depth("7"), {"", target});
  venue.stage.play(depth("8"), {"", target});
  CHECK(venue.stage.ask("GET", target).body == depth("7"));
  const auto client = venue.stage.call("GET", "/fapi/v1/exchangeInfo");
  venue.stage.pass(kSecond);
  CHECK(venue.stage.answered(client));
  CHECK(venue.stage.ask("GET", "/fapi/v1/exchangeInfo").body == "waits");
  venue.stage.runs = true;
  venue.stage.play(depth("8"), {"", target});
  CHECK(Json::parse(venue.stage.ask("GET", target).body)["lastUpdateId"] == 8);
}
