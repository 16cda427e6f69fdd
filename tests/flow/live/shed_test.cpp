#include <tape/flow/live/shed.h>

#include <catch2/catch.hpp>

#include <map>

using namespace tape;
using flow::Shedder;
using venue::Importance;

namespace {

constexpr std::size_t kStep = 1000;

flow::ShedPolicy policy() { return {kStep, 4 * kStep, 2 * kSecond}; }

Stamp at(Nanos moment) { return {moment, 1}; }

bool offer(Shedder& shedder, Importance importance, std::size_t waiting, Nanos now = kSecond) {
  return shedder.keep(0, 1, importance, 10, waiting, at(now), now);
}

/// Waits until the shedder gives up frames.
void lose_patience(Shedder& shedder) {
  REQUIRE(offer(shedder, Importance::book, kStep, kSecond));
  REQUIRE(shedder.paused());
  shedder.tick(kStep, 3 * kSecond);
  REQUIRE_FALSE(shedder.paused());
}

}  // namespace

TEST_CASE("below the high-water mark everything is kept") {
  Shedder shedder(policy());
  CHECK(offer(shedder, Importance::book, 0));
  CHECK(offer(shedder, Importance::book, kStep - 11));
  CHECK_FALSE(shedder.paused());
}

TEST_CASE("at the high-water mark the sockets wait, and what was read is kept") {
  Shedder shedder(policy());
  CHECK(offer(shedder, Importance::book, kStep));
  CHECK(shedder.paused());
  SECTION("until it was taken") {
    shedder.taken();
    CHECK_FALSE(shedder.paused());
    CHECK(shedder.take_spans().empty());
  }
  SECTION("and not longer than patience lasts") {
    shedder.tick(kStep, kSecond + 2 * kSecond - 1);
    CHECK(shedder.paused());
    shedder.tick(kStep, kSecond + 2 * kSecond);
    CHECK_FALSE(shedder.paused());
    CHECK_FALSE(offer(shedder, Importance::book, kStep));
  }
}

TEST_CASE("the least important goes first, more of it as more waits") {
  Shedder shedder(policy());
  lose_patience(shedder);
  CHECK_FALSE(offer(shedder, Importance::book, kStep));
  CHECK(offer(shedder, Importance::quote, kStep));
  CHECK(offer(shedder, Importance::market, kStep));
  CHECK_FALSE(offer(shedder, Importance::quote, 2 * kStep));
  CHECK(offer(shedder, Importance::market, 2 * kStep));
  CHECK_FALSE(offer(shedder, Importance::market, 3 * kStep));
}

TEST_CASE("account events are never given up: at the very most the sockets wait again") {
  Shedder shedder(policy());
  lose_patience(shedder);
  CHECK(offer(shedder, Importance::account, 3 * kStep));
  CHECK_FALSE(shedder.paused());
  CHECK(offer(shedder, Importance::account, 4 * kStep));
  CHECK(shedder.paused());
}

TEST_CASE("a span counts exactly what was given up, by link and importance, and is told once") {
  Shedder shedder(policy());
  lose_patience(shedder);
  std::map<Importance, std::uint64_t> lost;
  for (int i = 0; i < 7; ++i)
    lost[Importance::book] += offer(shedder, Importance::book, kStep, 4 * kSecond + i) ? 0 : 1;
  for (int i = 0; i < 3; ++i)
    lost[Importance::quote] +=
        offer(shedder, Importance::quote, 2 * kStep, 5 * kSecond + i) ? 0 : 1;
  CHECK(shedder.take_spans().empty());  // it goes on
  shedder.taken();
  const auto spans = shedder.take_spans();
  REQUIRE(spans.size() == 2);
  for (const auto& span : spans) {
    CHECK(span.kind == flow::Arrival::Kind::shed);
    CHECK(span.link == 1);
    CHECK(span.shed.frames == lost[span.importance]);
    CHECK(span.shed.bytes == 10 * lost[span.importance]);
  }
  CHECK(spans[0].shed.first_at == 4 * kSecond);
  CHECK(spans[0].shed.last_at == 4 * kSecond + 6);
  CHECK(shedder.take_spans().empty());
  CHECK(offer(shedder, Importance::book, 0));
}
