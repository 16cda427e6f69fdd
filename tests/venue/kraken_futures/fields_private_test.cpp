#include <catch2/catch.hpp>

#include "support.h"

using namespace kraken;

TEST_CASE("kraken futures: notifications") {
  Wire wire;
  const auto event = wire.send(
      R"({"feed":"notifications_auth","notifications":[{"id":419,"type":"market","priority":"high",)"
      R"("effective_time":1655917620000,"note":"post-only"},{"id":"The Notification ID","type":"surprise","priority":"low",)"
      R"("note":"n","expected_downtime_minutes":30}]})");
  CHECK(summary(event) == "notification notifications_auth, unknownValue notifications[].type");
  CHECK(body(event, "items[0].id") == "419");
  CHECK(body(event, "items[0].effectiveAt") == "1655917620000000000");
  CHECK(body(event, "items[0].expectedDowntimeMinutes") == "-1");
  CHECK(body(event, "items[1].id") == "The Notification ID");
  CHECK(body(event, "items[1].type") == "surprise");
  CHECK(body(event, "items[1].effectiveAt") == "0");
  CHECK(body(event, "items[1].expectedDowntimeMinutes") == "30");
}

TEST_CASE("kraken futures: fills") {
  Wire wire;
  auto event = wire.send(
      R"({"feed":"fills_snapshot","account":"DemoUser","fills":[{"instrument":"FI_XBTUSD_200925","time":1600256910739,)"
      R"("price":10937.5,"seq":36,"buy":true,"qty":5000.0,"remaining_order_qty":0.0,"order_id":"o","cli_ord_id":"c",)"
      R"("fill_id":"f","fill_type":"maker","fee_paid":-0.00009142857,"fee_currency":"BTC","taker_order_type":"ioc",)"
      R"("order_type":"limit"},{"instrument":"PI_ETHUSD","time":1600256945531,"price":364.65,"seq":39,"buy":false,)"
      R"("qty":1.0,"order_id":"o2","fill_id":"f2","fill_type":"unwindBankrupt"}]})");
  CHECK(summary(event) == "fill fills");
  CHECK(body(event, "snapshot") == "true");
  CHECK(body(event, "user") == "DemoUser");
  CHECK(body(event, "items[0].fee") == "-0.00009142857");
  CHECK(body(event, "items[0].side") == "buy");
  CHECK(body(event, "items[0].clientOrderId") == "c");
  CHECK(body(event, "items[0].takerOrderType") == "ioc");
  CHECK(body(event, "items[0].filledAt") == "1600256910739000000");
  CHECK(body(event, "items[1].side") == "sell");
  CHECK(body(event, "items[1].sequence") == "39");
  CHECK(body(event, "items[1].fee").empty());

  // A time in seconds and an alias for the account, as in a frame of 2020.
  event = wire.send(
      R"({"feed":"fills","username":"someone","fills":[{"instrument":"PI_BTCUSD","time":1581026151,"price":9292.5,)"
      R"("seq":103,"buy":true,"order_id":"o","fill_id":"f","fill_type":"assignee","qty":184317}]})");
  CHECK(summary(event) == "fill fills PI_BTCUSD, unitChanged fills[].time");
  CHECK(wire.count() == 1);
  CHECK(body(event, "snapshot") == "false");
  CHECK(body(event, "user") == "someone");
  CHECK(body(event, "items[0].filledAt") == "1581026151000000000");
  CHECK(body(event, "items[0].fillType") == "assignee");

  event = wire.send(
      R"({"feed":"fills","fills":[{"instrument":"P","time":1600256910739,"price":"9.50","qty":"2","buy":"true",)"
      R"("fill_id":"f","fill_type":"magic"}]})");
  CHECK(summary(event) == "fill fills P, unknownValue fills[].fill_type");
  CHECK(body(event, "items[0].price") == "9.50");
  CHECK(body(event, "items[0].side") == "buy");
  CHECK(summary(wire.send(R"({"feed":"fills","account":"a"})")) ==
        "opaque: missingField, fills: member 'fills' is missing");
}

TEST_CASE("kraken futures: open orders in all their forms") {
  Wire wire;
  const std::string order =
      R"({"instrument":"PF_XBTUSD","time":1567702877410,"last_update_time":1567702877999,"qty":304.0,"filled":1.5,)"
      R"("limit_price":10640.0,"stop_price":0.0,"type":"trailing_stop","order_id":"o-1","cli_ord_id":"c-1","direction":1,)"
      R"("reduce_only":true,"triggerSignal":"mark","trailing_stop_options":{"max_deviation":20.0,"unit":"percent"},)"
      R"("limit_price_offset":{"price_offset":-0.5,"unit":"quote_currency"}})";
  for (const std::string feed : {"open_orders", "open_orders_verbose"}) {
    auto event =
        wire.send(R"({"feed":")" + feed + R"(_snapshot","account":"a","orders":[)" + order + "]}");
    CHECK(summary(event) == "openOrders " + feed);
    CHECK(body(event, "snapshot") == "true");
    CHECK(body(event, "user") == "a");
    CHECK(body(event, "items[0].orderId") == "o-1");
    CHECK(body(event, "items[0].side") == "sell");
    CHECK(body(event, "items[0].remaining") == "304.0");
    CHECK(body(event, "items[0].filled") == "1.5");
    CHECK(body(event, "items[0].trailingDeviation") == "20.0");
    CHECK(body(event, "items[0].trailingUnit") == "percent");
    CHECK(body(event, "items[0].limitPriceOffset") == "-0.5");
    CHECK(body(event, "items[0].limitPriceOffsetUnit") == "quote_currency");

    event = wire.send(R"({"feed":")" + feed + R"(","order":)" + order +
                      R"(,"is_cancel":false,"reason":"new_placed_order_by_user"})");
    CHECK(summary(event) == "orderUpdate " + feed + " PF_XBTUSD");
    CHECK(body(event, "removed") == "no");
    CHECK(body(event, "reason") == "new_placed_order_by_user");
    CHECK(body(event, "order.limitPrice") == "10640.0");
    CHECK(body(event, "order.clientOrderId") == "c-1");
    CHECK(body(event, "order.createdAt") == "1567702877410000000");
    CHECK(body(event, "order.updatedAt") == "1567702877999000000");
    CHECK(body(event, "order.reduceOnly") == "yes");
    CHECK(body(event, "order.triggerSignal") == "mark");

    event = wire.send(
        R"({"feed":")" + feed +
        R"(","order_id":"o-2","cli_ord_id":"c-2","is_cancel":true,"reason":"post_order_failed_because_it_would_filled"})");
    CHECK(summary(event) == "orderUpdate " + feed);
    CHECK(body(event, "removed") == "yes");
    CHECK(body(event, "order.orderId") == "o-2");
    CHECK(body(event, "order.clientOrderId") == "c-2");
  }
  CHECK(summary(wire.send(
            R"({"feed":"open_orders","order_id":"o","is_cancel":true,"reason":"eclipse"})")) ==
        "orderUpdate open_orders, unknownValue reason");
  CHECK(summary(
            wire.send(R"({"feed":"open_orders","is_cancel":true,"reason":"cancelled_by_user"})")) ==
        "opaque: missingField, open_orders removal: member 'order_id' is missing");
}

TEST_CASE("kraken futures: open positions") {
  Wire wire;
  const auto event = wire.send(
      R"({"feed":"open_positions","account":"DemoUser","positions":[{"instrument":"PF_XRPUSD","balance":-500.0,)"
      R"("pnl":-239.6506683474764,"entry_price":0.3985,"mark_price":0.4925844,"index_price":0.49756,)"
      R"("liquidation_threshold":0.0,"effective_leverage":0.17404676894304316,"return_on_equity":-2.3609636135508127,)"
      R"("initial_margin":101.5,"initial_margin_with_orders":102.5,"maintenance_margin":50.7,"pnl_currency":"USD"},)"
      R"({"instrument":"OF_ETHUSD_240101_1000_C","balance":0.04,"pnl":1,"entry_price":26911.75,"mark_price":2,)"
      R"("index_price":3,"return_on_equity":5,"iv":0.3,"delta":0.5,"gamma":0.5,"vega":0.5,"theta":0.5,"rho":0.5}],)"
      R"("seq":4,"timestamp":1687383625330})");
  CHECK(summary(event) == "positions open_positions");
  CHECK(event.getSequence() == 4);
  CHECK(event.getExchangeAt() == 1687383625330000000);
  CHECK(body(event, "snapshot") == "true");
  CHECK(body(event, "items[0].quantity") == "-500.0");
  CHECK(body(event, "items[0].initialMargin") == "101.5");
  CHECK(body(event, "items[0].initialMarginWithOrders") == "102.5");
  CHECK(body(event, "items[0].pnlCurrency") == "USD");
  CHECK(body(event, "items[0].leverage") == "0.17404676894304316");
  CHECK(body(event, "items[1].symbol") == "OF_ETHUSD_240101_1000_C");
  CHECK(body(event, "items[1].leverage").empty());
}

TEST_CASE("kraken futures: balances") {
  Wire wire;
  auto event = wire.send(
      R"({"feed":"balances_snapshot","account":"a","holding":{"USDT":4997.5,"XBT":0.12},"futures":{"F-XBT:USD":)"
      R"({"name":"F-XBT:USD","pair":"XBT/USD","unit":"XBT","portfolio_value":1.0,"balance":2.0,"maintenance_margin":3.0,)"
      R"("initial_margin":4.0,"available":5.0,"unrealized_funding":6.0,"pnl":7.0,"cash_value":8.0}},"flex_futures":)"
      R"({"currencies":{"USD":{"quantity":1.0,"value":2.0,"collateral_value":3.0,"available":4.0,"haircut":0.1,)"
      R"("conversion_spread":0.2}},"balance_value":1.0,"portfolio_value":2.0,"collateral_value":3.0,"initial_margin":4.0,)"
      R"("initial_margin_without_orders":5.0,"maintenance_margin":6.0,"pnl":7.0,"unrealized_funding":8.0,)"
      R"("total_unrealized":9.0,"total_unrealized_as_margin":10.0,"margin_equity":11.0,"available_margin":12.0,)"
      R"("isolated":{"PF_ETHUSD":{"initial_margin":1.0,"initial_margin_without_orders":2.0,"pnl":-0.5}},)"
      R"("cross":{"balance_value":9963.66,"effective_leverage":0.5},"unified_balances":true},)"
      R"("portfolio_margin_breakdown":{"x":1},"futures_cash_value":15.5,"timestamp":1640995200000,"seq":0})");
  CHECK(summary(event) == "balances balances");
  CHECK(event.getExchangeAt() == 1640995200000000000);
  CHECK(body(event, "snapshot") == "true");
  CHECK(body(event, "holding") == "2");
  CHECK(body(event, "holding[1].asset") == "XBT");
  CHECK(body(event, "holding[1].amount") == "0.12");
  CHECK(body(event, "wallets[0].name") == "F-XBT:USD");
  CHECK(body(event, "wallets[0].unit") == "XBT");
  CHECK(body(event, "wallets[0].cashValue") == "8.0");
  CHECK(body(event, "multiCollateral.currencies[0].asset") == "USD");
  CHECK(body(event, "multiCollateral.currencies[0].conversionSpread") == "0.2");
  CHECK(body(event, "multiCollateral.initialMarginWithOrders") == "4.0");
  CHECK(body(event, "multiCollateral.initialMargin") == "5.0");
  CHECK(body(event, "multiCollateral.isolatedGiven") == "true");
  CHECK(body(event, "multiCollateral.isolated[0].symbol") == "PF_ETHUSD");
  CHECK(body(event, "multiCollateral.isolated[0].initialMargin") == "2.0");
  CHECK(body(event, "multiCollateral.cross.balanceValue") == "9963.66");
  CHECK(body(event, "multiCollateral.cross.effectiveLeverage") == "0.5");
  CHECK(body(event, "multiCollateral.unifiedBalances") == "yes");
  CHECK(body(event, "cashValue") == "15.5");
  CHECK(body(event, "timestampAt") == "1640995200000000000");

  // A missing part is not an empty one; an emptied list of isolated positions is.
  event = wire.send(
      R"({"feed":"balances","account":"a","holding":{},"flex_futures":{"isolated":{},"cross":{"balance":1.5}},)"
      R"("timestamp":1640995200001,"seq":1})");
  CHECK(summary(event) == "balances balances");
  CHECK(wire.count() == 1);
  CHECK(event.getSequence() == 1);
  CHECK(body(event, "snapshot") == "false");
  CHECK(body(event, "holding") == "0");
  CHECK(body(event, "multiCollateral.isolatedGiven") == "true");
  CHECK(body(event, "multiCollateral.isolated") == "0");
  CHECK(body(event, "multiCollateral.cross.balanceValue") == "1.5");
  event = wire.send(
      R"({"feed":"balances","account":"a","holding":{"USD":1},"timestamp":1640995200002,"seq":2})");
  CHECK(body(event, "multiCollateral.isolatedGiven") == "false");
}

TEST_CASE("kraken futures: account log and margin accounts") {
  Wire wire;
  const std::string entry =
      R"({"id":1690,"date":"2019-07-11T08:00:00.000Z","asset":"bch","info":"funding rate change","booking_uid":"b",)"
      R"("margin_account":"f-bch:usd","old_balance":0.1,"new_balance":0.2,"old_average_entry_price":0.0,)"
      R"("new_average_entry_price":0.0,"trade_price":0.0,"mark_price":0.0,"realized_pnl":0.0,"fee":0.0,"execution":"",)"
      R"("collateral":"bch","funding_rate":-8.7002552653e-8,"realized_funding":6.9602e-7,)"
      R"("conversion_spread_percentage":0.0,"liquidation_fee":0.0})";
  for (const std::string list : {"logs", "log"}) {
    const auto event =
        wire.send(R"({"feed":"account_log_snapshot",")" + list + R"(":[)" + entry + "]}");
    CHECK(summary(event) == "accountLog account_log");
    CHECK(body(event, "snapshot") == "true");
    CHECK(body(event, "items[0].id") == "1690");
    CHECK(body(event, "items[0].loggedAt") == "1562832000000000000");
    CHECK(body(event, "items[0].fundingRate") == "-0.000000087002552653");
  }
  auto event = wire.send(R"({"feed":"account_log","new_entry":)" + entry + "}");
  CHECK(summary(event) == "accountLog account_log");
  CHECK(event.getExchangeAt() == 1562832000000000000);
  CHECK(body(event, "snapshot") == "false");
  CHECK(body(event, "items") == "1");
  CHECK(body(event, "items[0].marginAccount") == "f-bch:usd");
  CHECK(body(event, "items[0].newBalance") == "0.2");

  event = wire.send(
      R"({"feed":"account_balances_and_margins","account":"a","margin_accounts":[{"name":"f-xbt:usd","balance":1,"pnl":2,)"
      R"("funding":3,"pv":4,"am":5,"im":6,"mm":7}],"seq":12})");
  CHECK(summary(event) == "balances account_balances_and_margins");
  CHECK(event.getSequence() == 12);
  CHECK(body(event, "marginAccounts[0].name") == "f-xbt:usd");
  CHECK(body(event, "marginAccounts[0].portfolioValue") == "4");
  CHECK(body(event, "marginAccounts[0].maintenanceMargin") == "7");
}
