// REST answers about the market. Source: developers.binance.com, USD-M "Market Data" endpoints,
// read in copies of 2025-05 to 2026-03.
#include <tape/venue/binance_usdm/fields.h>

namespace tape::venue::binance_usdm {
namespace {

using enum Form;
using enum Need;

constexpr Field kDepth[] = {
    {"lastUpdateId", "updateId", integer, required},
    {"lastUpdateId", "^sequence", integer, required},
    {"E", "eventAt", milliseconds},
    {"T", "^exchangeAt", milliseconds},
    {"symbol", "^symbol", text},  // COIN-M
    {"pair", "", ignored},
    {"bids", "", parts, required},
    {"bids[][0]", "bids[].price", decimal, required},
    {"bids[][1]", "bids[].quantity", decimal, required},
    {"asks", "", parts, required},
    {"asks[][0]", "asks[].price", decimal, required},
    {"asks[][1]", "asks[].quantity", decimal, required},
};

constexpr Field kExchangeInfo[] = {
    {"timezone", "", ignored},
    {"serverTime", "serverAt", milliseconds},
    {"futuresType", "", ignored},
    {"rateLimits", "", ignored},
    {"exchangeFilters", "", ignored},
    {"assets", "", ignored},
    {"symbols", "", parts, required},
    {"symbols[].symbol", "items[].symbol", text, required},
    {"symbols[].pair", "items[].pair", text},
    {"symbols[].contractType", "items[].type", text},
    {"symbols[].deliveryDate", "items[].lastTradingAt", milliseconds},
    {"symbols[].onboardDate", "items[].openingAt", milliseconds},
    {"symbols[].status", "items[].status", text},
    {"symbols[].contractStatus", "items[].status", text},  // COIN-M
    {"symbols[].contractSize", "items[].contractSize", decimal},
    {"symbols[].baseAsset", "items[].base", text},
    {"symbols[].quoteAsset", "items[].quote", text},
    {"symbols[].marginAsset", "items[].marginAsset", text},
    {"symbols[].underlyingType", "items[].underlying", text},
    {"symbols[].pricePrecision", "items[].pricePrecision", integer},
    {"symbols[].quantityPrecision", "items[].quantityPrecision", integer},
    {"symbols[].isSpotTradingAllowed", "items[].tradeable", boolean},
    // PRICE_FILTER stands first.
    {"symbols[].filters[0].filterType", "", ignored},
    {"symbols[].filters[0].tickSize", "items[].tickSize", decimal},
    {"symbols[].filters[0].minPrice", "", ignored},
    {"symbols[].filters[0].maxPrice", "", ignored},
    {"symbols[].maintMarginPercent", "", ignored},
    {"symbols[].requiredMarginPercent", "", ignored},
    {"symbols[].baseAssetPrecision", "", ignored},
    {"symbols[].quotePrecision", "", ignored},
    {"symbols[].underlyingSubType", "", ignored},
    {"symbols[].settlePlan", "", ignored},
    {"symbols[].triggerProtect", "", ignored},
    {"symbols[].liquidationFee", "", ignored},
    {"symbols[].marketTakeBound", "", ignored},
    {"symbols[].maxMoveOrderLimit", "", ignored},
    {"symbols[].orderTypes", "", ignored},
    {"symbols[].timeInForce", "", ignored},
    {"symbols[].permissionSets", "", ignored},
    {"symbols[].equalQtyPrecision", "", ignored},
    {"symbols[].quoteAssetPrecision", "", ignored},
    {"symbols[].baseCommissionPrecision", "", ignored},
    {"symbols[].quoteCommissionPrecision", "", ignored},
    {"symbols[].icebergAllowed", "", ignored},
    {"symbols[].ocoAllowed", "", ignored},
    {"symbols[].quoteOrderQtyMarketAllowed", "", ignored},
    {"symbols[].isMarginTradingAllowed", "", ignored},
    {"symbols[].permissions", "", ignored},
};

constexpr Field kPremiumIndex[] = {
    {"symbol", "^symbol", text, required},
    {"pair", "", ignored},
    {"markPrice", "price", decimal, required},
    {"indexPrice", "indexPrice", decimal},
    {"estimatedSettlePrice", "settlePrice", decimal},
    {"lastFundingRate", "fundingRate", decimal},
    {"nextFundingTime", "nextFundingAt", milliseconds},
    {"interestRate", "", ignored},
    {"time", "^exchangeAt", milliseconds},
};

constexpr Field kPremiumIndexes[] = {
    {"[].symbol", "items[].symbol", text, required},
    {"[].pair", "", ignored},
    {"[].markPrice", "items[].price", decimal, required},
    {"[].indexPrice", "items[].indexPrice", decimal},
    {"[].estimatedSettlePrice", "items[].settlePrice", decimal},
    {"[].lastFundingRate", "items[].fundingRate", decimal},
    {"[].nextFundingTime", "items[].nextFundingAt", milliseconds},
    {"[].interestRate", "", ignored},
    {"[].time", "items[].eventAt", milliseconds},
};

constexpr Field kOpenInterest[] = {
    {"symbol", "^symbol", text, required}, {"pair", "pair", text},
    {"contractType", "", ignored},         {"openInterest", "openInterest", decimal, required},
    {"time", "^exchangeAt", milliseconds},
};

// trades and historicalTrades; aggTrades with the short names of the stream.
constexpr Field kTrades[] = {
    {"[].id", "items[].number", integer},
    {"[].price", "items[].price", decimal},
    {"[].qty", "items[].quantity", decimal},
    {"[].quoteQty", "", ignored},
    {"[].baseQty", "", ignored},
    {"[].time", "items[].tradedAt", milliseconds},
    {"[].isBuyerMaker", "items[].side", side_maker},
    {"[].isBestMatch", "", ignored},
    {"[].isRPITrade", "", ignored},
    {"[].a", "items[].number", integer},
    {"[].p", "items[].price", decimal},
    {"[].q", "items[].quantity", decimal},
    {"[].nq", "items[].normalQuantity", decimal},
    {"[].f", "items[].firstNumber", integer},
    {"[].l", "items[].lastNumber", integer},
    {"[].T", "items[].tradedAt", milliseconds},
    {"[].m", "items[].side", side_maker},
    {"[].M", "", ignored},
};

constexpr Field kServerTime[] = {{"serverTime", "serverAt", milliseconds, required}};

constexpr Table kTables[] = {
    {"REST depth", "bookSnapshot", "depth", kDepth},
    {"exchangeInfo", "instruments", "exchangeInfo", kExchangeInfo},
    {"premiumIndex", "markPrice", "premiumIndex", kPremiumIndex},
    {"premiumIndex array", "markPrices", "premiumIndex", kPremiumIndexes},
    {"openInterest", "ticker", "openInterest", kOpenInterest},
    {"trades", "tradeSnapshot", "trades", kTrades},
    {"time", "heartbeat", "time", kServerTime},
    {"ping", "heartbeat", "ping", {}},
};

}  // namespace

std::span<const Table> market_rest_tables() { return kTables; }

}  // namespace tape::venue::binance_usdm
