// Public REST answers (docs.kraken.com, futures REST v3 and history), and the status page
// (Statuspage v2).
#include <tape/venue/kraken_futures/fields.h>
#include <tape/venue/kraken_futures/shared.h>
#include <tape/venue/rows.h>

namespace tape::venue::kraken_futures {
namespace {

constexpr auto kInstruments =
    join(kEnvelope,
         std::to_array<Field>({
             {"instruments", "", parts, required},
             {"instruments[].symbol", "items[].symbol", text, required},
             {"instruments[].pair", "items[].pair"},
             {"instruments[].base", "items[].base"},
             {"instruments[].quote", "items[].quote"},
             {"instruments[].type", "items[].type"},
             {"instruments[].underlying", "items[].underlying"},
             {"instruments[].tickSize", "items[].tickSize", decimal},
             {"instruments[].contractSize", "items[].contractSize", decimal},
             {"instruments[].tradeable", "items[].tradeable", boolean, expected},
             {"instruments[].impactMidSize", "", ignored},
             {"instruments[].maxPositionSize", "items[].maxPosition", decimal},
             {"instruments[].openingDate", "items[].openingAt", iso},
             {"instruments[].lastTradingTime", "items[].lastTradingAt", iso},
             {"instruments[].marginLevels", "", ignored},
             {"instruments[].retailMarginLevels", "", ignored},
             {"instruments[].marginSchedules", "", ignored},
             {"instruments[].fundingRateCoefficient", "", ignored},
             {"instruments[].maxRelativeFundingRate", "", ignored},
             {"instruments[].contractValueTradePrecision", "items[].quantityPrecision", integer},
             {"instruments[].postOnly", "items[].postOnly", boolean},
             {"instruments[].mtf", "", ignored},
             {"instruments[].isin", "", ignored},
             {"instruments[].feeScheduleUid", "", ignored},
             {"instruments[].category", "", ignored},
             {"instruments[].tags", "", ignored},
             {"instruments[].tradfi", "", ignored},
         }));

constexpr auto kTicker = std::to_array<Field>({
    {"symbol", "symbol", text, required},
    {"tag", "tag"},
    {"pair", "pair"},
    {"markPrice", "markPrice", decimal},
    {"bid", "bid", decimal},
    {"bidSize", "bidQuantity", decimal},
    {"ask", "ask", decimal},
    {"askSize", "askQuantity", decimal},
    {"vol24h", "volume", decimal},
    {"volumeQuote", "quoteVolume", decimal},
    {"openInterest", "openInterest", decimal},
    {"open24h", "open", decimal},
    {"high24h", "high", decimal},
    {"low24h", "low", decimal},
    {"indexPrice", "indexPrice", decimal},
    {"last", "last", decimal},
    {"lastTime", "lastAt", iso},
    {"lastSize", "lastQuantity", decimal},
    {"suspended", "suspended", boolean},
    {"fundingRate", "fundingRate", decimal},
    {"fundingRatePrediction", "fundingRatePrediction", decimal},
    {"postOnly", "postOnly", boolean},
    {"change24h", "changePercent", decimal},
});

constexpr auto kTickers = join(kEnvelope, std::to_array<Field>({{"tickers", "", parts, required}}),
                               Under<"tickers[].", "items[].", kTicker>::kFields);

constexpr auto kOneTicker = join(kEnvelope, std::to_array<Field>({{"ticker", "", parts, required}}),
                                 Under<"ticker.", "items[0].", kTicker>::kFields);

// Here "tradeable" is the symbol. The names with "is" stand in older documentation.
constexpr auto kStatus = std::to_array<Field>({
    {"tradeable", "symbol", text, required},
    {"experiencingDislocation", "dislocated", boolean},
    {"isExperiencingDislocation", "dislocated", boolean},
    {"priceDislocationDirection", "dislocationDirection"},
    {"experiencingExtremeVolatility", "extremeVolatility", boolean},
    {"isExperiencingExtremeVolatility", "extremeVolatility", boolean},
    {"extremeVolatilityInitialMarginMultiplier", "initialMarginMultiplier", decimal},
});

constexpr auto kInstrumentsStatus =
    join(kEnvelope, std::to_array<Field>({{"instrumentStatus", "", parts, required}}),
         Under<"instrumentStatus[].", "instruments[].", kStatus>::kFields);

constexpr auto kInstrumentStatus = join(kEnvelope, Under<"", "instruments[0].", kStatus>::kFields,
                                        std::to_array<Field>({{"tradeable", "^symbol"}}));

constexpr auto kHistory =
    join(kEnvelope, std::to_array<Field>({
                        {"history", "", parts, required},
                        {"history[].time", "items[].tradedAt", iso, expected},
                        {"history[].trade_id", "items[].number", integer},
                        {"history[].price", "items[].price", decimal, required},
                        {"history[].size", "items[].quantity", decimal, required},
                        {"history[].side", "items[].side", side},
                        {"history[].type", "items[].type", text, optional, kTradeTypes},
                        {"history[].uid", "items[].tradeId"},
                    }));

constexpr auto kOrderBook =
    join(kEnvelope, std::to_array<Field>({
                        {"orderBook", "", parts, required},
                        {"orderBook.bids", "", parts, required},
                        {"orderBook.bids[][0]", "bids[].price", decimal, required},
                        {"orderBook.bids[][1]", "bids[].quantity", decimal, required},
                        {"orderBook.asks", "", parts, required},
                        {"orderBook.asks[][0]", "asks[].price", decimal, required},
                        {"orderBook.asks[][1]", "asks[].quantity", decimal, required},
                    }));

constexpr auto kElements = join(kEnvelope, std::to_array<Field>({
                                               {"elements", "", parts, required},
                                               {"elements[].event", "", parts, required},
                                               {"elements[].uid", "", ignored},
                                               {"elements[].timestamp", "", ignored},
                                               {"len", "", ignored},
                                               {"continuationToken", "", ignored},
                                           }));

constexpr auto kMarketExecution = std::to_array<Field>({
    {"uid", "tradeId", text, required},
    {"makerOrder", "", ignored},
    {"takerOrder.tradeable", "symbol"},
    {"takerOrder.direction", "side", side},
    {"takerOrder.uid", "", ignored},
    {"takerOrder.orderType", "", ignored},
    {"takerOrder.quantity", "", ignored},
    {"takerOrder.filled", "", ignored},
    {"takerOrder.timestamp", "", ignored},
    {"takerOrder.limitPrice", "", ignored},
    {"takerOrder.reduceOnly", "", ignored},
    {"takerOrder.lastUpdateTimestamp", "", ignored},
    {"timestamp", "tradedAt", milliseconds},
    {"quantity", "quantity", decimal, required},
    {"price", "price", decimal, required},
    {"usdValue", "", ignored},
    {"markPrice", "", ignored},
    {"limitFilled", "", ignored},
    {"oldTakerOrder", "", ignored},
});

constexpr auto kMarketExecutions =
    join(kElements,
         Under<"elements[].event.execution.execution.", "items[].", kMarketExecution>::kFields,
         Under<"elements[].event.Execution.execution.", "items[].", kMarketExecution>::kFields,
         std::to_array<Field>({
             {"elements[].event.execution.takerReducedQuantity", "", ignored},
             {"elements[].event.Execution.takerReducedQuantity", "", ignored},
         }));

constexpr auto kComponent = std::to_array<Field>({
    {"id", "id"},
    {"name", "name", text, expected},
    {"status", "status", text, expected},
    {"updated_at", "updatedAt", iso},
    {"created_at", "", ignored},
    {"position", "", ignored},
    {"description", "", ignored},
    {"showcase", "", ignored},
    {"start_date", "", ignored},
    {"group_id", "", ignored},
    {"group", "", ignored},
    {"page_id", "", ignored},
    {"only_show_if_degraded", "", ignored},
    {"components", "", ignored},
});

constexpr auto kIncident = join(std::to_array<Field>({
                                    {"id", "id", text, required},
                                    {"name", "name"},
                                    {"status", "status", text, expected},
                                    {"impact", "impact"},
                                    {"started_at", "startedAt", iso},
                                    {"updated_at", "updatedAt", iso},
                                    {"resolved_at", "resolvedAt", iso},
                                    {"scheduled_for", "scheduledFromAt", iso},
                                    {"scheduled_until", "scheduledToAt", iso},
                                    {"created_at", "", ignored},
                                    {"monitoring_at", "", ignored},
                                    {"shortlink", "", ignored},
                                    {"page_id", "", ignored},
                                    {"reminder_intervals", "", ignored},
                                    {"incident_updates[].id", "updates[].id", text, expected},
                                    {"incident_updates[].status", "updates[].status"},
                                    {"incident_updates[].body", "updates[].note"},
                                    {"incident_updates[].display_at", "updates[].displayedAt", iso},
                                    {"incident_updates[].incident_id", "", ignored},
                                    {"incident_updates[].created_at", "", ignored},
                                    {"incident_updates[].updated_at", "", ignored},
                                    {"incident_updates[].affected_components", "", ignored},
                                    {"incident_updates[].deliver_notifications", "", ignored},
                                    {"incident_updates[].custom_tweet", "", ignored},
                                    {"incident_updates[].tweet_id", "", ignored},
                                }),
                                Under<"components[].", "components[].", kComponent>::kFields);

constexpr auto kStatusPage =
    join(std::to_array<Field>({
             {"page.id", "", ignored},
             {"page.name", "", ignored},
             {"page.url", "", ignored},
             {"page.time_zone", "", ignored},
             {"page.updated_at", "serverAt", iso},
             {"page.updated_at", "^exchangeAt", moment},
             {"status.indicator", "indicator"},
             {"status.description", "description"},
         }),
         Under<"components[].", "components[].", kComponent>::kFields,
         Under<"incidents[].", "incidents[].", kIncident>::kFields,
         Under<"scheduled_maintenances[].", "maintenances[].", kIncident>::kFields);

constexpr auto kTables = std::to_array<Table>({
    {"instruments", "instruments", "instruments", kInstruments},
    {"tickers", "tickers", "tickers", kTickers},
    {"ticker", "tickers", "tickers", kOneTicker},
    {"instruments/status", "venueStatus", "instruments/status", kInstrumentsStatus},
    {"instrument status", "venueStatus", "instruments/status", kInstrumentStatus},
    {"history", "tradeSnapshot", "history", kHistory},
    {"orderbook", "bookSnapshot", "orderbook", kOrderBook},
    {"market executions", "tradeSnapshot", "executions", kMarketExecutions},
    {"status page", "venueStatus", "status", kStatusPage},
});

}  // namespace

std::span<const Table> market_tables() { return kTables; }

}  // namespace tape::venue::kraken_futures
