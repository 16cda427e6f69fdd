#include <tape/venue/kraken_futures/protocol.h>

#include <catch2/catch.hpp>

#include "support.h"
#include <algorithm>
#include <random>

using namespace kraken;

namespace {

constexpr std::string_view kCanary = "CaNaRy+secret/VALUE==";
const std::string kStars(kCanary.size(), '*');

std::string fill_in(std::string frame) {
  for (auto at = frame.find('$'); at != std::string::npos; at = frame.find('$'))
    frame.replace(at, 1, kCanary);
  return frame;
}

}  // namespace

TEST_CASE("kraken futures: secrets are overwritten, and nothing else") {
  Wire wire;
  const char* const frames[] = {
      R"({"event":"challenge","api_key":"$"})",
      R"({"event":"challenge","message":"$"})",
      R"({"message":"$","event":"challenge "})",
      R"({"event":"subscribe","feed":"fills","api_key":"$","original_challenge":"$","signed_challenge":"$"})",
      R"({ "event" : "subscribed", "feed" : "balances", "api_key" : "$" , "signed_challenge" :
 "$" })",
      R"({"event":"unsubscribed","feed":"fills","original_challenge":"$","api_key":"$"})",
      R"({"APIKey":"$","Authent":"$","nested":{"deep":[{"apiKey":"$"}]}})",
      // Cut off, broken, quoted inside another string, and not JSON at all.
      R"({"event":"subscribe","feed":"fills","api_key":"$)",
      R"({"event":"challenge","message":"$)",
      R"({"event":"subscribe" "api_key" "$",)",
      R"({"event":"alert","message":"Bad request: {\"event\":\"subscribe\",\"api_key\":\"$\",\"feed\":\"fills\"}"})",
      R"(api_key=$&feed=fills)",
      R"(a=1&Authent=$)",
  };
  for (const auto* frame : frames) {
    INFO(frame);
    const auto sent = fill_in(frame);
    const auto event = wire.send(sent);
    CHECK(wire.redacted);
    CHECK(event.getRedacted());
    auto expected = sent;
    for (auto at = expected.find(kCanary); at != std::string::npos; at = expected.find(kCanary)) {
      expected.replace(at, kCanary.size(), kStars);
    }
    CHECK(wire.bytes == expected);
    CHECK(tape::event::raw_bytes(event) == expected);
    CHECK(std::string(kj::str(event).cStr()).find("CaNaRy") == std::string::npos);
  }
}

TEST_CASE("kraken futures: the echo of a private subscription is understood without its secrets") {
  Wire wire;
  const auto event = wire.send(fill_in(
      R"({"event":"subscribed","feed":"fills","api_key":"$","original_challenge":"$","signed_challenge":"$"})"));
  CHECK(summary(event) == "subscription fills");
}

TEST_CASE("kraken futures: a REST target loses its secrets, its buffer keeps them") {
  Wire wire;
  const auto target = fill_in("/derivatives/api/v3/fills?APIKey=$&symbol=PI_XBTUSD&Authent=$");
  const auto event = wire.answer(target, R"({"result":"success","fills":[]})");
  CHECK(wire.redacted);
  CHECK(std::string(event.getRest().getTarget().cStr()) ==
        "/derivatives/api/v3/fills?APIKey=" + kStars + "&symbol=PI_XBTUSD&Authent=" + kStars);
  CHECK(target.find(kCanary) != std::string::npos);
}

TEST_CASE("kraken futures: what only looks like a secret stays") {
  Wire wire;
  for (const auto* frame :
       {R"({"event":"error","message":"challenge missing"})",
        R"({"event":"alert","message":"bad api_key"})", R"({"event":"challenge"})",
        R"({"feed":"ticker","product_id":"KEY_HASHUSD","time":1676393235406,"change":1})",
        R"({"event":"subscribed","feed":"book","product_ids":["PI_XBTUSD"]})"}) {
    INFO(frame);
    CHECK_FALSE(wire.send(frame).getRedacted());
    CHECK(wire.bytes == frame);
  }
  // A frame that is declined has lost its secrets all the same.
  const auto sent = fill_in(R"({"method":"SUBSCRIBE","apiKey":"$"})");
  CHECK_FALSE(wire.offer(sent, tape::venue::Unknown::decline));
  CHECK(wire.redacted);
  CHECK(wire.bytes.find(kCanary) == std::string::npos);
}

TEST_CASE("kraken futures: odd frames keep their meaning") {
  Wire wire;
  CHECK(summary(wire.send(R"({"feed":"heartbeat","time":"1791518718452"})")) ==
        "heartbeat heartbeat");
  CHECK(summary(wire.send(R"({"feed":"heartbeat","time":1791518718})")) ==
        "heartbeat heartbeat, unitChanged time");
  CHECK(summary(wire.send(R"({"feed":"heartbeat","time":1791518718452,"time":1791518718453})")) ==
        "heartbeat heartbeat, duplicateKey time");
  CHECK(summary(wire.send(
            R"({"feed":"heartbeat","time":1791518718452,"new":{"deep":[1,{"a":"b"}]}})")) ==
        "heartbeat heartbeat, unknown fields");
  CHECK(summary(wire.send(R"({"feed":"heartbeat","time":"noon"})")) ==
        "heartbeat heartbeat, badValue time");
  CHECK(summary(wire.send("\xEF\xBB\xBF {\"feed\":\"heartbeat\",\"time\":1791518718452} ")) ==
        "heartbeat heartbeat");
  const auto event = wire.send(
      R"({"feed":"book","product_id":"P","side":"buy","seq":18446744073709551615,"price":-0.0,)"
      R"("qty":1e3,"timestamp":1612269953629})");
  CHECK(event.getSequence() == 18446744073709551615U);
  CHECK(body(event, "price") == "0.0");
  CHECK(body(event, "quantity") == "1000");
}

TEST_CASE("kraken futures: what is asked by REST without JSON is a request") {
  Wire wire;
  wire.direction = tape::schema::Direction::SENT;
  wire.rest.method = "GET";
  wire.rest.target = "/derivatives/api/v3/openpositions";
  CHECK(wire.send("").getBody().isRequest());
  wire.rest.method = "POST";
  wire.rest.target = "/derivatives/api/v3/cancelallordersafter";
  const auto event = wire.send("timeout=60");
  CHECK(event.getBody().isRequest());
  CHECK(tape::event::view(event.getRaw().getText()) == "timeout=60");
  CHECK(wire.send(R"({"what":1})").getBody().isOpaque());
  // An answer without a body is no answer.
  wire.direction = tape::schema::Direction::RECEIVED;
  CHECK(wire.send("").getBody().getOpaque().getKind() == OpaqueKind::EMPTY);
}

TEST_CASE("kraken futures: any bytes become one event that keeps them") {
  const std::string seeds[] = {
      R"({"feed":"book","product_id":"P","side":"buy","seq":7,"price":1.5,"qty":1,"timestamp":1612269953629})",
      R"({"feed":"balances","account":"a","holding":{"USD":5.0},"futures":{"F":{"name":"F","pnl":1}},"timestamp":1640995200000,"seq":83})",
      R"({"result":"success","accounts":{"cash":{"balances":{"xbt":"1"}},"fi":{"balances":{"a":"2"}},"flex":{"currencies":{}}}})",
      R"({"event":"subscribed","feed":"fills","api_key":"k","original_challenge":"c","signed_challenge":"s"})",
  };
  const std::string letters = "{}[]\":,\\0123456789.eE-+truefalsn \xc2\xa0\xff";
  std::mt19937 random(7);
  Wire wire;
  for (int round = 0; round < 20'000; ++round) {
    auto frame = seeds[random() % std::size(seeds)];
    for (auto edits = random() % 4; edits > 0 && !frame.empty(); --edits) {
      const auto at = random() % frame.size();
      switch (random() % 4) {
        case 0:
          frame[at] = letters[random() % letters.size()];
          break;
        case 1:
          frame.erase(at, 1 + random() % 10);
          break;
        case 2:
          frame.insert(at, 1, letters[random() % letters.size()]);
          break;
        default:
          frame.resize(at);
      }
    }
    const auto event = wire.send(frame);
    if (tape::event::raw_bytes(event) != wire.bytes || wire.bytes.size() != frame.size())
      FAIL(frame);
  }
}
