#include <tape/event/event.h>
#include <tape/flow/live/health.h>

#include <catch2/catch.hpp>

using namespace tape;
using namespace tape::flow;

namespace {

SystemSample calm() {
  SystemSample system;
  system.clock_synchronised = true;
  system.disk_free = 100000;
  system.rss = 4096;
  return system;
}

}  // namespace

TEST_CASE("a health event is due at the start and once in an interval", "[health]") {
  HealthWatch watch({.every = 60 * kSecond});
  CHECK(watch.due(calm(), {}, 5 * kSecond) == "start");
  CHECK(watch.due(calm(), {}, 6 * kSecond).empty());
  CHECK(watch.due(calm(), {}, 64 * kSecond).empty());
  CHECK(watch.due(calm(), {}, 65 * kSecond) == "interval");
  CHECK(watch.due(calm(), {}, 66 * kSecond).empty());
}

TEST_CASE("a health event is due when a limit is crossed, and not while it is near", "[health]") {
  HealthWatch watch({.every = 3600 * kSecond, .min_free = 1000});
  Nanos now = kSecond;
  auto system = calm();
  RecorderSample recorder;
  recorder.queue_capacity = 100;
  const auto due = [&] { return watch.due(system, recorder, now += kSecond); };
  CHECK(due() == "start");

  recorder.loop_lag = 100 * kMillisecond;
  CHECK(due().empty());
  recorder.loop_lag = 101 * kMillisecond;
  CHECK(due() == "loop lag");
  CHECK(watch.lagging());
  CHECK(due().empty());
  recorder.loop_lag = 60 * kMillisecond;
  CHECK(due().empty());
  recorder.loop_lag = 40 * kMillisecond;
  CHECK(due() == "loop lag");
  CHECK_FALSE(watch.lagging());

  recorder.queue_depth = 51;
  system.disk_free = 1999;
  CHECK(due() == "queue, disk");
  recorder.queue_depth = 40;
  system.disk_free = 2400;
  CHECK(due().empty());
  recorder.queue_depth = 0;
  CHECK(due() == "queue");
  system.disk_free = 2501;
  CHECK(due() == "disk");
  CHECK_FALSE(watch.disk_low());

  system.clock_synchronised = false;
  CHECK(due() == "clock");
  CHECK(due().empty());
  system.clock_synchronised = std::nullopt;
  CHECK(due() == "clock");
}

TEST_CASE("what is bad at the start is known from then on", "[health]") {
  HealthWatch watch({.every = 60 * kSecond, .min_free = 100000});
  CHECK(watch.due(calm(), {}, kSecond) == "start");
  CHECK(watch.disk_low());
  CHECK(watch.due(calm(), {}, 2 * kSecond).empty());
}

TEST_CASE("without a least free disk, or without a disk, none is low", "[health]") {
  HealthWatch any({});
  auto system = calm();
  system.disk_free = 0;
  CHECK(any.due(system, {}, kSecond) == "start");
  CHECK_FALSE(any.disk_low());
  HealthWatch none({.min_free = 1000});
  system.disk_free = std::nullopt;
  CHECK(none.due(system, {}, kSecond) == "start");
  CHECK_FALSE(none.disk_low());
}

TEST_CASE("the system says how it is", "[health]") {
  const auto sample = sample_system("/tmp/none.tape");
  REQUIRE(sample.disk_free);
  CHECK(*sample.disk_free > 0);
  CHECK(sample.rss > 100000);
  if (sample.clock_synchronised) CHECK(sample.clock_max_error > 0);
  CHECK(sample_system("none.tape").disk_free);
  CHECK_FALSE(sample_system("-").disk_free);
  CHECK_FALSE(sample_system("").disk_free);
  CHECK_FALSE(sample_system("/no/such/folder/x.tape").disk_free);
}

TEST_CASE("health becomes events", "[health]") {
  event::Message message;
  auto system = calm();
  system.clock_offset = -12;
  system.clock_max_error = 5000;
  const RecorderSample recorder{1, 2, 3, 4, 5};
  fill_health(message.start(), system, recorder, "interval", "tape-record 0.1.0");
  auto event = message.event().asReader();
  CHECK(event.getDirection() == schema::Direction::LOCAL);
  REQUIRE(event.getBody().isHealth());
  const auto whole = event.getBody().getHealth();
  CHECK(whole.getLoopLag() == 1);
  CHECK(whole.getQueueDepth() == 2);
  CHECK(whole.getQueueCapacity() == 3);
  CHECK(whole.getFlushLatency() == 4);
  CHECK(whole.getSyncLatency() == 5);
  CHECK(whole.getDiskFree() == 100000);
  CHECK(whole.getRss() == 4096);
  CHECK(whole.getClockOffset() == -12);
  CHECK(whole.getClockMaxError() == 5000);
  CHECK(whole.getClockSynchronised() == schema::Tri::YES);
  CHECK(event::view(whole.getReason()) == "interval");
  CHECK(event::view(whole.getVersion()) == "tape-record 0.1.0");
  CHECK(whole.getLink().size() == 0);

  system.clock_synchronised = std::nullopt;
  fill_health(message.start(), system, recorder, "clock", "v");
  CHECK(message.event().getBody().getHealth().getClockSynchronised() == schema::Tri::UNKNOWN);
  system.clock_synchronised = false;
  fill_health(message.start(), system, recorder, "clock", "v");
  CHECK(message.event().getBody().getHealth().getClockSynchronised() == schema::Tri::NO);

  fill_health(message.start(), LinkSample{"kraken-futures", "desk", "private", 3, 20, 7}, "start",
              "v");
  event = message.event().asReader();
  CHECK(event::view(event.getVenue()) == "kraken-futures");
  CHECK(event::view(event.getAccount()) == "desk");
  CHECK(event.getConnection() == 3);
  const auto link = event.getBody().getHealth();
  CHECK(event::view(link.getLink()) == "private");
  CHECK(link.getRoundTrip() == 20);
  CHECK(link.getRetransmits() == 7);
}
