#include <tape/state/levels.h>

#include <algorithm>

namespace tape::state {
namespace {

__extension__ using Wide = __int128;

constexpr int kTableDigits = 18;
constexpr auto kPowers = [] {
  std::array<std::int64_t, kTableDigits + 1> powers{1};
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

// As tape::compare. At one symbol exponents are mostly equal; where a venue writes 0.5 and 0.55, a
// 128-bit product decides without the general loop.
inline bool less(Decimal a, Decimal b) {
  if (a.exponent == b.exponent) return a.mantissa < b.mantissa;
  const int digits = a.exponent - b.exponent;
  if (digits > 0 && digits <= kTableDigits) {
    return Wide{a.mantissa} * kPowers[static_cast<std::size_t>(digits)] < b.mantissa;
  }
  if (digits < 0 && -digits <= kTableDigits) {
    return a.mantissa < Wide{b.mantissa} * kPowers[static_cast<std::size_t>(-digits)];
  }
  return std::is_lt(compare(a, b));
}

template <Ladder kSide>
inline bool better(Decimal a, Decimal b) {
  return kSide == Ladder::bids ? less(b, a) : less(a, b);
}
template <Ladder kSide>
inline bool better(std::int64_t a, std::int64_t b) {
  return kSide == Ladder::bids ? a > b : a < b;
}

// How many of the `size` first elements satisfy `goes_before`, which holds for a front part.
// Without branches: where a price stands is not to be predicted.
template <typename Before>
inline std::size_t count_before(std::size_t size, const Before& goes_before) {
  std::size_t base = 0;
  while (size > 1) {
    const std::size_t half = size / 2;
    base += half * static_cast<std::size_t>(goes_before(base + half - 1));
    size -= half;
  }
  return base + (size == 1 && goes_before(base) ? 1 : 0);
}

}  // namespace

Level Levels::Block::level(std::size_t at) const {
  return {{prices[at], price_exponents[at]}, {quantities[at], quantity_exponents[at]}};
}

void Levels::Block::put(std::size_t at, const Level& level) {
  prices[at] = level.price.mantissa;
  price_exponents[at] = level.price.exponent;
  quantities[at] = level.quantity.mantissa;
  quantity_exponents[at] = level.quantity.exponent;
}

void Levels::Block::open(std::size_t at) {
  const auto shift = [&](auto& column) {
    std::copy_backward(column.data() + at, column.data() + size, column.data() + size + 1);
  };
  shift(prices);
  shift(quantities);
  shift(price_exponents);
  shift(quantity_exponents);
  ++size;
}

void Levels::Block::close(std::size_t at) {
  const auto shift = [&](auto& column) {
    std::copy(column.data() + at + 1, column.data() + size, column.data() + at);
  };
  shift(prices);
  shift(quantities);
  shift(price_exponents);
  shift(quantity_exponents);
  --size;
}

void Levels::Block::move_tail(std::size_t from, Block& to) {
  const auto copy = [&](const auto& column, auto& target) {
    std::copy(column.data() + from, column.data() + size, target.data() + to.size);
  };
  copy(prices, to.prices);
  copy(quantities, to.quantities);
  copy(price_exponents, to.price_exponents);
  copy(quantity_exponents, to.quantity_exponents);
  to.size += size - from;
  size = from;
}

Change Levels::set(Decimal price, Decimal quantity) {
  if (price.absent() || quantity.absent() || quantity.mantissa < 0) return Change::refused;
  return put(side_ == Ladder::bids ? find<Ladder::bids>(price) : find<Ladder::asks>(price), price,
             quantity);
}

Change Levels::put(Place place, Decimal price, Decimal quantity) {
  if (quantity.mantissa == 0) {
    if (!place.there) return Change::unknown;
    erase(place);
    return Change::removed;
  }
  if (place.there) {
    blocks_[place.block]->put(place.at, {price, quantity});
  } else if (size_ >= kMaxLevels) {
    return Change::refused;
  } else {
    insert(place, {price, quantity});
  }
  // Also where a level is spelled anew: 5000.0 for 5000.
  if (size_ == 1) {
    uniform_ = true;
    exponent_ = price.exponent;
  } else if (price.exponent != exponent_) {
    uniform_ = false;
  }
  if (place.there && place.at == 0) heads_[place.block] = price;
  return Change::set;
}

Tally Levels::set(const event::LevelsView& levels) {
  return side_ == Ladder::bids ? set_list<Ladder::bids>(levels) : set_list<Ladder::asks>(levels);
}

template <Ladder kSide>
Tally Levels::set_list(const event::LevelsView& levels) {
  Tally tally;
  Place place;
  levels.for_each([&](Decimal price, Decimal quantity) {
    Change made = Change::refused;
    if (!price.absent() && !quantity.absent() && quantity.mantissa >= 0) {
      place = find_near<kSide>(price, place);
      made = put(place, price, quantity);
    }
    if (made == Change::unknown) ++tally.unknown;
    if (made == Change::refused) ++tally.refused;
  });
  return tally;
}

// The last block that does not begin behind the price, or the first one; and there, the first level
// not better.
template <Ladder kSide>
Levels::Place Levels::find(Decimal price) const {
  if (blocks_.empty()) return {};
  if (uniform_ && price.exponent == exponent_) return find_uniform<kSide>(price.mantissa);
  const auto behind =
      count_before(heads_.size(), [&](std::size_t i) { return !better<kSide>(price, heads_[i]); });
  Place place{behind == 0 ? 0 : behind - 1, 0, false};
  const Block& block = *blocks_[place.block];
  place.at =
      count_before(block.size, [&](std::size_t i) { return better<kSide>(block.price(i), price); });
  place.there = place.at < block.size && !better<kSide>(price, block.price(place.at));
  return place;
}

template <Ladder kSide>
Levels::Place Levels::find_uniform(std::int64_t price) const {
  const Decimal* heads = heads_.data();
  const auto behind = count_before(
      heads_.size(), [=](std::size_t i) { return !better<kSide>(price, heads[i].mantissa); });
  Place place{behind == 0 ? 0 : behind - 1, 0, false};
  const Block& block = *blocks_[place.block];
  const std::int64_t* prices = block.prices.data();
  place.at =
      count_before(block.size, [=](std::size_t i) { return better<kSide>(prices[i], price); });
  place.there = place.at < block.size && prices[place.at] == price;
  return place;
}

// Venues sort what they list, so the next price is mostly not far: from where the last one stood,
// in steps that double.
template <Ladder kSide>
Levels::Place Levels::find_near(Decimal price, Place near) const {
  if (!uniform_ || price.exponent != exponent_ || near.block >= heads_.size()) {
    return find<kSide>(price);
  }
  const std::int64_t wanted = price.mantissa;
  const Decimal* head = heads_.data() + near.block;
  const bool inside = (near.block == 0 || !better<kSide>(wanted, head->mantissa)) &&
                      (near.block + 1 == heads_.size() || better<kSide>(wanted, head[1].mantissa));
  if (!inside) return find_uniform<kSide>(wanted);
  const Block& block = *blocks_[near.block];
  const std::int64_t* prices = block.prices.data();
  const std::size_t at = std::min(near.at, block.size - 1);
  std::size_t from = 0;
  std::size_t to = block.size;
  std::size_t step = 1;
  if (better<kSide>(prices[at], wanted)) {
    from = at + 1;
    for (; at + step < to && better<kSide>(prices[at + step], wanted); step *= 2) {
      from = at + step + 1;
    }
    to = std::min(to, at + step);
  } else {
    to = at;
    for (; step <= at && !better<kSide>(prices[at - step], wanted); step *= 2) to = at - step;
    from = step <= at ? at - step + 1 : 0;
  }
  near.at = from + count_before(to - from, [=](std::size_t i) {
              return better<kSide>(prices[from + i], wanted);
            });
  near.there = near.at < block.size && prices[near.at] == wanted;
  return near;
}

void Levels::insert(Place place, const Level& level) {
  if (blocks_.empty()) {
    blocks_.push_back(take_block());
    heads_.emplace_back();
  } else if (blocks_[place.block]->size == kBlock) {
    split(place.block);
    if (place.at > blocks_[place.block]->size) {
      place.at -= blocks_[place.block]->size;
      ++place.block;
    }
  }
  Block& block = *blocks_[place.block];
  block.open(place.at);
  block.put(place.at, level);
  ++size_;
  if (place.at == 0) heads_[place.block] = level.price;
}

void Levels::erase(Place place) {
  Block& block = *blocks_[place.block];
  block.close(place.at);
  --size_;
  if (block.size == 0) return drop_block(place.block);
  if (place.at == 0) heads_[place.block] = block.price(0);
  // Blocks that empty out are joined, so that memory follows what is held.
  if (block.size < kBlock / 4 && !join(place.block) && place.block > 0) join(place.block - 1);
}

void Levels::split(std::size_t block) {
  auto second = take_block();
  blocks_[block]->move_tail(kBlock / 2, *second);
  const auto place = static_cast<std::ptrdiff_t>(block) + 1;
  heads_.insert(heads_.begin() + place, second->price(0));
  blocks_.insert(blocks_.begin() + place, std::move(second));
}

bool Levels::join(std::size_t block) {
  if (block + 1 >= blocks_.size()) return false;
  Block& first = *blocks_[block];
  Block& second = *blocks_[block + 1];
  if (first.size + second.size > kBlock * 3 / 4) return false;
  second.move_tail(0, first);
  drop_block(block + 1);
  return true;
}

std::unique_ptr<Levels::Block> Levels::take_block() {
  if (spare_.empty()) return std::make_unique<Block>();
  auto block = std::move(spare_.back());
  spare_.pop_back();
  return block;
}

void Levels::drop_block(std::size_t block) {
  const auto place = static_cast<std::ptrdiff_t>(block);
  blocks_[block]->size = 0;
  // A few are kept against splitting and joining at one place; the rest is given back.
  constexpr std::size_t kSpare = 16;
  if (spare_.size() < kSpare) spare_.push_back(std::move(blocks_[block]));
  blocks_.erase(blocks_.begin() + place);
  heads_.erase(heads_.begin() + place);
}

void Levels::clear() {
  while (!blocks_.empty()) drop_block(blocks_.size() - 1);
  size_ = 0;
}

Level Levels::operator[](std::size_t i) const {
  std::size_t block = 0;
  while (i >= blocks_[block]->size) i -= blocks_[block++]->size;
  return blocks_[block]->level(i);
}

void Levels::write(capnp::List<schema::Level>::Builder out) const {
  unsigned i = 0;
  for (const auto& block : blocks_) {
    for (std::size_t at = 0; at < block->size; ++at) {
      if (i == out.size()) return;
      auto slot = out[i++];
      const Level level = block->level(at);
      event::set_decimal(slot.getPrice(), level.price);
      event::set_decimal(slot.getQuantity(), level.quantity);
    }
  }
}

}  // namespace tape::state
