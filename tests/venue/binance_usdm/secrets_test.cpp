#include <tape/venue/binance_usdm/secrets.h>

#include <catch2/catch.hpp>

#include "support.h"
#include <array>
#include <string>

using tape::venue::binance_usdm::listen_key_length;
using tape::venue::binance_usdm::redact_secrets;

namespace {

// As long as a real one, and nowhere in what the venue sends.
constexpr std::string_view kCanary =
    "CANARYxk3Vd1Tq9Wz7Lm5Np2Rs8Yb4Hc6Jf0Gt1Qa3Ze5Xu7Iv9Ko2Mw4Pd6CANARY";

std::string redact(std::string text, bool& changed) {
  changed = redact_secrets({text.data(), text.size()});
  return text;
}

std::string with_canary(std::string text) {
  for (auto at = text.find('$'); at != std::string::npos; at = text.find('$')) {
    text.replace(at, 1, kCanary);
  }
  return text;
}

const std::array kFrames = {
    R"({"stream":"$","data":{"e":"ACCOUNT_UPDATE","E":1,"T":1,"a":{"B":[],"P":[],"m":"ORDER"}}})",
    R"({"data":{"e":"ORDER_TRADE_UPDATE"},"stream":"$"})",
    R"({ "stream" : "$" , "data" : {} })",
    R"({"e":"listenKeyExpired","E":"1736996475556","listenKey":"$"})",
    R"({"listenKey":"$"})",
    R"({"listenKey" : "$", "more": {"apiKey":"$"}})",
    R"({"method":"SUBSCRIBE","params":["btcusdt@depth","$"],"id":1})",
    R"({"method":"UNSUBSCRIBE","params":["$"],"id":1})",
    R"({"method":"REQUEST","params":["$@account","$@balance"],"id":1})",
    R"({"result":["btcusdt@aggTrade","$"],"id":3})",
    R"({"id":"a","method":"account.status","params":{"apiKey":"$","signature":"$","timestamp":1}})",
    R"({"X-MBX-APIKEY":"$"})",
    R"(symbol=BTCUSDT&side=BUY&timestamp=1591702613943&signature=$)",
    R"(listenKey=$)",
    R"(/fapi/v1/order?apiKey=$&a=b)",
    // Malformed: junk in front, several values, cut off in the secret, no quote at the end, blanks.
    R"(junk{"stream":"$","data":)",
    R"({"stream":"btcusdt@depth","data":{}}{"stream":"$","data":{}})",
    R"({"stream":"$)",
    R"({"listenKey":"$)",
    R"({"method":"SUBSCRIBE","params":["$)",
    "{\"e\":\"x\",\n\t\"listenKey\"\n:\t\"$\"",
};

}  // namespace

TEST_CASE("no secret survives, in no frame, and the length is kept") {
  for (const auto* const frame : kFrames) {
    const auto text = with_canary(frame);
    INFO(text);
    bool changed = false;
    const auto out = redact(text, changed);
    CHECK(changed);
    CHECK(out.size() == text.size());
    CHECK(out.find("CANARY") == std::string::npos);
    // Only the secret's bytes changed.
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (out[i] != text[i]) CHECK(out[i] == '*');
    }
    CHECK(redact(out, changed) == out);
    CHECK_FALSE(changed);
  }
}

TEST_CASE("a frame cut anywhere shows nothing of its secret") {
  for (const auto* const frame : kFrames) {
    const auto text = with_canary(frame);
    for (std::size_t length = 0; length <= text.size(); ++length) {
      bool changed = false;
      const auto out = redact(text.substr(0, length), changed);
      CHECK(out.find("CANARY") == std::string::npos);
    }
  }
}

TEST_CASE("market data and subscriptions to it stay as they are") {
  for (const std::string text : {
           R"({"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","s":"BTCUSDT"}})",
           R"({"stream":"!miniTicker@arr","data":[]})",
           R"({"stream":"!bookTicker","data":{"e":"bookTicker","s":"KEYUSDT"}})",
           R"({"e":"aggTrade","s":"KEEPUSDT","p":"1"})",
           R"({"method":"SUBSCRIBE","params":["btcusdt@depth","!ticker@arr"],"id":1})",
           R"({"method":"SET_PROPERTY","params":["combined",true],"id":1})",
           R"({"result":null,"id":1})",
           R"({"result":["btcusdt@aggTrade"],"id":3})",
           R"({"stream":1})",
           "stream\"",
           "\"stream\"",
           "",
       }) {
    INFO(text);
    bool changed = false;
    CHECK(redact(text, changed) == text);
    CHECK_FALSE(changed);
  }
}

TEST_CASE("a stream name is a listen key when nothing in it says what it streams") {
  CHECK(listen_key_length("btcusdt@depth") == 0);
  CHECK(listen_key_length("btcusdt_perpetual@continuousKline_1m") == 0);
  CHECK(listen_key_length("!contractInfo") == 0);
  CHECK(listen_key_length("") == 0);
  CHECK(listen_key_length("abc") == 3);
  CHECK(listen_key_length(kCanary) == kCanary.size());
  CHECK(listen_key_length(std::string(kCanary) + "@account") == kCanary.size());
}

TEST_CASE("the protocol overwrites before it decodes, and says so in the event") {
  binance::Wire wire;
  for (const auto* const frame : kFrames) {
    const auto event = wire.send(with_canary(frame));
    INFO(frame);
    CHECK(wire.redacted);
    CHECK(event.getRedacted());
    CHECK(std::string(event.toString().flatten().cStr()).find("CANARY") == std::string::npos);
    CHECK(wire.bytes.find("CANARY") == std::string::npos);
  }
  // Also in a frame that is left to another venue.
  CHECK_FALSE(
      wire.offer(with_canary(R"({"feed":"x","apiKey":"$"})"), tape::venue::Unknown::decline));
  CHECK(wire.count() == 0);
  CHECK(wire.bytes.find("CANARY") == std::string::npos);

  const auto plain = wire.send(R"({"result":null,"id":1})");
  CHECK_FALSE(wire.redacted);
  CHECK_FALSE(plain.getRedacted());
}
