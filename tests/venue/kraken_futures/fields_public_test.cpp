#include <tape/venue/kraken_futures/fields.h>
#include <tape/venue/parser.h>

#include <catch2/catch.hpp>

#include "support.h"

using namespace kraken;
namespace futures = tape::venue::kraken_futures;

TEST_CASE("kraken futures: every table compiles and stands where its kind says") {
  const auto tables = futures::all_tables();
  REQUIRE(tables.size() == futures::kKinds);
  for (const auto& table : tables) {
    INFO(table.name);
    CHECK(tape::venue::compile(table) != nullptr);
  }
  const auto name = [&](futures::Kind kind) { return tables[static_cast<std::size_t>(kind)].name; };
  CHECK(name(futures::Kind::control) == "control");
  CHECK(name(futures::Kind::book) == "book");
  CHECK(name(futures::Kind::notifications_auth) == "notifications_auth");
  CHECK(name(futures::Kind::account_balances_and_margins) == "account_balances_and_margins");
  CHECK(name(futures::Kind::rest_notifications) == "notifications");
  CHECK(name(futures::Kind::rest_error) == "error answer");
  CHECK(name(futures::Kind::rest_send_order) == "sendorder");
  CHECK(name(futures::Kind::rest_instruments) == "instruments");
  CHECK(name(futures::Kind::status_page) == "status page");
}

TEST_CASE("kraken futures: control frames") {
  Wire wire;
  auto event = wire.send(R"({"event":"info","version":1})");
  CHECK(summary(event) == "subscription");
  CHECK(body(event, "event") == "info");
  CHECK(body(event, "version") == "1");

  event =
      wire.send(R"({"event":"subscribed","feed":"book","product_ids":["PI_XBTUSD","PF_ETHUSD"]})");
  CHECK(summary(event) == "subscription book");
  CHECK(body(event, "feed") == "book");
  CHECK(body(event, "symbols[1]") == "PF_ETHUSD");

  event = wire.send(R"({"feed":"book","event":"subscribed ","product_ids":["PI_XBTUSD"]})");
  CHECK(summary(event) == "subscription book");
  CHECK(body(event, "event") == "subscribed");

  for (const auto* word : {"subscribe", "unsubscribe", "unsubscribed", "subscribed_failed",
                           "unsubscribed_failed", "ping", "pong", "alert", "challenge"}) {
    event = wire.send(std::string(R"({"event":")") + word + R"(","message":"m"})");
    CHECK(summary(event) == "subscription");
    CHECK(body(event, "event") == word);
  }
  event = wire.send(R"({"event":"error","message":"Invalid product id"})");
  CHECK(summary(event) == "error");
  CHECK(body(event, "message") == "Invalid product id");
}

TEST_CASE("kraken futures: heartbeat, ticker, ticker_lite") {
  Wire wire;
  auto event = wire.send(R"({"feed":"heartbeat","time":1791518718452})");
  CHECK(summary(event) == "heartbeat heartbeat");
  CHECK(body(event, "serverAt") == "1791518718452000000");
  CHECK(event.getExchangeAt() == 1791518718452000000);

  event = wire.send(
      R"({"time":1676393235406,"product_id":"PI_XBTUSD","funding_rate":-6.2604214e-11,"feed":"ticker",)"
      R"("bid":21978.5,"ask":21987.0,"bid_size":2536.0,"ask_size":13948.0,"volume":31403908.0,"dtm":-18117,)"
      R"("leverage":"50x","index":21984.54,"premium":-0.0,"last":21983.5,"change":1.9974017538161748,)"
      R"("suspended":false,"tag":"perpetual","pair":"XBT:USD","openInterest":30072580.0,)"
      R"("markPrice":21979.68641534714,"maturityTime":0,"post_only":true,"next_funding_rate_time":1676394000000})");
  CHECK(summary(event) == "ticker ticker PI_XBTUSD");
  CHECK(event.getExchangeAt() == 1676393235406000000);
  CHECK(body(event, "fundingRate") == "-0.000000000062604214");
  CHECK(body(event, "premium") == "0.0");
  CHECK(body(event, "daysToMaturity") == "-18117");
  CHECK(body(event, "markPrice") == "21979.68641534714");
  CHECK(body(event, "changePercent") == "1.9974017538161748");
  CHECK(body(event, "maturityAt") == "0");
  CHECK(body(event, "nextFundingAt") == "1676394000000000000");
  CHECK(body(event, "suspended") == "no");
  CHECK(body(event, "postOnly") == "yes");
  CHECK(body(event, "open").empty());

  event = wire.send(
      R"({"feed":"ticker_lite","product_id":"PI_XBTUSD","bid":1,"ask":2,"change":0.1,"premium":-0.1,)"
      R"("volume":"7.0541503E7","tag":"perpetual","pair":"XBT:USD","dtm":0,"maturityTime":0,"volumeQuote":3.5})");
  CHECK(summary(event) == "ticker ticker_lite PI_XBTUSD");
  CHECK(body(event, "volume") == "70541503");
  CHECK(body(event, "quoteVolume") == "3.5");
}

TEST_CASE("kraken futures: trades") {
  Wire wire;
  auto event = wire.send(
      R"({"feed":"trade_snapshot","product_id":"PI_XBTUSD","trades":[{"feed":"trade","product_id":"PI_XBTUSD",)"
      R"("uid":"u-2","side":"sell","type":"liquidation","seq":655508,"time":1612269657781,"qty":440,"price":34893},)"
      R"({"feed":"trade","product_id":"PI_XBTUSD","uid":"u-1","side":"buy","type":"fill","seq":655507,)"
      R"("time":1612269656839,"qty":9643,"price":34891}]})");
  CHECK(summary(event) == "tradeSnapshot trade PI_XBTUSD");
  CHECK(body(event, "items") == "2");
  CHECK(body(event, "items[0].type") == "liquidation");
  CHECK(body(event, "items[1].tradeId") == "u-1");
  CHECK(body(event, "items[1].side") == "buy");
  CHECK(body(event, "items[1].sequence") == "655507");
  CHECK(body(event, "items[1].quantity") == "9643");

  event = wire.send(
      R"({"product_id":"PI_XBTUSD","feed":"trade","uid":"u-3","side":"sell","type":"new kind","time":1612269657999,)"
      R"("qty":0.0002,"price":7.792297e-12,"seq":655509})");
  CHECK(summary(event) == "trade trade PI_XBTUSD, unknownValue type");
  CHECK(event.getSequence() == 655509);
  CHECK(event.getExchangeAt() == 1612269657999000000);
  CHECK(body(event, "type") == "new kind");
  CHECK(body(event, "price") == "0.000000000007792297");
  CHECK(body(event, "tradedAt") == "1612269657999000000");
}

TEST_CASE("kraken futures: books") {
  Wire wire;
  auto event = wire.send(
      R"({"feed":"book_snapshot","product_id":"PI_XBTUSD","timestamp":1612269825817,"seq":326072249,"tickSize":null,)"
      R"("bids":[{"price":34892.5,"qty":6385},{"price":34892,"qty":0}],"asks":[{"price":34911.5,"qty":20598.0}]})");
  CHECK(summary(event) == "bookSnapshot book PI_XBTUSD");
  CHECK(event.getExchangeAt() == 1612269825817000000);
  CHECK(event.getSequence() == 326072249);
  CHECK(body(event, "updateId") == "326072249");
  CHECK(body(event, "tickSize").empty());
  CHECK(body(event, "bids") == "2");
  CHECK(body(event, "bids[1].quantity") == "0");
  CHECK(body(event, "asks[0].price") == "34911.5");
  CHECK(body(event, "asks[0].quantity") == "20598.0");

  event = wire.send(
      R"({"feed":"book","product_id":"PI_XBTUSD","side":"sell","seq":326072250,"price":34981,"qty":0,"timestamp":1612269953629})");
  CHECK(summary(event) == "bookDelta book PI_XBTUSD");
  CHECK(wire.count() == 1);
  CHECK(event.getSequence() == 326072250);
  CHECK(event.getExchangeAt() == 1612269953629000000);
  CHECK(body(event, "updateId") == "326072250");
  CHECK(body(event, "side") == "sell");
  CHECK(body(event, "price") == "34981");
  CHECK(body(event, "quantity") == "0");
  CHECK(body(event, "bids") == "0");
}

TEST_CASE("kraken futures: a book without what makes it one is opaque") {
  Wire wire;
  CHECK(
      summary(wire.send(
          R"({"feed":"book","product_id":"P","side":"buy","price":1,"qty":1,"timestamp":1612269953629})")) ==
      "opaque: missingField, book: member 'seq' is missing");
  CHECK(
      summary(wire.send(
          R"({"feed":"book_snapshot","product_id":"P","seq":1,"bids":[],"timestamp":1612269953629})")) ==
      "opaque: missingField, book_snapshot: member 'asks' is missing");
  CHECK(
      summary(wire.send(
          R"({"feed":"book","product_id":"P","side":"buy","seq":7,"price":"dear","qty":1,"timestamp":1612269953629})")) ==
      "opaque: badValue, book: member 'price' is not of its form");
  CHECK(summary(wire.send(
            R"({"feed":"book","product_id":"P","side":"buy","seq":7,"price":1,"qty":1})")) ==
        "bookDelta book P, missingField timestamp");
}
