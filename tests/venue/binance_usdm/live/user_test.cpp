#include <catch2/catch.hpp>
#include <venue/binance_usdm/live/stage.h>

#include <string>

using namespace stage;

namespace {

constexpr std::string_view kCreate = "POST https://fapi.binance.com/fapi/v1/listenKey";
constexpr std::string_view kKeep = "PUT https://fapi.binance.com/fapi/v1/listenKey";

std::string key_body(const std::string& key) { return "{\"listenKey\":\"" + key + "\"}"; }

/// One account whose private connection stands.
struct UserStage : Stage {
  UserStage() : Stage(options({}, {}, {"desk"})) {
    answer(take(kCreate), 200, key_body(kKeyOne));
    open(1);
    answer_all();
  }
  std::string url() const { return host.links.at(1).url; }
};

}  // namespace

TEST_CASE("each account has a key, which is concealed, and a connection of its own") {
  Stage stage(options({}, {}, {"desk", "fund"}));
  CHECK(stage.host.links.empty());
  const auto first = stage.take(kCreate);
  const auto second = stage.take(kCreate);
  CHECK(first.account == "desk");
  CHECK(first.headers == Headers{{"X-MBX-APIKEY", "key of desk"}});
  CHECK(first.body.empty());
  CHECK(second.headers == Headers{{"X-MBX-APIKEY", "key of fund"}});
  stage.answer(second, 200, key_body(kKeyTwo));
  stage.answer(first, 200, key_body(kKeyOne));
  CHECK(stage.host.concealed == std::vector<std::string>{kKeyTwo, kKeyOne});
  REQUIRE(stage.host.links.size() == 2);
  const auto& link = stage.host.links.at(1);
  CHECK(link.url == "wss://fstream.binance.com/private/ws/" + kKeyTwo);
  CHECK(link.account == "fund");
  CHECK(link.silence == 10 * kMinute);
  CHECK(stage.host.links.at(2).account == "desk");
  // Nothing is subscribed to, and the names of what is known of the link hold no key.
  stage.open(1);
  CHECK(stage.host.sent.empty());
  CHECK(link.name == "private fund");
}

TEST_CASE("every connection of an account is followed by its snapshots") {
  Stage stage(options({}, {}, {"desk"}));
  stage.answer(stage.take(kCreate), 200, key_body(kKeyOne));
  for (int round = 0; round < 2; ++round) {
    stage.open(1);
    stage.tick(kSecond);
    for (const auto* const path : {"/v1/positionSide/dual", "/v2/account", "/v2/positionRisk",
                                   "/v1/multiAssetsMargin", "/v1/openOrders"}) {
      INFO(path);
      const auto request = stage.take(path);
      CHECK(request.account == "desk");
      CHECK(request.url.find("&signature=") != std::string::npos);
      stage.answer(request, 200, stage.good(request));
    }
    stage.answer_all();
    stage.advance(10 * kSecond);
    CHECK(stage.host.requests.empty());
    stage.lose(1);
  }
}

TEST_CASE("the account is asked for on a schedule") {
  UserStage stage;
  stage.answered.clear();
  stage.live(60 * kMinute + 30 * kSecond);
  const auto asked = [&](const std::string& path) {
    return stage.answered["https://fapi.binance.com" + path];
  };
  CHECK(asked("/fapi/v2/account") == 12);
  CHECK(asked("/fapi/v2/positionRisk") == 12);
  CHECK(asked("/fapi/v1/openOrders") == 12);
  CHECK(asked("/fapi/v1/positionSide/dual") == 2);
  CHECK(asked("/fapi/v1/multiAssetsMargin") == 2);
  CHECK(asked("/fapi/v1/time") == 12);
  CHECK(asked("/fapi/v1/listenKey") == 2);
  stage.live(5 * kHour);
  CHECK(asked("/fapi/v1/exchangeInfo") == 1);
}

TEST_CASE("polls are replaced and switched off") {
  auto asked = options({}, {}, {"desk"});
  asked.polls = {{"account", 10 * kSecond}, {"openOrders", 0}, {"exchangeInfo", 0}, {"time", 0}};
  Stage stage(std::move(asked));
  CHECK(stage.waiting("/exchangeInfo") == 0);
  CHECK(stage.waiting("/time") == 0);
  stage.answer_all();
  stage.open(1);
  stage.live(5 * kMinute + 30 * kSecond);
  CHECK(stage.answered["https://fapi.binance.com/fapi/v2/account"] >= 30);
  CHECK(stage.answered["https://fapi.binance.com/fapi/v1/openOrders"] == 1);
  CHECK(stage.answered["https://fapi.binance.com/fapi/v1/time"] == 0);
}

TEST_CASE("the key is kept alive every 30 minutes") {
  UserStage stage;
  for (int round = 0; round < 3; ++round) {
    stage.live(29 * kMinute);
    CHECK(stage.counter("listen_keys_kept", "desk") == round);
    stage.live(kMinute + 10 * kSecond);
    CHECK(stage.counter("listen_keys_kept", "desk") == round + 1);
  }
  CHECK(stage.counter("listen_keys_created", "desk") == 1);
  CHECK(stage.said("restart") == 0);
}

TEST_CASE("a keep-alive that is answered with -1125 makes a new key and a new connection") {
  UserStage stage;
  stage.live(29 * kMinute + 50 * kSecond);
  stage.advance(12 * kSecond);
  stage.answer(stage.take(kKeep), 400, R"({"code":-1125,"msg":"This listenKey does not exist."})");
  stage.answer(stage.take(kCreate), 200, key_body(kKeyTwo));
  CHECK(stage.said("restart 1") == 1);
  CHECK(stage.url() == "wss://fstream.binance.com/private/ws/" + kKeyTwo);
  CHECK(stage.host.concealed.back() == kKeyTwo);
  stage.answer_all();
  stage.answered.clear();
  stage.lose(1);
  stage.open(1);
  stage.live(2 * kSecond);
  CHECK(stage.answered["https://fapi.binance.com/fapi/v2/account"] == 1);
}

TEST_CASE("the expiry event makes a new key and a new connection at once") {
  UserStage stage;
  stage.advance(kMinute);
  stage.answer_all();
  stage.frame(1, R"({"e":"listenKeyExpired","E":"1736996475556","listenKey":")" + kKeyOne + "\"}");
  REQUIRE(stage.waiting(kCreate) == 1);
  // The same key again is a new life of it.
  SECTION("another key") {
    stage.answer(stage.take(kCreate), 200, key_body(kKeyTwo));
    CHECK(stage.url().ends_with(kKeyTwo));
  }
  SECTION("the same key") {
    stage.answer(stage.take(kCreate), 200, key_body(kKeyOne));
    CHECK(stage.url().ends_with(kKeyOne));
  }
  CHECK(stage.said("restart 1") == 1);
  CHECK(stage.counter("listen_keys_expired", "desk") == 1);
  stage.live(29 * kMinute);
  CHECK(stage.counter("listen_keys_kept", "desk") == 0);
  stage.live(2 * kMinute);
  CHECK(stage.counter("listen_keys_kept", "desk") == 1);
}

TEST_CASE("expiry told again and again makes a bounded number of keys") {
  UserStage stage;
  for (int i = 0; i < 600; ++i) {
    stage.frame(1, R"({"e":"listenKeyExpired","E":1736996475556,"listenKey":"x"})");
    stage.tick(100 * kMillisecond);
    stage.answer_all();
  }
  CHECK(stage.counter("listen_keys_created", "desk") <= 14);
  CHECK(stage.counter("listen_keys_created", "desk") >= 10);
}

TEST_CASE("a keep-alive that brings another key moves to it") {
  UserStage stage;
  stage.advance(30 * kMinute + kSecond, kSecond);
  stage.answer(stage.take(kKeep), 200, key_body(kKeyTwo));
  CHECK(stage.url().ends_with(kKeyTwo));
  CHECK(stage.said("restart 1") == 1);
}

TEST_CASE("a keep-alive that fails for long is helped by a new creation before the hour is up") {
  UserStage stage;
  std::string_view what = "none";
  for (int second = 0; second < 59 * 60 && what != kCreate; ++second) {
    stage.tick(kSecond);
    while (stage.waiting(kKeep) != 0) stage.answer(stage.take(kKeep), 503, "");
    if (stage.waiting(kCreate) != 0) what = kCreate;
  }
  CHECK(what == kCreate);
  stage.answer(stage.take(kCreate), 200, key_body(kKeyOne));
  CHECK(stage.said("restart") == 0);
}

TEST_CASE("a key that cannot be had is asked for until it can") {
  Stage stage(options({}, {}, {"desk"}));
  const std::pair<int, std::string> answers[] = {
      {503,
       R"({"code":-1000,"msg":"Unknown error, please check your request or try again later."})"},
      {502, "<html><body>Bad Gateway</body></html>"},
      {200, "<html>"},
      {200, ""},
      {0, ""},
      {200, R"({"listenKey":")" + kKeyOne},
      {200, R"({"listenKey":null})"},
      {200, R"({"listenKey":{"a":1}})"},
      {200, R"({"listenKey":"e"})"},
      {200, R"({"listenKey":"../../stream?streams=btcusdt@depth"})"},
      {200, "{}"},
      {200, "[]"}};
  for (const auto& [status, body] : answers) {
    INFO(body);
    stage.answer(stage.take(kCreate), static_cast<std::uint16_t>(status), body, {},
                 status == 0 ? "timeout" : "");
    int waited = 0;
    while (stage.waiting(kCreate) == 0 && waited++ < 320) stage.tick(kSecond);
    CHECK(waited <= 301);
  }
  CHECK(stage.host.links.empty());
  CHECK(stage.host.concealed.empty());
  stage.answer(stage.take(kCreate), 200, key_body(kKeyOne));
  CHECK(stage.host.links.size() == 1);
  CHECK(stage.warned("/fapi/v1/listenKey") >= 1);
}

TEST_CASE("a connection that does not come to stand asks whether its key is still one") {
  UserStage stage;
  stage.lose(1);
  stage.advance(59 * kSecond);
  CHECK(stage.waiting(kCreate) == 0);
  stage.advance(2 * kSecond);
  REQUIRE(stage.waiting(kCreate) == 1);
  stage.answer(stage.take(kCreate), 200, key_body(kKeyTwo));
  // Not connected: the next attempt has the new address by itself.
  CHECK(stage.said("restart") == 0);
  CHECK(stage.url().ends_with(kKeyTwo));
  stage.open(1);
  stage.answer_all();
  stage.advance(20 * kMinute, kSecond);
  CHECK(stage.waiting(kCreate) == 0);
}

TEST_CASE("private connections are replaced before 24 hours too, by one with the same key") {
  UserStage stage;
  stage.live(23 * kHour + kMinute);
  REQUIRE(stage.host.links.size() == 2);
  CHECK(stage.host.links.at(2).url == stage.host.links.at(1).url);
  stage.answered.clear();
  stage.open(2);
  stage.live(20 * kSecond);
  CHECK(stage.host.links.size() == 2);
  CHECK(stage.answered["https://fapi.binance.com/fapi/v2/account"] >= 1);
  SECTION("after its first frame") {
    stage.frame(2, R"({"e":"ACCOUNT_CONFIG_UPDATE","E":1,"T":1,"ac":{"s":"BTCUSDT","l":25}})");
    stage.live(kSecond);
  }
  SECTION("or a while") { stage.live(15 * kSecond); }
  CHECK(stage.said("disconnect 1") == 1);
  CHECK(stage.host.links.size() == 1);
  CHECK(stage.counter("connections_replaced", "desk") == 1);
}

TEST_CASE("a key that ends during the change renews both connections") {
  UserStage stage;
  stage.live(23 * kHour + kMinute);
  stage.open(2);
  stage.answer_all();
  stage.frame(1, R"({"e":"listenKeyExpired","E":1736996475556,"listenKey":"x"})");
  stage.key = kKeyTwo;
  stage.answer_all();
  CHECK(stage.said("restart 1") == 1);
  CHECK(stage.said("restart 2") == 1);
  CHECK(stage.host.links.at(1).url.ends_with(kKeyTwo));
  CHECK(stage.host.links.at(2).url.ends_with(kKeyTwo));
}

TEST_CASE("no key is ever deleted") {
  UserStage stage;
  stage.live(25 * kHour);
  for (const auto& request : stage.host.requests) CHECK(request.method != "DELETE");
}
