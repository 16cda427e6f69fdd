// REST answers about an account. Source: developers.binance.com, USD-M "Account", "Trade" and
// "Market Data" endpoints, read in copies of 2025-05 to 2026-03.
#include <tape/venue/binance_usdm/fields.h>

namespace tape::venue::binance_usdm {
namespace {

using enum Form;
using enum Need;

// v2 and v3: v3 has fewer members, and only symbols with a position or an order.
constexpr Field kAccount[] = {
    {"feeTier", "", ignored},
    {"feeBurn", "", ignored},
    {"canTrade", "canTrade", boolean},
    {"canDeposit", "", ignored},
    {"canWithdraw", "", ignored},
    {"updateTime", "", ignored},  // means nothing here, by the documentation
    {"multiAssetsMargin", "multiAssets", boolean},
    {"tradeGroupId", "", ignored},
    {"totalInitialMargin", "totalInitialMargin", decimal},
    {"totalMaintMargin", "totalMaintenanceMargin", decimal},
    {"totalWalletBalance", "totalWalletBalance", decimal},
    {"totalUnrealizedProfit", "totalUnrealizedPnl", decimal},
    {"totalMarginBalance", "totalMarginBalance", decimal},
    {"totalPositionInitialMargin", "", ignored},
    {"totalOpenOrderInitialMargin", "", ignored},
    {"totalCrossWalletBalance", "", ignored},
    {"totalCrossUnPnl", "", ignored},
    {"availableBalance", "availableBalance", decimal},
    {"maxWithdrawAmount", "", ignored},
    {"assets", "", parts, required},
    {"assets[].asset", "balances[].asset", text, required},
    {"assets[].walletBalance", "balances[].walletBalance", decimal, required},
    {"assets[].unrealizedProfit", "balances[].unrealizedPnl", decimal},
    {"assets[].marginBalance", "balances[].marginBalance", decimal},
    {"assets[].maintMargin", "balances[].maintenanceMargin", decimal},
    {"assets[].initialMargin", "balances[].initialMargin", decimal},
    {"assets[].positionInitialMargin", "balances[].positionInitialMargin", decimal},
    {"assets[].openOrderInitialMargin", "balances[].openOrderInitialMargin", decimal},
    {"assets[].crossWalletBalance", "balances[].crossWalletBalance", decimal},
    {"assets[].crossUnPnl", "balances[].crossUnrealizedPnl", decimal},
    {"assets[].availableBalance", "balances[].availableBalance", decimal},
    {"assets[].maxWithdrawAmount", "balances[].maxWithdraw", decimal},
    {"assets[].marginAvailable", "balances[].marginAvailable", boolean},
    {"assets[].updateTime", "balances[].updatedAt", milliseconds},
    {"positions", "", parts, required},
    {"positions[].symbol", "positions[].symbol", text, required},
    {"positions[].positionSide", "positions[].positionSide", text},
    {"positions[].positionAmt", "positions[].quantity", decimal, required},
    {"positions[].entryPrice", "positions[].entryPrice", decimal},
    {"positions[].breakEvenPrice", "positions[].breakEvenPrice", decimal},
    {"positions[].unrealizedProfit", "positions[].unrealizedPnl", decimal},
    {"positions[].leverage", "positions[].leverage", decimal},
    {"positions[].maxNotional", "positions[].maxNotional", decimal},
    {"positions[].notional", "positions[].notional", decimal},
    {"positions[].isolatedMargin", "positions[].isolatedMargin", decimal},
    {"positions[].isolatedWallet", "positions[].isolatedWallet", decimal},
    {"positions[].positionInitialMargin", "positions[].initialMargin", decimal},
    {"positions[].initialMargin", "positions[].initialMarginWithOrders", decimal},
    {"positions[].maintMargin", "positions[].maintenanceMargin", decimal},
    {"positions[].updateTime", "positions[].updatedAt", milliseconds},
    {"positions[].openOrderInitialMargin", "", ignored},  // the difference of two that are kept
    {"positions[].isolated", "", ignored},  // the margin type, which positionRisk spells
    {"positions[].bidNotional", "", ignored},
    {"positions[].askNotional", "", ignored},
};

constexpr Field kPositionRisk[] = {
    {"[].symbol", "items[].symbol", text, required},
    {"[].positionSide", "items[].positionSide", text},
    {"[].positionAmt", "items[].quantity", decimal, required},
    {"[].entryPrice", "items[].entryPrice", decimal},
    {"[].breakEvenPrice", "items[].breakEvenPrice", decimal},
    {"[].markPrice", "items[].markPrice", decimal},
    {"[].unRealizedProfit", "items[].unrealizedPnl", decimal},
    {"[].liquidationPrice", "items[].liquidationPrice", decimal},
    {"[].leverage", "items[].leverage", decimal},
    {"[].maxNotionalValue", "items[].maxNotional", decimal},
    {"[].marginType", "items[].marginType", text},
    {"[].isolatedMargin", "items[].isolatedMargin", decimal},
    {"[].isAutoAddMargin", "items[].autoAddMargin", boolean},
    {"[].notional", "items[].notional", decimal},
    {"[].isolatedWallet", "items[].isolatedWallet", decimal},
    {"[].marginAsset", "items[].marginAsset", text},
    {"[].positionInitialMargin", "items[].initialMargin", decimal},
    {"[].initialMargin", "items[].initialMarginWithOrders", decimal},
    {"[].maintMargin", "items[].maintenanceMargin", decimal},
    {"[].adl", "items[].adlQuantile", integer},
    {"[].updateTime", "items[].updatedAt", milliseconds},
    {"[].openOrderInitialMargin", "", ignored},
    {"[].bidNotional", "", ignored},
    {"[].askNotional", "", ignored},
};

constexpr Field kSymbolConfig[] = {
    {"[].symbol", "items[].symbol", text, required},
    {"[].marginType", "items[].marginType", text},
    {"[].isAutoAddMargin", "items[].autoAddMargin", boolean},
    {"[].leverage", "items[].leverage", decimal},
    {"[].maxNotionalValue", "items[].maxNotional", decimal},
};

constexpr Field kBalance[] = {
    {"[].accountAlias", "", ignored},
    {"[].asset", "assets[].asset", text, required},
    {"[].balance", "assets[].walletBalance", decimal, required},
    {"[].crossWalletBalance", "assets[].crossWalletBalance", decimal},
    {"[].crossUnPnl", "assets[].crossUnrealizedPnl", decimal},
    {"[].availableBalance", "assets[].availableBalance", decimal},
    {"[].maxWithdrawAmount", "assets[].maxWithdraw", decimal},
    {"[].marginAvailable", "assets[].marginAvailable", boolean},
    {"[].updateTime", "assets[].updatedAt", milliseconds},
};

constexpr Field kOrders[] = {
    {"[].orderId", "items[].orderId", text, required},
    {"[].clientOrderId", "items[].clientOrderId", text},
    {"[].symbol", "items[].symbol", text, required},
    {"[].side", "items[].side", side},
    {"[].positionSide", "items[].positionSide", text},
    {"[].type", "items[].type", text},
    {"[].origType", "items[].originalType", text},
    {"[].status", "items[].status", text, required},
    {"[].timeInForce", "items[].timeInForce", text},
    {"[].price", "items[].limitPrice", decimal},
    {"[].stopPrice", "items[].stopPrice", decimal},
    {"[].avgPrice", "items[].averagePrice", decimal},
    {"[].origQty", "items[].quantity", decimal, required},
    {"[].executedQty", "items[].filled", decimal},
    {"[].cumQuote", "items[].quoteFilled", decimal},
    {"[].reduceOnly", "items[].reduceOnly", boolean},
    {"[].closePosition", "items[].closePosition", boolean},
    {"[].priceProtect", "items[].priceProtect", boolean},
    {"[].workingType", "items[].triggerSignal", text},
    {"[].activatePrice", "items[].activationPrice", decimal},
    {"[].priceRate", "items[].callbackRate", decimal},
    {"[].selfTradePreventionMode", "items[].selfTradePrevention", text},
    {"[].priceMatch", "items[].priceMatch", text},
    {"[].goodTillDate", "items[].goodTillAt", milliseconds},
    {"[].time", "items[].createdAt", milliseconds},
    {"[].updateTime", "items[].updatedAt", milliseconds},
};

constexpr Field kOpenAlgoOrders[] = {
    {"[].algoId", "items[].algoId", text, required},
    {"[].clientAlgoId", "items[].clientOrderId", text},
    {"[].algoType", "items[].algoType", text},
    {"[].orderType", "items[].type", text},
    {"[].type", "items[].type", text},
    {"[].symbol", "items[].symbol", text, required},
    {"[].side", "items[].side", side},
    {"[].positionSide", "items[].positionSide", text},
    {"[].timeInForce", "items[].timeInForce", text},
    {"[].quantity", "items[].quantity", decimal},
    {"[].algoStatus", "items[].status", text, required},
    {"[].actualOrderId", "items[].orderId", text},
    {"[].actualPrice", "items[].averagePrice", decimal},
    {"[].triggerPrice", "items[].stopPrice", decimal},
    {"[].price", "items[].limitPrice", decimal},
    {"[].selfTradePreventionMode", "items[].selfTradePrevention", text},
    {"[].workingType", "items[].triggerSignal", text},
    {"[].priceMatch", "items[].priceMatch", text},
    {"[].closePosition", "items[].closePosition", boolean},
    {"[].priceProtect", "items[].priceProtect", boolean},
    {"[].reduceOnly", "items[].reduceOnly", boolean},
    {"[].activatePrice", "items[].activationPrice", decimal},
    {"[].callbackRate", "items[].callbackRate", decimal},
    {"[].goodTillDate", "items[].goodTillAt", milliseconds},
    {"[].createTime", "items[].createdAt", milliseconds},
    {"[].updateTime", "items[].updatedAt", milliseconds},
    {"[].triggerTime", "", ignored},
    {"[].tpTriggerPrice", "", ignored},
    {"[].tpPrice", "", ignored},
    {"[].slTriggerPrice", "", ignored},
    {"[].slPrice", "", ignored},
    {"[].tpOrderType", "", ignored},
    {"[].icebergQuantity", "", ignored},
};

// The answer to placing, changing, cancelling or asking for one order.
constexpr Field kOrder[] = {
    {"orderId", "orderId", text, required},
    {"clientOrderId", "clientOrderId", text},
    {"symbol", "^symbol", text, required},
    {"status", "status", text, required},
    {"updateTime", "answeredAt", milliseconds},
    {"cumQty", "", ignored},  // executedQty again
    {"orderId", "orders[0].order.orderId", text, required},
    {"clientOrderId", "orders[0].order.clientOrderId", text},
    {"symbol", "orders[0].order.symbol", text, required},
    {"side", "orders[0].order.side", side},
    {"positionSide", "orders[0].order.positionSide", text},
    {"type", "orders[0].order.type", text},
    {"origType", "orders[0].order.originalType", text},
    {"status", "orders[0].order.status", text, required},
    {"timeInForce", "orders[0].order.timeInForce", text},
    {"price", "orders[0].order.limitPrice", decimal},
    {"stopPrice", "orders[0].order.stopPrice", decimal},
    {"avgPrice", "orders[0].order.averagePrice", decimal},
    {"origQty", "orders[0].order.quantity", decimal, required},
    {"executedQty", "orders[0].order.filled", decimal},
    {"cumQuote", "orders[0].order.quoteFilled", decimal},
    {"reduceOnly", "orders[0].order.reduceOnly", boolean},
    {"closePosition", "orders[0].order.closePosition", boolean},
    {"priceProtect", "orders[0].order.priceProtect", boolean},
    {"workingType", "orders[0].order.triggerSignal", text},
    {"activatePrice", "orders[0].order.activationPrice", decimal},
    {"priceRate", "orders[0].order.callbackRate", decimal},
    {"selfTradePreventionMode", "orders[0].order.selfTradePrevention", text},
    {"priceMatch", "orders[0].order.priceMatch", text},
    {"goodTillDate", "orders[0].order.goodTillAt", milliseconds},
    {"time", "orders[0].order.createdAt", milliseconds},
    {"updateTime", "orders[0].order.updatedAt", milliseconds},
};

constexpr Field kUserTrades[] = {
    {"[].id", "items[].fillId", text, required},
    {"[].orderId", "items[].orderId", text},
    {"[].symbol", "items[].symbol", text, required},
    {"[].pair", "", ignored},
    {"[].side", "items[].side", side},
    {"[].buyer", "", ignored},
    {"[].maker", "items[].maker", boolean},
    {"[].positionSide", "items[].positionSide", text},
    {"[].price", "items[].price", decimal, required},
    {"[].qty", "items[].quantity", decimal, required},
    {"[].quoteQty", "items[].quoteQuantity", decimal},
    {"[].commission", "items[].fee", decimal},
    {"[].commissionAsset", "items[].feeCurrency", text},
    {"[].realizedPnl", "items[].realizedPnl", decimal},
    {"[].marginAsset", "", ignored},
    {"[].time", "items[].filledAt", milliseconds},
};

constexpr Field kIncome[] = {
    {"[].tranId", "items[].id", text, required},
    {"[].incomeType", "items[].type", text, required},
    {"[].asset", "items[].asset", text, required},
    {"[].symbol", "items[].symbol", text},
    {"[].income", "items[].amount", decimal, required},
    {"[].info", "items[].info", text},
    {"[].tradeId", "items[].tradeId", text},
    {"[].time", "items[].flowAt", milliseconds},
};

constexpr Field kPositionMode[] = {{"dualSidePosition", "hedgeMode", boolean, required}};
constexpr Field kMultiAssets[] = {{"multiAssetsMargin", "multiAssets", boolean, required}};

constexpr Field kAccountSettings[] = {
    {"feeTier", "", ignored},
    {"canTrade", "", ignored},
    {"canDeposit", "", ignored},
    {"canWithdraw", "", ignored},
    {"dualSidePosition", "hedgeMode", boolean, required},
    {"updateTime", "serverAt", milliseconds},
    {"multiAssetsMargin", "multiAssets", boolean},
    {"tradeGroupId", "", ignored},
};

constexpr Field kLeverage[] = {
    {"symbol", "^symbol", text, required},
    {"symbol", "symbol", text},
    {"leverage", "leverage", decimal, required},
    {"maxNotionalValue", "", ignored},
    {"maxQty", "", ignored},
};

constexpr Field kListenKey[] = {{"listenKey", "", ignored}};  // redacted anyway

constexpr Field kCountdown[] = {
    {"symbol", "^symbol", text},
    {"symbol", "symbol", text},
    {"countdownTime", "timeout", lasting_milliseconds, required},
};

constexpr Constant kSnapshot[] = {{"snapshot", 1}};

constexpr Table kTables[] = {
    {"account", "accountUpdate", "account", kAccount, kSnapshot},
    {"positionRisk", "positions", "positionRisk", kPositionRisk, kSnapshot},
    {"symbolConfig", "positions", "symbolConfig", kSymbolConfig},
    {"balance", "balances", "balance", kBalance, kSnapshot},
    {"openOrders", "openOrders", "openOrders", kOrders, kSnapshot},
    {"allOrders", "openOrders", "allOrders", kOrders},
    {"openAlgoOrders", "openOrders", "openAlgoOrders", kOpenAlgoOrders, kSnapshot},
    {"order", "orderAnswer", "order", kOrder},
    {"userTrades", "fill", "userTrades", kUserTrades, kSnapshot},
    {"income", "fundFlow", "income", kIncome, kSnapshot},
    {"positionSide/dual", "accountConfig", "dual", kPositionMode},
    {"multiAssetsMargin", "accountConfig", "multiAssetsMargin", kMultiAssets},
    {"accountConfig", "accountConfig", "accountConfig", kAccountSettings},
    {"leverage", "accountConfig", "leverage", kLeverage},
    {"listenKey", "subscription", "listenKey", kListenKey},
    {"countdownCancelAll", "deadMansSwitch", "countdownCancelAll", kCountdown},
};

}  // namespace

std::span<const Table> account_rest_tables() { return kTables; }

}  // namespace tape::venue::binance_usdm
