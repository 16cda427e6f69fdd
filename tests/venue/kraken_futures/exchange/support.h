// Kraken Futures as clients see it, with accounts that sign.
#pragma once

#include <tape/venue/kraken_futures/live/sign.h>

#include "venue/exchange/stage.h"

namespace kraken_exchange {

using tape::kSecond;
using tape::venue::ClientId;
using tape::venue::ExchangeOptions;
using tape::venue::test::Json;
using tape::venue::test::Stage;

inline const std::string kSecret = "c2VjcmV0IG9mIHRoZSB0ZXN0";
inline tape::Secret secret() { return tape::Secret(std::string(kSecret)); }
inline constexpr std::string_view kBook =
    R"({"feed":"book_snapshot","product_id":"PI_XBTUSD","timestamp":1600000000000,"seq":1,)"
    R"("tickSize":0.5,"bids":[{"price":9999.5,"qty":10}],"asks":[{"price":10000.5,"qty":20}]})";

inline std::string ticker(bool post_only, bool suspended) {
  return std::string(R"({"feed":"ticker","product_id":"PI_XBTUSD","time":1600000000000,)") +
         R"("bid":9999.5,"ask":10000.5,"bid_size":1,"ask_size":1,"last":10000,"tag":"perpetual",)" +
         R"("pair":"XBT:USD","suspended":)" + (suspended ? "true" : "false") + R"(,"post_only":)" +
         (post_only ? "true" : "false") + "}";
}

inline ExchangeOptions accounts(std::vector<std::string> labels, bool on_tape = true) {
  return tape::venue::test::accounts(std::move(labels), kSecret, on_tape);
}

class Venue {
 public:
  explicit Venue(ExchangeOptions options) : stage("kraken-futures", std::move(options)) {}

  /// Signed by an account.
  Json ask(std::string_view method, const std::string& endpoint, const std::string& body = "",
           const std::string& account = "desk") {
    const auto target = "/derivatives/api/v3/" + endpoint;
    const auto mark = endpoint.find('?');
    const auto query = mark == std::string::npos ? "" : endpoint.substr(mark + 1);
    const auto nonce = std::to_string(++nonce_);
    const auto path = "/api/v3/" + endpoint.substr(0, mark);
    const auto signature =
        tape::venue::kraken_futures::authent(query + body, nonce, path, secret());
    return Json::parse(
        stage
            .ask(method, target, body,
                 {{"apikey", "key of " + account}, {"nonce", nonce}, {"authent", signature}})
            .body);
  }
  Json post(const std::string& endpoint, const std::string& body = "") {
    return ask("POST", endpoint, body);
  }
  std::string status(const std::string& body) {
    return post("sendorder", body)["sendStatus"]["status"];
  }

  /// A connection that is past its greeting.
  ClientId connect() {
    const auto client = stage.connect("/ws/v1");
    REQUIRE(stage.heard(client).front()["event"] == "info");
    return client;
  }
  /// What the feed begins with, behind the acknowledgement.
  std::vector<Json> subscribe(ClientId client, const std::string& feed,
                              const std::string& account = "desk") {
    auto said = stage.say(client, R"({"event":"challenge","api_key":"key of )" + account + "\"}");
    const std::string challenge = said.at(0)["message"];
    const auto signature = tape::venue::kraken_futures::sign_challenge(challenge, secret());
    said = stage.say(client, Json{{"event", "subscribe"},
                                  {"feed", feed},
                                  {"api_key", "key of " + account},
                                  {"original_challenge", challenge},
                                  {"signed_challenge", signature}}
                                 .dump());
    REQUIRE(said.at(0)["event"] == "subscribed");
    said.erase(said.begin());
    return said;
  }

  Stage stage;

 private:
  std::uint64_t nonce_ = 0;
};

}  // namespace kraken_exchange
