#include "venue/kraken_futures/exchange/support.h"

using namespace kraken_exchange;
using tape::venue::Notice;

TEST_CASE("kraken exchange: requests are acknowledged, or refused in the venue's words") {
  auto options = accounts({"desk"});
  options.catalogue = {{"book", "PI_XBTUSD"}, {"ticker", "PI_XBTUSD"}};
  Venue venue(std::move(options));
  venue.stage.play(kBook);
  const auto client = venue.connect();
  auto said = venue.stage.say(
      client, R"({"event":"subscribe","feed":"book","product_ids":["pi_xbtusd","PI_NONE"]})");
  REQUIRE(said.size() == 3);
  CHECK(said[0] ==
        Json::parse(R"({"event":"subscribed","feed":"book","product_ids":["PI_XBTUSD"]})"));
  CHECK(said[1]["feed"] == "book_snapshot");
  CHECK(said[2] == Json::parse(R"({"event":"error","message":"Invalid product id"})"));
  said = venue.stage.say(client,
                         R"({"event":"unsubscribe","feed":"book","product_ids":["PI_XBTUSD"]})");
  CHECK(said.at(0)["event"] == "unsubscribed");
  venue.stage.play(kBook);
  CHECK(venue.stage.heard(client).empty());
  CHECK(venue.stage.say(client, R"({"event":"subscribe","feed":"none"})").at(0)["message"] ==
        "Invalid feed");
  CHECK(venue.stage.say(client, "[]").at(0)["message"] == "Json Error");
  CHECK(venue.stage.say(client, R"({"event":"ping"})").at(0)["event"] == "pong");
}

TEST_CASE("kraken exchange: a private feed wants its own challenge, signed") {
  Venue venue(accounts({"desk"}));
  const auto client = venue.connect();
  const auto other = venue.connect();
  CHECK(venue.stage.say(client, R"({"event":"challenge","api_key":"none"})").at(0)["message"] ==
        "Invalid API key");
  const std::string challenge =
      venue.stage.say(client, R"({"event":"challenge","api_key":"key of desk"})").at(0)["message"];
  const auto subscribe = [&](ClientId by, const std::string& original, const std::string& sign) {
    return venue.stage.say(by, Json{{"event", "subscribe"},
                                    {"feed", "fills"},
                                    {"api_key", "key of desk"},
                                    {"original_challenge", original},
                                    {"signed_challenge", sign}}
                                   .dump());
  };
  const auto right = tape::venue::kraken_futures::sign_challenge(challenge, secret());
  CHECK(subscribe(client, challenge, "wrong").at(0)["message"] == "Invalid signature");
  CHECK(subscribe(client, "another", right).at(0)["message"] == "Invalid challenge");
  CHECK(subscribe(other, challenge, right).at(0)["message"] == "Invalid challenge");
  CHECK(subscribe(client, challenge, right).at(0)["event"] == "subscribed");
}

TEST_CASE("kraken exchange: who is silent for a minute is dropped, who asks too much is told") {
  Venue venue(accounts({"desk"}));
  const auto silent = venue.connect();
  const auto alive = venue.connect();
  venue.stage.pass(40 * kSecond);
  venue.stage.exchange->on_ping(alive);
  venue.stage.pass(21 * kSecond);
  REQUIRE(venue.stage.closed.size() == 1);
  CHECK(venue.stage.closed[0].client == silent);
  CHECK(venue.stage.exchange->clients() == 1);
  Json last;
  for (int i = 0; i < 101; ++i) last = venue.stage.say(alive, R"({"event":"ping"})").at(0);
  CHECK(last["event"] == "alert");
}

TEST_CASE("kraken exchange: requests are signed, and numbers used once") {
  Venue venue(accounts({"desk"}));
  constexpr std::string_view kTarget = "/derivatives/api/v3/openorders";
  const auto error = [&](const Stage::Headers& headers) {
    return Json::parse(venue.stage.ask("GET", kTarget, "", headers).body)["error"];
  };
  const auto right = tape::venue::kraken_futures::authent("", "5", "/api/v3/openorders", secret());
  CHECK(error({}) == "authenticationError");
  CHECK(error({{"apikey", "none"}, {"nonce", "5"}, {"authent", right}}) == "authenticationError");
  CHECK(error({{"apikey", "key of desk"}, {"nonce", "6"}, {"authent", right}}) ==
        "authenticationError");
  const Stage::Headers good{{"apikey", "key of desk"}, {"nonce", "5"}, {"authent", right}};
  CHECK(venue.stage.ask("GET", kTarget, "", good).body == "waits");
  CHECK(error(good) == "nonceDuplicate");
}

TEST_CASE("kraken exchange: an account has 500 units in ten seconds") {
  Venue venue(accounts({"desk", "other"}));
  for (int i = 0; i < 20; ++i) {
    REQUIRE(venue.post("cancelallordersafter", "timeout=0")["result"] == "success");
  }
  CHECK(venue.post("cancelallordersafter", "timeout=0")["error"] == "apiLimitExceeded");
  CHECK(venue.ask("POST", "cancelallorders", "", "other")["result"] == "success");
  venue.stage.pass(10 * kSecond);
  CHECK(venue.post("cancelallordersafter", "timeout=0")["result"] == "success");
}

TEST_CASE("kraken exchange: notifications of the tape and made-up ones, by both ways") {
  Venue venue(accounts({"desk"}));
  venue.stage.play(R"({"feed":"notifications_auth","notifications":[{"id":7,"type":"maintenance",)"
                   R"("priority":"high","note":"soon","effective_time":1600000100000,)"
                   R"("expected_downtime_minutes":30}]})",
                   {"desk"});
  auto listed = venue.ask("GET", "notifications")["notifications"];
  REQUIRE(listed.size() == 1);
  CHECK(listed[0] == Json::parse(R"({"type":"maintenance","priority":"high","note":"soon",)"
                                 R"("effectiveTime":"2020-09-13T12:28:20.000Z",)"
                                 R"("expectedDowntimeMinutes":30})"));
  const auto early = venue.connect();
  CHECK(venue.subscribe(early, "notifications_auth").at(0)["notifications"][0]["id"] == 7);
  venue.stage.exchange->notify({"market", "high", "made up", 0, -1});
  CHECK(venue.stage.heard(early).at(0)["notifications"][0]["note"] == "made up");
  const auto late = venue.connect();
  const auto both = venue.subscribe(late, "notifications_auth").at(0)["notifications"];
  REQUIRE(both.size() == 2);
  CHECK(both[0] ==
        Json::parse(R"({"id":7,"type":"maintenance","priority":"high","note":"soon",)"
                    R"("effective_time":1600000100000,"expected_downtime_minutes":30})"));
  CHECK(both[1]["id"].is_number());
  listed = venue.ask("GET", "notifications")["notifications"];
  REQUIRE(listed.size() == 2);
  CHECK(listed[1]["note"] == "made up");
}

TEST_CASE("kraken exchange: what the tape answered wins, else its state answers") {
  Venue venue(accounts({"desk"}));
  venue.stage.play(ticker(false, false));
  auto tickers = Json::parse(venue.stage.ask("GET", "/derivatives/api/v3/tickers").body);
  REQUIRE(tickers["tickers"].size() == 1);
  CHECK(tickers["tickers"][0]["symbol"] == "PI_XBTUSD");
  CHECK(tickers["tickers"][0]["bid"] == 9999.5);
  CHECK(tickers["tickers"][0]["postOnly"] == false);
  const auto one =
      Json::parse(venue.stage.ask("GET", "/derivatives/api/v3/tickers/pi_xbtusd").body);
  CHECK(one["ticker"]["ask"] == 10000.5);
  venue.stage.exchange->set_post_only(true);
  tickers = Json::parse(venue.stage.ask("GET", "/derivatives/api/v3/tickers").body);
  CHECK(tickers["tickers"][0]["postOnly"] == true);
  venue.stage.play(R"({"result":"success","tickers":[],"serverTime":"2020-09-13T12:26:40.000Z"})",
                   {"", "/derivatives/api/v3/tickers"});
  tickers = Json::parse(venue.stage.ask("GET", "/derivatives/api/v3/tickers").body);
  CHECK(tickers["tickers"].empty());
}

TEST_CASE("kraken exchange: the status page is the tape's, else all is well") {
  auto options = accounts({"desk"});
  options.catalogue = {{"book", "PI_XBTUSD"}};
  Venue venue(std::move(options));
  const auto page = [&] {
    return Json::parse(venue.stage.ask("GET", "/api/v2/summary.json").body)["status"]["indicator"];
  };
  CHECK(page() == "none");
  venue.stage.play(R"({"page":{"id":"x","name":"Kraken","updated_at":"2020-09-13T12:26:40.000Z"},)"
                   R"("components":[],"incidents":[],"scheduled_maintenances":[],)"
                   R"("status":{"indicator":"major","description":"Partial System Outage"}})",
                   {"", "/api/v2/summary.json"});
  CHECK(page() == "major");
}

TEST_CASE("kraken exchange: an account that no tape has is flat") {
  Venue venue(accounts({"desk"}, false));
  CHECK(venue.ask("GET", "openorders")["openOrders"].empty());
  CHECK(venue.ask("GET", "openpositions")["openPositions"].empty());
  CHECK(venue.ask("GET", "fills")["fills"].empty());
  CHECK(venue.ask("GET", "accounts")["result"] == "success");
  CHECK(venue.ask("GET", "notifications")["notifications"].empty());
  const auto client = venue.connect();
  CHECK(venue.subscribe(client, "open_orders").at(0)["orders"].empty());
  CHECK(venue.subscribe(client, "fills").at(0)["fills"].empty());
  CHECK(venue.subscribe(client, "open_positions").at(0)["positions"].empty());
  CHECK(venue.subscribe(client, "balances").at(0)["feed"] == "balances_snapshot");
}

TEST_CASE("kraken exchange: trades of the tape are a history") {
  Venue venue(accounts({"desk"}));
  venue.stage.play(R"({"feed":"trade_snapshot","product_id":"PI_XBTUSD","trades":[{"feed":"trade",)"
                   R"("product_id":"PI_XBTUSD","uid":"u1","side":"sell","type":"fill","seq":4,)"
                   R"("time":1600000000000,"qty":3,"price":9999.5}]})");
  venue.stage.play(
      R"({"feed":"trade","product_id":"PI_XBTUSD","uid":"u2","side":"buy","type":"fill","seq":5,)"
      R"("time":1600000001000,"qty":2,"price":10000})");
  const auto ask = [&](const std::string& more) {
    const auto target = "/derivatives/api/v3/history?symbol=PI_XBTUSD" + more;
    return Json::parse(venue.stage.ask("GET", target).body)["history"];
  };
  const auto all = ask("");
  REQUIRE(all.size() == 2);
  CHECK(all[0]["uid"] == "u2");
  CHECK(all[1] == Json::parse(R"({"time":"2020-09-13T12:26:40.000Z","trade_id":4,"price":9999.5,)"
                              R"("size":3,"side":"sell","type":"fill","uid":"u1"})"));
  CHECK(ask("&lastTime=2020-09-13T12:26:41.000Z").size() == 1);
}

TEST_CASE("kraken exchange: before the tape runs, it answers with what comes first on it") {
  Venue venue(accounts({"desk"}));
  const auto tickers = [](const std::string& second) {
    return R"({"result":"success","tickers":[],"serverTime":"2020-09-13T12:26:)" + second +
           R"(.000Z"})";
  };
  const auto ask = [&] { return venue.stage.ask("GET", "/derivatives/api/v3/tickers").body; };
  venue.stage.runs = false;
  CHECK(ask() == "waits");
  venue.stage.play(tickers("40"), {"", "/derivatives/api/v3/tickers"});
  venue.stage.play(tickers("41"), {"", "/derivatives/api/v3/tickers"});
  CHECK(ask() == tickers("40"));
  const std::string orders =
      R"({"result":"success","openOrders":[],"serverTime":"2020-09-13T12:26:42.000Z"})";
  venue.stage.play(orders, {"desk", "/derivatives/api/v3/openorders"});
  CHECK(venue.ask("GET", "openorders") == Json::parse(orders));
  // From its start on, it has what it said.
  venue.stage.runs = true;
  CHECK(ask() == "waits");
  venue.stage.play(tickers("41"), {"", "/derivatives/api/v3/tickers"});
  CHECK(ask() == tickers("41"));
}

TEST_CASE("kraken exchange: what waits for a tape that does not start is refused soon") {
  Venue venue(accounts({"desk"}));
  const auto client = venue.stage.call("GET", "/derivatives/api/v3/orderbook?symbol=PI_XBTUSD");
  venue.stage.runs = GENERATE(false, true);
  venue.stage.pass(kSecond);
  CHECK(venue.stage.answered(client) != venue.stage.runs);
  venue.stage.pass(9 * kSecond);
  CHECK(venue.stage.answered(client));
}
