// User data stream. Source: developers.binance.com, USD-M "User Data Streams", read in copies of
// 2025-05 to 2026-03.
#include <tape/venue/binance_usdm/fields.h>

namespace tape::venue::binance_usdm {
namespace {

using enum Form;
using enum Need;

constexpr std::string_view kReasons[] = {
    "DEPOSIT",
    "WITHDRAW",
    "ORDER",
    "FUNDING_FEE",
    "WITHDRAW_REJECT",
    "ADJUSTMENT",
    "INSURANCE_CLEAR",
    "ADMIN_DEPOSIT",
    "ADMIN_WITHDRAW",
    "MARGIN_TRANSFER",
    "MARGIN_TYPE_CHANGE",
    "ASSET_TRANSFER",
    "OPTIONS_PREMIUM_FEE",
    "OPTIONS_SETTLE_PROFIT",
    "AUTO_EXCHANGE",
    "COIN_SWAP_DEPOSIT",
    "COIN_SWAP_WITHDRAW",
    "ADL",
};
constexpr std::string_view kExecutions[] = {"NEW",     "CANCELED", "CALCULATED",
                                            "EXPIRED", "TRADE",    "AMENDMENT"};
constexpr std::string_view kStatuses[] = {"NEW",           "PARTIALLY_FILLED", "FILLED",
                                          "CANCELED",      "EXPIRED",          "EXPIRED_IN_MATCH",
                                          "NEW_INSURANCE", "NEW_ADL",          "REJECTED"};
constexpr std::string_view kPositionSides[] = {"BOTH", "LONG", "SHORT"};

constexpr Field kAccountUpdate[] = {
    {"e", "", ignored},
    {"E", "updatedAt", milliseconds},
    {"T", "^exchangeAt", milliseconds},
    {"fs", "", ignored},  // portfolio margin: which business
    {"i", "", ignored},   // portfolio margin: an alias of the account
    {"a", "", parts, required},
    {"a.m", "reason", text, optional, kReasons},
    {"a.B", "", parts, expected},
    {"a.B[].a", "balances[].asset", text, required},
    {"a.B[].wb", "balances[].walletBalance", decimal, required},
    {"a.B[].cw", "balances[].crossWalletBalance", decimal, required},
    {"a.B[].bc", "balances[].change", decimal},
    {"a.P", "", parts, expected},
    {"a.P[].s", "positions[].symbol", text, required},
    {"a.P[].pa", "positions[].quantity", decimal, required},
    {"a.P[].ep", "positions[].entryPrice", decimal},
    {"a.P[].bep", "positions[].breakEvenPrice", decimal},
    {"a.P[].cr", "positions[].realizedPnl", decimal},
    {"a.P[].up", "positions[].unrealizedPnl", decimal},
    {"a.P[].mt", "positions[].marginType", text},
    {"a.P[].iw", "positions[].isolatedWallet", decimal},
    {"a.P[].ps", "positions[].positionSide", text, optional, kPositionSides},
    {"a.P[].ma", "positions[].marginAsset", text},
};

constexpr Field kOrderTradeUpdate[] = {
    {"e", "", ignored},
    {"E", "order.updatedAt", milliseconds},
    {"T", "^exchangeAt", milliseconds},
    {"fs", "", ignored},
    {"i", "", ignored},
    {"o", "", parts, required},
    {"o.s", "^symbol", text, required},
    {"o.s", "order.symbol", text},
    {"o.c", "order.clientOrderId", text},
    {"o.S", "order.side", side, required},
    {"o.o", "order.type", text},
    {"o.f", "order.timeInForce", text},
    {"o.q", "order.quantity", decimal, required},
    {"o.p", "order.limitPrice", decimal},
    {"o.ap", "order.averagePrice", decimal},
    {"o.sp", "order.stopPrice", decimal},
    {"o.x", "action", text, required, kExecutions},
    {"o.X", "order.status", text, required, kStatuses},
    {"o.i", "order.orderId", text, required},
    {"o.l", "lastFillQuantity", decimal},
    {"o.z", "order.filled", decimal, required},
    {"o.L", "lastFillPrice", decimal},
    {"o.N", "feeCurrency", text},
    {"o.n", "fee", decimal},
    {"o.T", "filledAt", milliseconds},
    {"o.t", "fillId", text},
    {"o.b", "order.bidsNotional", decimal},
    {"o.a", "order.asksNotional", decimal},
    {"o.m", "maker", boolean},
    {"o.R", "order.reduceOnly", boolean},
    {"o.wt", "order.triggerSignal", text},
    {"o.ot", "order.originalType", text},
    {"o.ps", "order.positionSide", text, optional, kPositionSides},
    {"o.cp", "order.closePosition", boolean},
    {"o.AP", "order.activationPrice", decimal},
    {"o.cr", "order.callbackRate", decimal},
    {"o.pP", "order.priceProtect", boolean},
    {"o.si", "", ignored},  // documented as "ignore"
    {"o.ss", "", ignored},
    {"o.rp", "realizedPnl", decimal},
    {"o.V", "order.selfTradePrevention", text},
    {"o.pm", "order.priceMatch", text},
    {"o.gtd", "order.goodTillAt", milliseconds},
    {"o.er", "reason", text},
    {"o.W", "", ignored},  // when it began to work
};

constexpr Field kTradeLite[] = {
    {"e", "", ignored},
    {"E", "serverAt", milliseconds},
    {"T", "^exchangeAt", milliseconds},
    {"T", "items[0].filledAt", milliseconds},
    {"s", "^symbol", text, required},
    {"s", "items[0].symbol", text},
    {"q", "", ignored},  // of the order, not of the fill
    {"p", "", ignored},
    {"m", "items[0].maker", boolean},
    {"c", "items[0].clientOrderId", text},
    {"S", "items[0].side", side, required},
    {"L", "items[0].price", decimal, required},
    {"l", "items[0].quantity", decimal, required},
    {"t", "items[0].fillId", text, required},
    {"i", "items[0].orderId", text},
};

constexpr Field kMarginCall[] = {
    {"e", "", ignored},
    {"E", "^exchangeAt", milliseconds},
    {"cw", "crossWalletBalance", decimal},
    {"p", "", parts, required},
    {"p[].s", "positions[].symbol", text, required},
    {"p[].ps", "positions[].positionSide", text, optional, kPositionSides},
    {"p[].pa", "positions[].quantity", decimal},
    {"p[].mt", "positions[].marginType", text},
    {"p[].iw", "positions[].isolatedWallet", decimal},
    {"p[].mp", "positions[].markPrice", decimal},
    {"p[].up", "positions[].unrealizedPnl", decimal},
    {"p[].mm", "positions[].maintenanceMargin", decimal},
};

constexpr Field kAccountConfigUpdate[] = {
    {"e", "", ignored},
    {"E", "serverAt", milliseconds},
    {"T", "^exchangeAt", milliseconds},
    {"ac.s", "^symbol", text},
    {"ac.s", "symbol", text},
    {"ac.l", "leverage", decimal},
    {"ai.j", "multiAssets", boolean},
};

constexpr Field kListenKeyExpired[] = {
    {"e", "", ignored},
    {"E", "eventAt", milliseconds},
    {"E", "^exchangeAt", milliseconds},
    {"listenKey", "", ignored},  // redacted anyway
};

constexpr Field kConditionalReject[] = {
    {"e", "action", text},
    {"E", "order.updatedAt", milliseconds},
    {"T", "^exchangeAt", milliseconds},
    {"or", "", parts, required},
    {"or.s", "^symbol", text, required},
    {"or.s", "order.symbol", text},
    {"or.i", "order.orderId", text, required},
    {"or.r", "reason", text},
};

constexpr Field kStrategyUpdate[] = {
    {"e", "action", text},
    {"E", "order.updatedAt", milliseconds},
    {"T", "^exchangeAt", milliseconds},
    {"su", "", parts, required},
    {"su.si", "order.algoId", text, required},
    {"su.st", "order.algoType", text},
    {"su.ss", "order.status", text},
    {"su.s", "^symbol", text},
    {"su.s", "order.symbol", text},
    {"su.ut", "filledAt", milliseconds},
    {"su.c", "reason", text},  // opCode
};

constexpr Field kGridUpdate[] = {
    {"e", "action", text},
    {"E", "order.updatedAt", milliseconds},
    {"T", "^exchangeAt", milliseconds},
    {"gu", "", parts, required},
    {"gu.si", "order.algoId", text, required},
    {"gu.st", "order.algoType", text},
    {"gu.ss", "order.status", text},
    {"gu.s", "^symbol", text},
    {"gu.s", "order.symbol", text},
    {"gu.r", "realizedPnl", decimal},
    {"gu.up", "order.averagePrice", decimal},  // of what is not matched yet
    {"gu.uq", "order.remaining", decimal},
    {"gu.uf", "fee", decimal},
    {"gu.mp", "", ignored},  // matched profit
    {"gu.ut", "filledAt", milliseconds},
};

// Conditional orders of the algo service; the inner object is named o or ao.
constexpr Field kAlgoUpdate[] = {
    {"e", "action", text},
    {"E", "order.updatedAt", milliseconds},
    {"T", "^exchangeAt", milliseconds},
    {"o.caid", "order.clientOrderId", text},
    {"o.aid", "order.algoId", text, required},
    {"o.at", "order.algoType", text},
    {"o.o", "order.type", text},
    {"o.s", "^symbol", text, required},
    {"o.s", "order.symbol", text},
    {"o.S", "order.side", side},
    {"o.ps", "order.positionSide", text, optional, kPositionSides},
    {"o.f", "order.timeInForce", text},
    {"o.q", "order.quantity", decimal},
    {"o.X", "order.status", text, required},
    {"o.ai", "order.orderId", text},
    {"o.ap", "order.averagePrice", decimal},
    {"o.aq", "order.filled", decimal},
    {"o.act", "order.originalType", text},  // type of the order it became
    {"o.tp", "order.stopPrice", decimal},
    {"o.p", "order.limitPrice", decimal},
    {"o.V", "order.selfTradePrevention", text},
    {"o.wt", "order.triggerSignal", text},
    {"o.pm", "order.priceMatch", text},
    {"o.cp", "order.closePosition", boolean},
    {"o.pP", "order.priceProtect", boolean},
    {"o.R", "order.reduceOnly", boolean},
    {"o.tt", "filledAt", milliseconds},
    {"o.gtd", "order.goodTillAt", milliseconds},
    {"o.rm", "reason", text},
    {"ao.caid", "order.clientOrderId", text},
    {"ao.aid", "order.algoId", text, required},
    {"ao.at", "order.algoType", text},
    {"ao.o", "order.type", text},
    {"ao.s", "^symbol", text, required},
    {"ao.s", "order.symbol", text},
    {"ao.S", "order.side", side},
    {"ao.ps", "order.positionSide", text, optional, kPositionSides},
    {"ao.f", "order.timeInForce", text},
    {"ao.q", "order.quantity", decimal},
    {"ao.X", "order.status", text, required},
    {"ao.ai", "order.orderId", text},
    {"ao.ap", "order.averagePrice", decimal},
    {"ao.aq", "order.filled", decimal},
    {"ao.act", "order.originalType", text},
    {"ao.tp", "order.stopPrice", decimal},
    {"ao.p", "order.limitPrice", decimal},
    {"ao.V", "order.selfTradePrevention", text},
    {"ao.wt", "order.triggerSignal", text},
    {"ao.pm", "order.priceMatch", text},
    {"ao.cp", "order.closePosition", boolean},
    {"ao.pP", "order.priceProtect", boolean},
    {"ao.R", "order.reduceOnly", boolean},
    {"ao.tt", "filledAt", milliseconds},
    {"ao.gtd", "order.goodTillAt", milliseconds},
    {"ao.rm", "reason", text},
};

constexpr Table kTables[] = {
    {"ACCOUNT_UPDATE", "accountUpdate", "userData", kAccountUpdate},
    {"ORDER_TRADE_UPDATE", "orderUpdate", "userData", kOrderTradeUpdate},
    {"TRADE_LITE", "fill", "userData", kTradeLite},
    {"MARGIN_CALL", "marginCall", "userData", kMarginCall},
    {"ACCOUNT_CONFIG_UPDATE", "accountConfig", "userData", kAccountConfigUpdate},
    {"listenKeyExpired", "streamExpired", "userData", kListenKeyExpired},
    {"CONDITIONAL_ORDER_TRIGGER_REJECT", "orderUpdate", "userData", kConditionalReject},
    {"STRATEGY_UPDATE", "orderUpdate", "userData", kStrategyUpdate},
    {"GRID_UPDATE", "orderUpdate", "userData", kGridUpdate},
    {"ALGO_UPDATE", "orderUpdate", "userData", kAlgoUpdate},
};

}  // namespace

std::span<const Table> user_tables() { return kTables; }

}  // namespace tape::venue::binance_usdm
