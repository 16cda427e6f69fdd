#include <tape/state/book/levels.h>

#include <catch2/catch.hpp>

#include "state/feed.h"
#include <algorithm>
#include <map>
#include <random>

namespace tape::state {
namespace {

using test::decimal;
using test::Feed;

struct ByValue {
  bool operator()(Decimal a, Decimal b) const { return std::is_lt(compare(a, b)); }
};
using Model = std::map<Decimal, Decimal, ByValue>;

void change(Model& model, Decimal price, Decimal quantity) {
  if (quantity.mantissa == 0) {
    model.erase(price);
  } else {
    model.insert_or_assign(price, quantity);
  }
}

bool same(const Levels& levels, const Model& model, Ladder side) {
  if (levels.size() != model.size()) return false;
  if (model.empty()) return true;
  const auto sorted = levels.sorted();
  const auto best = levels.best();
  if (std::is_neq(compare(levels.best_price(), sorted.front().price)) ||
      std::is_neq(compare(best.price, sorted.front().price)) ||
      std::is_neq(compare(best.quantity, sorted.front().quantity))) {
    return false;
  }
  auto level = sorted.begin();
  const auto equal = [&](const auto& entry) {
    const auto& [price, quantity] = *level++;
    return std::is_eq(compare(price, entry.first)) && std::is_eq(compare(quantity, entry.second));
  };
  return side == Ladder::asks ? std::all_of(model.begin(), model.end(), equal)
                              : std::all_of(model.rbegin(), model.rend(), equal);
}

// A price near 100 in one of several spellings of the same value.
Decimal random_price(std::mt19937& random) {
  const auto tick = static_cast<std::int64_t>(random() % 2000);
  switch (random() % 3) {
    case 0:
      return {10'000 + tick * 5, -2};
    case 1:
      return {(10'000 + tick * 5) * 1'000, -5};
    default:
      return tick % 2 == 0 ? Decimal{1'000 + tick / 2, -1} : Decimal{10'000 + tick * 5, -2};
  }
}

}  // namespace

TEST_CASE("levels keep the venue's order and compare by value") {
  Levels bids(Ladder::bids);
  CHECK(bids.set(decimal("100"), decimal("1")) == Change::set);
  CHECK(bids.set(decimal("100.50"), decimal("2")) == Change::set);
  CHECK(bids.set(decimal("99.5"), decimal("3")) == Change::set);
  CHECK(Feed::show(bids) == "100.50 x 2, 100 x 1, 99.5 x 3");
  CHECK(bids.set(decimal("100.000"), decimal("4.0")) == Change::set);
  CHECK(bids.size() == 3);
  CHECK(bids.set(decimal("100.5"), decimal("0.000")) == Change::removed);
  CHECK(bids.set(decimal("100.5"), decimal("0")) == Change::unknown);
  CHECK(Feed::show(bids) == "100.000 x 4.0, 99.5 x 3");
  CHECK(bids.set(Decimal{}, decimal("1")) == Change::refused);
  CHECK(bids.set(decimal("1"), Decimal{}) == Change::refused);
  CHECK(bids.set(decimal("1"), decimal("-1")) == Change::refused);
}

TEST_CASE("levels far apart in exponent are still in order") {
  Levels asks(Ladder::asks);
  const Decimal huge{1, 100};
  const Decimal tiny{9'223'372'036'854'775'807, -100};
  CHECK(asks.set(huge, decimal("1")) == Change::set);
  CHECK(asks.set(tiny, decimal("1")) == Change::set);
  CHECK(asks.set(decimal("5"), decimal("1")) == Change::set);
  CHECK(asks.sorted()[0].price.exponent == -100);
  CHECK(asks.sorted()[2].price.exponent == 100);
  CHECK(asks.best().price.exponent == -100);
  CHECK(asks.set(huge, decimal("0")) == Change::removed);
  CHECK(asks.size() == 2);
}

TEST_CASE("single changes and lists of them agree with a map") {
  std::mt19937 random(20240808);
  const auto side = GENERATE(Ladder::bids, Ladder::asks);
  Levels levels(side);
  Model model;
  std::size_t most = 0;
  for (int round = 0; round < 400; ++round) {
    const auto count = static_cast<unsigned>(round % 7 == 0 ? 129 + random() % 200 : random() % 12);
    // Phases of growth and of decay, so that blocks split, empty and join.
    const unsigned removals = round / 50 % 2 == 0 ? 1 : 9;
    capnp::MallocMessageBuilder message;
    auto list = message.initRoot<schema::BookDelta>().initBids(count);
    for (auto level : list) {
      const Decimal price = random_price(random);
      const Decimal quantity{random() % 10 < removals ? 0 : static_cast<std::int64_t>(random() % 3),
                             -1};
      event::set_decimal(level.getPrice(), price);
      event::set_decimal(level.getQuantity(), quantity);
      change(model, price, quantity);
    }
    const Tally tally = levels.set(event::LevelsView(list.asReader()));
    REQUIRE(tally.refused == 0);
    REQUIRE(same(levels, model, side));
    most = std::max(most, levels.size());
  }
  CHECK(most > 700);
}

TEST_CASE("a hostile list costs what it holds") {
  // Each level before the one before, and more of them than a side holds.
  constexpr unsigned kCount = Levels::kMaxLevels + 1000;
  capnp::MallocMessageBuilder message;
  auto list = message.initRoot<schema::BookDelta>().initBids(kCount);
  for (unsigned i = 0; i < kCount; ++i) {
    event::set_decimal(list[i].getPrice(), {i + 1, 0});
    event::set_decimal(list[i].getQuantity(), {1, 0});
  }
  Levels bids(Ladder::bids);
  const Tally tally = bids.set(event::LevelsView(list.asReader()));
  CHECK(bids.size() == Levels::kMaxLevels);
  CHECK(tally.refused == kCount - Levels::kMaxLevels);
  CHECK(bids.best().price.mantissa == Levels::kMaxLevels);
  CHECK(bids.set(decimal("0.5"), decimal("1")) == Change::refused);
  CHECK(bids.set(decimal("1"), decimal("0")) == Change::removed);
  CHECK(bids.set(decimal("0.5"), decimal("1")) == Change::set);
  for (std::int64_t i = 2; i <= static_cast<std::int64_t>(Levels::kMaxLevels); ++i) {
    if (bids.set({i, 0}, {0, 0}) != Change::removed) FAIL("level " << i << " is not there");
  }
  CHECK(Feed::show(bids) == "0.5 x 1");
}

}  // namespace tape::state
