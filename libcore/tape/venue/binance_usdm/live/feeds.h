// What can be recorded of Binance USD-M futures, and what one recording asks for: streams,
// accounts, addresses, polls.
#pragma once

#include <tape/venue/binance_usdm/live/rest/client.h>
#include <tape/venue/session.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tape::venue::binance_usdm::live {

/// Which of the venue's addresses a stream is at since 2026-04-23; elsewhere it stays silent.
enum class Site : std::uint8_t {
  book,     // depth, bookTicker: "public"
  market,   // everything else about the market
  account,  // user data: "private"
};

struct Stream {
  std::string name;           // "btcusdt@depth@100ms"
  std::string_view endpoint;  // "public", for people
  std::string_view channel;   // of its events
  std::string symbol;         // upper case; empty = all
  bool lively = false;        // says something every minute while all is well
  bool book = false;          // changes of the order book, which need a snapshot to start from
};

/// A recording as the session wants it.
struct Plan {
  std::vector<Stream> book;
  std::vector<Stream> market;
  std::vector<std::string> symbols;  // upper case, each once
  bool user_data = false;
  std::string rest_url;  // without a slash at the end, as all of them
  std::string book_url;
  std::string market_url;
  std::string private_url;
  std::vector<Account> accounts;
  std::vector<Nanos> every;  // by Call; 0 = no schedule
};

[[nodiscard]] std::span<const FeedInfo> feeds();
[[nodiscard]] std::span<const EndpointInfo> endpoints();
[[nodiscard]] std::span<const PollInfo> polls();

/// Throws Error{usage} for what cannot be, naming what can.
[[nodiscard]] Plan make_plan(SessionOptions options);

}  // namespace tape::venue::binance_usdm::live
