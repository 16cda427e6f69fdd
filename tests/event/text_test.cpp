#include <tape/event/text.h>

#include <catch2/catch.hpp>

#include "sample_events.h"

using namespace tape::event;
namespace schema = tape::schema;

namespace {

std::string line(schema::Event::Reader event) {
  TextWriter writer;
  std::string out;
  writer.append(event, sample::kSession, 42, out);
  REQUIRE(out.back() == '\n');
  REQUIRE(out.find('\n') == out.size() - 1);
  return out;
}

}  // namespace

TEST_CASE("a line says when, where and what") {
  Message message;
  CHECK(line(sample::book_delta(message).asReader()) ==
        "2026-11-22T10:00:03.217000000Z < kraken-futures  book            PI_XBTUSD     bookDelta  "
        "    seq 326099  "
        "sell 34981.5 x 0\n");
  CHECK(line(sample::best_quote(message).asReader()) ==
        "2026-11-22T10:00:03.217000000Z < binance-usdm    bookTicker      BTCUSDT       bestQuote  "
        "    "
        "bid 61800.20 x 3.214  ask 61800.30 x 0.025  update 10182330417552\n");
  CHECK(line(sample::gap(message).asReader()) ==
        "2026-11-22T10:00:03.217000000Z * kraken-futures  -               -             gap        "
        "    "
        "missing  expected 21  got 24  3 missing  book  PI_XBTUSD\n");
  CHECK(line(sample::fill(message).asReader()) ==
        "2026-11-22T10:00:03.217000000Z < kraken-futures  fills           -             fill       "
        "    "
        "[PI_XBTUSD  buy 5  @ 34981.5  order order-1  fill fill-a; PI_ETHUSD  buy 5  @ 34981.5  "
        "order order-1  fill fill-b]  account main\n");
}

TEST_CASE("every kind has a line, whatever is in it") {
  std::mt19937_64 random(4);
  Message message;
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    for (int round = 0; round < 20; ++round) {
      const auto text =
          line(sample::random_event(message, static_cast<Kind>(kind), random).asReader());
      REQUIRE(text.find(kind_name(static_cast<Kind>(kind))) != std::string::npos);
      for (const char c : text.substr(0, text.size() - 1)) REQUIRE((c & 0xE0) != 0);
    }
  }
}

TEST_CASE("a value that is not there leaves no hole") {
  Message message;
  auto body = message.start().getBody().initBookDelta();
  set_decimal(body.getPrice(), {5, 0});
  body.setUpdateId(9);
  std::string out;
  append_summary(message.event().asReader(), out);
  CHECK(out == "5  update 9");
  auto order = message.start().getBody().initOrderUpdate().initOrder();
  order.setSide(schema::Side::SELL);
  set_decimal(order.getLimitPrice(), {349, 2});
  out.clear();
  append_summary(message.event().asReader(), out);
  CHECK(out == "sell  @ 34900");
}

TEST_CASE("kinds without a form of their own show their fields") {
  Message message;
  auto body = message.start().getBody().initDeadMansSwitch();
  body.setTimeout(60'000'000'000);
  body.setSymbol("BTCUSDT");
  std::string out;
  append_summary(message.event().asReader(), out);
  CHECK(out == "disarmed=false  timeout=60000000000  symbol=BTCUSDT");
}

TEST_CASE("a text from the wire cannot steer a terminal") {
  Message message;
  message.start().getBody().initError().setMessage(
      "\x1b[2Jgone\xC2\x9B"
      "1m\r\n\x7f");
  const auto text = line(message.event().asReader());
  CHECK(text.find("\\x1b[2Jgone\\x9b1m\\x0d\\x0a\\x7f") != std::string::npos);
}

TEST_CASE("a long text ends") {
  Message message;
  message.start().getBody().initError().setMessage(std::string(100'000, 'x').c_str());
  const auto text = line(message.event().asReader());
  CHECK(text.size() < 2200);
  CHECK(text.ends_with("...\n"));
}

TEST_CASE("REST exchanges show request and outcome") {
  Message message;
  auto event = sample::book_picture(message, 2);
  auto rest = event.initRest();
  rest.setMethod("GET");
  rest.setTarget("/fapi/v1/depth?symbol=BTCUSDT");
  rest.setStatus(200);
  rest.setLatency(12'000'000);
  CHECK(line(event.asReader()).find("(GET /fapi/v1/depth?symbol=BTCUSDT 200 in 12ms)") !=
        std::string::npos);
}
