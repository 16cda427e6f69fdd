// Binance USD-M futures as clients see it, with accounts that sign.
#pragma once

#include <tape/venue/binance_usdm/live/rest/sign.h>

#include "venue/exchange/stage.h"

namespace binance_exchange {

using tape::kMillisecond;
using tape::kSecond;
using tape::venue::ClientId;
using tape::venue::ExchangeOptions;
using tape::venue::ExchangeReply;
using tape::venue::test::Json;
using tape::venue::test::Stage;

inline const std::string kSecret = "secret";
inline tape::Secret secret() { return tape::Secret(std::string(kSecret)); }
inline constexpr std::string_view kQuote =
    R"({"e":"bookTicker","u":1,"s":"BTCUSDT","b":"9999.5","B":"1","a":"10000.5","A":"1",)"
    R"("T":1600000000000,"E":1600000000000})";

inline ExchangeOptions accounts(std::vector<std::string> labels, bool on_tape = true) {
  return tape::venue::test::accounts(std::move(labels), kSecret, on_tape);
}

class Venue {
 public:
  explicit Venue(ExchangeOptions options) : stage("binance-usdm", std::move(options)) {}

  static Stage::Headers key(const std::string& account = "desk") {
    return {{"x-mbx-apikey", "key of " + account}};
  }
  /// Signed by an account.
  ExchangeReply call(std::string_view method, const std::string& endpoint,
                     const std::string& parameters = "", const std::string& account = "desk") {
    const auto query =
        tape::venue::binance_usdm::live::signed_query(secret(), parameters, stage.utc());
    return stage.ask(method, "/fapi/" + endpoint + "?" + query, "", key(account));
  }
  Json ask(std::string_view method, const std::string& endpoint, const std::string& parameters = "",
           const std::string& account = "desk") {
    return Json::parse(call(method, endpoint, parameters, account).body);
  }
  /// Of an order: the error's code, or its status.
  Json place(const std::string& parameters) {
    const auto answer = ask("POST", "v1/order", parameters);
    return answer.contains("code") ? answer["code"] : answer["status"];
  }
  std::string listen_key(const std::string& account = "desk") {
    return Json::parse(stage.ask("POST", "/fapi/v1/listenKey", "", key(account)).body)["listenKey"];
  }

  Stage stage;
};

}  // namespace binance_exchange
