#include <tape/event/event.h>
#include <tape/flow/live/stalls.h>

#include <catch2/catch.hpp>

#include <optional>

using namespace tape;
using namespace tape::flow;
using What = StallReport::What;

namespace {

/// A detector and its clock: reports of every check come together.
struct Watch {
  explicit Watch(StallLimits limits = {}) : stalls(limits) {}

  /// For `time`, an event of the feed every `every`, a check every second.
  void run(Nanos time, Nanos every, std::string_view channel = "book",
           std::uint32_t connection = 1) {
    for (const auto end = now + time; now < end; step()) {
      if (every != 0 && (now - kStart) % every == 0)
        stalls.seen("v", channel, "S", connection, now);
      if (heartbeats && (now - kStart) % kSecond == 0) stalls.heartbeat(connection, now);
    }
  }
  void step() {
    now += 100 * kMillisecond;
    if ((now - kStart) % kSecond == 0) stalls.check(now, reports);
  }
  std::optional<StallReport> only() {
    REQUIRE(reports.size() <= 1);
    if (reports.empty()) return std::nullopt;
    auto report = reports.front();
    reports.clear();
    return report;
  }

  static constexpr Nanos kStart = 1000 * kSecond;
  Nanos now = kStart;
  bool heartbeats = false;
  Stalls stalls;
  std::vector<StallReport> reports;
};

}  // namespace

TEST_CASE("usual intervals: bursts, pauses and one outage", "[stalls]") {
  Intervals steady;
  for (int i = 0; i < 1000; ++i) steady.add(100 * kMillisecond);
  CHECK(steady.usual() == 128 * kMillisecond);
  steady.add(4 * kSecond);
  CHECK(steady.usual() == 128 * kMillisecond);

  Intervals bursts;
  for (int i = 0; i < 10; ++i) {
    for (int j = 0; j < 200; ++j) bursts.add(0);
    bursts.add(30 * kSecond);
  }
  CHECK(bursts.usual() == 32768 * kMillisecond);

  Intervals rare;
  for (int i = 0; i < 30; ++i) rare.add(3600 * kSecond);
  CHECK(rare.usual() >= 3600 * kSecond);
  CHECK(rare.cover(60 * kSecond));

  Intervals changed;
  for (int i = 0; i < 100000; ++i) changed.add(100 * kMillisecond);
  for (int i = 0; i < 400; ++i) changed.add(20 * kSecond);
  CHECK(changed.usual() == 32768 * kMillisecond);

  Intervals few;
  for (int i = 0; i < 19; ++i) few.add(100 * kSecond);
  CHECK_FALSE(few.cover(kSecond));
  few.add(-5);
  CHECK(few.cover(kSecond));
  CHECK_FALSE(few.cover(10000 * kSecond));
  CHECK(Intervals().usual() == kMillisecond);
}

TEST_CASE("a silent feed is told once, and once when it moves", "[stalls]") {
  Watch watch;
  watch.run(120 * kSecond, kSecond / 5);
  CHECK(watch.reports.empty());
  const auto last = watch.now - kSecond / 5;
  watch.run(9 * kSecond, 0);
  CHECK(watch.reports.empty());
  watch.run(51 * kSecond, 0);
  const auto silent = watch.only();
  REQUIRE(silent);
  CHECK(silent->what == What::silent);
  CHECK(silent->connection == 1);
  CHECK(silent->since == last);
  CHECK(silent->silence > silent->limit);
  CHECK(silent->limit == 10 * kSecond);
  REQUIRE(silent->feeds.size() == 1);
  CHECK(silent->feeds[0].channel == "book");
  CHECK(silent->feeds[0].symbol == "S");
  CHECK(watch.stalls.silent() == 1);
  CHECK(describe(*silent).find("v book S: silent for 10.2s;") == 0);

  watch.run(5 * kSecond, kSecond);
  const auto moved = watch.only();
  REQUIRE(moved);
  CHECK(moved->what == What::moved);
  CHECK(moved->since == last);
  CHECK(moved->silence == 60 * kSecond + kSecond / 5);
  CHECK(watch.stalls.silent() == 0);
}

TEST_CASE("slow feeds have longer limits", "[stalls]") {
  Watch watch;
  watch.run(600 * kSecond, 10 * kSecond);
  watch.run(200 * kSecond, 0);
  CHECK(watch.reports.empty());
  watch.run(300 * kSecond, 0);
  const auto silent = watch.only();
  REQUIRE(silent);
  CHECK(silent->limit == 327680 * kMillisecond);
}

TEST_CASE("option --stall is the least limit", "[stalls]") {
  Watch watch({.at_least = 60 * kSecond});
  watch.run(600 * kSecond, kSecond / 10);
  watch.run(59 * kSecond, 0);
  CHECK(watch.reports.empty());
  watch.run(3 * kSecond, 0);
  CHECK(watch.only());
}

TEST_CASE("too little history is no history", "[stalls]") {
  Watch watch;
  watch.run(20 * kSecond, kSecond / 10);
  watch.run(600 * kSecond, 0);
  CHECK(watch.reports.empty());

  Watch few;
  few.run(190 * kSecond, 10 * kSecond);
  few.run(6000 * kSecond, 0);
  CHECK(few.reports.empty());
}

TEST_CASE("only heartbeats: a connection that lives while its feeds do not", "[stalls]") {
  Watch watch;
  watch.heartbeats = true;
  watch.stalls.seen("v", "ticker", "S", 1, watch.now);
  watch.run(20 * kSecond, kSecond / 10);
  CHECK(watch.reports.empty());
  watch.run(60 * kSecond, 0);
  const auto report = watch.only();
  REQUIRE(report);
  CHECK(report->what == What::only_heartbeats);
  CHECK(report->feeds.size() == 2);
  CHECK(watch.stalls.silent() == 2);
  watch.run(2 * kSecond, kSecond / 10);
  const auto moved = watch.only();
  REQUIRE(moved);
  CHECK(moved->what == What::moved);
  CHECK(moved->feeds[0].channel == "book");
  CHECK(watch.stalls.silent() == 1);
}

TEST_CASE("an account's connection says little, and that is usual", "[stalls]") {
  Watch watch;
  watch.heartbeats = true;
  for (int i = 0; i < 50; ++i) watch.stalls.seen("v", "fills", "S", 1, watch.now + i);
  watch.run(3600 * kSecond, 0);
  CHECK(watch.reports.empty());
}

TEST_CASE("a lost connection is told elsewhere; a feed that does not come back is", "[stalls]") {
  Watch watch;
  watch.run(120 * kSecond, kSecond / 5);
  watch.stalls.lost(1);
  watch.run(300 * kSecond, 0);
  CHECK(watch.reports.empty());
  watch.stalls.opened(2, 1, watch.now);
  const auto opened = watch.now;
  watch.run(60 * kSecond, 0);
  const auto silent = watch.only();
  REQUIRE(silent);
  CHECK(silent->connection == 2);
  CHECK(silent->since == opened);
  // The outage is no interval of the feed.
  watch.run(60 * kSecond, kSecond / 5, "book", 2);
  CHECK(watch.only()->what == What::moved);
  watch.run(60 * kSecond, 0);
  CHECK(watch.only()->limit == 10 * kSecond);
}

TEST_CASE("after a pause of our own feeds get time to move", "[stalls]") {
  Watch watch;
  watch.run(120 * kSecond, kSecond / 5);
  watch.now += 600 * kSecond;
  watch.step();
  watch.run(3 * kSecond, 0);
  CHECK(watch.reports.empty());
  watch.run(30 * kSecond, 0);
  CHECK(watch.only());
}

TEST_CASE("a feed that becomes slow is told of less and less", "[stalls]") {
  Watch watch;
  watch.run(600 * kSecond, kSecond / 10);
  for (int i = 0; i < 100; ++i) watch.run(20 * kSecond, 20 * kSecond);
  CHECK(watch.reports.size() > 2);
  watch.reports.clear();
  for (int i = 0; i < 100; ++i) watch.run(20 * kSecond, 20 * kSecond);
  CHECK(watch.reports.empty());
}

TEST_CASE("memory is bounded", "[stalls]") {
  Stalls stalls;
  for (std::size_t i = 0; i < Stalls::kMaxFeeds + 10; ++i)
    stalls.seen("v", "c", std::to_string(i), static_cast<std::uint32_t>(i), 1);
  CHECK(stalls.feeds() == Stalls::kMaxFeeds);
  CHECK(stalls.unwatched() == 10);
}

TEST_CASE("a stall becomes an event", "[stalls]") {
  event::Message message;
  const StallReport report{
      What::only_heartbeats, 7,           {{"v", "book", "A"}, {"v", "ticker", ""}}, 5 * kSecond,
      12 * kSecond,          10 * kSecond};
  fill_stalled(message.start(), report, 1000 * kSecond);
  const auto event = message.event().asReader();
  CHECK(event.getDirection() == schema::Direction::LOCAL);
  CHECK(event.getConnection() == 7);
  CHECK(event::view(event.getVenue()) == "v");
  REQUIRE(event.getBody().isStalled());
  const auto stalled = event.getBody().getStalled();
  REQUIRE(stalled.getConcerns().size() == 2);
  CHECK(event::view(stalled.getConcerns()[1].getChannel()) == "ticker");
  CHECK(stalled.getSinceAt() == 1005 * kSecond);
  CHECK(event::view(stalled.getWhat()) == "only heartbeats");
  CHECK(stalled.getSilence() == 12 * kSecond);
  CHECK(stalled.getLimit() == 10 * kSecond);
  CHECK(describe(report) ==
        "connection 7: only heartbeats for 12s; 2 feeds are silent, such as v book A");
}
