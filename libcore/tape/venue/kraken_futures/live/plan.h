// What one live session of Kraken Futures is to do: options checked and completed.
#pragma once

#include <tape/venue/kraken_futures/live/offer.h>
#include <tape/venue/session.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace tape::venue::kraken_futures {

/// A value that moves only.
struct Plan {
  std::vector<std::string> symbols;             // each once
  std::vector<std::string_view> public_feeds;   // names in kFeeds, without heartbeat
  std::vector<std::string_view> account_feeds;  // the same
  bool public_link = false;                     // something public is to be recorded
  std::vector<Account> accounts;
  std::array<std::string, kEndpoints.size()> endpoints;
  std::array<Nanos, kPolls.size()> polls{};

  [[nodiscard]] const std::string& endpoint(Endpoint which) const {
    return endpoints[static_cast<std::size_t>(which)];
  }
};

/// The venue allows 100 connections; a link takes this many symbols.
inline constexpr std::size_t kMaxLinks = 100;
inline constexpr std::size_t kSymbolsPerLink = 200;

/// Throws Error{usage}, as LiveInfo::make_session.
[[nodiscard]] Plan make_plan(SessionOptions options);

}  // namespace tape::venue::kraken_futures
