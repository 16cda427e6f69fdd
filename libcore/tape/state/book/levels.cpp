#include <tape/state/book/levels.h>

#include <algorithm>
#include <array>
#include <utility>

namespace tape::state {
namespace {

constexpr int kTableDigits = 18;
constexpr auto kPowers = [] {
  std::array<std::int64_t, kTableDigits + 1> powers{1};
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

constexpr std::size_t kLeastSlots = 16;
// Half of the slots are free at least: runs of taken ones stay short. A longer one than this comes
// about by intent only.
constexpr std::size_t kMaxProbes = 256;
// Best keys kept in order: some, and more of a large side, so that filling them anew is seldom.
constexpr std::size_t kFront = 64;
constexpr std::size_t kFrontShare = 64;

/// mantissa * 10^digits, if it fits; else `out` stays. digits >= 0.
bool scaled(std::int64_t mantissa, int digits, std::int64_t& out) {
  if (mantissa == 0) {
    out = 0;
    return true;
  }
  std::int64_t product = 0;
  if (digits > kTableDigits ||
      __builtin_mul_overflow(mantissa, kPowers[static_cast<std::size_t>(digits)], &product)) {
    return false;
  }
  out = product;
  return true;
}

/// mantissa / 10^digits, if it is whole. digits > 0.
bool divided(std::int64_t mantissa, int digits, std::int64_t& out) {
  if (mantissa == 0 || digits > kTableDigits) {
    out = 0;
    return mantissa == 0;
  }
  const auto power = kPowers[static_cast<std::size_t>(digits)];
  out = mantissa / power;
  return mantissa % power == 0;
}

}  // namespace

bool Levels::Less::operator()(Decimal a, Decimal b) const { return std::is_lt(compare(a, b)); }

std::size_t Levels::home(std::int64_t key) const {
  // Prices are multiples of a tick: one multiplication may leave them all near each other.
  auto hash = static_cast<std::uint64_t>(key) * 0x9E3779B97F4A7C15U;
  hash ^= hash >> 32U;
  hash *= 0xD6E8FEB86659FD93U;
  return static_cast<std::size_t>(hash >> shift_);
}

/// False: the price is none of the table's.
inline bool Levels::multiple_of(Decimal price, std::int64_t& multiple) {
  if (price.exponent != scale_) return multiple_slowly(price, multiple);
  multiple = price.mantissa;
  return true;
}

Change Levels::set(Decimal price, Decimal quantity) {
  if (price.absent() || quantity.absent() || quantity.mantissa < 0) return Change::refused;
  std::int64_t multiple = 0;
  return multiple_of(price, multiple) ? put(multiple, price, quantity) : set_far(price, quantity);
}

Tally Levels::set(const event::LevelsView& levels) {
  Tally tally;
  levels.for_each([&](Decimal price, Decimal quantity) {
    const Change made = set(price, quantity);
    if (made == Change::unknown) ++tally.unknown;
    if (made == Change::refused) ++tally.refused;
  });
  return tally;
}

bool Levels::multiple_slowly(Decimal price, std::int64_t& multiple) {
  const int digits = price.exponent - scale_;
  if (digits > 0) return scaled(price.mantissa, digits, multiple);
  if (size_ != 0 && !refine(price.exponent)) return divided(price.mantissa, -digits, multiple);
  scale_ = price.exponent;
  if (!far_.empty()) take_near(std::exchange(far_, {}));
  multiple = price.mantissa;
  return true;
}

/// All keys become those of a finer unit. False: one would not fit.
bool Levels::refine(std::int8_t scale) {
  const int digits = scale_ - scale;
  if (!scaled(widest_, digits, widest_)) return false;
  const auto finer = [&](std::int64_t& key) {
    key ^= flip();
    (void)scaled(key, digits, key);
    key ^= flip();
  };
  for (Slot& slot : slots_) {
    if (slot.quantity != 0) finer(slot.key);
  }
  for (std::size_t i = 0; i < front_size_; ++i) finer(front_[i]);
  resize(slots_.size());
  return true;
}

/// The scale is another one: which of these are multiples of it now.
void Levels::take_near(const std::map<Decimal, Level, Less>& from) {
  for (const auto& [value, level] : from) {
    const int digits = level.price.exponent - scale_;
    std::int64_t multiple = 0;
    if (digits >= 0 ? scaled(level.price.mantissa, digits, multiple)
                    : divided(level.price.mantissa, -digits, multiple)) {
      (void)put(multiple, level.price, level.quantity);
    } else {
      far_.emplace(value, level);
    }
  }
}

Change Levels::set_far(Decimal price, Decimal quantity) {
  const auto found = far_.find(price);
  if (quantity.mantissa == 0) {
    if (found == far_.end()) return Change::unknown;
    far_.erase(found);
    return Change::removed;
  }
  if (found != far_.end()) {
    found->second = {price, quantity};
  } else if (size() >= kMaxLevels) {
    return Change::refused;
  } else {
    far_.emplace(price, Level{price, quantity});
  }
  return Change::set;
}

Change Levels::put(std::int64_t multiple, Decimal price, Decimal quantity) {
  const std::int64_t key = multiple ^ flip();
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = 0;
  std::size_t probes = 0;
  if (!slots_.empty()) {
    for (at = home(key); slots_[at].quantity != 0; at = (at + 1) & mask, ++probes) {
      if (slots_[at].key != key) continue;
      if (quantity.mantissa == 0) {
        erase(at);
        return Change::removed;
      }
      slots_[at].quantity = quantity.mantissa;
      spellings_[at] = {price.exponent, quantity.exponent};
      return Change::set;
    }
  }
  if (quantity.mantissa == 0) return Change::unknown;
  if (size() >= kMaxLevels || probes > kMaxProbes) return Change::refused;
  if (2 * (size_ + 1) > slots_.size()) {
    resize(std::max(kLeastSlots, 2 * slots_.size()));
    at = home(key);
    while (slots_[at].quantity != 0) at = (at + 1) & (slots_.size() - 1);
  }
  slots_[at] = {key, quantity.mantissa};
  spellings_[at] = {price.exponent, quantity.exponent};
  if (size_ == 0) widest_ = 0;
  widest_ = std::max(widest_, multiple >= 0           ? multiple
                              : multiple == INT64_MIN ? INT64_MAX
                                                      : -multiple);
  front_insert(key);
  ++size_;
  return Change::set;
}

/// What stands behind the slot moves up as far as it may, so that no search stops too early.
void Levels::erase(std::size_t slot) {
  const std::size_t mask = slots_.size() - 1;
  const std::int64_t key = slots_[slot].key;
  for (std::size_t next = (slot + 1) & mask; slots_[next].quantity != 0; next = (next + 1) & mask) {
    if (((next - home(slots_[next].key)) & mask) < ((next - slot) & mask)) continue;
    slots_[slot] = slots_[next];
    spellings_[slot] = spellings_[next];
    slot = next;
  }
  slots_[slot].quantity = 0;
  --size_;
  constexpr std::size_t kSparse = 16;
  if (slots_.size() > kFront * kSparse && size_ * kSparse < slots_.size()) {
    resize(slots_.size() / 4);
  }
  front_erase(key);
}

void Levels::resize(std::size_t slots) {
  const auto old = std::exchange(slots_, std::vector<Slot>(slots));
  const auto spelled = std::exchange(spellings_, std::vector<Spelling>(slots));
  shift_ = 64;
  for (auto left = slots; left > 1; left /= 2) --shift_;
  for (std::size_t i = 0; i < old.size(); ++i) {
    if (old[i].quantity == 0) continue;
    std::size_t at = home(old[i].key);
    while (slots_[at].quantity != 0) at = (at + 1) & (slots - 1);
    slots_[at] = old[i];
    spellings_[at] = spelled[i];
  }
}

/// Before the key is counted.
void Levels::front_insert(std::int64_t key) {
  const bool whole = front_size_ == size_;
  if (whole || key < front_[front_size_ - 1]) front_add(key);
}

/// How many of the front are better. Without branches: where a price stands is not to be predicted.
std::size_t Levels::front_place(std::int64_t key) const {
  std::size_t base = 0;
  std::size_t size = front_size_;
  while (size > 1) {
    const std::size_t half = size / 2;
    base += half * static_cast<std::size_t>(front_[base + half - 1] < key);
    size -= half;
  }
  return base + (size == 1 && front_[base] < key ? 1 : 0);
}

/// The worst makes room when there is none.
void Levels::front_add(std::int64_t key) {
  if (front_.size() < kFront) front_.resize(kFront);
  const auto place = front_place(key);
  if (front_size_ < front_.size()) {
    ++front_size_;
  } else if (place == front_size_) {
    return;
  }
  auto* const begin = front_.data();
  std::copy_backward(begin + place, begin + front_size_ - 1, begin + front_size_);
  front_[place] = key;
}

/// After the key is gone from the table.
void Levels::front_erase(std::int64_t key) {
  if (front_size_ == 0 || front_[front_size_ - 1] < key) return;
  auto* const begin = front_.data();
  const auto place = front_place(key);
  std::copy(begin + place + 1, begin + front_size_, begin + place);
  if (--front_size_ == 0 && size_ != 0) front_refill();
}

void Levels::front_refill() {
  front_.resize(std::max(kFront, size_ / kFrontShare));
  bool full = false;
  std::int64_t worst = 0;
  for (const Slot& slot : slots_) {
    // One branch, seldom taken: whether a slot is free is not to be predicted.
    const auto wanted = static_cast<unsigned>(!full) | static_cast<unsigned>(slot.key < worst);
    if ((static_cast<unsigned>(slot.quantity != 0) & wanted) == 0) continue;
    front_add(slot.key);
    full = front_size_ == front_.size();
    worst = front_[front_size_ - 1];
  }
}

void Levels::clear() {
  constexpr std::size_t kKept = 4096;
  if (slots_.size() > kKept) {
    slots_ = {};
    spellings_ = {};
  } else {
    std::fill(slots_.begin(), slots_.end(), Slot{});
  }
  size_ = front_size_ = 0;
  far_.clear();
}

Level Levels::level(std::size_t slot) const {
  const Spelling spelled = spellings_[slot];
  const int digits = spelled.price - scale_;
  std::int64_t mantissa = slots_[slot].key ^ flip();
  // Exact: this is how the key was made.
  if (digits > 0) (void)divided(mantissa, digits, mantissa);
  if (digits < 0) (void)scaled(mantissa, -digits, mantissa);
  return {{mantissa, spelled.price}, {slots_[slot].quantity, spelled.quantity}};
}

Decimal Levels::best_price() const {
  if (far_.empty()) return {front_[0] ^ flip(), scale_};
  return best().price;
}

Level Levels::best() const { return sorted(1).front(); }

std::vector<Level> Levels::sorted(std::size_t most) const {
  std::vector<Entry> order;
  order.reserve(size_);
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].quantity != 0) order.push_back({slots_[i].key, i});
  }
  const auto count = std::min(most, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(),
                    [](const Entry& a, const Entry& b) { return a.key < b.key; });
  std::vector<Level> levels;
  levels.reserve(std::min(most, size()));
  for (std::size_t i = 0; i < count; ++i) levels.push_back(level(order[i].slot));
  if (far_.empty()) return levels;
  for (const auto& [value, far] : far_) levels.push_back(far);
  std::sort(levels.begin(), levels.end(), [this](const Level& a, const Level& b) {
    return std::is_lt(side_ == Ladder::asks ? compare(a.price, b.price)
                                            : compare(b.price, a.price));
  });
  levels.resize(std::min(most, levels.size()));
  return levels;
}

}  // namespace tape::state
