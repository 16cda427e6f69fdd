// Control frames and public feeds of the WebSocket (docs.kraken.com, futures WebSocket v1).
#include <tape/venue/kraken_futures/fields.h>
#include <tape/venue/kraken_futures/shared.h>

namespace tape::venue::kraken_futures {
namespace {

// The echo of a private subscription repeats key and challenges: overwritten before, and never a
// field.
constexpr auto kControl = std::to_array<Field>({
    {"event", "event", text, required},
    {"feed", "feed"},
    {"feed", "^channel"},
    {"product_ids[]", "symbols[]"},
    {"version", "version", integer},
    {"message", "message"},
    {"api_key", "", ignored},
    {"original_challenge", "", ignored},
    {"signed_challenge", "", ignored},
});

constexpr auto kError = std::to_array<Field>({
    {"event", "", ignored},
    {"feed", "^channel"},
    {"message", "message", text, expected},
    {"product_ids", "", ignored},
    {"api_key", "", ignored},
    {"original_challenge", "", ignored},
    {"signed_challenge", "", ignored},
});

constexpr auto kHeartbeat = std::to_array<Field>({
    {"feed", "", ignored},
    {"time", "serverAt", milliseconds, expected},
    {"time", "^exchangeAt", moment},
});

// A funding field that is omitted means zero, but only on perpetuals.
constexpr auto kTicker = std::to_array<Field>({
    {"time", "^exchangeAt", milliseconds, expected},
    {"product_id", "^symbol", text, required},
    {"funding_rate", "fundingRate", decimal},
    {"funding_rate_prediction", "fundingRatePrediction", decimal},
    {"relative_funding_rate", "relativeFundingRate", decimal},
    {"relative_funding_rate_prediction", "relativeFundingRatePrediction", decimal},
    {"next_funding_rate_time", "nextFundingAt", milliseconds},
    {"leverage", "leverage"},
    {"premium", "premium", decimal},
    {"feed", "", ignored},
    {"bid", "bid", decimal},
    {"ask", "ask", decimal},
    {"bid_size", "bidQuantity", decimal},
    {"ask_size", "askQuantity", decimal},
    {"volume", "volume", decimal},
    {"dtm", "daysToMaturity", integer},
    {"index", "indexPrice", decimal},
    {"last", "last", decimal},
    {"change", "changePercent", decimal},
    {"suspended", "suspended", boolean},
    {"tag", "tag"},
    {"pair", "pair"},
    {"openInterest", "openInterest", decimal},
    {"markPrice", "markPrice", decimal},
    {"maturityTime", "maturityAt", milliseconds},
    {"post_only", "postOnly", boolean},
    {"volumeQuote", "quoteVolume", decimal},
    {"open", "open", decimal},
    {"high", "high", decimal},
    {"low", "low", decimal},
});

constexpr auto kTickerLite = std::to_array<Field>({
    {"feed", "", ignored},
    {"product_id", "^symbol", text, required},
    {"bid", "bid", decimal},
    {"ask", "ask", decimal},
    {"change", "changePercent", decimal},
    {"premium", "premium", decimal},
    {"volume", "volume", decimal},
    {"tag", "tag"},
    {"pair", "pair"},
    {"dtm", "daysToMaturity", integer},
    {"maturityTime", "maturityAt", milliseconds},
    {"volumeQuote", "quoteVolume", decimal},
});

constexpr auto kTradeSnapshot = std::to_array<Field>({
    {"feed", "", ignored},
    {"product_id", "^symbol", text, required},
    {"trades", "", parts, required},
    {"trades[].feed", "", ignored},
    {"trades[].product_id", "items[].symbol"},
    {"trades[].uid", "items[].tradeId"},
    {"trades[].side", "items[].side", side},
    {"trades[].type", "items[].type", text, optional, kTradeTypes},
    {"trades[].seq", "items[].sequence", integer, expected},
    {"trades[].time", "items[].tradedAt", milliseconds, expected},
    {"trades[].qty", "items[].quantity", decimal, required},
    {"trades[].price", "items[].price", decimal, required},
});

constexpr auto kTrade = std::to_array<Field>({
    {"feed", "", ignored},
    {"product_id", "^symbol", text, required},
    {"uid", "tradeId"},
    {"side", "side", side, expected},
    {"type", "type", text, optional, kTradeTypes},
    {"seq", "sequence", integer, expected},
    {"seq", "^sequence", integer},
    {"time", "tradedAt", milliseconds, expected},
    {"time", "^exchangeAt", moment},
    {"qty", "quantity", decimal, required},
    {"price", "price", decimal, required},
});

constexpr auto kBookSnapshot = std::to_array<Field>({
    {"feed", "", ignored},
    {"product_id", "^symbol", text, required},
    {"timestamp", "^exchangeAt", milliseconds, expected},
    {"seq", "updateId", integer, required},
    {"seq", "^sequence", integer},
    {"tickSize", "tickSize", decimal},
    {"bids", "", parts, required},
    {"bids[].price", "bids[].price", decimal, required},
    {"bids[].qty", "bids[].quantity", decimal, required},
    {"asks", "", parts, required},
    {"asks[].price", "asks[].price", decimal, required},
    {"asks[].qty", "asks[].quantity", decimal, required},
});

constexpr auto kBook = std::to_array<Field>({
    {"feed", "", ignored},
    {"product_id", "^symbol", text, required},
    {"side", "side", side, required},
    {"seq", "updateId", integer, required},
    {"seq", "^sequence", integer},
    {"price", "price", decimal, required},
    {"qty", "quantity", decimal, required},
    {"timestamp", "^exchangeAt", milliseconds, expected},
});

constexpr auto kTables = std::to_array<Table>({
    {"control", "subscription", "", kControl},
    {"error", "error", "", kError},
    {"heartbeat", "heartbeat", "heartbeat", kHeartbeat},
    {"ticker", "ticker", "ticker", kTicker},
    {"ticker_lite", "ticker", "ticker_lite", kTickerLite},
    {"trade_snapshot", "tradeSnapshot", "trade", kTradeSnapshot},
    {"trade", "trade", "trade", kTrade},
    {"book_snapshot", "bookSnapshot", "book", kBookSnapshot},
    {"book", "bookDelta", "book", kBook},
});

}  // namespace

std::span<const Table> public_tables() { return kTables; }

std::vector<Table> all_tables() {
  std::vector<Table> all;
  for (const auto part :
       {public_tables(), private_tables(), account_tables(), order_tables(), market_tables()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

}  // namespace tape::venue::kraken_futures
