// Market streams and control frames. Source: developers.binance.com, USD-M "Websocket Market
// Streams", read in copies of 2025-05 to 2026-03; members that only captures show (st, ps, nq, X)
// as seen there.
#include <tape/venue/binance_usdm/fields.h>

namespace tape::venue::binance_usdm {
namespace {

using enum Form;
using enum Need;

// E is when the message was made, T when the matching engine did it; exchangeAt is T where there is
// one.
constexpr Field kDepthUpdate[] = {
    {"e", "", ignored},
    {"E", "eventAt", milliseconds},
    {"T", "^exchangeAt", milliseconds},
    {"s", "^symbol", text, required},
    {"ps", "", ignored},  // the pair again
    {"U", "firstUpdateId", integer},
    {"u", "updateId", integer, required},
    {"u", "^sequence", integer, required},
    {"pu", "previousUpdateId", integer},
    {"b", "", parts, required},
    {"b[][0]", "bids[].price", decimal, required},
    {"b[][1]", "bids[].quantity", decimal, required},
    {"a", "", parts, required},
    {"a[][0]", "asks[].price", decimal, required},
    {"a[][1]", "asks[].quantity", decimal, required},
    {"st", "", ignored},  // which product family
};

constexpr Field kDepthUpdateSpot[] = {
    {"e", "", ignored},
    {"E", "^exchangeAt", milliseconds},
    {"s", "^symbol", text, required},
    {"U", "firstUpdateId", integer},
    {"u", "updateId", integer, required},
    {"u", "^sequence", integer, required},
    {"b", "", parts, required},
    {"b[][0]", "bids[].price", decimal, required},
    {"b[][1]", "bids[].quantity", decimal, required},
    {"a", "", parts, required},
    {"a[][0]", "asks[].price", decimal, required},
    {"a[][1]", "asks[].quantity", decimal, required},
};

constexpr Field kDepthPartialSpot[] = {
    {"lastUpdateId", "updateId", integer, required},
    {"lastUpdateId", "^sequence", integer, required},
    {"bids", "", parts, required},
    {"bids[][0]", "bids[].price", decimal, required},
    {"bids[][1]", "bids[].quantity", decimal, required},
    {"asks", "", parts, required},
    {"asks[][0]", "asks[].price", decimal, required},
    {"asks[][1]", "asks[].quantity", decimal, required},
};

constexpr Constant kPartial[] = {{"partial", 1}};

constexpr Field kBookTicker[] = {
    {"e", "", ignored},
    {"u", "updateId", integer, required},
    {"s", "^symbol", text, required},
    {"ps", "", ignored},
    {"b", "bid", decimal, required},
    {"B", "bidQuantity", decimal, required},
    {"a", "ask", decimal, required},
    {"A", "askQuantity", decimal, required},
    {"T", "^exchangeAt", milliseconds},
    {"E", "eventAt", milliseconds},
    {"st", "", ignored},
};

constexpr Field kAggTrade[] = {
    {"e", "", ignored},
    {"E", "^exchangeAt", milliseconds},
    {"a", "number", integer, required},
    {"s", "^symbol", text, required},
    {"p", "price", decimal, required},
    {"q", "quantity", decimal, required},
    {"nq", "normalQuantity", decimal},
    {"f", "firstNumber", integer},
    {"l", "lastNumber", integer},
    {"T", "tradedAt", milliseconds},
    {"m", "side", side_maker, required},
    {"M", "", ignored},  // spot: no meaning by its documentation
    {"st", "", ignored},
    {"ps", "", ignored},
};

constexpr Field kTrade[] = {
    {"e", "", ignored},
    {"E", "^exchangeAt", milliseconds},
    {"T", "tradedAt", milliseconds},
    {"s", "^symbol", text, required},
    {"t", "number", integer, required},
    {"p", "price", decimal, required},
    {"q", "quantity", decimal, required},
    {"X", "type", text},
    {"m", "side", side_maker, required},
    {"M", "", ignored},
    {"b", "", ignored},  // spot, older: the two orders' numbers
    {"a", "", ignored},
    {"st", "", ignored},
    {"ps", "", ignored},
};

constexpr Field kMarkPrice[] = {
    {"e", "", ignored},
    {"E", "^exchangeAt", milliseconds},
    {"s", "^symbol", text, required},
    {"p", "price", decimal, required},
    {"ap", "averagePrice", decimal},
    {"P", "settlePrice", decimal},
    {"i", "indexPrice", decimal},
    {"r", "fundingRate", decimal},
    {"T", "nextFundingAt", milliseconds},
    {"st", "", ignored},
    {"ps", "", ignored},
};

constexpr Field kMarkPrices[] = {
    {"[].e", "", ignored},
    {"[].E", "items[].eventAt", milliseconds},
    {"[].s", "items[].symbol", text, required},
    {"[].p", "items[].price", decimal, required},
    {"[].ap", "items[].averagePrice", decimal},
    {"[].P", "items[].settlePrice", decimal},
    {"[].i", "items[].indexPrice", decimal},
    {"[].r", "items[].fundingRate", decimal},
    {"[].T", "items[].nextFundingAt", milliseconds},
    {"[].st", "", ignored},
    {"[].ps", "", ignored},
};

constexpr Field kForceOrder[] = {
    {"e", "", ignored},
    {"E", "eventAt", milliseconds},
    {"st", "", ignored},
    {"o", "", parts, required},
    {"o.s", "^symbol", text, required},
    {"o.s", "order.symbol", text},
    {"o.S", "order.side", side, required},
    {"o.o", "order.type", text},
    {"o.f", "order.timeInForce", text},
    {"o.q", "order.quantity", decimal, required},
    {"o.p", "order.limitPrice", decimal, required},
    {"o.ap", "order.averagePrice", decimal},
    {"o.X", "order.status", text},
    {"o.l", "lastFillQuantity", decimal},
    {"o.z", "order.filled", decimal},
    {"o.T", "^exchangeAt", milliseconds},
    {"o.ps", "", ignored},
    {"o.st", "", ignored},
};

constexpr Field kKline[] = {
    {"e", "", ignored},
    {"E", "^exchangeAt", milliseconds},
    {"s", "^symbol", text, required},
    {"ps", "", ignored},
    {"st", "", ignored},
    {"k", "", parts, required},
    {"k.t", "openAt", milliseconds, required},
    {"k.T", "closeAt", milliseconds},
    {"k.s", "", ignored},
    {"k.i", "interval", text},
    {"k.f", "firstTrade", integer},
    {"k.L", "lastTrade", integer},
    {"k.o", "open", decimal},
    {"k.c", "close", decimal},
    {"k.h", "high", decimal},
    {"k.l", "low", decimal},
    {"k.v", "volume", decimal},
    {"k.n", "trades", integer},
    {"k.x", "closed", boolean},
    {"k.q", "quoteVolume", decimal},
    {"k.V", "takerVolume", decimal},
    {"k.Q", "takerQuoteVolume", decimal},
    {"k.B", "", ignored},  // documented as "ignore"
};

constexpr Field kContinuousKline[] = {
    {"e", "", ignored},
    {"E", "^exchangeAt", milliseconds},
    {"ps", "^symbol", text, required},
    {"ct", "contractType", text},
    {"st", "", ignored},
    {"k", "", parts, required},
    {"k.t", "openAt", milliseconds, required},
    {"k.T", "closeAt", milliseconds},
    {"k.i", "interval", text},
    {"k.f", "firstTrade", integer},
    {"k.L", "lastTrade", integer},
    {"k.o", "open", decimal},
    {"k.c", "close", decimal},
    {"k.h", "high", decimal},
    {"k.l", "low", decimal},
    {"k.v", "volume", decimal},
    {"k.n", "trades", integer},
    {"k.x", "closed", boolean},
    {"k.q", "quoteVolume", decimal},
    {"k.V", "takerVolume", decimal},
    {"k.Q", "takerQuoteVolume", decimal},
    {"k.B", "", ignored},
};

constexpr Field kTicker[] = {
    {"e", "", ignored},
    {"E", "^exchangeAt", milliseconds},
    {"s", "^symbol", text, required},
    {"ps", "pair", text},
    {"p", "change", decimal},
    {"P", "changePercent", decimal},
    {"w", "weightedAverage", decimal},
    {"c", "last", decimal, required},
    {"Q", "lastQuantity", decimal},
    {"o", "open", decimal},
    {"h", "high", decimal},
    {"l", "low", decimal},
    {"v", "volume", decimal},
    {"q", "quoteVolume", decimal},
    {"O", "openAt", milliseconds},
    {"C", "closeAt", milliseconds},
    {"F", "firstTrade", integer},
    {"L", "lastTrade", integer},
    {"n", "trades", integer},
    {"st", "", ignored},
    {"x", "", ignored},  // spot: the close before the window
    {"b", "bid", decimal},
    {"B", "bidQuantity", decimal},
    {"a", "ask", decimal},
    {"A", "askQuantity", decimal},
};

constexpr Field kTickers[] = {
    {"[].e", "", ignored},
    {"[].E", "items[].lastAt", milliseconds},
    {"[].s", "items[].symbol", text, required},
    {"[].ps", "items[].pair", text},
    {"[].p", "items[].change", decimal},
    {"[].P", "items[].changePercent", decimal},
    {"[].w", "items[].weightedAverage", decimal},
    {"[].c", "items[].last", decimal, required},
    {"[].Q", "items[].lastQuantity", decimal},
    {"[].o", "items[].open", decimal},
    {"[].h", "items[].high", decimal},
    {"[].l", "items[].low", decimal},
    {"[].v", "items[].volume", decimal},
    {"[].q", "items[].quoteVolume", decimal},
    {"[].O", "items[].openAt", milliseconds},
    {"[].C", "items[].closeAt", milliseconds},
    {"[].F", "items[].firstTrade", integer},
    {"[].L", "items[].lastTrade", integer},
    {"[].n", "items[].trades", integer},
    {"[].st", "", ignored},
    {"[].x", "", ignored},
    {"[].b", "items[].bid", decimal},
    {"[].B", "items[].bidQuantity", decimal},
    {"[].a", "items[].ask", decimal},
    {"[].A", "items[].askQuantity", decimal},
};

constexpr Field kAssetIndex[] = {
    {"e", "", ignored},
    {"E", "^exchangeAt", milliseconds},
    {"s", "^symbol", text, required},
    {"s", "items[0].symbol", text},
    {"i", "items[0].price", decimal, required},
    {"b", "items[0].bidBuffer", decimal},
    {"a", "items[0].askBuffer", decimal},
    {"B", "items[0].bidRate", decimal},
    {"A", "items[0].askRate", decimal},
    {"q", "items[0].autoExchangeBidBuffer", decimal},
    {"g", "items[0].autoExchangeAskBuffer", decimal},
    {"Q", "items[0].autoExchangeBidRate", decimal},
    {"G", "items[0].autoExchangeAskRate", decimal},
};

constexpr Field kAssetIndexes[] = {
    {"[].e", "", ignored},
    {"[].E", "items[].eventAt", milliseconds},
    {"[].s", "items[].symbol", text, required},
    {"[].i", "items[].price", decimal, required},
    {"[].b", "items[].bidBuffer", decimal},
    {"[].a", "items[].askBuffer", decimal},
    {"[].B", "items[].bidRate", decimal},
    {"[].A", "items[].askRate", decimal},
    {"[].q", "items[].autoExchangeBidBuffer", decimal},
    {"[].g", "items[].autoExchangeAskBuffer", decimal},
    {"[].Q", "items[].autoExchangeBidRate", decimal},
    {"[].G", "items[].autoExchangeAskRate", decimal},
};

constexpr Field kCompositeIndex[] = {
    {"e", "", ignored},
    {"E", "^exchangeAt", milliseconds},
    {"s", "^symbol", text, required},
    {"s", "items[0].symbol", text},
    {"p", "items[0].price", decimal, required},
    {"C", "", ignored},
    {"c", "", ignored},  // the composition: weights, and prices that have their own stream
    {"st", "", ignored},
};

constexpr Field kContractInfo[] = {
    {"e", "", ignored},
    {"E", "^exchangeAt", milliseconds},
    {"s", "^symbol", text, required},
    {"s", "items[0].symbol", text},
    {"ps", "items[0].pair", text},
    {"ct", "items[0].type", text},
    {"dt", "items[0].lastTradingAt", milliseconds},
    {"ot", "items[0].openingAt", milliseconds},
    {"cs", "items[0].status", text},
    {"bks", "", ignored},  // notional brackets
    {"st", "", ignored},
};

constexpr Field kRequest[] = {
    {"method", "event", text, required},
    {"params[]", "streams[]", text},
    {"id", "requestId", text},
};

constexpr Field kRequestAnswer[] = {
    {"result", "result", text},  // null: done
    {"result[]", "streams[]", text},
    {"id", "requestId", text},
};

constexpr Field kError[] = {
    {"code", "code", text, required},
    {"msg", "message", text, required},
    {"id", "requestId", text},
};

constexpr Field kErrorNested[] = {
    {"error", "", parts, required}, {"error.code", "code", text, required},
    {"error.msg", "message", text}, {"id", "requestId", text},
    {"status", "", ignored},        {"rateLimits", "", ignored},
};

constexpr Field kDone[] = {
    {"code", "result", text, required},
    {"msg", "message", text, required},
    {"amount", "", ignored},
    {"type", "", ignored},
};

constexpr Table kTables[] = {
    {"depthUpdate", "bookDelta", "depth", kDepthUpdate},
    {"depthUpdate (spot)", "bookDelta", "depth", kDepthUpdateSpot},
    {"partial depth", "bookSnapshot", "depth", kDepthUpdate, kPartial},
    {"partial depth (spot)", "bookSnapshot", "depth", kDepthPartialSpot, kPartial},
    {"bookTicker", "bestQuote", "bookTicker", kBookTicker},
    {"aggTrade", "trade", "aggTrade", kAggTrade},
    {"trade", "trade", "trade", kTrade},
    {"markPriceUpdate", "markPrice", "markPrice", kMarkPrice},
    {"markPriceUpdate array", "markPrices", "markPrice", kMarkPrices},
    {"forceOrder", "liquidation", "forceOrder", kForceOrder},
    {"kline", "kline", "kline", kKline},
    {"continuous_kline", "kline", "continuousKline", kContinuousKline},
    {"24hrTicker", "ticker", "ticker", kTicker},
    {"24hrTicker array", "tickers", "ticker", kTickers},
    {"24hrMiniTicker", "ticker", "miniTicker", kTicker},
    {"24hrMiniTicker array", "tickers", "miniTicker", kTickers},
    {"assetIndexUpdate", "indexPrice", "assetIndex", kAssetIndex},
    {"assetIndexUpdate array", "indexPrice", "assetIndex", kAssetIndexes},
    {"compositeIndex", "indexPrice", "compositeIndex", kCompositeIndex},
    {"contractInfo", "instruments", "contractInfo", kContractInfo},
    {"request", "subscription", "control", kRequest},
    {"answer", "subscription", "control", kRequestAnswer},
    {"error", "error", "control", kError},
    {"error inside", "error", "control", kErrorNested},
    {"done", "subscription", "control", kDone},
};

}  // namespace

std::span<const Table> market_tables() { return kTables; }

}  // namespace tape::venue::binance_usdm
