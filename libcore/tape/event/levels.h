// Packed levels of a book (schemas/README.md, "Packed levels"): lists of levels as tape files hold
// them, a third of the size.
#pragma once

#include <tape/base/bytes.h>
#include <tape/base/varint.h>
#include <tape/event/event.h>
#include <tape/event/slot.h>

#include <capnp/any.h>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace tape::event {

/// The data section of schema::Level; exponents XOR their default, as Cap'n Proto stores them.
struct LevelRow {
  std::int64_t price_mantissa = 0;
  std::int8_t price_exponent = 0;
  std::int8_t quantity_exponent = 0;
  std::uint8_t padding[6] = {};
  std::int64_t quantity_mantissa = 0;

  [[nodiscard]] Decimal price() const {
    return {price_mantissa, static_cast<std::int8_t>(price_exponent ^ Decimal::kAbsent)};
  }
  [[nodiscard]] Decimal quantity() const {
    return {quantity_mantissa, static_cast<std::int8_t>(quantity_exponent ^ Decimal::kAbsent)};
  }
};

/// The content of schema::PackedLevels; `levels` is a view.
struct PackedRun {
  std::int8_t price_exponent = 0;
  std::int8_t quantity_exponent = 0;
  std::uint32_t count = 0;
  Bytes levels;
};
[[nodiscard]] PackedRun run_of(schema::PackedLevels::Reader packed);

/// Reads levels one by one. Damage throws kj::Exception, as damaged pointers do.
class PackedCursor {
 public:
  PackedCursor() = default;
  /// Throws when there cannot be as many levels as it says.
  explicit PackedCursor(const PackedRun& run);
  explicit PackedCursor(schema::PackedLevels::Reader packed) : PackedCursor(run_of(packed)) {}

  [[nodiscard]] std::uint32_t count() const { return count_; }  // in all
  /// False behind the last one. Throws when bytes are missing or left over.
  bool next(LevelRow& row);
  /// Several at once: how many; 0 behind the last one.
  std::size_t next(std::span<LevelRow> rows);

 private:
  const std::uint8_t* at_ = nullptr;
  const std::uint8_t* end_ = nullptr;
  std::uint32_t count_ = 0;
  std::uint32_t left_ = 0;
  std::uint64_t price_ = 0;
  std::int8_t price_exponent_ = 0;
  std::int8_t quantity_exponent_ = 0;
};

/// The levels of one side of a BookDelta or BookSnapshot, packed or not.
class LevelsView {
 public:
  explicit LevelsView(capnp::List<schema::Level>::Reader list, bool is_packed = false,
                      schema::PackedLevels::Reader packed = {})
      : list_(list), packed_(packed), is_packed_(is_packed && list.size() == 0) {}

  [[nodiscard]] std::size_t size() const { return is_packed_ ? packed_.getCount() : list_.size(); }
  [[nodiscard]] bool packed() const { return is_packed_; }
  /// Of packed ones, valid as long as the message.
  [[nodiscard]] PackedRun run() const { return run_of(packed_); }
  /// visit(price, quantity), in order.
  template <typename Visit>
  void for_each(Visit visit) const {
    if (is_packed_) {
      PackedCursor cursor(packed_);
      std::array<LevelRow, 32> rows;
      while (const auto count = cursor.next(rows)) {
        for (std::size_t i = 0; i < count; ++i) visit(rows[i].price(), rows[i].quantity());
      }
    } else {
      for (const auto level : list_)
        visit(get_decimal(level.getPrice()), get_decimal(level.getQuantity()));
    }
  }

 private:
  capnp::List<schema::Level>::Reader list_;
  schema::PackedLevels::Reader packed_;
  bool is_packed_;
};
template <typename Body>
[[nodiscard]] LevelsView bids_of(Body body) {
  return LevelsView(body.getBids(), body.hasBidsPacked(), body.getBidsPacked());
}
template <typename Body>
[[nodiscard]] LevelsView asks_of(Body body) {
  return LevelsView(body.getAsks(), body.hasAsksPacked(), body.getAsksPacked());
}

/// Most bytes a level takes packed.
inline constexpr std::size_t kMostPacked = 2 * kMaxVarint;
/// Writes one level, at most kMostPacked bytes; `before` is the price mantissa of the level before
/// it, 0 at the first. Returns where the next goes.
std::uint8_t* pack_level(std::int64_t price, std::int64_t quantity, std::int64_t before,
                         std::uint8_t* out);

/// Packs any levels as runs that have one exponent each, of at most `most` levels.
class LevelPacker {
 public:
  explicit LevelPacker(std::uint32_t most = UINT32_MAX) : most_(most) {}

  void clear();
  void add(Decimal price, Decimal quantity);
  [[nodiscard]] std::size_t runs() const { return runs_.size(); }
  /// Valid until the next add() or clear().
  [[nodiscard]] PackedRun run(std::size_t index) const;

 private:
  struct Run {
    PackedRun head;
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  std::uint32_t most_;
  std::vector<Run> runs_;
  std::vector<std::uint8_t> bytes_;
  std::size_t used_ = 0;
  std::int64_t before_ = 0;
};

/// A field that holds packed levels.
[[nodiscard]] bool is_packed_levels(const Slot& slot);
/// The field of the same struct whose packed levels may stand for a list; null: none.
[[nodiscard]] const Slot* packed_beside(const Layout& layout, const Slot& list);

/// A list of levels and the packed form that may stand for it, as indices in the pointer section of
/// their body.
struct PackedList {
  std::uint16_t list = 0;
  std::uint16_t packed = 0;
};
/// Those of bodies of a kind; of most kinds none.
[[nodiscard]] std::span<const PackedList> packed_lists(Kind kind);
[[nodiscard]] bool is_packed(schema::Event::Reader event);
/// Reads all packed levels of the event, for the damage in them.
void check_packed(schema::Event::Reader event);

}  // namespace tape::event
