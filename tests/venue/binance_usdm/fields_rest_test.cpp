// REST answers: that their members land where they belong.
#include <catch2/catch.hpp>

#include "support.h"
#include <string>

using namespace binance;

TEST_CASE("account, v2 and v3") {
  Wire wire;
  const std::string v2 =
      R"({"feeTier":0,"canTrade":true,"canDeposit":true,"canWithdraw":true,"updateTime":0,"multiAssetsMargin":false,"tradeGroupId":-1,"totalInitialMargin":"1.1","totalMaintMargin":"1.2","totalWalletBalance":"23.72469206","totalUnrealizedProfit":"1.3","totalMarginBalance":"1.4","totalPositionInitialMargin":"0","totalOpenOrderInitialMargin":"0","totalCrossWalletBalance":"23","totalCrossUnPnl":"0","availableBalance":"1.5","maxWithdrawAmount":"23","assets":[{"asset":"USDT","walletBalance":"23.7","unrealizedProfit":"2.1","marginBalance":"2.2","maintMargin":"2.3","initialMargin":"2.4","positionInitialMargin":"2.5","openOrderInitialMargin":"2.6","crossWalletBalance":"2.7","crossUnPnl":"2.8","availableBalance":"2.9","maxWithdrawAmount":"3.0","marginAvailable":true,"updateTime":1625474304765}],"positions":[{"symbol":"BTCUSDT","initialMargin":"4.1","maintMargin":"4.2","unrealizedProfit":"4.3","positionInitialMargin":"4.4","openOrderInitialMargin":"0","leverage":"100","isolated":true,"entryPrice":"4.5","maxNotional":"250000","bidNotional":"0","askNotional":"0","positionSide":"BOTH","positionAmt":"-1.5","updateTime":0}]})";
  const Values values = {{"snapshot", "true"},
                         {"canTrade", "yes"},
                         {"multiAssets", "no"},
                         {"totalInitialMargin", "1.1"},
                         {"totalMaintenanceMargin", "1.2"},
                         {"totalWalletBalance", "23.72469206"},
                         {"totalUnrealizedPnl", "1.3"},
                         {"totalMarginBalance", "1.4"},
                         {"availableBalance", "1.5"},
                         {"balances[0].asset", "USDT"},
                         {"balances[0].walletBalance", "23.7"},
                         {"balances[0].unrealizedPnl", "2.1"},
                         {"balances[0].marginBalance", "2.2"},
                         {"balances[0].maintenanceMargin", "2.3"},
                         {"balances[0].initialMargin", "2.4"},
                         {"balances[0].positionInitialMargin", "2.5"},
                         {"balances[0].openOrderInitialMargin", "2.6"},
                         {"balances[0].crossWalletBalance", "2.7"},
                         {"balances[0].crossUnrealizedPnl", "2.8"},
                         {"balances[0].availableBalance", "2.9"},
                         {"balances[0].maxWithdraw", "3.0"},
                         {"balances[0].marginAvailable", "yes"},
                         {"balances[0].updatedAt", at(1625474304765)},
                         {"positions[0].symbol", "BTCUSDT"},
                         {"positions[0].positionSide", "BOTH"},
                         {"positions[0].quantity", "-1.5"},
                         {"positions[0].entryPrice", "4.5"},
                         {"positions[0].unrealizedPnl", "4.3"},
                         {"positions[0].leverage", "100"},
                         {"positions[0].maxNotional", "250000"},
                         {"positions[0].initialMargin", "4.4"},
                         {"positions[0].initialMarginWithOrders", "4.1"},
                         {"positions[0].maintenanceMargin", "4.2"},
                         {"positions[0].updatedAt", "0"}};
  check(wire.answer("/fapi/v2/account?timestamp=1", v2), Kind::ACCOUNT_UPDATE, "account", "",
        values);
  check(wire.send(v2), Kind::ACCOUNT_UPDATE, "account", "", values);
  check(
      wire.answer(
          "/fapi/v3/account",
          R"({"totalWalletBalance":"103.1","assets":[],"positions":[{"symbol":"BTCUSDT","positionSide":"LONG","positionAmt":"1.000","unrealizedProfit":"0","isolatedMargin":"0.1","notional":"5","isolatedWallet":"0.2","initialMargin":"0","maintMargin":"0","updateTime":0}]})"),
      Kind::ACCOUNT_UPDATE, "account", "",
      {{"positions[0].isolatedMargin", "0.1"},
       {"positions[0].isolatedWallet", "0.2"},
       {"positions[0].notional", "5"},
       {"positions[0].leverage", ""}});
}

TEST_CASE("positions, their settings and balances") {
  Wire wire;
  const std::string v2 =
      R"([{"entryPrice":"6563.66500","breakEvenPrice":"6563.7","marginType":"isolated","isAutoAddMargin":"false","isolatedMargin":"15517.5","leverage":"10","liquidationPrice":"5930.78","markPrice":"6679.50671178","maxNotionalValue":"20000000","positionAmt":"20.000","notional":"1","isolatedWallet":"2","symbol":"BTCUSDT","unRealizedProfit":"2316.8","positionSide":"LONG","updateTime":1625474304765}])";
  const Values values = {{"snapshot", "true"},
                         {"items[0].symbol", "BTCUSDT"},
                         {"items[0].entryPrice", "6563.66500"},
                         {"items[0].breakEvenPrice", "6563.7"},
                         {"items[0].marginType", "isolated"},
                         {"items[0].autoAddMargin", "no"},
                         {"items[0].isolatedMargin", "15517.5"},
                         {"items[0].leverage", "10"},
                         {"items[0].liquidationPrice", "5930.78"},
                         {"items[0].markPrice", "6679.50671178"},
                         {"items[0].maxNotional", "20000000"},
                         {"items[0].quantity", "20.000"},
                         {"items[0].unrealizedPnl", "2316.8"},
                         {"items[0].positionSide", "LONG"},
                         {"items[0].updatedAt", at(1625474304765)}};
  check(wire.answer("/fapi/v2/positionRisk", v2), Kind::POSITIONS, "positionRisk", "", values);
  check(wire.send(v2), Kind::POSITIONS, "positionRisk", "", values);
  check(wire.answer("/fapi/v2/positionRisk?symbol=BTCUSDT", v2), Kind::POSITIONS, "positionRisk",
        "BTCUSDT", values);
  check(
      wire.answer(
          "/fapi/v3/positionRisk",
          R"([{"symbol":"ADAUSDT","positionSide":"BOTH","positionAmt":"30","entryPrice":"0.385","marginAsset":"USDT","initialMargin":"0.77","maintMargin":"0.06","positionInitialMargin":"0.78","openOrderInitialMargin":"0","adl":2,"bidNotional":"0","askNotional":"0","updateTime":1720736417660}])"),
      Kind::POSITIONS, "positionRisk", "",
      {{"items[0].adlQuantile", "2"},
       {"items[0].marginAsset", "USDT"},
       {"items[0].initialMargin", "0.78"},
       {"items[0].initialMarginWithOrders", "0.77"}});
  check(
      wire.answer(
          "/fapi/v1/symbolConfig",
          R"([{"symbol":"ETHUSDT","marginType":"CROSSED","isAutoAddMargin":false,"leverage":20,"maxNotionalValue":"1000000"}])"),
      Kind::POSITIONS, "symbolConfig", "",
      {{"snapshot", "false"}, {"items[0].leverage", "20"}, {"items[0].marginType", "CROSSED"}});
  check(
      wire.answer(
          "/fapi/v2/balance",
          R"([{"accountAlias":"SgsR","asset":"USDT","balance":"122607.3","crossWalletBalance":"23.7","crossUnPnl":"0.1","availableBalance":"23.6","maxWithdrawAmount":"23.5","marginAvailable":true,"updateTime":1617939110373}])"),
      Kind::BALANCES, "balance", "",
      {{"snapshot", "true"},
       {"assets[0].asset", "USDT"},
       {"assets[0].walletBalance", "122607.3"},
       {"assets[0].crossWalletBalance", "23.7"},
       {"assets[0].crossUnrealizedPnl", "0.1"},
       {"assets[0].availableBalance", "23.6"},
       {"assets[0].maxWithdraw", "23.5"},
       {"assets[0].updatedAt", at(1617939110373)}});
}

TEST_CASE("orders") {
  Wire wire;
  const std::string order =
      R"({"avgPrice":"0.1","clientOrderId":"abc","cumQuote":"0.2","executedQty":"0.3","orderId":1917641,"origQty":"0.40","origType":"TRAILING_STOP_MARKET","price":"0.5","reduceOnly":false,"side":"BUY","positionSide":"SHORT","status":"NEW","stopPrice":"9300","closePosition":true,"symbol":"BTCUSDT","time":1579276756075,"timeInForce":"GTC","type":"LIMIT","activatePrice":"9020","priceRate":"0.6","updateTime":1579276756076,"workingType":"CONTRACT_PRICE","priceProtect":false,"priceMatch":"NONE","selfTradePreventionMode":"EXPIRE_MAKER","goodTillDate":1693207680000})";
  const Values item = {{"items[0].orderId", "1917641"},
                       {"items[0].clientOrderId", "abc"},
                       {"items[0].symbol", "BTCUSDT"},
                       {"items[0].side", "buy"},
                       {"items[0].positionSide", "SHORT"},
                       {"items[0].type", "LIMIT"},
                       {"items[0].originalType", "TRAILING_STOP_MARKET"},
                       {"items[0].status", "NEW"},
                       {"items[0].timeInForce", "GTC"},
                       {"items[0].limitPrice", "0.5"},
                       {"items[0].stopPrice", "9300"},
                       {"items[0].averagePrice", "0.1"},
                       {"items[0].quantity", "0.40"},
                       {"items[0].filled", "0.3"},
                       {"items[0].quoteFilled", "0.2"},
                       {"items[0].reduceOnly", "no"},
                       {"items[0].closePosition", "yes"},
                       {"items[0].priceProtect", "no"},
                       {"items[0].triggerSignal", "CONTRACT_PRICE"},
                       {"items[0].activationPrice", "9020"},
                       {"items[0].callbackRate", "0.6"},
                       {"items[0].selfTradePrevention", "EXPIRE_MAKER"},
                       {"items[0].priceMatch", "NONE"},
                       {"items[0].goodTillAt", at(1693207680000)},
                       {"items[0].createdAt", at(1579276756075)},
                       {"items[0].updatedAt", at(1579276756076)}};
  auto event = wire.answer("/fapi/v1/openOrders", "[" + order + "]");
  check(event, Kind::OPEN_ORDERS, "openOrders", "", item);
  CHECK(body(event, "snapshot") == "true");
  event = wire.answer("/fapi/v1/allOrders?symbol=BTCUSDT", "[" + order + "]");
  check(event, Kind::OPEN_ORDERS, "allOrders", "BTCUSDT", item);
  CHECK(body(event, "snapshot") == "false");
  for (const bool asked : {true, false}) {
    const auto frame = asked ? wire.answer("/fapi/v1/order", order) : wire.send(order);
    check(frame, Kind::ORDER_ANSWER, "order", "BTCUSDT",
          {{"status", "NEW"},
           {"orderId", "1917641"},
           {"clientOrderId", "abc"},
           {"answeredAt", at(1579276756076)},
           {"orders[0].order.quantity", "0.40"},
           {"orders[0].order.side", "buy"},
           {"orders[0].order.stopPrice", "9300"}});
  }
  check(
      wire.answer(
          "/fapi/v1/openAlgoOrders",
          R"([{"algoId":123456789,"clientAlgoId":"algo-1","algoType":"CONDITIONAL","orderType":"STOP_MARKET","symbol":"BTCUSDT","side":"BUY","positionSide":"BOTH","timeInForce":"GTC","quantity":"0.001","algoStatus":"NEW","triggerPrice":"45000.00","workingType":"MARK_PRICE","reduceOnly":false,"createTime":1625474304765,"updateTime":1625474304766}])"),
      Kind::OPEN_ORDERS, "openAlgoOrders", "",
      {{"items[0].algoId", "123456789"},
       {"items[0].type", "STOP_MARKET"},
       {"items[0].stopPrice", "45000.00"},
       {"items[0].status", "NEW"},
       {"items[0].createdAt", at(1625474304765)}});
}

TEST_CASE("trades of the account and its income") {
  Wire wire;
  const std::string trades =
      R"([{"buyer":false,"commission":"-0.07819010","commissionAsset":"USDT","id":698759,"maker":true,"orderId":25851813,"price":"7819.01","qty":"0.002","quoteQty":"15.63802","realizedPnl":"-0.91539999","side":"SELL","positionSide":"SHORT","symbol":"BTCUSDT","marginAsset":"USDT","time":1569514978020}])";
  check(wire.answer("/fapi/v1/userTrades", trades), Kind::FILL, "userTrades", "",
        {{"snapshot", "true"},
         {"items[0].fillId", "698759"},
         {"items[0].orderId", "25851813"},
         {"items[0].symbol", "BTCUSDT"},
         {"items[0].side", "sell"},
         {"items[0].maker", "yes"},
         {"items[0].positionSide", "SHORT"},
         {"items[0].price", "7819.01"},
         {"items[0].quantity", "0.002"},
         {"items[0].quoteQuantity", "15.63802"},
         {"items[0].fee", "-0.07819010"},
         {"items[0].feeCurrency", "USDT"},
         {"items[0].realizedPnl", "-0.91539999"},
         {"items[0].filledAt", at(1569514978020)}});
  check(
      wire.answer(
          "/fapi/v1/income",
          R"([{"symbol":"","incomeType":"TRANSFER","income":"-0.37500000","asset":"USDT","info":"x","time":1570608000000,"tranId":"9689322392","tradeId":""},{"symbol":"BTCUSDT","incomeType":"COMMISSION","income":"-0.01","asset":"USDT","info":"COMMISSION","time":1570636800000,"tranId":9689322393,"tradeId":2059192}])"),
      Kind::FUND_FLOW, "income", "",
      {{"items[0].id", "9689322392"},
       {"items[0].type", "TRANSFER"},
       {"items[0].amount", "-0.37500000"},
       {"items[0].asset", "USDT"},
       {"items[0].info", "x"},
       {"items[0].flowAt", at(1570608000000)},
       {"items[1].id", "9689322393"},
       {"items[1].symbol", "BTCUSDT"},
       {"items[1].tradeId", "2059192"}});
}

TEST_CASE("settings of the account") {
  Wire wire;
  check(wire.answer("/fapi/v1/positionSide/dual", R"({"dualSidePosition":true})"),
        Kind::ACCOUNT_CONFIG, "dual", "", {{"hedgeMode", "yes"}, {"multiAssets", "unknown"}});
  check(wire.send(R"({"dualSidePosition":false})"), Kind::ACCOUNT_CONFIG, "dual", "",
        {{"hedgeMode", "no"}});
  check(wire.answer("/fapi/v1/multiAssetsMargin", R"({"multiAssetsMargin":true})"),
        Kind::ACCOUNT_CONFIG, "multiAssetsMargin", "", {{"multiAssets", "yes"}});
  check(
      wire.answer(
          "/fapi/v1/accountConfig",
          R"({"feeTier":0,"canTrade":true,"canDeposit":true,"canWithdraw":true,"dualSidePosition":true,"updateTime":1724416653850,"multiAssetsMargin":false,"tradeGroupId":-1})"),
      Kind::ACCOUNT_CONFIG, "accountConfig", "",
      {{"hedgeMode", "yes"}, {"multiAssets", "no"}, {"serverAt", at(1724416653850)}});
  check(wire.answer("/fapi/v1/leverage",
                    R"({"leverage":21,"maxNotionalValue":"1000000","symbol":"BTCUSDT"})"),
        Kind::ACCOUNT_CONFIG, "leverage", "BTCUSDT", {{"leverage", "21"}, {"symbol", "BTCUSDT"}});
  check(wire.answer("/fapi/v1/countdownCancelAll",
                    R"({"symbol":"BTCUSDT","countdownTime":"100000"})"),
        Kind::DEAD_MANS_SWITCH, "countdownCancelAll", "BTCUSDT",
        {{"timeout", "100000000000"}, {"symbol", "BTCUSDT"}});
  const auto key = wire.answer(
      "/fapi/v1/listenKey",
      R"({"listenKey":"pqia91ma19a5s61cv6a81va65sdf19v8a65a1a5s61cv6a81va65sdf19v8a65a1"})");
  check(key, Kind::SUBSCRIPTION, "listenKey", "", {{"message", ""}});
  CHECK(key.getRedacted());
  CHECK(wire.bytes.find("pqia") == std::string::npos);
  check(wire.answer("/fapi/v1/listenKey", "{}"), Kind::SUBSCRIPTION, "listenKey", "",
        {{"message", ""}});
}

TEST_CASE("answers about the market") {
  Wire wire;
  check(
      wire.answer(
          "/fapi/v1/depth?symbol=BTCUSDT",
          R"({"lastUpdateId":1027024,"E":1589436922972,"T":1589436922959,"bids":[["4.00000000","431.0"]],"asks":[["4.00000200","12.0"]]})"),
      Kind::BOOK_SNAPSHOT, "depth", "BTCUSDT",
      {{"updateId", "1027024"},
       {"partial", "false"},
       {"eventAt", at(1589436922972)},
       {"bids[0].price", "4.00000000"},
       {"asks[0].quantity", "12.0"}});
  check(
      wire.answer(
          "/fapi/v1/exchangeInfo",
          R"({"timezone":"UTC","serverTime":1626858243909,"futuresType":"U_MARGINED","rateLimits":[{"limit":2400}],"exchangeFilters":[],"assets":[],"symbols":[{"symbol":"BTCUSDT","pair":"BTCUSDT","contractType":"PERPETUAL","deliveryDate":4133404800000,"onboardDate":1569398400000,"status":"TRADING","maintMarginPercent":"2.5","requiredMarginPercent":"5.0","baseAsset":"BTC","quoteAsset":"USDT","marginAsset":"USD","pricePrecision":2,"quantityPrecision":3,"baseAssetPrecision":8,"quotePrecision":8,"underlyingType":"COIN","underlyingSubType":[],"settlePlan":0,"triggerProtect":"0.05","liquidationFee":"0.012","marketTakeBound":"0.30","filters":[{"minPrice":"556.72","maxPrice":"1000000","filterType":"PRICE_FILTER","tickSize":"0.01"},{"stepSize":"0.001","filterType":"LOT_SIZE"}],"orderTypes":["LIMIT"],"timeInForce":["GTC"]}]})"),
      Kind::INSTRUMENTS, "exchangeInfo", "",
      {{"serverAt", at(1626858243909)},
       {"items[0].symbol", "BTCUSDT"},
       {"items[0].type", "PERPETUAL"},
       {"items[0].base", "BTC"},
       {"items[0].quote", "USDT"},
       {"items[0].marginAsset", "USD"},
       {"items[0].underlying", "COIN"},
       {"items[0].status", "TRADING"},
       {"items[0].tickSize", "0.01"},
       {"items[0].pricePrecision", "2"},
       {"items[0].quantityPrecision", "3"},
       {"items[0].openingAt", at(1569398400000)},
       {"items[0].lastTradingAt", at(4133404800000)}});
  const std::string premium =
      R"({"symbol":"BTCUSDT","markPrice":"11793.6","indexPrice":"11781.8","estimatedSettlePrice":"11781.1","lastFundingRate":"0.00038246","nextFundingTime":1597392000000,"interestRate":"0.0001","time":1597370495002})";
  check(wire.answer("/fapi/v1/premiumIndex?symbol=BTCUSDT", premium), Kind::MARK_PRICE,
        "premiumIndex", "BTCUSDT",
        {{"price", "11793.6"},
         {"indexPrice", "11781.8"},
         {"settlePrice", "11781.1"},
         {"fundingRate", "0.00038246"},
         {"nextFundingAt", at(1597392000000)}});
  check(wire.answer("/fapi/v1/premiumIndex", "[" + premium + "]"), Kind::MARK_PRICES,
        "premiumIndex", "",
        {{"items[0].symbol", "BTCUSDT"},
         {"items[0].price", "11793.6"},
         {"items[0].eventAt", at(1597370495002)}});
  check(wire.answer("/fapi/v1/openInterest",
                    R"({"openInterest":"10659.509","symbol":"BTCUSDT","time":1589437530011})"),
        Kind::TICKER, "openInterest", "BTCUSDT", {{"openInterest", "10659.509"}});
  check(
      wire.answer(
          "/fapi/v1/trades?symbol=BTCUSDT",
          R"([{"id":28457,"price":"4.00000100","qty":"12.0","quoteQty":"48.00","time":1499865549590,"isBuyerMaker":true}])"),
      Kind::TRADE_SNAPSHOT, "trades", "BTCUSDT",
      {{"items[0].number", "28457"},
       {"items[0].price", "4.00000100"},
       {"items[0].side", "sell"},
       {"items[0].tradedAt", at(1499865549590)}});
  check(
      wire.answer(
          "/fapi/v1/aggTrades?symbol=BTCUSDT",
          R"([{"a":26129,"p":"0.01633102","q":"4.70443515","f":27781,"l":27782,"T":1498793709153,"m":false}])"),
      Kind::TRADE_SNAPSHOT, "trades", "BTCUSDT",
      {{"items[0].number", "26129"}, {"items[0].firstNumber", "27781"}, {"items[0].side", "buy"}});
  check(wire.answer("/fapi/v1/time", R"({"serverTime":1499827319559})"), Kind::HEARTBEAT, "time",
        "", {{"serverAt", at(1499827319559)}});
  check(wire.answer("/fapi/v1/ping", "{}"), Kind::HEARTBEAT, "ping", "", {{"serverAt", "0"}});
}
