// Rows that several tables of Kraken Futures have in common.
#pragma once

#include <tape/venue/table.h>

#include <array>
#include <string_view>

namespace tape::venue::kraken_futures {

using enum Form;
using enum Need;

/// Every REST answer of version 3.
inline constexpr auto kEnvelope = std::to_array<Field>({
    {"result", "", ignored},
    {"serverTime", "serverAt", iso},
    {"serverTime", "^exchangeAt", moment},
});

/// What a snapshot fixes.
inline constexpr std::array<Constant, 1> kWhole = {Constant{"snapshot", 1}};

/// An entry of the account log, the same on both interfaces.
inline constexpr auto kLogEntry = std::to_array<Field>({
    {"id", "id", text, expected},
    {"date", "loggedAt", iso, expected},
    {"asset", "asset", text, expected},
    {"contract", "contract"},
    {"info", "info", text, expected},
    {"booking_uid", "bookingUid"},
    {"margin_account", "marginAccount"},
    {"old_balance", "oldBalance", decimal, expected},
    {"new_balance", "newBalance", decimal, expected},
    {"old_average_entry_price", "oldAverageEntryPrice", decimal},
    {"new_average_entry_price", "newAverageEntryPrice", decimal},
    {"trade_price", "tradePrice", decimal},
    {"mark_price", "markPrice", decimal},
    {"realized_pnl", "realizedPnl", decimal},
    {"fee", "fee", decimal},
    {"execution", "execution"},
    {"collateral", "collateral"},
    {"funding_rate", "fundingRate", decimal},
    {"realized_funding", "realizedFunding", decimal},
    {"conversion_spread_percentage", "conversionSpread", decimal},
    {"liquidation_fee", "liquidationFee", decimal},
});

/// Known values of open sets.
inline constexpr std::array<std::string_view, 9> kFillTypes = {
    "maker",    "taker",          "liquidation",    "partialLiquidation", "assignee",
    "assignor", "takerAfterEdit", "unwindBankrupt", "unwindCounterparty"};
inline constexpr std::array<std::string_view, 6> kTradeTypes = {
    "fill", "liquidation", "termination", "block", "assignment", "partialLiquidation"};
inline constexpr std::array<std::string_view, 6> kNotificationTypes = {
    "market", "general", "new_feature", "bug_fix", "maintenance", "settlement"};
inline constexpr std::array<std::string_view, 3> kPriorities = {"low", "medium", "high"};

}  // namespace tape::venue::kraken_futures
