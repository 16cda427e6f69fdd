// Whether a venue works, from flags, notes, trades and failures.
#include <tape/state/outage.h>

#include "state/wire.h"
#include "support/zst.h"

namespace tape::state {
namespace {

using Status = schema::OutageStatus;
using test::Wire;

const std::string kSeeds = std::string(TAPE_SOURCE_DIR) + "/samples/kraken_futures/seeds/";
constexpr std::string_view kResumed =
    R"({"feed":"notifications_auth","notifications":[{"id":420,"type":"market","priority":"high",)"
    R"("note":"Post-only mode is now disabled, trading has resumed.","effective_time":1655917620000}]})";

void ticker(Wire& wire, std::string_view symbol, bool post_only, bool suspended = false) {
  wire.send(R"({"feed":"ticker","product_id":")" + std::string(symbol) +
            R"(","time":1,"bid":1.0,"ask":2.0,"tag":"perpetual","markPrice":1.5,"suspended":)" +
            (suspended ? "true" : "false") + R"(,"post_only":)" + (post_only ? "true" : "false") +
            "}");
}
void trade(Wire& wire, int number) {
  wire.send(R"({"feed":"trade","product_id":"PI_XBTUSD","uid":"u)" + std::to_string(number) +
            R"(","side":"buy","type":"fill","seq":)" + std::to_string(number) + R"(,"time":)" +
            std::to_string(number) + R"(,"qty":1.0,"price":2.0})");
}
void attempt(Wire& wire) {
  wire.local([](schema::Event::Builder event) {
    event.getBody().initReconnectAttempt().setOutcome("connect: refused");
  });
}
void fail_request(Wire& wire, std::uint16_t status) {
  wire.local([&](schema::Event::Builder event) {
    auto failed = event.getBody().initRequestFailed();
    failed.setStatus(status);
    failed.setCause("bad gateway");
  });
}
void maintenance(Wire& wire, Nanos at, int minutes) {
  wire.send(R"({"feed":"notifications_auth","notifications":[{"id":7,"type":"maintenance",)"
            R"("priority":"high","note":"Upgrade","effective_time":)" +
            std::to_string(at / kMillisecond) + R"(,"expected_downtime_minutes":)" +
            std::to_string(minutes) + "}]}");
}

}  // namespace

TEST_CASE("the notes of an outage: post-only begins with 419, ends with 420, a trade confirms") {
  Wire wire("kraken-futures");
  wire.send(tape_test::read_file(kSeeds + "kraken_ws_notification_419_post_only.json"));
  CHECK(wire.outage().status() == Status::POST_ONLY);
  CHECK(wire.outage().since().ordinal == wire.ordinal);
  const auto began = wire.outage().since().received_at;
  // Told again, as after a reconnection, it is no news.
  wire.send(tape_test::read_file(kSeeds + "kraken_ws_notification_419_post_only.json"));
  CHECK(wire.outage().since().received_at == began);
  CHECK(wire.state.venue("kraken-futures")->notices() == 1);
  wire.send(kResumed);
  CHECK(wire.outage().status() == Status::RESUMED);
  const auto resumed = wire.ordinal;
  wire.send(tape_test::read_file(kSeeds + "kraken_ws_notification_419_post_only.json"));
  CHECK(wire.outage().status() == Status::RESUMED);
  trade(wire, 1);
  CHECK(wire.outage().status() == Status::NORMAL);
  CHECK(wire.outage().since().ordinal == resumed);
  CHECK(wire.outage().resumed().ordinal == resumed);
  CHECK(wire.outage().confirmed().ordinal == wire.ordinal);
}

TEST_CASE("both notes in one list, whatever its order: they are taken by their numbers") {
  Wire wire("kraken-futures");
  wire.send(
      R"({"feed":"notifications_auth","notifications":[)"
      R"({"id":420,"type":"market","priority":"high","note":"Post-only mode disabled, trading resumed"},)"
      R"({"id":419,"type":"market","priority":"high","note":"The exchange is now in post-only mode"}]})");
  CHECK(wire.outage().status() == Status::RESUMED);
}

TEST_CASE("a note that cannot be read is searched for its words") {
  Wire wire("kraken-futures");
  wire.send(tape_test::read_file(kSeeds + "kraken_ws_notification_419_post_only.json"));
  std::string broken(kResumed);
  broken.erase(broken.find("\"notifications\":") + 15, 1);
  wire.send(broken);
  CHECK(wire.outage().status() == Status::RESUMED);
}

TEST_CASE("flags beat notes, product by product") {
  Wire wire("kraken-futures");
  ticker(wire, "PI_XBTUSD", false);
  ticker(wire, "PI_ETHUSD", false);
  CHECK(wire.outage().status() == Status::NORMAL);
  ticker(wire, "PI_XBTUSD", true);
  CHECK(wire.outage().status() == Status::NORMAL);
  REQUIRE(wire.outage().product("PI_XBTUSD") != nullptr);
  CHECK(wire.outage().product("PI_XBTUSD")->post_only == schema::Tri::YES);
  CHECK(wire.outage().product("PI_XBTUSD")->since.ordinal == wire.ordinal);
  ticker(wire, "PI_ETHUSD", true);
  CHECK(wire.outage().status() == Status::POST_ONLY);
  ticker(wire, "PI_XBTUSD", false);
  CHECK(wire.outage().status() == Status::POST_ONLY);
  ticker(wire, "PI_ETHUSD", false);
  CHECK(wire.outage().status() == Status::RESUMED);

  // A note comes a little before its flags; it does not hold against them for ever.
  wire.send(tape_test::read_file(kSeeds + "kraken_ws_notification_419_post_only.json"));
  ticker(wire, "PI_ETHUSD", false);
  CHECK(wire.outage().status() == Status::POST_ONLY);
  wire.now += 61 * kSecond;
  ticker(wire, "PI_ETHUSD", false);
  CHECK(wire.outage().status() == Status::RESUMED);
}

TEST_CASE("suspended products are an outage") {
  Wire wire("kraken-futures");
  ticker(wire, "PI_XBTUSD", false, true);
  CHECK(wire.outage().status() == Status::DOWN);
  ticker(wire, "PI_XBTUSD", true, false);
  CHECK(wire.outage().status() == Status::POST_ONLY);
}

TEST_CASE("one failure is nothing; a run of them while another way works is a degradation") {
  Wire wire("kraken-futures");
  ticker(wire, "PI_XBTUSD", false);
  fail_request(wire, 502);
  CHECK(wire.outage().status() == Status::NORMAL);
  ticker(wire, "PI_XBTUSD", false);
  const auto first = wire.ordinal - 1;
  fail_request(wire, 404);
  CHECK(wire.outage().status() == Status::NORMAL);
  fail_request(wire, 502);
  CHECK(wire.outage().status() == Status::DEGRADED);
  CHECK(wire.outage().since().ordinal == first);
  wire.answer("/derivatives/api/v3/openorders",
              R"({"result":"success","openOrders":[],"serverTime":"2023-11-14T22:13:20Z"})");
  const auto healthy = wire.ordinal;
  CHECK(wire.outage().status() == Status::DEGRADED);
  trade(wire, 1);
  CHECK(wire.outage().status() == Status::NORMAL);
  CHECK(wire.outage().since().ordinal == healthy);
}

TEST_CASE("nothing works for ten seconds: down since the first failure, and up again by a minute") {
  Wire wire("kraken-futures");
  ticker(wire, "PI_XBTUSD", false);
  wire.lose();
  const auto first = wire.ordinal;
  attempt(wire);
  CHECK(wire.outage().status() == Status::NORMAL);
  wire.now += 11 * kSecond;
  attempt(wire);
  CHECK(wire.outage().status() == Status::DOWN);
  CHECK(wire.outage().since().ordinal == first);
  CHECK(!wire.outage().local_fault());
  wire.local([](schema::Event::Builder event) { event.getBody().initProbe().setOk(false); });
  CHECK(wire.outage().local_fault());
  CHECK(wire.outage().status() == Status::DOWN);
  wire.local([](schema::Event::Builder event) { event.getBody().initProbe().setOk(true); });
  CHECK(!wire.outage().local_fault());
  ticker(wire, "PI_XBTUSD", false);
  const auto healthy = wire.outage().status() == Status::DOWN ? wire.ordinal : 0;
  wire.now += 61 * kSecond;
  ticker(wire, "PI_XBTUSD", false);
  // No product is suspended and the connection stands: the flag is evidence enough.
  CHECK(wire.outage().status() != Status::DOWN);
  CHECK(healthy != 0);
}

TEST_CASE("an announced maintenance: announced, down when the connection goes, or gone by") {
  Wire wire("kraken-futures");
  ticker(wire, "PI_XBTUSD", false);
  maintenance(wire, wire.now + 60 * kSecond, 10);
  CHECK(wire.outage().status() == Status::ANNOUNCED);
  SECTION("it comes") {
    wire.now += 60 * kSecond;
    wire.lose();
    CHECK(wire.outage().status() == Status::DOWN);
    CHECK(wire.outage().since().ordinal == wire.ordinal);
  }
  SECTION("it does not") {
    wire.now += 5 * 60 * kSecond;
    ticker(wire, "PI_XBTUSD", false);
    CHECK(wire.outage().status() == Status::ANNOUNCED);
    wire.now += 7 * 60 * kSecond;
    ticker(wire, "PI_XBTUSD", false);
    CHECK(wire.outage().status() == Status::NORMAL);
  }
}

TEST_CASE("an answer names the notes without numbers: the same words are the same note") {
  Wire wire("kraken-futures");
  wire.answer(
      "/derivatives/api/v3/notifications",
      R"({"result":"success","notifications":[{"type":"maintenance","priority":"high",)"
      R"("note":"Upgrade","effectiveTime":"2030-01-01T00:00:00.000Z"}],"serverTime":"2023-11-14T22:13:20Z"})");
  maintenance(wire, 1'893'456'000 * kSecond, 10);
  CHECK(wire.state.venue("kraken-futures")->notices() == 1);
  CHECK(wire.outage().status() == Status::ANNOUNCED);
}

TEST_CASE("a market: a perpetual's omitted funding is zero; the last trade is the latest") {
  Wire wire("kraken-futures");
  wire.send(R"({"feed":"ticker","product_id":"PI_XBTUSD","time":1,"bid":1.0,"tag":"perpetual",)"
            R"("markPrice":1.5,"funding_rate":0.25})");
  const auto* market = wire.state.market("kraken-futures", "PI_XBTUSD");
  REQUIRE(market != nullptr);
  CHECK(format_decimal(market->ticker("fundingRate")) == "0.25");
  ticker(wire, "PI_XBTUSD", false);
  CHECK(market->ticker("fundingRate").zero());
  CHECK(format_decimal(market->ticker("ask")) == "2.0");
  trade(wire, 5);
  CHECK(format_decimal(market->trade("price")) == "2.0");
}

}  // namespace tape::state
