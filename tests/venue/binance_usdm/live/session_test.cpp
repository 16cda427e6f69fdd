#include <catch2/catch.hpp>
#include <venue/binance_usdm/live/stage.h>

#include <string>

using namespace stage;

TEST_CASE("two accounts and three symbols begin") {
  Stage stage(options({"BTCUSDT", "ETHUSDT", "SOLUSDT"}, {}, {"desk", "fund"}));
  CHECK(stage.host.links.size() == 2);
  CHECK(stage.waiting("POST https://fapi.binance.com/fapi/v1/listenKey") == 2);
  CHECK(stage.waiting("/fapi/v1/time") == 1);
  CHECK(stage.waiting("/fapi/v1/exchangeInfo") == 1);
  CHECK(stage.host.requests.size() == 4);
  // Each account's answer is its own: keys differ, as those of accounts do.
  stage.answer(stage.take("POST"), 200, "{\"listenKey\":\"" + kKeyOne + "\"}");
  stage.answer(stage.take("POST"), 200, "{\"listenKey\":\"" + kKeyTwo + "\"}");
  stage.answer_all();
  REQUIRE(stage.host.links.size() == 4);
  for (LinkId link = 1; link <= 4; ++link) stage.open(link);
  stage.acknowledge();
  for (const auto* const symbol : {"BTCUSDT", "ETHUSDT", "SOLUSDT"}) {
    stage.change(stage.link("/public"), symbol, 900, 1100, 899);
  }
  stage.live(10 * kSecond);
  CHECK(stage.counter("books_joined") == 3);
  CHECK(stage.answered["https://fapi.binance.com/fapi/v2/account"] == 2);
  CHECK(stage.host.warnings.empty());
  CHECK(stage.counter("rest_failures") == 0);
  CHECK(stage.counter("listen_keys_created", "fund") == 1);
}

TEST_CASE("a recording of the market alone asks nothing of accounts") {
  Stage stage(options({}, {"!bookTicker", "!markPrice@arr@1s"}));
  CHECK(stage.host.links.size() == 2);
  stage.live(10 * kMinute);
  CHECK(stage.answered.size() == 2);
  CHECK(stage.waiting("listenKey") == 0);
}

TEST_CASE("events of all symbols show that their stream speaks") {
  Stage stage(options({}, {"!markPrice@arr@1s"}));
  stage.open(1);
  stage.acknowledge();
  stage.frame(1,
              R"({"stream":"!markPrice@arr@1s","data":[{"e":"markPriceUpdate","E":1600000000000,)"
              R"("s":"BTCUSDT","p":"1","i":"1","P":"1","r":"0","T":1600000000000}]})");
  stage.live(10 * kMinute);
  CHECK(stage.host.warnings.empty());
}

TEST_CASE("the old single address can be configured") {
  auto asked = options({"BTCUSDT"}, {}, {"desk"});
  const std::string old = "wss://fstream.binance.com";
  asked.endpoints = {{"public", old}, {"market", old}, {"private", old}};
  Stage stage(std::move(asked));
  stage.answer_all();
  CHECK(stage.host.links.at(1).url == old + "/stream");
  CHECK(stage.host.links.at(2).url == old + "/stream");
  CHECK(stage.host.links.at(3).url == old + "/ws/" + kKeyOne);
}

TEST_CASE("in an outage everything is asked for at a bounded rate, and comes back by itself") {
  Stage stage(options({"BTCUSDT"}, {}, {"desk"}));
  stage.open(stage.link("/public"));
  stage.acknowledge();
  const std::string_view bodies[] = {"", "<html>503</html>", "{\"a\":", "[[[[", "null", "\xff"};
  std::size_t requests = 0;
  for (int second = 0; second < 3600; ++second) {
    stage.tick(kSecond);
    for (const auto& request : std::exchange(stage.host.requests, {})) {
      const auto status = std::uint16_t{200} + static_cast<std::uint16_t>(requests % 4) * 101;
      stage.answer(request, static_cast<std::uint16_t>(status == 503 ? 0 : status),
                   bodies[requests % 6], {}, "connection refused");
      ++requests;
    }
  }
  CHECK(requests > 50);
  CHECK(requests < 250);
  CHECK(stage.host.warnings.size() < 12);
  CHECK(stage.host.links.size() == 2);
  stage.live(6 * kMinute);
  CHECK(stage.host.links.size() == 3);
  CHECK(stage.counter("books_joined") == 0);
}

TEST_CASE("while the venue counts too many requests, nothing goes out, keys included") {
  Stage stage(options({"BTCUSDT"}, {}, {"desk"}));
  stage.answer(stage.take("/time"), 418, "", {{"retry-after", "300"}});
  const auto others = std::exchange(stage.host.requests, {});
  for (const auto& request : others) stage.answer(request, 418, "");
  stage.advance(599 * kSecond, kSecond);
  CHECK(stage.host.requests.empty());
  CHECK(stage.host.warnings.size() == 1);
  stage.advance(2 * kSecond, kSecond);
  CHECK(stage.waiting("POST") == 1);
}

TEST_CASE("answers, frames and losses of what there is not are borne") {
  Stage stage(options({"BTCUSDT"}, {}, {"desk"}));
  tape::venue::Answer stray;
  stray.id = 4711;
  stray.body = "{}";
  stage.session->on_answer(stray, stage.now, stage.host);
  stray.id = 0;
  stage.session->on_answer(stray, stage.now, stage.host);
  stage.session->on_open(99, stage.now, stage.host);
  stage.session->on_lost(99, stage.now, stage.host);
  stage.session->on_open(0, stage.now, stage.host);
  stage.session->on_lost(0, stage.now, stage.host);
  stage.session->on_frame(99, "{\"stream\":", stage.now, stage.host);
  stage.change(99, "BTCUSDT", 1, 2, 0);
  CHECK(stage.host.links.size() == 2);
  CHECK(stage.host.sent.empty());
}
