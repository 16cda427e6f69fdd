// An allowance of a venue: so many units in any window of time, and none after it complained.
#pragma once

#include <tape/base/time.h>

#include <cstdint>
#include <deque>

namespace tape::venue {

/// Never more than `limit` units in any span of `window`, wherever it begins. Pure: time comes in
/// and never goes back. Memory: one entry for each different moment in the window.
class Budget {
 public:
  Budget(std::uint32_t limit, Nanos window);

  /// Whether the cost fits now; if so it is spent. A cost above the limit fits an unspent window.
  [[nodiscard]] bool take(std::uint32_t cost, Nanos now);

  /// Nothing fits before this moment. A pause only grows.
  void pause(Nanos until);

  [[nodiscard]] std::uint32_t used(Nanos now) const;
  [[nodiscard]] std::uint32_t limit() const { return limit_; }
  [[nodiscard]] Nanos paused_until() const { return paused_until_; }

 private:
  struct Spent {
    Nanos at;
    std::uint32_t cost;
  };

  std::uint32_t limit_;
  Nanos window_;
  Nanos paused_until_ = 0;
  std::deque<Spent> spent_;
};

}  // namespace tape::venue
