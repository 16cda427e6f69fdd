// One side of an order book: price levels in order, best first, in blocks that stay in the first
// cache.
#pragma once

#include <tape/base/decimal.h>
#include <tape/event/event.h>
#include <tape/event/levels.h>

#include <array>
#include <cstdint>
#include <memory>
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

/// Prices are compared by value: 5000.0 and 5000 are one level. A change moves at most one block,
/// whatever the side holds and in whatever order changes come. Allocates only when it has more
/// blocks than ever before.
class Levels {
 public:
  /// More than any venue lists; what a hostile tape can make one side hold.
  static constexpr std::size_t kMaxLevels = std::size_t{1} << 20U;

  explicit Levels(Ladder side) : side_(side) {}

  /// Sets the absolute quantity of a price; zero removes it.
  Change set(Decimal price, Decimal quantity);
  /// All of a list, in its order.
  Tally set(const event::LevelsView& levels);
  void clear();

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  /// Not of an empty side.
  [[nodiscard]] Level best() const { return blocks_.front()->level(0); }
  /// The i-th best, i < size(); walks over the blocks before it.
  [[nodiscard]] Level operator[](std::size_t i) const;

  /// The best ones, as many as the list holds, which is at most size().
  void write(capnp::List<schema::Level>::Builder out) const;

 private:
  static constexpr std::size_t kBlock = 128;
  /// Column by column: a search reads nothing but prices.
  struct Block {
    std::size_t size = 0;
    std::array<std::int64_t, kBlock> prices;
    std::array<std::int64_t, kBlock> quantities;
    std::array<std::int8_t, kBlock> price_exponents;
    std::array<std::int8_t, kBlock> quantity_exponents;

    [[nodiscard]] Decimal price(std::size_t at) const { return {prices[at], price_exponents[at]}; }
    [[nodiscard]] Level level(std::size_t at) const;
    void put(std::size_t at, const Level& level);
    void open(std::size_t at);   // makes room
    void close(std::size_t at);  // takes out
    void move_tail(std::size_t from, Block& to);
  };
  struct Place {
    std::size_t block = 0;
    std::size_t at = 0;
    bool there = false;
  };

  template <Ladder kSide>
  [[nodiscard]] Place find(Decimal price) const;
  template <Ladder kSide>
  [[nodiscard]] Place find_uniform(std::int64_t price) const;
  template <Ladder kSide>
  [[nodiscard]] Place find_near(Decimal price, Place near) const;
  template <Ladder kSide>
  Tally set_list(const event::LevelsView& levels);
  Change put(Place place, Decimal price, Decimal quantity);
  void insert(Place place, const Level& level);
  void erase(Place place);
  void split(std::size_t block);
  bool join(std::size_t block);
  [[nodiscard]] std::unique_ptr<Block> take_block();
  void drop_block(std::size_t block);

  Ladder side_;
  std::size_t size_ = 0;
  bool uniform_ = true;  // every price has the exponent exponent_, so that mantissas decide
  std::int8_t exponent_ = 0;
  std::vector<std::unique_ptr<Block>> blocks_;  // none is empty
  std::vector<Decimal> heads_;                  // the price that each block begins with
  std::vector<std::unique_ptr<Block>> spare_;
};

}  // namespace tape::state
