#include <tape/state/book/book.h>

#include <catch2/catch.hpp>

#include "state/feed.h"
#include <algorithm>
#include <map>
#include <random>

namespace tape::state {
namespace {

using schema::GapKind;
using schema::Trust;
using test::Feed;
constexpr auto kBuy = schema::Side::BUY;
constexpr auto kSell = schema::Side::SELL;

}  // namespace

TEST_CASE("a book counted on by one: snapshot, deltas, removals") {
  Feed feed;
  feed.snapshot(10, {{"100.5", "3"}, {"100", "1"}, {"99", "0"}}, {{"101", "2"}, {"102", "0.0"}});
  CHECK(feed.bids() == "100.5 x 3, 100 x 1");
  CHECK(feed.asks() == "101 x 2");
  CHECK(feed.trust() == Trust::VERIFIED);
  CHECK(feed.book().complete());
  feed.level(11, kBuy, "100.50", "0");
  feed.level(12, kSell, "100.75", "5");
  feed.level(13, kSell, "200", "0");
  CHECK(feed.bids() == "100 x 1");
  CHECK(feed.asks() == "100.75 x 5, 101 x 2");
  CHECK(feed.trust() == Trust::VERIFIED);
  CHECK(feed.book().unknown_removals() == 1);
  CHECK(feed.book().sequence() == 13);
}

TEST_CASE("late and repeated deltas are dropped and counted") {
  Feed feed;
  feed.snapshot(10, {{"100", "1"}}, {{"101", "2"}});
  feed.level(11, kBuy, "100", "7");
  feed.level(11, kBuy, "100", "7");
  feed.level(9, kBuy, "100", "1");
  CHECK(feed.bids() == "100 x 7");
  CHECK(feed.book().dropped() == 2);
  CHECK(feed.trust() == Trust::VERIFIED);
}

TEST_CASE("a gap makes the book suspect, with the reason and the event, until a snapshot") {
  Feed feed;
  feed.snapshot(10, {{"100", "1"}}, {{"101", "2"}});
  feed.level(13, kBuy, "99", "4");
  CHECK(feed.trust() == Trust::SUSPECT);
  CHECK(feed.book().standing().reason() == "gap: 11 to 12 are missing");
  CHECK(feed.book().standing().since().ordinal == 2);
  CHECK(feed.book().standing().since().session == 7);
  // The values stay, and what comes is applied: quantities are absolute.
  feed.level(14, kBuy, "100", "6");
  CHECK(feed.bids() == "100 x 6, 99 x 4");
  CHECK(feed.trust() == Trust::SUSPECT);
  CHECK(feed.book().standing().since().ordinal == 2);
  CHECK(feed.book().gaps() == 1);
  feed.snapshot(20, {{"98", "1"}}, {{"99", "1"}});
  CHECK(feed.trust() == Trust::VERIFIED);
  CHECK(feed.bids() == "98 x 1");
  feed.level(21, kBuy, "98", "2");
  CHECK(feed.trust() == Trust::VERIFIED);
}

TEST_CASE("without a snapshot the book holds what was touched, and says so") {
  Feed feed;
  feed.level(11, kBuy, "100", "1");
  feed.level(12, kSell, "101", "1");
  CHECK(feed.trust() == Trust::UNVERIFIABLE);
  CHECK_FALSE(feed.book().complete());
  CHECK(feed.bids() == "100 x 1");
  feed.level(14, kSell, "101", "2");
  CHECK(feed.trust() == Trust::SUSPECT);
}

TEST_CASE("a snapshot in line with the deltas replaces, also with a lower number") {
  Feed feed;
  feed.snapshot(1000, {{"100", "1"}}, {});
  feed.level(1001, kBuy, "100", "2");
  feed.snapshot(5, {{"90", "1"}}, {{"91", "1"}});
  CHECK(feed.bids() == "90 x 1");
  feed.level(6, kBuy, "90", "3");
  CHECK(feed.bids() == "90 x 3");
  CHECK(feed.trust() == Trust::VERIFIED);
}

TEST_CASE("the sequence number of the event serves where the body has none") {
  Feed feed;
  feed.snapshot(10, {{"100", "1"}}, {});
  const auto send = [&](std::uint64_t number) {
    feed.send("book", [&](schema::Event::Builder event) {
      event.setSymbol(feed.symbol);
      event.setSequence(number);
      auto body = event.getBody().initBookDelta();
      body.setSide(kBuy);
      event::set_decimal(body.getPrice(), test::decimal("100"));
      event::set_decimal(body.getQuantity(), test::decimal("2"));
    });
  };
  send(11);
  CHECK(feed.trust() == Trust::VERIFIED);
  send(13);
  CHECK(feed.trust() == Trust::SUSPECT);
}

TEST_CASE("a feed without numbers cannot be verified") {
  Feed feed;
  feed.snapshot(0, {{"100", "1"}}, {});
  CHECK(feed.trust() == Trust::VERIFIED);
  feed.level(0, kBuy, "100", "2");
  CHECK(feed.bids() == "100 x 2");
  CHECK(feed.trust() == Trust::UNVERIFIABLE);
}

TEST_CASE("chained deltas: bridging a snapshot") {
  Feed feed;
  SECTION("deltas of before are dropped, the first one covers the snapshot") {
    feed.snapshot(100, {{"10", "1"}, {"9", "1"}}, {{"11", "1"}});
    feed.chained(90, 91, 99, {{"10", "5"}});
    CHECK(feed.bids() == "10 x 1, 9 x 1");
    CHECK(feed.book().dropped() == 0);
    feed.chained(99, 100, 104, {{"10", "6"}});
    CHECK(feed.bids() == "10 x 6, 9 x 1");
    feed.chained(104, 105, 110, {{"9", "0"}});
    CHECK(feed.bids() == "10 x 6");
    CHECK(feed.trust() == Trust::VERIFIED);
  }
  SECTION("U = L = u bridges") {
    feed.snapshot(100, {{"10", "1"}}, {});
    feed.chained(95, 96, 100, {{"10", "2"}});
    CHECK(feed.bids() == "10 x 2");
    CHECK(feed.trust() == Trust::VERIFIED);
  }
  SECTION("a delta that names the snapshot itself follows") {
    feed.snapshot(100, {{"10", "1"}}, {});
    feed.chained(100, 101, 103, {{"10", "2"}});
    CHECK(feed.trust() == Trust::VERIFIED);
  }
  SECTION("U > L: the snapshot is too old") {
    feed.snapshot(100, {{"10", "1"}}, {});
    feed.chained(105, 106, 110, {{"10", "2"}});
    CHECK(feed.trust() == Trust::SUSPECT);
    CHECK(feed.book().standing().reason() ==
          "snapshot 100 is older than the deltas, which begin at 106");
  }
  SECTION("the chain breaks later") {
    feed.snapshot(100, {{"10", "1"}}, {});
    feed.chained(99, 100, 104, {});
    feed.chained(106, 107, 109, {{"10", "2"}});
    CHECK(feed.trust() == Trust::SUSPECT);
    CHECK(feed.book().standing().reason() == "gap: delta 109 follows 106, the last one was 104");
  }
}

TEST_CASE("chained deltas that came before the snapshot are applied on top of it") {
  Feed feed;
  feed.chained(90, 91, 95, {{"10", "1"}});
  feed.chained(95, 96, 102, {{"10", "2"}, {"8", "4"}});
  feed.chained(102, 103, 107, {{"9", "0"}}, {{"11", "5"}});
  CHECK(feed.trust() == Trust::UNVERIFIABLE);
  SECTION("one of them covers it") {
    feed.snapshot(100, {{"10", "1.5"}, {"9", "1"}}, {{"12", "1"}});
    CHECK(feed.bids() == "10 x 2, 8 x 4");
    CHECK(feed.asks() == "11 x 5, 12 x 1");
    CHECK(feed.trust() == Trust::VERIFIED);
    CHECK(feed.book().complete());
    CHECK(feed.book().sequence() == 107);
    feed.chained(107, 108, 110, {{"10", "3"}});
    CHECK(feed.trust() == Trust::VERIFIED);
  }
  SECTION("all are older: the next one has to cover it") {
    feed.snapshot(110, {{"10", "1.5"}, {"9", "1"}}, {});
    CHECK(feed.bids() == "10 x 1.5, 9 x 1");
    feed.chained(107, 108, 112, {{"9", "0"}});
    CHECK(feed.bids() == "10 x 1.5");
    CHECK(feed.trust() == Trust::VERIFIED);
  }
  SECTION("it is older than all of them; a better one mends that") {
    feed.snapshot(80, {{"10", "1.5"}, {"9", "1"}}, {});
    CHECK(feed.trust() == Trust::SUSPECT);
    CHECK(feed.bids() == "10 x 2, 8 x 4");
    feed.chained(107, 108, 112, {{"7", "1"}});
    CHECK(feed.trust() == Trust::SUSPECT);
    feed.snapshot(105, {{"10", "2"}, {"9", "1"}, {"8", "4"}}, {});
    CHECK(feed.trust() == Trust::VERIFIED);
    CHECK(feed.bids() == "10 x 2, 8 x 4, 7 x 1");
  }
}

TEST_CASE("a polled snapshot that lags a whole book changes nothing; one ahead is taken") {
  Feed feed;
  feed.snapshot(100, {{"10", "1"}}, {});
  feed.chained(99, 100, 104, {{"10", "2"}});
  feed.snapshot(102, {{"10", "1.5"}}, {});
  CHECK(feed.bids() == "10 x 2");
  feed.chained(104, 105, 106, {{"9", "1"}});
  CHECK(feed.trust() == Trust::VERIFIED);
  feed.snapshot(110, {{"10", "7"}}, {});
  CHECK(feed.bids() == "10 x 7");
  feed.chained(106, 107, 108, {{"10", "3"}});
  CHECK(feed.bids() == "10 x 7");
  feed.chained(108, 109, 111, {{"10", "8"}});
  CHECK(feed.bids() == "10 x 8");
  CHECK(feed.trust() == Trust::VERIFIED);
}

TEST_CASE("after a gap a snapshot of the past is bridged by the deltas since") {
  Feed feed;
  feed.snapshot(100, {{"10", "1"}}, {});
  feed.chained(100, 101, 104, {});
  feed.chained(110, 111, 115, {{"10", "4"}});
  feed.chained(115, 116, 120, {{"9", "4"}});
  CHECK(feed.trust() == Trust::SUSPECT);
  feed.snapshot(117, {{"10", "4"}, {"9", "1"}}, {});
  CHECK(feed.trust() == Trust::VERIFIED);
  CHECK(feed.bids() == "10 x 4, 9 x 4");
}

TEST_CASE("partial pictures do not touch the book") {
  Feed feed;
  feed.snapshot(100, {{"10", "1"}, {"9", "1"}}, {});
  feed.snapshot(200, {{"10", "9"}}, {}, true);
  CHECK(feed.bids() == "10 x 1, 9 x 1");
  CHECK(feed.book().sequence() == 100);
}

TEST_CASE("a recorded gap marks the book of that feed only") {
  Feed feed;
  feed.snapshot(10, {{"100", "1"}}, {{"101", "1"}});
  feed.level(11, kBuy, "100", "2");
  feed.gap(GapKind::MISSING, 50, 52, "trade");
  CHECK(feed.trust() == Trust::VERIFIED);
  feed.gap(GapKind::REPEATED, 12, 11, "book");
  CHECK(feed.trust() == Trust::VERIFIED);
  feed.gap(GapKind::MISSING, 12, 15, "book");
  CHECK(feed.trust() == Trust::SUSPECT);
  CHECK(feed.book().standing().reason() == "gap: expected 12, got 15");
  feed.level(15, kBuy, "100", "3");
  CHECK(feed.trust() == Trust::SUSPECT);
  feed.snapshot(20, {{"100", "1"}}, {});
  // Told after the snapshot that mended it.
  feed.gap(GapKind::MISSING, 16, 20, "book");
  CHECK(feed.trust() == Trust::VERIFIED);
}

TEST_CASE("a sequence that begins anew is followed, and the book is suspect") {
  Feed feed;
  feed.snapshot(1000, {{"100", "1"}}, {{"101", "1"}});
  feed.gap(GapKind::RESET, 1001, 3, "book");
  feed.level(3, kBuy, "100", "2");
  feed.level(4, kBuy, "99", "2");
  CHECK(feed.bids() == "100 x 2, 99 x 2");
  CHECK(feed.trust() == Trust::SUSPECT);
  SECTION("nobody said so: it shows in the long run") {
    Feed silent;
    silent.snapshot(100'000, {{"100", "1"}}, {{"101", "1"}});
    for (std::uint64_t i = 1; i < 1000; ++i) silent.level(i, kBuy, "100", "2");
    CHECK(silent.trust() == Trust::VERIFIED);
    silent.level(1000, kBuy, "100", "2");
    CHECK(silent.trust() == Trust::SUSPECT);
    silent.level(1001, kBuy, "100", "3");
    CHECK(silent.bids() == "100 x 3");
  }
}

TEST_CASE("a lost connection leaves the values and doubts them") {
  Feed feed;
  feed.snapshot(100, {{"10", "1"}}, {});
  feed.chained(99, 100, 104, {{"10", "2"}});
  feed.lose_connection("closed by peer");
  CHECK(feed.trust() == Trust::SUSPECT);
  CHECK(feed.book().standing().reason() ==
        "connection lost: closed by peer; the last known values stay");
  CHECK(feed.bids() == "10 x 2");
  SECTION("the chain goes on without a hole: nothing was missed") {
    feed.connection = 2;
    feed.chained(104, 105, 107, {{"10", "3"}});
    CHECK(feed.trust() == Trust::VERIFIED);
  }
  SECTION("it does not") {
    feed.connection = 2;
    feed.chained(120, 121, 122, {{"10", "3"}});
    CHECK(feed.trust() == Trust::SUSPECT);
    feed.chained(122, 123, 124, {{"10", "3"}});
    CHECK(feed.trust() == Trust::SUSPECT);
  }
  SECTION("another connection's loss is none of its business") {
    Feed other;
    other.snapshot(100, {{"10", "1"}}, {});
    other.connection = 2;
    other.lose_connection("reset");
    CHECK(other.trust() == Trust::VERIFIED);
  }
}

TEST_CASE("a crossed book is found when it lasts longer than one message") {
  Feed feed;
  feed.snapshot(10, {{"100", "1"}}, {{"101", "1"}});
  feed.level(11, kBuy, "101", "1");
  CHECK(feed.trust() == Trust::VERIFIED);
  feed.level(12, kSell, "101", "0");
  CHECK(feed.trust() == Trust::VERIFIED);
  feed.level(13, kSell, "100.5", "1");
  CHECK(feed.state.news().empty());
  feed.level(14, kBuy, "90", "1");
  CHECK(feed.trust() == Trust::SUSPECT);
  REQUIRE(feed.state.news().size() == 1);
  const Finding& finding = feed.state.news().front();
  CHECK(finding.rule == "crossed-book");
  CHECK(finding.subject == "SYM");
  CHECK(format_decimal(finding.difference) == "0.5");
  feed.level(15, kBuy, "89", "1");
  CHECK(feed.state.news().empty());
}

TEST_CASE("what cannot be placed or was repaired is not applied and makes the book suspect") {
  Feed feed;
  feed.snapshot(10, {{"100", "1"}}, {{"101", "1"}});
  SECTION("a level without side") {
    feed.level(11, schema::Side::UNKNOWN, "100", "7");
    CHECK(feed.bids() == "100 x 1");
    CHECK(feed.trust() == Trust::SUSPECT);
  }
  SECTION("a repaired frame") {
    feed.send("book", [&](schema::Event::Builder event) {
      event.setSymbol(feed.symbol);
      event.setRepaired(true);
      event.getBody().initBookSnapshot().setUpdateId(50);
    });
    CHECK(feed.bids() == "100 x 1");
    CHECK(feed.trust() == Trust::SUSPECT);
  }
}

TEST_CASE("random deltas with faults, held against a map") {
  std::mt19937 random(4711);
  for (int run = 0; run < 30; ++run) {
    const bool chained = run % 2 == 0;
    Feed feed;
    std::map<int, int> model[2];
    std::uint64_t last = 1000;
    test::Side sides[2];
    for (int side = 0; side < 2; ++side) {
      for (int i = 1; i <= 20; ++i) {
        const int price = side == 0 ? 500 - i : 500 + i;
        model[side][price] = i;
        sides[side].emplace_back(std::to_string(price) + ".0", std::to_string(i));
      }
    }
    feed.snapshot(last, sides[0], sides[1]);
    bool lost = false;
    for (int step = 0; step < 500; ++step) {
      const int side = static_cast<int>(random() % 2);
      const int distance = 1 + static_cast<int>(random() % 40);
      const int price = side == 0 ? 500 - distance : 500 + distance;
      const int quantity = static_cast<int>(random() % 4);
      const auto number = last + 1;
      const auto send = [&] {
        const std::string text = std::to_string(price);
        if (!chained) {
          feed.level(number, side == 0 ? kBuy : kSell, text, std::to_string(quantity));
          return;
        }
        const test::Side level{{text, std::to_string(quantity)}};
        feed.chained(number - 1, number, number, side == 0 ? level : test::Side{},
                     side == 0 ? test::Side{} : level);
      };
      last = number;
      if (random() % 400 == 0 && step != 499) {
        lost = true;
        continue;
      }
      send();
      if (random() % 20 == 0) send();  // repeated
      if (quantity == 0) {
        model[side].erase(price);
      } else {
        model[side][price] = quantity;
      }
    }
    for (int side = 0; side < 2; ++side) {
      std::vector<std::pair<int, int>> best_first(model[side].begin(), model[side].end());
      if (side == 0) std::reverse(best_first.begin(), best_first.end());
      const auto levels = (side == 0 ? feed.book().bids() : feed.book().asks()).sorted();
      REQUIRE(levels.size() == best_first.size());
      for (std::size_t i = 0; i < levels.size(); ++i) {
        REQUIRE(std::is_eq(compare(levels[i].price, {best_first[i].first, 0})));
        REQUIRE(std::is_eq(compare(levels[i].quantity, {best_first[i].second, 0})));
      }
    }
    CHECK(feed.book().standing().suspect() == lost);
  }
}

TEST_CASE("what a waiting book keeps is bounded") {
  Feed feed;
  for (std::uint64_t i = 1; i <= 40'000; ++i) {
    feed.chained(i, i + 1, i + 1, {{std::to_string(i % 500), "1"}});
  }
  // The latest deltas are still there to bridge a snapshot.
  feed.snapshot(39'990, {{"1000", "1"}}, {});
  CHECK(feed.trust() == Trust::VERIFIED);
  CHECK(feed.book().sequence() == 40'001);
  CHECK(feed.book().bids().size() == 1 + 12);
}

}  // namespace tape::state
