#include <catch2/catch.hpp>

#include "support.h"

using namespace kraken;

TEST_CASE("kraken futures REST: instruments and tickers") {
  Wire wire;
  auto event = wire.send(
      R"({"result":"success","instruments":[{"symbol":"PF_PEPEUSD","type":"flexible_futures","underlying":"rr_x","tickSize":1e-10,)"
      R"("contractSize":1,"tradeable":true,"impactMidSize":875000000.0,"maxPositionSize":16000.0,"openingDate":"2022-03-22T13:18:45Z",)"
      R"("lastTradingTime":"2022-09-30T15:00:00.000Z","marginLevels":[{"contracts":0,"initialMargin":0.02}],"isin":"x",)"
      R"("contractValueTradePrecision":3,"postOnly":false,"mtf":true,"base":"PEPE","quote":"USD","pair":"PEPE:USD","tags":[]}]})");
  CHECK(summary(event) == "instruments instruments");
  CHECK(body(event, "items[0].tickSize") == "0.0000000001");
  CHECK(body(event, "items[0].tradeable") == "yes");
  CHECK(body(event, "items[0].postOnly") == "no");
  CHECK(body(event, "items[0].maxPosition") == "16000.0");
  CHECK(body(event, "items[0].openingAt") == "1647955125000000000");
  CHECK(body(event, "items[0].quantityPrecision") == "3");

  const std::string ticker =
      R"({"symbol":"PI_XBTUSD","last":91415.0,"lastTime":"2025-11-17T00:31:01.835715Z","tag":"perpetual","pair":"BTC:USD",)"
      R"("markPrice":91506.6,"bid":91415.0,"bidSize":4960.0,"ask":91490.5,"askSize":5020.0,"vol24h":21118140.0,)"
      R"("volumeQuote":260138.8647,"openInterest":21279580.0,"open24h":90000.0,"high24h":92000.0,"low24h":89000.0,)"
      R"("lastSize":3240.0,"fundingRate":-3.995839963e-09,"suspended":false,"indexPrice":91468.38,"postOnly":true,"change24h":1.57})";
  event = wire.send(R"({"result":"success","tickers":[)" + ticker + "]}");
  CHECK(summary(event) == "tickers tickers");
  CHECK(body(event, "items[0].lastAt") == "1763339461835715000");
  CHECK(body(event, "items[0].fundingRate") == "-0.000000003995839963");
  CHECK(body(event, "items[0].postOnly") == "yes");
  CHECK(body(event, "items[0].quoteVolume") == "260138.8647");
  event = wire.send(R"({"result":"success","ticker":)" + ticker + "}");
  CHECK(summary(event) == "tickers tickers");
  CHECK(body(event, "items[0].high") == "92000.0");
}

TEST_CASE("kraken futures REST: the state of instruments, with both spellings") {
  Wire wire;
  auto event = wire.send(
      R"({"result":"success","serverTime":"2024-05-03T13:15:34.1Z","instrumentStatus":[{"tradeable":"PF_COMPUSD",)"
      R"("experiencingDislocation":true,"priceDislocationDirection":"ABOVE_UPPER_BOUND","experiencingExtremeVolatility":false,)"
      R"("extremeVolatilityInitialMarginMultiplier":2}]})");
  CHECK(summary(event) == "venueStatus instruments/status");
  CHECK(body(event, "instruments[0].symbol") == "PF_COMPUSD");
  CHECK(body(event, "instruments[0].dislocated") == "yes");
  CHECK(body(event, "instruments[0].dislocationDirection") == "ABOVE_UPPER_BOUND");
  CHECK(body(event, "instruments[0].initialMarginMultiplier") == "2");
  event = wire.send(
      R"({"result":"success","tradeable":"PF_COMPUSD","isExperiencingDislocation":false,)"
      R"("isExperiencingExtremeVolatility":true,"extremeVolatilityInitialMarginMultiplier":1})");
  CHECK(summary(event) == "venueStatus instruments/status PF_COMPUSD");
  CHECK(body(event, "instruments[0].dislocated") == "no");
  CHECK(body(event, "instruments[0].extremeVolatility") == "yes");
}

TEST_CASE("kraken futures REST: trades and books") {
  Wire wire;
  auto event = wire.answer(
      "/derivatives/api/v3/history?symbol=PI_XBTUSD",
      R"({"result":"success","history":[{"time":"2024-05-03T13:05:43.974Z","trade_id":100,"price":61081,"size":25,"side":"sell",)"
      R"("type":"fill","uid":"u"}]})");
  CHECK(summary(event) == "tradeSnapshot history PI_XBTUSD");
  CHECK(body(event, "items[0].number") == "100");
  CHECK(body(event, "items[0].quantity") == "25");

  event = wire.answer(
      "/derivatives/api/v3/orderbook?lang=en&symbol=PF_XBTUSD",
      R"({"result":"success","orderBook":{"bids":[[105900.0,0.5],[105850.0,1.2]],"asks":[[105950.0,0.3]]}})");
  CHECK(summary(event) == "bookSnapshot orderbook PF_XBTUSD");
  CHECK(body(event, "bids[1].quantity") == "1.2");
  CHECK(body(event, "asks[0].price") == "105950.0");
  CHECK(summary(wire.send(R"({"result":"success","orderBook":{"bids":[]}})")) ==
        "opaque: missingField, orderbook: member 'orderBook.asks' is missing");

  event = wire.send(
      R"({"elements":[{"uid":"e","timestamp":1764206270368,"event":{"Execution":{"execution":{"uid":"x","makerOrder":{},)"
      R"("takerOrder":{"tradeable":"PF_XBTUSD","direction":"Sell","orderType":"Limit"},"timestamp":1764206270368,)"
      R"("quantity":"0.0113","price":"90771","markPrice":"1","limitFilled":true,"usdValue":"1025.71"},"takerReducedQuantity":""}}}]})");
  CHECK(summary(event) == "tradeSnapshot executions");
  CHECK(body(event, "items[0].side") == "sell");
  CHECK(body(event, "items[0].price") == "90771");
}

TEST_CASE("kraken status page") {
  Wire wire;
  const auto event = wire.send(
      R"({"page":{"id":"p","name":"Kraken","url":"u","time_zone":"Etc/UTC","updated_at":"2026-08-28T23:00:00.000Z"},)"
      R"("status":{"indicator":"minor","description":"Partial outage"},"components":[{"id":"c","name":"Futures","status":)"
      R"("partial_outage","updated_at":"2026-08-28T22:00:00.000-01:00","group":false}],"incidents":[{"id":"i","name":"n","status":)"
      R"("investigating","impact":"major","started_at":"2026-08-28T21:00:00Z","resolved_at":null,"incident_updates":[{"id":"u1",)"
      R"("status":"investigating","body":"We look into it","display_at":"2026-08-28T21:05:00Z","affected_components":null}],)"
      R"("components":[{"id":"c","name":"Futures","status":"partial_outage"}]}],"scheduled_maintenances":[{"id":"m","name":"x",)"
      R"("status":"scheduled","impact":"maintenance","scheduled_for":"2026-09-01T00:00:00.000Z","scheduled_until":"2026-09-01T01:00:00.000Z"}]})");
  CHECK(summary(event) == "venueStatus status");
  CHECK(body(event, "indicator") == "minor");
  CHECK(body(event, "components[0].status") == "partial_outage");
  CHECK(body(event, "components[0].updatedAt") == "1787958000000000000");
  CHECK(body(event, "incidents[0].updates[0].note") == "We look into it");
  CHECK(body(event, "incidents[0].components[0].name") == "Futures");
  CHECK(body(event, "maintenances[0].scheduledToAt") == "1788224400000000000");
  CHECK(summary(wire.send(R"({"page":{"id":"p"}})")) ==
        "opaque: unknownKind, no table knows this message");
}
