// User data: that the members of every event land where they belong.
#include <catch2/catch.hpp>

#include "support.h"
#include <string>

using namespace binance;

TEST_CASE("orders and fills of the user stream") {
  Wire wire;
  auto event = wire.send(
      R"({"e":"ORDER_TRADE_UPDATE","T":1643186482920,"E":1643186482925,"o":{"s":"ETHBUSD","c":"ios_1","S":"BUY","o":"LIMIT","f":"GTC","q":"0.003","p":"2487.51","ap":"2487.51000","sp":"1.5","x":"TRADE","X":"FILLED","i":2844843857,"l":"0.002","z":"0.003","L":"2487.50","n":"-0.00074625","N":"BUSD","T":1643186482919,"t":87445238,"b":"7.4","a":"9.91","m":true,"R":false,"wt":"CONTRACT_PRICE","ot":"STOP","ps":"BOTH","cp":false,"AP":"7476.89","cr":"5.0","rp":"-1.25","pP":true,"si":0,"ss":0,"V":"EXPIRE_MAKER","pm":"NONE","gtd":1693207680000,"er":"0"}})");
  check(event, Kind::ORDER_UPDATE, "userData", "ETHBUSD",
        {{"action", "TRADE"},
         {"reason", "0"},
         {"order.orderId", "2844843857"},
         {"order.clientOrderId", "ios_1"},
         {"order.symbol", "ETHBUSD"},
         {"order.side", "buy"},
         {"order.positionSide", "BOTH"},
         {"order.type", "LIMIT"},
         {"order.originalType", "STOP"},
         {"order.status", "FILLED"},
         {"order.timeInForce", "GTC"},
         {"order.limitPrice", "2487.51"},
         {"order.stopPrice", "1.5"},
         {"order.averagePrice", "2487.51000"},
         {"order.quantity", "0.003"},
         {"order.filled", "0.003"},
         {"lastFillQuantity", "0.002"},
         {"lastFillPrice", "2487.50"},
         {"fee", "-0.00074625"},
         {"feeCurrency", "BUSD"},
         {"filledAt", at(1643186482919)},
         {"fillId", "87445238"},
         {"order.bidsNotional", "7.4"},
         {"order.asksNotional", "9.91"},
         {"maker", "yes"},
         {"order.reduceOnly", "no"},
         {"order.triggerSignal", "CONTRACT_PRICE"},
         {"order.closePosition", "no"},
         {"order.activationPrice", "7476.89"},
         {"order.callbackRate", "5.0"},
         {"realizedPnl", "-1.25"},
         {"order.priceProtect", "yes"},
         {"order.selfTradePrevention", "EXPIRE_MAKER"},
         {"order.priceMatch", "NONE"},
         {"order.goodTillAt", at(1693207680000)},
         {"order.updatedAt", at(1643186482925)}});
  CHECK(event.getExchangeAt() == 1643186482920 * kMs);
  // A liquidation, with nulls for what does not apply.
  check(
      wire.send(
          R"({"e":"ORDER_TRADE_UPDATE","E":1759347763167,"T":1759347763167,"o":{"s":"BTCUSDT","c":"autoclose-1","S":"SELL","o":"MARKET","f":"GTC","q":"0.100","p":"0","ap":"50000.00","sp":null,"x":"CALCULATED","X":"FILLED","i":9876543210,"l":"0.100","z":"0.100","L":"50000.00","N":null,"n":null,"T":1759347763167,"t":1122334455,"b":"0","a":"0","m":false,"R":false,"wt":"CONTRACT_PRICE","ot":"MARKET","ps":"LONG","cp":false,"AP":null,"cr":null,"pP":false,"si":0,"ss":0,"rp":"-100.00","gtd":0,"W":null,"V":null}})"),
      Kind::ORDER_UPDATE, "userData", "BTCUSDT",
      {{"action", "CALCULATED"}, {"order.stopPrice", ""}, {"fee", ""}, {"order.goodTillAt", "0"}});
  check(
      wire.send(
          R"({"e":"TRADE_LITE","E":1771856732584,"T":1771856732580,"s":"SOLUSDT","q":"0.10","p":"0.0000","m":false,"c":"SOL_1","S":"BUY","L":"80.1900","l":"0.05","t":3181138052,"i":199033476993})"),
      Kind::FILL, "userData", "SOLUSDT",
      {{"items[0].symbol", "SOLUSDT"},
       {"items[0].price", "80.1900"},
       {"items[0].quantity", "0.05"},
       {"items[0].side", "buy"},
       {"items[0].maker", "no"},
       {"items[0].fillId", "3181138052"},
       {"items[0].orderId", "199033476993"},
       {"items[0].clientOrderId", "SOL_1"},
       {"items[0].filledAt", at(1771856732580)},
       {"serverAt", at(1771856732584)},
       {"snapshot", "false"}});
}

TEST_CASE("the account in the user stream") {
  Wire wire;
  check(
      wire.send(
          R"({"e":"ACCOUNT_UPDATE","T":1643186482920,"E":1643186482925,"fs":"UM","i":"x","a":{"B":[{"a":"BUSD","wb":"788.59145825","cw":"788.5","bc":"-1"}],"P":[{"s":"ETHBUSD","pa":"-0.003","ep":"2487.51000","bep":"2488","cr":"0.5","up":"0.00077345","mt":"isolated","iw":"12","ps":"SHORT","ma":"BUSD"}],"m":"FUNDING_FEE"}})"),
      Kind::ACCOUNT_UPDATE, "userData", "",
      {{"snapshot", "false"},
       {"reason", "FUNDING_FEE"},
       {"updatedAt", at(1643186482925)},
       {"balances[0].asset", "BUSD"},
       {"balances[0].walletBalance", "788.59145825"},
       {"balances[0].crossWalletBalance", "788.5"},
       {"balances[0].change", "-1"},
       {"positions[0].symbol", "ETHBUSD"},
       {"positions[0].quantity", "-0.003"},
       {"positions[0].entryPrice", "2487.51000"},
       {"positions[0].breakEvenPrice", "2488"},
       {"positions[0].realizedPnl", "0.5"},
       {"positions[0].unrealizedPnl", "0.00077345"},
       {"positions[0].marginType", "isolated"},
       {"positions[0].isolatedWallet", "12"},
       {"positions[0].positionSide", "SHORT"},
       {"positions[0].marginAsset", "BUSD"}});
  check(
      wire.send(
          R"({"e":"MARGIN_CALL","E":1587727187525,"cw":"3.16812045","p":[{"s":"ETHUSDT","ps":"LONG","pa":"1.327","mt":"CROSSED","iw":"0","mp":"187.17127","up":"-1.166074","mm":"1.614445"}]})"),
      Kind::MARGIN_CALL, "userData", "",
      {{"crossWalletBalance", "3.16812045"},
       {"positions[0].markPrice", "187.17127"},
       {"positions[0].marginType", "CROSSED"},
       {"positions[0].maintenanceMargin", "1.614445"}});
  check(
      wire.send(
          R"({"e":"ACCOUNT_CONFIG_UPDATE","E":1611646737479,"T":1611646737476,"ac":{"s":"BTCUSDT","l":25}})"),
      Kind::ACCOUNT_CONFIG, "userData", "BTCUSDT",
      {{"symbol", "BTCUSDT"},
       {"leverage", "25"},
       {"multiAssets", "unknown"},
       {"serverAt", at(1611646737479)}});
  check(wire.send(
            R"({"e":"ACCOUNT_CONFIG_UPDATE","E":1611646737479,"T":1611646737476,"ai":{"j":true}})"),
        Kind::ACCOUNT_CONFIG, "userData", "", {{"multiAssets", "yes"}, {"leverage", ""}});
  for (const auto* const frame :
       {R"({"e":"listenKeyExpired","E":1736996475556,"listenKey":"***"})",
        R"({"e":"listenKeyExpired","E":"1736996475556","listenKey":"***"})",
        R"({"e":"listenKeyExpired","E":1736996475556})"}) {
    check(wire.send(frame), Kind::STREAM_EXPIRED, "userData", "", {{"eventAt", at(1736996475556)}});
  }
}

TEST_CASE("conditional orders, strategies and grids") {
  Wire wire;
  check(
      wire.send(
          R"({"e":"CONDITIONAL_ORDER_TRIGGER_REJECT","E":1685517224945,"T":1685517224955,"or":{"s":"ETHUSDT","i":155618472834,"r":"FOK"}})"),
      Kind::ORDER_UPDATE, "userData", "ETHUSDT",
      {{"action", "CONDITIONAL_ORDER_TRIGGER_REJECT"},
       {"order.orderId", "155618472834"},
       {"reason", "FOK"}});
  check(
      wire.send(
          R"({"e":"STRATEGY_UPDATE","T":1669261797627,"E":1669261797628,"su":{"si":176054594,"st":"GRID","ss":"NEW","s":"BTCUSDT","ut":1669261797620,"c":8007}})"),
      Kind::ORDER_UPDATE, "userData", "BTCUSDT",
      {{"order.algoId", "176054594"},
       {"order.algoType", "GRID"},
       {"order.status", "NEW"},
       {"reason", "8007"},
       {"filledAt", at(1669261797620)}});
  check(
      wire.send(
          R"({"e":"GRID_UPDATE","T":1669262908216,"E":1669262908218,"gu":{"si":176057039,"st":"GRID","ss":"WORKING","s":"BTCUSDT","r":"-0.003","up":"16720","uq":"-0.001","uf":"-0.002","mp":"0.0","ut":1669262908197}})"),
      Kind::ORDER_UPDATE, "userData", "BTCUSDT",
      {{"realizedPnl", "-0.003"},
       {"order.averagePrice", "16720"},
       {"order.remaining", "-0.001"},
       {"fee", "-0.002"}});
  for (const std::string inner : {"o", "ao"}) {
    check(
        wire.send(
            R"({"e":"ALGO_UPDATE","T":1750515742297,"E":1750515742303,")" + inner +
            R"(":{"caid":"Q5x","aid":2148719,"at":"CONDITIONAL","o":"TAKE_PROFIT","s":"BNBUSDT","S":"SELL","ps":"BOTH","f":"GTC","q":"0.01","X":"CANCELED","ai":"77","ap":"0.5","aq":"0.6","act":"MARKET","tp":"750","p":"751","V":"EXPIRE_MAKER","wt":"CONTRACT_PRICE","pm":"NONE","cp":false,"pP":false,"R":true,"tt":1750515742290,"gtd":0,"rm":"reject"}})"),
        Kind::ORDER_UPDATE, "userData", "BNBUSDT",
        {{"action", "ALGO_UPDATE"},
         {"order.algoId", "2148719"},
         {"order.clientOrderId", "Q5x"},
         {"order.algoType", "CONDITIONAL"},
         {"order.type", "TAKE_PROFIT"},
         {"order.side", "sell"},
         {"order.quantity", "0.01"},
         {"order.status", "CANCELED"},
         {"order.orderId", "77"},
         {"order.averagePrice", "0.5"},
         {"order.filled", "0.6"},
         {"order.stopPrice", "750"},
         {"order.limitPrice", "751"},
         {"order.reduceOnly", "yes"},
         {"filledAt", at(1750515742290)},
         {"reason", "reject"}});
  }
}
