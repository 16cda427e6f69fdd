// What can be recorded live of Kraken Futures: its feeds, addresses and REST polls.
#pragma once

#include <tape/venue/session.h>

#include <array>
#include <cstdint>
#include <string_view>

namespace tape::venue::kraken_futures {

/// docs.kraken.com, futures WebSocket v1 (read 2026-10). deposits_withdrawals is in no current
/// documentation and not offered.
inline constexpr auto kFeeds = std::to_array<FeedInfo>({
    {"heartbeat", false, true, false, "proof that the connection lives"},
    {"ticker", false, true, true, "prices, funding and flags of a market, at most once a second"},
    {"ticker_lite", false, false, true, "fewer prices of a market, at most once a second"},
    {"trade", false, true, true, "each trade"},
    {"book", false, true, true, "the whole book, then each change of a level"},
    {"fills", true, true, false, "the account's executions, assignments and liquidations included"},
    {"open_orders", true, false, false, "the account's open orders"},
    {"open_orders_verbose", true, true, false,
     "the same, and post-only orders that were rejected for crossing"},
    {"open_positions", true, true, false, "the account's open positions"},
    {"balances", true, true, false, "the account's balances and margins"},
    {"account_log", true, true, false, "each booking of the account"},
    {"notifications_auth", true, true, false, "the venue's messages to its customers"},
    {"account_balances_and_margins", true, false, false,
     "balances and margins by the older feed of that name"},
});

inline constexpr std::string_view kHeartbeatFeed = "heartbeat";

inline constexpr auto kEndpoints = std::to_array<EndpointInfo>({
    {"websocket", "wss://futures.kraken.com/ws/v1", "all feeds"},
    {"rest", "https://futures.kraken.com/derivatives/api/v3", "all polls but the status page"},
    {"status_page", "https://status.kraken.com/api/v2/summary.json", "the status page, as JSON"},
});
enum class Endpoint : std::uint8_t { websocket, rest, status_page };

/// Off (0) means never: not by schedule, and not in the round after a connection either.
inline constexpr auto kPolls = std::to_array<PollInfo>({
    {"accounts", 60 * kSecond, true, "balances and margins"},
    {"openpositions", 60 * kSecond, true, "open positions"},
    {"openorders", 60 * kSecond, true, "open orders"},
    {"fills", 60 * kSecond, true,
     "the last 100 executions, and after a lost connection all since then"},
    {"notifications", 60 * kSecond, true, "the venue's messages to its customers"},
    {"instruments", 3600 * kSecond, false, "all markets and their rules"},
    {"instruments_status", 60 * kSecond, false, "dislocation and volatility of each market"},
    {"tickers", 0, false, "prices and flags of all markets"},
    {"status_page", 60 * kSecond, false, "incidents and maintenance as the venue publishes them"},
});

/// What kPolls says nothing of, in its order. Costs: docs.kraken.com, futures REST, "rate limits"
/// (read 2026-10).
struct PollCall {
  std::string_view path;  // below the endpoint
  std::uint32_t cost;     // units of the account's allowance
};
inline constexpr auto kPollCalls = std::to_array<PollCall>({
    {"/accounts", 2},
    {"/openpositions", 2},
    {"/openorders", 2},
    {"/fills", 2},
    {"/notifications", 2},
    {"/instruments", 1},
    {"/instruments/status", 1},
    {"/tickers", 1},
    {"", 1},
});
static_assert(kPolls.size() == kPollCalls.size());
inline constexpr std::size_t kFillsPoll = 3;
inline constexpr std::size_t kStatusPagePoll = 8;
static_assert(kPolls[kFillsPoll].name == "fills");
static_assert(kPolls[kStatusPagePoll].name == "status_page");

/// A page of fills older than a moment costs more.
inline constexpr std::uint32_t kFillsPageCost = 25;

}  // namespace tape::venue::kraken_futures
