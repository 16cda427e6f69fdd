#include <catch2/catch.hpp>

#include "support.h"

using namespace kraken;

TEST_CASE("kraken futures REST: notifications and fills") {
  Wire wire;
  auto event = wire.send(
      R"({"result":"success","notifications":[{"type":"settlement","priority":"medium","note":"n",)"
      R"("effectiveTime":"2018-06-29T15:00:00Z","expectedDowntimeMinutes":5}],"serverTime":"2018-06-29T15:22:05.187Z"})");
  CHECK(summary(event) == "notification notifications");
  CHECK(event.getExchangeAt() == 1530285725187000000);
  CHECK(body(event, "snapshot") == "true");
  CHECK(body(event, "serverAt") == "1530285725187000000");
  CHECK(body(event, "items[0].effectiveAt") == "1530284400000000000");
  CHECK(body(event, "items[0].expectedDowntimeMinutes") == "5");
  event = wire.send(
      R"({"result":"success","notifications":[{"type":"market","priority":"low","note":"n",)"
      R"("effectiveTime":1530284400000}]})");
  CHECK(summary(event) == "notification notifications, unitChanged notifications[].effectiveTime");
  CHECK(body(event, "items[0].effectiveAt") == "1530284400000000000");

  event = wire.send(
      R"({"result":"success","fills":[{"fill_id":"f","symbol":"pi_btcusd","side":"buy","order_id":"o","cliOrdId":"c",)"
      R"("size":184317,"price":9292.5,"fillTime":"2020-02-06T21:55:51.000Z","fillType":"partialLiquidation",)"
      R"("realized_pnl":null,"sequence_id":"77","fee_paid":-0.5,"fee_currency":"BTC"}]})");
  CHECK(summary(event) == "fill fills");
  CHECK(body(event, "items[0].filledAt") == "1581026151000000000");
  CHECK(body(event, "items[0].marketSequence") == "77");
  CHECK(body(event, "items[0].realizedPnl").empty());
  CHECK(body(event, "items[0].fee") == "-0.5");
  CHECK(body(event, "items[0].clientOrderId") == "c");
}

TEST_CASE("kraken futures REST: positions and orders") {
  Wire wire;
  auto event = wire.send(
      R"({"result":"success","openPositions":[{"side":"short","symbol":"PI_XBTUSD","price":9392.749993345933,)"
      R"("fillTime":"2020-07-22T14:39:12.376Z","size":10000,"unrealizedFunding":0.00001045432180096817,)"
      R"("pnlCurrency":"BTC","maxFixedLeverage":5}],"serverTime":"2020-07-22T14:39:12.376Z"})");
  CHECK(summary(event) == "positions openpositions");
  CHECK(body(event, "items[0].side") == "sell");
  CHECK(body(event, "items[0].quantity") == "10000");
  CHECK(body(event, "items[0].entryPrice") == "9392.749993345933");
  CHECK(body(event, "items[0].maxLeverage") == "5");

  event = wire.send(
      R"({"result":"success","openOrders":[{"order_id":"o","cli_ord_id":"c","symbol":"PI_XBTUSD","side":"sell","orderType":"stp",)"
      R"("limitPrice":1.5,"stopPrice":2.5,"unfilledSize":304,"receivedTime":"2019-09-05T17:01:17.410Z","status":"untouched",)"
      R"("filledSize":1,"reduceOnly":true,"triggerSignal":"last","lastUpdateTime":"2019-09-05T17:01:18.410Z"}]})");
  CHECK(summary(event) == "openOrders openorders");
  CHECK(body(event, "items[0].remaining") == "304");
  CHECK(body(event, "items[0].status") == "untouched");
  CHECK(body(event, "items[0].stopPrice") == "2.5");
  CHECK(body(event, "items[0].createdAt") == "1567702877410000000");
  CHECK(body(event, "items[0].updatedAt") == "1567702878410000000");
}

TEST_CASE("kraken futures REST: accounts of three kinds in one map") {
  Wire wire;
  const auto event = wire.send(
      R"({"result":"success","accounts":{"fi_xbtusd":{"type":"marginAccount","currency":"xbt",)"
      R"("balances":{"FI_XBTUSD_171215":"50000","xbt":"141.5"},"auxiliary":{"usd":1,"af":2,"pnl":3,"pv":4,"funding":5},)"
      R"("marginRequirements":{"im":6,"mm":7,"lt":8,"tt":9},"triggerEstimates":{"im":10,"mm":11,"lt":12,"tt":13}},)"
      R"("cash":{"type":"cashAccount","balances":{"xbt":"141.31756797","xrp":"52465.1254"}},)"
      R"("fi_ethusd":{"type":"marginAccount","currency":"eth","balances":{}},)"
      R"("flex":{"type":"multiCollateralMarginAccount","currencies":{"XBT":{"quantity":0.1,"value":2,"collateral":3,"available":4}},)"
      R"("balanceValue":1,"initialMargin":2,"initialMarginWithOrders":3,"availableMargin":4,"portfolioMarginBreakdown":null}},)"
      R"("serverTime":"2016-02-25T09:45:53.818Z"})");
  CHECK(summary(event) == "balances accounts");
  CHECK(body(event, "holding[0].asset") == "xbt");
  CHECK(body(event, "holding[1].amount") == "52465.1254");
  CHECK(body(event, "wallets") == "2");
  CHECK(body(event, "wallets[0].name") == "fi_xbtusd");
  CHECK(body(event, "wallets[0].balances[1].asset") == "xbt");
  CHECK(body(event, "wallets[0].balances[0].amount") == "50000");
  CHECK(body(event, "wallets[0].usdValue") == "1");
  CHECK(body(event, "wallets[0].available") == "2");
  CHECK(body(event, "wallets[0].liquidationThreshold") == "8");
  CHECK(body(event, "wallets[0].triggerTermination") == "13");
  CHECK(body(event, "wallets[1].name") == "fi_ethusd");
  CHECK(body(event, "wallets[1].unit") == "eth");
  CHECK(body(event, "wallets[1].balances") == "0");
  CHECK(body(event, "multiCollateral.currencies[0].asset") == "XBT");
  CHECK(body(event, "multiCollateral.currencies[0].collateralValue") == "3");
  CHECK(body(event, "multiCollateral.initialMargin") == "2");
  CHECK(body(event, "multiCollateral.initialMarginWithOrders") == "3");
}

TEST_CASE("kraken futures REST: the dead man's switch") {
  Wire wire;
  auto event = wire.send(
      R"({"result":"success","status":{"currentTime":"2018-06-19T16:51:23.839Z","triggerTime":"2018-06-19T16:52:23.839Z"}})");
  CHECK(summary(event) == "deadMansSwitch cancelallordersafter");
  CHECK(body(event, "triggerAt") == "1529427143839000000");
  CHECK(body(event, "disarmed") == "false");
  event = wire.send(
      R"({"result":"success","status":{"currentTime":"2018-06-19T16:51:23.839Z","triggerTime":"0"}})");
  CHECK(summary(event) == "deadMansSwitch cancelallordersafter");
  CHECK(body(event, "triggerAt") == "0");
  CHECK(body(event, "disarmed") == "true");
  CHECK(summary(wire.send(
            R"({"result":"success","status":{"currentTime":"2018-06-19T16:51:23.839Z"}})")) ==
        "opaque: missingField, cancelallordersafter: member 'status.triggerTime' is missing");
}

TEST_CASE("kraken futures REST: executions, account log, preferences") {
  Wire wire;
  auto event = wire.send(
      R"({"accountUid":"a","len":1,"serverTime":"2024-05-03T09:35:18.464Z","elements":[{"uid":"e","timestamp":1604937694000,)"
      R"("event":{"execution":{"execution":{"uid":"x","makerOrder":{"uid":"m"},"takerOrder":{"uid":"t","tradeable":"PF_XBTUSD",)"
      R"("direction":"Buy","orderType":"IoC"},"timestamp":1604937694000,"quantity":"1.50","price":"1234.5","usdValue":"9"},)"
      R"("takerReducedQuantity":""}}}],"continuationToken":"t"})");
  CHECK(summary(event) == "fill executions");
  CHECK(body(event, "user") == "a");
  CHECK(body(event, "items[0].fillId") == "x");
  CHECK(body(event, "items[0].symbol") == "PF_XBTUSD");
  CHECK(body(event, "items[0].quantity") == "1.50");
  CHECK(body(event, "items[0].quoteQuantity") == "9");
  CHECK(body(event, "items[0].side") == "unknown");

  event = wire.send(
      R"({"accountUid":"a","logs":[{"asset":"usd","date":"2026-08-11T19:55:24.251Z","id":9,"info":"futures trade",)"
      R"("contract":"pf_dogeusd","new_balance":0,"old_balance":0.0077,"fee":null}]})");
  CHECK(summary(event) == "accountLog account-log");
  CHECK(body(event, "items[0].contract") == "pf_dogeusd");
  CHECK(body(event, "items[0].fee").empty());

  event = wire.send(
      R"({"result":"success","leveragePreferences":[{"symbol":"PF_XBTUSD","maxLeverage":10}]})");
  CHECK(summary(event) == "accountConfig leveragepreferences");
  CHECK(body(event, "preferences[0].maxLeverage") == "10");
  event = wire.send(
      R"({"result":"success","preferences":[{"symbol":"PF_XBTUSD","pnlCurrency":"BTC"}]})");
  CHECK(body(event, "preferences[0].pnlCurrency") == "BTC");
  event = wire.answer("/derivatives/api/v3/leveragepreferences?symbol=PF_XBTUSD&maxLeverage=5",
                      R"({"result":"success","serverTime":"2022-06-28T14:48:58.711Z"})", "PUT");
  CHECK(summary(event) == "accountConfig PF_XBTUSD");
}

TEST_CASE("kraken futures REST: errors in their three forms") {
  Wire wire;
  auto event = wire.send(
      R"({"result":"error","serverTime":"2022-06-28T14:48:58.711Z","error":"apiLimitExceeded"})");
  CHECK(summary(event) == "error");
  CHECK(body(event, "code") == "apiLimitExceeded");
  event = wire.send(R"({"result":"error","error":"Json Parse Error","errors":["one","two"]})");
  CHECK(summary(event) == "error");
  CHECK(body(event, "errors[1].message") == "two");
  event = wire.answer("/derivatives/api/v3/sendorder",
                      R"({"errors":[{"code":92,"message":"INSUFFICIENT_MARGIN"}]})");
  CHECK(summary(event) == "error");
  CHECK(body(event, "errors[0].code") == "92");
  CHECK(body(event, "errors[0].message") == "INSUFFICIENT_MARGIN");
}
