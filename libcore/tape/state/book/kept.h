// The latest deltas of a book that waits for a snapshot, packed as a checkpoint holds them.
#pragma once

#include <tape/event/event.h>
#include <tape/event/levels.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tape::state {

/// The numbers of one delta. A venue either lets every delta name the one before it (previous), or
/// counts on by one; first is where a delta covers several numbers. All 0: the feed has no numbers.
struct Step {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t previous = 0;
};

/// Bounded: when full, the older half goes. Layout: schemas/README.md, "Kept deltas".
class KeptDeltas {
 public:
  /// Behind the others, which it follows.
  void add(const Step& step, schema::BookDelta::Reader delta);
  void clear();
  [[nodiscard]] bool empty() const { return count_ == 0; }

  /// Reads deltas from the oldest on. Valid until add(), drop_before() or clear().
  class Cursor {
   public:
    explicit Cursor(const KeptDeltas& kept);
    /// The numbers of the next one, past the levels of the one before. False: there is none.
    [[nodiscard]] bool next(Step& step);
    /// The levels of the delta at hand that were not visited: visit(is_bid, price, quantity).
    template <typename Visit>
    void for_each(Visit visit) {
      for (event::PackedRun run; next_run(run);) {
        event::PackedCursor cursor(run);
        for (event::LevelRow row; cursor.next(row);) visit(bid_, row.price(), row.quantity());
      }
    }

   private:
    friend class KeptDeltas;
    [[nodiscard]] bool next_run(event::PackedRun& run);
    [[nodiscard]] std::uint64_t take();

    const std::uint8_t* at_;
    const std::uint8_t* end_;
    const std::uint8_t* delta_;  // where the one at hand begins
    std::uint64_t base_;
    std::uint64_t runs_ = 0;  // of the side that are left
    unsigned sides_ = 0;      // that are left
    bool bid_ = false;
  };

  /// Drops the deltas before the one at hand.
  void drop_before(const Cursor& cursor);

  void write(schema::BookResume::Builder out) const;
  /// Throws kj::Exception when damaged.
  void read(schema::BookResume::Reader in);

 private:
  void make_room(std::size_t levels);
  void recount();
  void put(std::uint64_t value);
  void put(const event::LevelsView& levels);
  void put(const event::PackedRun& run);

  std::vector<std::uint8_t> bytes_;
  std::uint64_t base_ = 0;  // update ids count from here
  std::size_t count_ = 0;   // deltas
  std::size_t levels_ = 0;
  event::LevelPacker packer_;
};

}  // namespace tape::state
