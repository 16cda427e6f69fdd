#include <tape/venue/binance_usdm/sequence.h>

#include <catch2/catch.hpp>

#include <string>

using tape::venue::binance_usdm::Break;
using tape::venue::binance_usdm::Sequence;

TEST_CASE("depth updates that follow each other break nothing") {
  Sequence sequence;
  CHECK_FALSE(sequence.on_depth(1, "BTCUSDT", {157, 160, 149}, 1));
  CHECK_FALSE(sequence.on_depth(1, "BTCUSDT", {170, 175, 160}, 2));
  CHECK_FALSE(sequence.on_depth(1, "BTCUSDT", {180, 180, 175}, 3));
  CHECK_FALSE(sequence.on_snapshot("BTCUSDT", 180, 4));
}

TEST_CASE("an update whose predecessor was not seen is a gap, and the chain goes on behind it") {
  Sequence sequence;
  (void)sequence.on_depth(1, "BTCUSDT", {157, 160, 149}, 1);
  const auto found = sequence.on_depth(1, "BTCUSDT", {200, 210, 190}, 2);
  REQUIRE(found);
  CHECK(found->kind == Break::Kind::missing);
  CHECK(found->expected == 160);
  CHECK(found->got == 190);
  CHECK_FALSE(sequence.on_depth(1, "BTCUSDT", {211, 220, 210}, 3));
}

TEST_CASE("an update that was seen is repeated and changes nothing") {
  Sequence sequence;
  (void)sequence.on_depth(1, "BTCUSDT", {157, 160, 149}, 1);
  (void)sequence.on_depth(1, "BTCUSDT", {161, 170, 160}, 2);
  for (const auto last : {170U, 160U}) {
    const auto found = sequence.on_depth(1, "BTCUSDT", {150, last, 140}, 3);
    REQUIRE(found);
    CHECK(found->kind == Break::Kind::repeated);
    CHECK(found->expected == 170);
    CHECK(found->got == last);
  }
  CHECK_FALSE(sequence.on_depth(1, "BTCUSDT", {171, 180, 170}, 4));
}

TEST_CASE("numbers that begin anew are repeated for a while, then a reset, then a chain") {
  Sequence sequence;
  (void)sequence.on_depth(1, "BTCUSDT", {9000, 9001, 8999}, 1);
  const auto follow = [&](std::uint64_t last) {
    return sequence.on_depth(1, "BTCUSDT", {last, last, last - 1}, 2);
  };
  std::uint64_t at = 100;
  auto found = follow(at);
  while (found && found->kind == Break::Kind::repeated && at < 200) found = follow(++at);
  REQUIRE(found);
  CHECK(found->kind == Break::Kind::reset);
  CHECK(found->expected == 9001);
  CHECK(found->got == at - 1);
  CHECK(at < 120);
  while (++at < 9100) REQUIRE_FALSE(follow(at));
  // A few of them between new ones are no run.
  for (int round = 0; round < 100; ++round) {
    CHECK(follow(9050 + round % 2)->kind == Break::Kind::repeated);
    CHECK_FALSE(follow(at++));
  }
}

TEST_CASE("an update that reaches back behind the last one is a reset") {
  Sequence sequence;
  (void)sequence.on_depth(1, "BTCUSDT", {157, 160, 149}, 1);
  const auto found = sequence.on_depth(1, "BTCUSDT", {156, 170, 155}, 2);
  REQUIRE(found);
  CHECK(found->kind == Break::Kind::reset);
  CHECK(found->expected == 160);
  CHECK(found->got == 155);
  CHECK_FALSE(sequence.on_depth(1, "BTCUSDT", {171, 180, 170}, 3));
}

TEST_CASE("symbols and connections have chains of their own; without pu there is no rule") {
  Sequence sequence;
  (void)sequence.on_depth(1, "BTCUSDT", {157, 160, 149}, 1);
  CHECK_FALSE(sequence.on_depth(1, "ETHUSDT", {900, 910, 890}, 1));
  CHECK_FALSE(sequence.on_depth(2, "BTCUSDT", {900, 910, 890}, 1));
  CHECK(sequence.on_depth(1, "BTCUSDT", {900, 910, 890}, 1));
  CHECK_FALSE(sequence.on_depth(1, "BTCUSDT", {9000, 9100, 0}, 1));
}

TEST_CASE("a connection that begins anew has no past") {
  Sequence sequence;
  (void)sequence.on_depth(1, "BTCUSDT", {157, 160, 149}, 1);
  (void)sequence.on_depth(2, "BTCUSDT", {157, 160, 149}, 1);
  sequence.on_connection(1);
  CHECK_FALSE(sequence.on_depth(1, "BTCUSDT", {900, 910, 890}, 2));
  CHECK(sequence.on_depth(2, "BTCUSDT", {900, 910, 890}, 2));
}

TEST_CASE("a snapshot closes a gap once, unless it is older than what came behind the gap") {
  Sequence sequence;
  (void)sequence.on_depth(1, "BTCUSDT", {157, 160, 149}, 1);
  (void)sequence.on_depth(1, "BTCUSDT", {200, 210, 190}, 10);
  CHECK_FALSE(sequence.on_snapshot("BTCUSDT", 199, 20));
  CHECK_FALSE(sequence.on_snapshot("ETHUSDT", 500, 20));
  const auto after = sequence.on_snapshot("BTCUSDT", 200, 30);
  REQUIRE(after);
  CHECK(*after == 20);
  CHECK_FALSE(sequence.on_snapshot("BTCUSDT", 300, 40));
}

TEST_CASE("a second gap is counted from the first, and must be closed behind the second") {
  Sequence sequence;
  (void)sequence.on_depth(1, "BTCUSDT", {157, 160, 149}, 1);
  (void)sequence.on_depth(1, "BTCUSDT", {200, 210, 190}, 10);
  (void)sequence.on_depth(1, "BTCUSDT", {300, 310, 290}, 15);
  CHECK_FALSE(sequence.on_snapshot("BTCUSDT", 250, 20));
  CHECK(sequence.on_snapshot("BTCUSDT", 310, 30).value_or(0) == 20);
}

TEST_CASE("made-up symbols take no memory without bound") {
  Sequence sequence;
  for (int i = 0; i < 100'000; ++i) {
    (void)sequence.on_depth(1, "S" + std::to_string(i), {1, 2, 1}, 1);
  }
  // What was seen long ago was let go, what is new is still checked.
  (void)sequence.on_depth(1, "BTCUSDT", {157, 160, 149}, 1);
  CHECK(sequence.on_depth(1, "BTCUSDT", {200, 210, 190}, 2));
  CHECK_FALSE(sequence.on_depth(1, "S1", {10, 20, 9}, 3));
}
