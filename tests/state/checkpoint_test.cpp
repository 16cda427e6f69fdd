#include <tape/state/checkpoint.h>
#include <tape/state/rebuild.h>

#include <catch2/catch.hpp>

#include "state/feed.h"
#include <algorithm>
#include <cstring>
#include <memory>
#include <random>

namespace tape::state::test {
namespace {

/// One event as it lies in a tape.
class Stored {
 public:
  explicit Stored(event::Message& message) : words_(message.framed_size() / sizeof(std::uint64_t)) {
    message.write(reinterpret_cast<std::uint8_t*>(words_.data()));
    view_.reset({reinterpret_cast<const capnp::word*>(words_.data()), words_.size()});
  }
  [[nodiscard]] schema::Event::Reader event() const { return view_.event(); }
  [[nodiscard]] std::size_t bytes() const { return words_.size() * sizeof(std::uint64_t); }

 private:
  std::vector<std::uint64_t> words_;
  event::View view_;
};

using Run = std::vector<std::unique_ptr<Stored>>;

Run run_of(const State& state, std::size_t part_bytes = CheckpointRun::kPartBytes,
           LevelForm levels = LevelForm::runs) {
  const CheckpointRun run(state, part_bytes, levels);
  Run events;
  event::Message message;
  for (std::size_t i = 0; i < run.events(); ++i) {
    run.fill(i, message.start());
    events.push_back(std::make_unique<Stored>(message));
  }
  return events;
}

/// Null when the run is refused.
std::unique_ptr<State> read(const Run& run) {
  CheckpointReader reader;
  auto step = CheckpointReader::Step::outside;
  for (const auto& event : run) step = reader.take(event->event());
  return step == CheckpointReader::Step::whole ? reader.state() : nullptr;
}

void update_account(Feed& feed, bool picture, const std::string& wallet,
                    const std::string& quantity) {
  feed.send("ACCOUNT_UPDATE", [&](schema::Event::Builder event) {
    event.setAccount(feed.account);
    auto update = event.getBody().initAccountUpdate();
    update.setSnapshot(picture);
    update.setHedgeMode(schema::Tri::YES);
    auto balance = update.initBalances(1)[0];
    balance.setAsset("USDT");
    event::set_decimal(balance.getWalletBalance(), decimal(wallet));
    event::set_decimal(balance.getCrossWalletBalance(), decimal("100"));
    auto position = update.initPositions(1)[0];
    position.setSymbol("BTCUSDT");
    position.setPositionSide("LONG");
    position.setMarginType("isolated");
    event::set_decimal(position.getQuantity(), decimal(quantity));
    event::set_decimal(position.getIsolatedWallet(), decimal("5"));
  });
}

/// The same random events for two feeds that stand at the same place.
void go_on(Feed& feed, unsigned seed, int events) {
  std::mt19937 random(seed);
  const auto number = [&](unsigned below) { return random() % below; };
  for (int i = 0; i < events; ++i) {
    feed.symbol = "S" + std::to_string(number(4));
    const auto price = std::to_string(100 + number(40));
    const auto side = number(2) == 0 ? schema::Side::BUY : schema::Side::SELL;
    switch (number(12)) {
      case 0:
        feed.snapshot(feed.ordinal + number(3), {{"100", "1"}, {"99.5", "2"}},
                      {{"140", "1"}, {"141", "3"}}, number(4) == 0);
        break;
      case 1:
        feed.lose_connection("reset");
        break;
      case 2:
        update_account(feed, number(2) == 0, number(2) == 0 ? "105" : "106", "1");
        break;
      case 3:
        feed.gap(schema::GapKind::MISSING, feed.ordinal, feed.ordinal + 2, "book");
        break;
      case 4:
        feed.symbol = "chained";
        feed.chained(feed.ordinal - 1, feed.ordinal, feed.ordinal, {{price, "1"}});
        break;
      default:
        feed.level(feed.ordinal + number(2), side, price, std::to_string(number(5)));
    }
  }
}

void stand_at(Feed& feed, const Feed& other, Run& run) {
  Rebuild rebuild;
  CHECK(!run.empty());
  feed.now = other.now;
  feed.ordinal = other.ordinal;
  const auto state = read(run);
  REQUIRE(state);
  // A State cannot be copied: what was read is written into the feed's own.
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<schema::State>();
  state->write(root);
  feed.state.read(root.asReader());
}

}  // namespace

TEST_CASE("a state that was written and read is the same and goes on the same") {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    Feed one;
    go_on(one, seed, static_cast<int>(seed) * 10);
    auto run = run_of(one.state, seed % 2 == 0 ? 400 : CheckpointRun::kPartBytes);
    Feed other;
    stand_at(other, one, run);
    CAPTURE(seed);
    CHECK(digest(one.state) == digest(other.state));
    for (int step = 0; step < 30; ++step) {
      go_on(one, seed * 1000 + static_cast<unsigned>(step), 7);
      go_on(other, seed * 1000 + static_cast<unsigned>(step), 7);
      REQUIRE(digest(one.state) == digest(other.state));
    }
  }
}

TEST_CASE("levels of a checkpoint may be lists: the same state, and nothing packed") {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    Feed one;
    go_on(one, seed, 200);
    one.symbol = "S0";
    one.snapshot(1'000'000, {{"10", "1"}, {"9.5", "2"}}, {{"11", "1"}});
    const auto run =
        run_of(one.state, seed % 2 == 0 ? 400 : CheckpointRun::kPartBytes, LevelForm::lists);
    std::size_t levels = 0;
    for (const auto& event : run) {
      const auto state = event->event().getBody().getCheckpoint().getState();
      if (!state.isPart()) continue;
      for (const auto book : state.getPart().getBooks()) {
        levels += book.getBids().size() + book.getAsks().size();
        CHECK(book.getBidRuns().size() + book.getAskRuns().size() == 0);
      }
    }
    CAPTURE(seed);
    CHECK(levels >= 3);
    const auto state = read(run);
    REQUIRE(state);
    CHECK(digest(*state) == digest(one.state));
  }
}

TEST_CASE("the digest tells states apart that look alike") {
  Feed one;
  Feed other;
  one.snapshot(5, {{"10", "1"}}, {{"11", "1"}});
  other.snapshot(5, {{"10", "1"}}, {{"11", "1"}});
  CHECK(digest(one.state) == digest(other.state));
  other.connection = 2;
  one.level(6, schema::Side::BUY, "10", "2");
  other.level(6, schema::Side::BUY, "10", "2");
  CHECK(digest(one.state) != digest(other.state));
}

TEST_CASE("a book of many levels is divided over events of bounded size") {
  Feed feed;
  Side bids;
  Side asks;
  for (int i = 0; i < 30000; ++i) {
    bids.emplace_back(std::to_string(100000 - i), "1.5");
    asks.emplace_back(std::to_string(100001 + i), "2");
  }
  feed.snapshot(1, bids, asks);
  feed.symbol = "small";
  feed.snapshot(1, {{"1", "1"}}, {});
  constexpr std::size_t kPart = std::size_t{16} << 10U;
  const auto run = run_of(feed.state, kPart);
  CHECK(run.size() > 6);
  for (const auto& event : run) {
    CHECK(event->bytes() < 2 * kPart);
    CHECK(event->event().getSynthetic());
    CHECK(event->event().getDirection() == schema::Direction::LOCAL);
    CHECK(event->event().getRaw().isNone());
    CHECK(event->event().getReceivedAt() == feed.now);
  }
  const auto state = read(run);
  REQUIRE(state);
  CHECK(digest(*state) == digest(feed.state));
  CHECK(state->book("venue", "SYM")->bids().size() == 30000);
}

TEST_CASE("a run that is not whole is refused") {
  Feed feed;
  go_on(feed, 3, 300);
  const auto run = run_of(feed.state, 600);
  REQUIRE(run.size() > 5);
  REQUIRE(read(run));
  for (std::size_t left_out = 0; left_out < run.size(); ++left_out) {
    CheckpointReader reader;
    bool whole = false;
    for (std::size_t i = 0; i < run.size(); ++i) {
      if (i != left_out) whole = reader.take(run[i]->event()) == CheckpointReader::Step::whole;
    }
    CAPTURE(left_out);
    CHECK_FALSE(whole);
  }
}

TEST_CASE("parts out of order are refused, unless they say the same so") {
  Feed feed;
  go_on(feed, 3, 300);
  const auto run = run_of(feed.state, 600);
  int refused = 0;
  for (std::size_t i = 1; i + 2 < run.size(); ++i) {
    CheckpointReader reader;
    bool whole = false;
    for (std::size_t k = 0; k < run.size(); ++k) {
      const auto at = k == i ? i + 1 : k == i + 1 ? i : k;
      whole = reader.take(run[at]->event()) == CheckpointReader::Step::whole;
    }
    CAPTURE(i);
    if (whole) {
      CHECK(digest(*reader.state()) == digest(feed.state));
    } else {
      ++refused;
    }
  }
  CHECK(refused > 3);
}

TEST_CASE("another event inside a run breaks it, and the next run is good") {
  Feed feed;
  feed.snapshot(5, {{"10", "1"}}, {{"11", "1"}});
  const auto run = run_of(feed.state);
  event::Message message;
  message.start().setVenue("venue");
  const Stored other(message);
  CheckpointReader reader;
  CHECK(reader.take(other.event()) == CheckpointReader::Step::outside);
  CHECK(reader.take(run[0]->event()) == CheckpointReader::Step::inside);
  CHECK(reader.take(run[1]->event()) == CheckpointReader::Step::inside);
  CHECK(reader.take(other.event()) == CheckpointReader::Step::broken);
  CHECK(reader.take(run[2]->event()) == CheckpointReader::Step::broken);
  for (const auto& event : run) (void)reader.take(event->event());
  CHECK(reader.state());
}

TEST_CASE("a checkpoint is taken where nothing is known, and again after a loss") {
  Feed feed;
  feed.snapshot(5, {{"10", "1"}}, {{"11", "1"}});
  const auto run = run_of(feed.state);
  event::Message message;
  message.start().getBody().initSession();
  const Stored session(message);
  Feed late;
  late.symbol = "LATE";
  late.snapshot(9, {{"1", "1"}}, {});

  Rebuild from_start;
  from_start.apply(session.event(), 7, 1);
  for (const auto& event : run) from_start.apply(event->event(), 7, 2);
  CHECK(digest(from_start.state()) == digest(feed.state));

  message.start().setVenue("venue");
  const Stored other(message);
  Rebuild knowing;
  knowing.apply(other.event(), 7, 1);
  for (const auto& event : run) knowing.apply(event->event(), 7, 2);
  CHECK(knowing.state().books() == 0);
  CHECK(knowing.state().moment().ordinal == 1);

  knowing.lose("a part of the tape could not be read", {1, 7, 2});
  knowing.apply(other.event(), 7, 3);
  for (const auto& event : run) knowing.apply(event->event(), 7, 4);
  CHECK(digest(knowing.state()) == digest(feed.state));
}

TEST_CASE("a broken checkpoint at the start makes the next one wanted") {
  Feed feed;
  feed.snapshot(5, {{"10", "1"}}, {{"11", "1"}});
  const auto run = run_of(feed.state);
  event::Message message;
  message.start().setVenue("venue");
  const Stored other(message);
  Rebuild rebuild;
  rebuild.apply(run[0]->event(), 7, 1);
  rebuild.apply(other.event(), 7, 2);
  for (const auto& event : run) rebuild.apply(event->event(), 7, 3);
  CHECK(digest(rebuild.state()) == digest(feed.state));
}

}  // namespace tape::state::test
