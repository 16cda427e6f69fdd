// Private feeds of the WebSocket (docs.kraken.com, futures WebSocket v1; captures of 2021 to 2026).
#include <tape/venue/kraken_futures/fields.h>
#include <tape/venue/kraken_futures/shared.h>
#include <tape/venue/rows.h>

namespace tape::venue::kraken_futures {
namespace {

constexpr std::array<std::string_view, 19> kReasons = {
    "new_placed_order_by_user",
    "partial_fill",
    "full_fill",
    "stop_order_triggered",
    "limit_order_from_stop",
    "cancelled_by_user",
    "cancelled_by_admin",
    "dead_man_switch",
    "liquidation",
    "not_enough_margin",
    "contract_expired",
    "market_inactive",
    "ioc_order_failed_because_it_would_not_be_executed",
    // The documentation has one spelling in its list and the other in its sample.
    "post_order_failed_because_it_would_filled",
    "post_order_failed_because_it_would_be_filled",
    "would_execute_self",
    "would_not_reduce_position",
    "order_for_edit_not_found",
    // Only the REST answer about single orders documents it.
    "edited_by_user",
};

// Current frames name the account, older ones and the deltas of fills the user; some neither.
constexpr auto kUser = std::to_array<Field>({
    {"feed", "", ignored},
    {"account", "user"},
    {"username", "user"},
});

constexpr auto kNotifications = std::to_array<Field>({
    {"feed", "", ignored},
    {"account", "", ignored},
    {"username", "", ignored},
    {"notifications", "", parts, required},
    {"notifications[].id", "items[].id", text, expected},
    {"notifications[].type", "items[].type", text, expected, kNotificationTypes},
    {"notifications[].priority", "items[].priority", text, expected, kPriorities},
    {"notifications[].note", "items[].note", text, expected},
    {"notifications[].effective_time", "items[].effectiveAt", milliseconds},
    {"notifications[].expected_downtime_minutes", "items[].expectedDowntimeMinutes", integer},
});

constexpr auto kFills =
    join(kUser, std::to_array<Field>({
                    {"fills", "", parts, required},
                    {"fills[].instrument", "items[].symbol", text, expected},
                    {"fills[].product_id", "items[].symbol"},
                    {"fills[].time", "items[].filledAt", milliseconds, expected},
                    {"fills[].price", "items[].price", decimal, required},
                    {"fills[].seq", "items[].sequence", integer},
                    {"fills[].buy", "items[].side", side_buyer, expected},
                    {"fills[].qty", "items[].quantity", decimal, required},
                    {"fills[].remaining_order_qty", "items[].remaining", decimal},
                    {"fills[].order_id", "items[].orderId"},
                    {"fills[].cli_ord_id", "items[].clientOrderId"},
                    {"fills[].fill_id", "items[].fillId", text, expected},
                    {"fills[].fill_type", "items[].fillType", text, expected, kFillTypes},
                    {"fills[].fee_paid", "items[].fee", decimal},
                    {"fills[].fee_currency", "items[].feeCurrency"},
                    {"fills[].taker_order_type", "items[].takerOrderType"},
                    {"fills[].order_type", "items[].orderType"},
                }));

// qty is the open remainder: a full fill comes with qty 0 and filled = all.
constexpr auto kOrder = std::to_array<Field>({
    {"instrument", "symbol", text, expected},
    {"time", "createdAt", milliseconds},
    {"last_update_time", "updatedAt", milliseconds, expected},
    {"qty", "remaining", decimal, required},
    {"filled", "filled", decimal, expected},
    {"limit_price", "limitPrice", decimal},
    {"stop_price", "stopPrice", decimal},
    {"type", "type", text, expected},
    {"order_id", "orderId", text, required},
    {"cli_ord_id", "clientOrderId"},
    {"direction", "side", side_number, expected},
    {"reduce_only", "reduceOnly", boolean},
    {"triggerSignal", "triggerSignal"},
    {"trailing_stop_options.max_deviation", "trailingDeviation", decimal},
    {"trailing_stop_options.unit", "trailingUnit"},
    {"limit_price_offset.price_offset", "limitPriceOffset", decimal},
    {"limit_price_offset.unit", "limitPriceOffsetUnit"},
});

constexpr auto kOpenOrdersSnapshot =
    join(kUser, std::to_array<Field>({{"orders", "", parts, required}}),
         Under<"orders[].", "items[].", kOrder>::kFields);

constexpr auto kOpenOrdersUpdate =
    join(kUser, std::to_array<Field>({{"order", "", parts, required}}),
         Under<"order.", "order.", kOrder>::kFields,
         std::to_array<Field>({
             {"order.instrument", "^symbol"},
             {"is_cancel", "removed", boolean, expected},
             {"reason", "reason", text, expected, kReasons},
         }));

// A removal may name the order and nothing else of it.
constexpr auto kOpenOrdersRemoval = join(kUser, std::to_array<Field>({
                                                    {"order_id", "order.orderId", text, required},
                                                    {"cli_ord_id", "order.clientOrderId"},
                                                    {"instrument", "order.symbol"},
                                                    {"instrument", "^symbol"},
                                                    {"is_cancel", "removed", boolean, expected},
                                                    {"reason", "reason", text, expected, kReasons},
                                                }));

// Every message lists all open positions; what the venue calls balance is the signed size.
constexpr auto kOpenPositions =
    join(kUser,
         std::to_array<Field>({
             {"positions", "", parts, required},
             {"positions[].instrument", "items[].symbol", text, required},
             {"positions[].balance", "items[].quantity", decimal, required},
             {"positions[].pnl", "items[].unrealizedPnl", decimal},
             {"positions[].entry_price", "items[].entryPrice", decimal, expected},
             {"positions[].mark_price", "items[].markPrice", decimal},
             {"positions[].index_price", "items[].indexPrice", decimal},
             {"positions[].liquidation_threshold", "items[].liquidationPrice", decimal},
             {"positions[].effective_leverage", "items[].leverage", decimal},
             {"positions[].return_on_equity", "items[].returnOnEquity", decimal},
             {"positions[].unrealized_funding", "items[].unrealizedFunding", decimal},
             {"positions[].initial_margin", "items[].initialMargin", decimal},
             {"positions[].initial_margin_with_orders", "items[].initialMarginWithOrders", decimal},
             {"positions[].maintenance_margin", "items[].maintenanceMargin", decimal},
             {"positions[].pnl_currency", "items[].pnlCurrency"},
             {"positions[].max_fixed_leverage", "items[].maxLeverage", decimal},
             {"positions[].fill_time", "", ignored},
             {"positions[].iv", "", ignored},
             {"positions[].delta", "", ignored},
             {"positions[].gamma", "", ignored},
             {"positions[].vega", "", ignored},
             {"positions[].theta", "", ignored},
             {"positions[].rho", "", ignored},
             {"seq", "^sequence", integer},
             {"timestamp", "serverAt", milliseconds},
             {"timestamp", "^exchangeAt", moment},
         }));

// The venue names these two crosswise on its two interfaces: here initial_margin counts the orders
// in.
constexpr auto kMargins = std::to_array<Field>({
    {"initial_margin", "initialMarginWithOrders", decimal},
    {"initial_margin_without_orders", "initialMargin", decimal},
    {"maintenance_margin", "maintenanceMargin", decimal},
    {"pnl", "pnl", decimal},
    {"unrealized_funding", "unrealizedFunding", decimal},
    {"total_unrealized", "totalUnrealized", decimal},
    {"total_unrealized_as_margin", "totalUnrealizedAsMargin", decimal},
});

constexpr auto kEquity = std::to_array<Field>({
    {"balance_value", "balanceValue", decimal},
    {"portfolio_value", "portfolioValue", decimal},
    {"collateral_value", "collateralValue", decimal},
    {"margin_equity", "marginEquity", decimal},
    {"available_margin", "availableMargin", decimal},
    {"total_position_size", "totalPositionSize", decimal},
});

constexpr auto kCurrency = std::to_array<Field>({
    {"{key}", "[].asset"},
    {"{}.quantity", "[].quantity", decimal},
    {"{}.value", "[].value", decimal},
    {"{}.collateral_value", "[].collateralValue", decimal},
    {"{}.available", "[].available", decimal},
    {"{}.haircut", "[].haircut", decimal},
    {"{}.conversion_spread", "[].conversionSpread", decimal},
});

constexpr auto kWallet = std::to_array<Field>({
    {"{key}", "[].name"},
    {"{}.name", "", ignored},
    {"{}.pair", "[].pair"},
    {"{}.unit", "[].unit"},
    {"{}.portfolio_value", "[].portfolioValue", decimal},
    {"{}.balance", "[].balance", decimal},
    {"{}.maintenance_margin", "[].maintenanceMargin", decimal},
    {"{}.initial_margin", "[].initialMargin", decimal},
    {"{}.available", "[].available", decimal},
    {"{}.unrealized_funding", "[].unrealizedFunding", decimal},
    {"{}.pnl", "[].pnl", decimal},
    {"{}.cash_value", "[].cashValue", decimal},
});

constexpr auto kBalances =
    join(kUser,
         std::to_array<Field>({
             {"holding{key}", "holding[].asset"},
             {"holding{}", "holding[].amount", decimal},
         }),
         Under<"futures", "wallets", kWallet>::kFields,
         Under<"flex_futures.currencies", "multiCollateral.currencies", kCurrency>::kFields,
         Under<"flex_futures.", "multiCollateral.", kMargins>::kFields,
         Under<"flex_futures.", "multiCollateral.", kEquity>::kFields,
         std::to_array<Field>({
             {"flex_futures.unified_balances", "multiCollateral.unifiedBalances", boolean},
             {"flex_futures.isolated", "multiCollateral.isolatedGiven", present},
             {"flex_futures.isolated{key}", "multiCollateral.isolated[].symbol"},
         }),
         Under<"flex_futures.isolated{}.", "multiCollateral.isolated[].", kMargins>::kFields,
         Under<"flex_futures.cross.", "multiCollateral.cross.", kMargins>::kFields,
         Under<"flex_futures.cross.", "multiCollateral.cross.", kEquity>::kFields,
         std::to_array<Field>({
             // A documented delta has this name for balance_value.
             {"flex_futures.cross.balance", "multiCollateral.cross.balanceValue", decimal},
             {"flex_futures.cross.effective_leverage", "multiCollateral.cross.effectiveLeverage",
              decimal},
             {"portfolio_margin_breakdown", "", ignored},
             {"futures_cash_value", "cashValue", decimal},
             {"futures_upnl_cash_value", "unrealizedPnlCashValue", decimal},
             {"timestamp", "timestampAt", milliseconds, expected},
             {"timestamp", "^exchangeAt", moment},
             {"seq", "^sequence", integer, required},
         }));

constexpr auto kAccountLogSnapshot =
    join(kUser, std::to_array<Field>({{"logs", "", parts, required}}),
         Under<"logs[].", "items[].", kLogEntry>::kFields);

// The documentation calls the list log in its table and logs in its sample.
constexpr auto kAccountLogSnapshotSingular =
    join(kUser, std::to_array<Field>({{"log", "", parts, required}}),
         Under<"log[].", "items[].", kLogEntry>::kFields);

constexpr auto kAccountLog =
    join(kUser, std::to_array<Field>({{"new_entry", "", parts, required}}),
         Under<"new_entry.", "items[0].", kLogEntry>::kFields,
         std::to_array<Field>({{"new_entry.date", "^exchangeAt", moment}}));

constexpr auto kMarginAccounts =
    join(kUser, std::to_array<Field>({
                    {"margin_accounts", "", parts, required},
                    {"margin_accounts[].name", "marginAccounts[].name", text, required},
                    {"margin_accounts[].balance", "marginAccounts[].balance", decimal},
                    {"margin_accounts[].pnl", "marginAccounts[].pnl", decimal},
                    {"margin_accounts[].funding", "marginAccounts[].unrealizedFunding", decimal},
                    {"margin_accounts[].pv", "marginAccounts[].portfolioValue", decimal},
                    {"margin_accounts[].am", "marginAccounts[].available", decimal},
                    {"margin_accounts[].im", "marginAccounts[].initialMargin", decimal},
                    {"margin_accounts[].mm", "marginAccounts[].maintenanceMargin", decimal},
                    {"seq", "^sequence", integer},
                    {"timestamp", "timestampAt", milliseconds},
                    {"timestamp", "^exchangeAt", moment},
                }));

constexpr auto kTables = std::to_array<Table>({
    {"notifications_auth", "notification", "notifications_auth", kNotifications},
    {"fills_snapshot", "fill", "fills", kFills, kWhole},
    {"fills", "fill", "fills", kFills},
    {"open_orders_snapshot", "openOrders", "open_orders", kOpenOrdersSnapshot, kWhole},
    {"open_orders", "orderUpdate", "open_orders", kOpenOrdersUpdate},
    {"open_orders removal", "orderUpdate", "open_orders", kOpenOrdersRemoval},
    {"open_orders_verbose_snapshot", "openOrders", "open_orders_verbose", kOpenOrdersSnapshot,
     kWhole},
    {"open_orders_verbose", "orderUpdate", "open_orders_verbose", kOpenOrdersUpdate},
    {"open_orders_verbose removal", "orderUpdate", "open_orders_verbose", kOpenOrdersRemoval},
    {"open_positions", "positions", "open_positions", kOpenPositions, kWhole},
    {"balances_snapshot", "balances", "balances", kBalances, kWhole},
    {"balances", "balances", "balances", kBalances},
    {"account_log_snapshot", "accountLog", "account_log", kAccountLogSnapshot, kWhole},
    {"account_log_snapshot", "accountLog", "account_log", kAccountLogSnapshotSingular, kWhole},
    {"account_log", "accountLog", "account_log", kAccountLog},
    {"account_balances_and_margins", "balances", "account_balances_and_margins", kMarginAccounts,
     kWhole},
});

}  // namespace

std::span<const Table> private_tables() { return kTables; }

}  // namespace tape::venue::kraken_futures
