// REST answers about an account but those to orders (docs.kraken.com, futures REST v3 and history).
#include <tape/venue/kraken_futures/fields.h>
#include <tape/venue/kraken_futures/shared.h>
#include <tape/venue/rows.h>

namespace tape::venue::kraken_futures {
namespace {

constexpr auto kNotifications = join(
    kEnvelope,
    std::to_array<Field>({
        {"notifications", "", parts, required},
        {"notifications[].id", "items[].id"},
        {"notifications[].type", "items[].type", text, expected, kNotificationTypes},
        {"notifications[].priority", "items[].priority", text, expected, kPriorities},
        {"notifications[].note", "items[].note", text, expected},
        {"notifications[].effectiveTime", "items[].effectiveAt", iso},
        {"notifications[].expectedDowntimeMinutes", "items[].expectedDowntimeMinutes", integer},
    }));

constexpr auto kFills =
    join(kEnvelope, std::to_array<Field>({
                        {"fills", "", parts, required},
                        {"fills[].fill_id", "items[].fillId", text, expected},
                        {"fills[].symbol", "items[].symbol", text, expected},
                        {"fills[].side", "items[].side", side, expected},
                        {"fills[].order_id", "items[].orderId"},
                        {"fills[].cliOrdId", "items[].clientOrderId"},
                        {"fills[].cli_ord_id", "items[].clientOrderId"},
                        {"fills[].size", "items[].quantity", decimal, required},
                        {"fills[].price", "items[].price", decimal, required},
                        {"fills[].fillTime", "items[].filledAt", iso, expected},
                        {"fills[].fillType", "items[].fillType", text, expected, kFillTypes},
                        {"fills[].realized_pnl", "items[].realizedPnl", decimal},
                        {"fills[].sequence_id", "items[].marketSequence", integer},
                        {"fills[].fee_paid", "items[].fee", decimal},
                        {"fills[].fee_currency", "items[].feeCurrency"},
                    }));

constexpr auto kOpenPositions =
    join(kEnvelope, std::to_array<Field>({
                        {"openPositions", "", parts, required},
                        {"openPositions[].side", "items[].side", side, expected},
                        {"openPositions[].symbol", "items[].symbol", text, required},
                        {"openPositions[].price", "items[].entryPrice", decimal, expected},
                        {"openPositions[].fillTime", "", ignored},
                        {"openPositions[].size", "items[].quantity", decimal, required},
                        {"openPositions[].unrealizedFunding", "items[].unrealizedFunding", decimal},
                        {"openPositions[].unrealizedPnl", "items[].unrealizedPnl", decimal},
                        {"openPositions[].pnlCurrency", "items[].pnlCurrency"},
                        {"openPositions[].maxFixedLeverage", "items[].maxLeverage", decimal},
                    }));

// The map's values are of three kinds: two have fixed names, every other is a wallet of one
// collateral.
constexpr auto kAccounts = join(
    kEnvelope,
    std::to_array<Field>({
        {"accounts", "", parts, required},
        {"accounts.cash.type", "", ignored},
        {"accounts.cash.balances{key}", "holding[].asset"},
        {"accounts.cash.balances{}", "holding[].amount", decimal},
        {"accounts{key}", "wallets[].name"},
        {"accounts{}.type", "wallets[].type"},
        {"accounts{}.currency", "wallets[].unit"},
        {"accounts{}.balances{key}", "wallets[].balances[].asset"},
        {"accounts{}.balances{}", "wallets[].balances[].amount", decimal},
        {"accounts{}.auxiliary.usd", "wallets[].usdValue", decimal},
        {"accounts{}.auxiliary.pv", "wallets[].portfolioValue", decimal},
        {"accounts{}.auxiliary.pnl", "wallets[].pnl", decimal},
        {"accounts{}.auxiliary.af", "wallets[].available", decimal},
        {"accounts{}.auxiliary.funding", "wallets[].unrealizedFunding", decimal},
        {"accounts{}.marginRequirements.im", "wallets[].initialMargin", decimal},
        {"accounts{}.marginRequirements.mm", "wallets[].maintenanceMargin", decimal},
        {"accounts{}.marginRequirements.lt", "wallets[].liquidationThreshold", decimal},
        {"accounts{}.marginRequirements.tt", "wallets[].terminationThreshold", decimal},
        {"accounts{}.triggerEstimates.im", "wallets[].triggerInitialMargin", decimal},
        {"accounts{}.triggerEstimates.mm", "wallets[].triggerMaintenanceMargin", decimal},
        {"accounts{}.triggerEstimates.lt", "wallets[].triggerLiquidation", decimal},
        {"accounts{}.triggerEstimates.tt", "wallets[].triggerTermination", decimal},
        {"accounts.flex.type", "", ignored},
        {"accounts.flex.currencies{key}", "multiCollateral.currencies[].asset"},
        {"accounts.flex.currencies{}.quantity", "multiCollateral.currencies[].quantity", decimal},
        {"accounts.flex.currencies{}.value", "multiCollateral.currencies[].value", decimal},
        {"accounts.flex.currencies{}.collateral", "multiCollateral.currencies[].collateralValue",
         decimal},
        {"accounts.flex.currencies{}.collateralValue",
         "multiCollateral.currencies[].collateralValue", decimal},
        {"accounts.flex.currencies{}.available", "multiCollateral.currencies[].available", decimal},
        {"accounts.flex.balanceValue", "multiCollateral.balanceValue", decimal},
        {"accounts.flex.portfolioValue", "multiCollateral.portfolioValue", decimal},
        {"accounts.flex.collateralValue", "multiCollateral.collateralValue", decimal},
        // The socket names these two crosswise.
        {"accounts.flex.initialMargin", "multiCollateral.initialMargin", decimal},
        {"accounts.flex.initialMarginWithOrders", "multiCollateral.initialMarginWithOrders",
         decimal},
        {"accounts.flex.maintenanceMargin", "multiCollateral.maintenanceMargin", decimal},
        {"accounts.flex.pnl", "multiCollateral.pnl", decimal},
        {"accounts.flex.unrealizedFunding", "multiCollateral.unrealizedFunding", decimal},
        {"accounts.flex.totalUnrealized", "multiCollateral.totalUnrealized", decimal},
        {"accounts.flex.totalUnrealizedAsMargin", "multiCollateral.totalUnrealizedAsMargin",
         decimal},
        {"accounts.flex.marginEquity", "multiCollateral.marginEquity", decimal},
        {"accounts.flex.availableMargin", "multiCollateral.availableMargin", decimal},
        {"accounts.flex.portfolioMarginBreakdown", "", ignored},
        {"accounts.flex.upnlInterestRate", "", ignored},
    }));

constexpr auto kOpenOrders =
    join(kEnvelope, std::to_array<Field>({
                        {"openOrders", "", parts, required},
                        {"openOrders[].order_id", "items[].orderId", text, required},
                        {"openOrders[].cliOrdId", "items[].clientOrderId"},
                        {"openOrders[].cli_ord_id", "items[].clientOrderId"},
                        {"openOrders[].status", "items[].status", text, expected},
                        {"openOrders[].side", "items[].side", side, expected},
                        {"openOrders[].orderType", "items[].type", text, expected},
                        {"openOrders[].symbol", "items[].symbol", text, expected},
                        {"openOrders[].limitPrice", "items[].limitPrice", decimal},
                        {"openOrders[].stopPrice", "items[].stopPrice", decimal},
                        {"openOrders[].filledSize", "items[].filled", decimal, expected},
                        {"openOrders[].unfilledSize", "items[].remaining", decimal},
                        {"openOrders[].reduceOnly", "items[].reduceOnly", boolean},
                        {"openOrders[].triggerSignal", "items[].triggerSignal"},
                        {"openOrders[].receivedTime", "items[].createdAt", iso},
                        {"openOrders[].lastUpdateTime", "items[].updatedAt", iso},
                    }));

// A trigger time of "0" means disarmed.
constexpr auto kDeadMansSwitch =
    join(kEnvelope, std::to_array<Field>({
                        {"status", "", parts, required},
                        {"status.currentTime", "currentAt", iso, expected},
                        {"status.triggerTime", "triggerAt", iso, required},
                    }));

constexpr auto kElements = join(kEnvelope, std::to_array<Field>({
                                               {"elements", "", parts, required},
                                               {"elements[].event", "", parts, required},
                                               {"elements[].uid", "", ignored},
                                               {"elements[].timestamp", "", ignored},
                                               {"len", "", ignored},
                                               {"continuationToken", "", ignored},
                                           }));

// One execution with both its orders; which of them is ours the answer does not say.
constexpr auto kPrivateExecution = std::to_array<Field>({
    {"uid", "fillId", text, required},
    {"makerOrder", "", ignored},
    {"takerOrder.tradeable", "symbol"},
    {"takerOrder.orderType", "takerOrderType"},
    {"takerOrder.uid", "", ignored},
    {"takerOrder.accountUid", "", ignored},
    {"takerOrder.direction", "", ignored},
    {"takerOrder.quantity", "", ignored},
    {"takerOrder.filled", "", ignored},
    {"takerOrder.timestamp", "", ignored},
    {"takerOrder.limitPrice", "", ignored},
    {"takerOrder.clientId", "", ignored},
    {"takerOrder.reduceOnly", "", ignored},
    {"takerOrder.lastUpdateTimestamp", "", ignored},
    {"timestamp", "filledAt", milliseconds},
    {"quantity", "quantity", decimal, required},
    {"price", "price", decimal, required},
    {"usdValue", "quoteQuantity", decimal},
    {"markPrice", "", ignored},
    {"limitFilled", "", ignored},
    {"oldTakerOrder", "", ignored},
    {"makerOrderData", "", ignored},
    {"takerOrderData", "", ignored},
});

// The member that says what an element is comes in both spellings.
constexpr auto kExecutions =
    join(kElements,
         Under<"elements[].event.execution.execution.", "items[].", kPrivateExecution>::kFields,
         Under<"elements[].event.Execution.execution.", "items[].", kPrivateExecution>::kFields,
         std::to_array<Field>({
             {"accountUid", "user"},
             {"elements[].event.execution.takerReducedQuantity", "", ignored},
             {"elements[].event.Execution.takerReducedQuantity", "", ignored},
         }));

constexpr auto kAccountLog = join(std::to_array<Field>({
                                      {"result", "", ignored},
                                      {"serverTime", "^exchangeAt", iso},
                                      {"accountUid", "user"},
                                      {"logs", "", parts, required},
                                  }),
                                  Under<"logs[].", "items[].", kLogEntry>::kFields);

constexpr auto kLeveragePreferences =
    join(kEnvelope, std::to_array<Field>({
                        {"leveragePreferences", "", parts, required},
                        {"leveragePreferences[].symbol", "preferences[].symbol", text, required},
                        {"leveragePreferences[].maxLeverage", "preferences[].maxLeverage", decimal},
                    }));

constexpr auto kPnlPreferences =
    join(kEnvelope, std::to_array<Field>({
                        {"preferences", "", parts, required},
                        {"preferences[].symbol", "preferences[].symbol", text, required},
                        {"preferences[].pnlCurrency", "preferences[].pnlCurrency"},
                    }));

// Codes come alone, in a list of texts, or in a list of objects.
constexpr auto kError = join(kEnvelope, std::to_array<Field>({
                                            {"error", "code"},
                                            {"message", "message"},
                                            {"errors[]", "errors[].message"},
                                            {"errors[].code", "errors[].code"},
                                            {"errors[].message", "errors[].message"},
                                        }));

// An answer to a change says only that it was made.
constexpr auto kPreferenceSet = kEnvelope;

constexpr auto kTables = std::to_array<Table>({
    {"notifications", "notification", "notifications", kNotifications, kWhole},
    {"fills", "fill", "fills", kFills, kWhole},
    {"openpositions", "positions", "openpositions", kOpenPositions, kWhole},
    {"accounts", "balances", "accounts", kAccounts, kWhole},
    {"openorders", "openOrders", "openorders", kOpenOrders, kWhole},
    {"cancelallordersafter", "deadMansSwitch", "cancelallordersafter", kDeadMansSwitch},
    {"executions", "fill", "executions", kExecutions, kWhole},
    {"account-log", "accountLog", "account-log", kAccountLog, kWhole},
    {"leveragepreferences", "accountConfig", "leveragepreferences", kLeveragePreferences},
    {"pnlpreferences", "accountConfig", "pnlpreferences", kPnlPreferences},
    {"preference set", "accountConfig", "", kPreferenceSet},
    {"error answer", "error", "", kError},
});

}  // namespace

std::span<const Table> account_tables() { return kTables; }

}  // namespace tape::venue::kraken_futures
