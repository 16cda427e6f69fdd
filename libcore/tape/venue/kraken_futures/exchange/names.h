// How the exchange names feeds, questions and requests among itself, and how it writes control
// frames.
#pragma once

#include <tape/venue/exchange/exchange.h>

#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tape::venue::kraken_futures {

/// What clients may subscribe to, and how they get it.
struct FeedKind {
  std::string_view name;
  bool account = false;
  bool per_symbol = false;
  bool snapshot = false;  // begins with something whole, changes follow
  bool repeats = false;   // each message is whole: the last one is what a client begins with
};
/// Null when there is none.
[[nodiscard]] const FeedKind* find_feed(std::string_view name);

/// Version 4.
[[nodiscard]] std::string uuid(std::mt19937_64& random);

[[nodiscard]] std::string capitals(std::string_view text);

/// "book PI_XBTUSD", "fills desk", "heartbeat". The symbol in any case.
[[nodiscard]] std::string feed_name(const FeedKind& feed, std::string_view symbol,
                                    std::string_view account);

/// {"event":"subscribed","feed":"book","product_ids":["PI_XBTUSD"]}; no symbol: without.
[[nodiscard]] std::string ack(std::string_view event, std::string_view feed,
                              std::string_view symbol);
[[nodiscard]] std::string error(std::string_view message);

/// What a request of the socket asks, one text a symbol: "subscribe book PI_XBTUSD".
[[nodiscard]] std::vector<std::string> asks(std::string_view event, std::string_view feed,
                                            const std::vector<std::string>& symbols);

/// "instruments/status" of "/derivatives/api/v3/instruments/status"; "status page" of the status
/// page's path. Empty when it is no path of the venue.
[[nodiscard]] std::string_view endpoint_of(std::string_view path);
[[nodiscard]] bool is_public(std::string_view endpoint);
/// "desk fills lastFillTime=...", " tickers ".
[[nodiscard]] std::string question(std::string_view account, std::string_view endpoint,
                                   std::string_view query);

/// "2022-06-22T17:07:00.000Z", as REST answers have it.
[[nodiscard]] std::string server_time(Nanos moment);
/// {"result":"error","error":"...","serverTime":"..."}.
[[nodiscard]] ExchangeReply rest_error(std::string_view code, Nanos moment,
                                       std::uint16_t status = 200);

}  // namespace tape::venue::kraken_futures
