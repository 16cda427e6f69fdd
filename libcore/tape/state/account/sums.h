// Fills added up, held against what the venue states: positions, and the filled part of orders.
#pragma once

#include <tape/state/trust.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace tape::state {

/// Fills and statements come by feeds of their own, in either order; so the two are compared when
/// neither moved for two seconds. After a comparison the statement is the new base, right or wrong:
/// one missing fill is found once.
class Sums {
 public:
  enum class Kind : std::uint8_t { order, position };
  struct Key {
    Kind kind = Kind::order;
    std::string key;
    std::string side;
    friend bool operator<(const Key& a, const Key& b) {
      return std::tie(a.kind, a.key, a.side) < std::tie(b.kind, b.key, b.side);
    }
  };
  struct Sum {
    Decimal base;
    Decimal sum{0, 0};
    Decimal stated;
    Nanos base_at = 0;    // venue time; what it says is in the base
    Nanos stated_at = 0;  // venue time
    Nanos from_at = 0;    // when the base was received
    Nanos touched_at = 0;
    Moment moment;  // of the last touch
    bool pending = false;
  };
  enum class Counted : std::uint8_t { unknown, counted, within_base };

  static constexpr Nanos kQuiet = 2 * kSecond;

  /// The venue states a value. `origin`: before, it was zero for certain.
  void state(const Key& key, Decimal value, Nanos venue_at, bool origin, const Occasion& occasion);
  /// `amount` is signed as the statements are. `old`: listed, not told as it happened.
  Counted fill(const Key& key, Decimal amount, Nanos filled_at, bool old, const Occasion& occasion);
  void erase(const Key& key) { sums_.erase(key); }
  [[nodiscard]] const Sum* find(const Key& key) const;

  /// No comparison is due before this; kNever when none is.
  [[nodiscard]] Nanos due() const { return due_; }
  static constexpr Nanos kNever = INT64_MAX;
  /// Compares what is due: `judge` gets the key, the sum before it becomes the base, and the
  /// expected value; it says whether the sum is kept.
  using Judge = std::function<bool(const Key& key, const Sum& sum, Decimal expected)>;
  void settle(Nanos now, const Judge& judge);

  void write(schema::AccountResume::Builder out) const;
  void read(capnp::List<schema::RunningSum>::Reader in);

 private:
  void touch(Sum& sum, const Moment& moment);

  std::map<Key, Sum> sums_;
  Nanos due_ = kNever;
};

}  // namespace tape::state
