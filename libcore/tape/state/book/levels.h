// One side of an order book: quantities by price in a hash table, and beside it the best prices in
// order.
#pragma once

#include <tape/base/decimal.h>
#include <tape/event/event.h>
#include <tape/event/levels.h>

#include <cstdint>
#include <limits>
#include <map>
#include <vector>

namespace tape::state {

struct Level {
  Decimal price;
  Decimal quantity;
};

enum class Ladder : std::uint8_t { bids, asks };

/// What set() did.
enum class Change : std::uint8_t {
  set,  // a level is new or has another quantity
  removed,
  unknown,  // a removal of a level that is not there: normal, counted
  refused,  // no price or quantity, or a side beyond kMaxLevels
};

/// How many changes of a list did not find their level, or could not be made.
struct Tally {
  std::uint64_t unknown = 0;
  std::uint64_t refused = 0;
};

/// Prices are compared by value: 5000.0 and 5000 are one level. A change costs the same wherever
/// its price is and however many levels there are; all of them in order are sorted when asked for,
/// which is seldom. Allocates only when it grows, and gives memory back.
class Levels {
 public:
  /// More than any venue lists; what a hostile tape can make one side hold.
  static constexpr std::size_t kMaxLevels = std::size_t{1} << 20U;
  static constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

  explicit Levels(Ladder side) : side_(side) {}

  /// Sets the absolute quantity of a price; zero removes it.
  Change set(Decimal price, Decimal quantity);
  /// All of a list, in its order.
  Tally set(const event::LevelsView& levels);
  void clear();

  [[nodiscard]] std::size_t size() const { return size_ + far_.size(); }
  [[nodiscard]] bool empty() const { return size() == 0; }
  /// Not of an empty side.
  [[nodiscard]] Level best() const;
  /// The price of best(), spelled somehow.
  [[nodiscard]] Decimal best_price() const;
  /// The best ones, best first.
  [[nodiscard]] std::vector<Level> sorted(std::size_t most = kAll) const;

 private:
  // Prices are multiples of 10^scale_: these are their keys, of bids the complement, so that a
  // better price has a lesser key.
  struct Slot {
    std::int64_t key = 0;
    std::int64_t quantity = 0;  // mantissa; 0: the slot is free
  };
  struct Spelling {
    std::int8_t price = 0;  // exponents
    std::int8_t quantity = 0;
  };
  struct Less {
    bool operator()(Decimal a, Decimal b) const;
  };
  struct Entry {  // of the order
    std::int64_t key = 0;
    std::size_t slot = 0;
  };

  [[nodiscard]] std::int64_t flip() const { return side_ == Ladder::bids ? -1 : 0; }
  Change put(std::int64_t multiple, Decimal price, Decimal quantity);
  Change set_far(Decimal price, Decimal quantity);
  [[nodiscard]] bool multiple_of(Decimal price, std::int64_t& multiple);
  [[nodiscard]] bool multiple_slowly(Decimal price, std::int64_t& multiple);
  [[nodiscard]] bool refine(std::int8_t scale);
  void take_near(const std::map<Decimal, Level, Less>& from);
  [[nodiscard]] std::size_t home(std::int64_t key) const;
  [[nodiscard]] Level level(std::size_t slot) const;
  void resize(std::size_t slots);
  void erase(std::size_t slot);
  void front_insert(std::int64_t key);
  void front_add(std::int64_t key);
  [[nodiscard]] std::size_t front_place(std::int64_t key) const;
  void front_erase(std::int64_t key);
  void front_refill();

  Ladder side_;
  std::size_t size_ = 0;  // in slots_
  std::int8_t scale_ = 0;
  std::int64_t widest_ = 0;  // no multiple is or was farther from 0
  unsigned shift_ = 63;      // of a hash to an index
  std::vector<Slot> slots_;
  std::vector<Spelling> spellings_;  // beside slots_, as the venue wrote the level last
  // The best keys, best first; every other key is worse. Filled anew from the table when it is
  // used up.
  std::vector<std::int64_t> front_;
  std::size_t front_size_ = 0;
  // What is no multiple of 10^scale_ that fits: prices no venue has.
  std::map<Decimal, Level, Less> far_;
};

}  // namespace tape::state
