// Whether depth updates follow each other: pu of each is u of the one before, per connection and
// symbol.
#pragma once

#include <tape/base/time.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace tape::venue::binance_usdm {

/// The numbers of a diff depth update (C.5 of the venue's streams): first and last update it holds,
/// last of the one before.
struct DepthNumbers {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t previous = 0;  // 0 = not given (spot): no rule
};

struct Break {
  enum class Kind : std::uint8_t { missing, repeated, reset };
  Kind kind = Kind::missing;
  std::uint64_t expected = 0;
  std::uint64_t got = 0;
};

/// Pure: numbers in, findings out. Allocates only for a symbol that it has not seen.
class Sequence {
 public:
  /// What the update breaks, if anything. `now` is when it was received.
  [[nodiscard]] std::optional<Break> on_depth(std::uint32_t connection, std::string_view symbol,
                                              const DepthNumbers& numbers, Nanos now);

  /// A whole book at update `id`, from any connection. How long ago the gap was that it closes, if
  /// it closes one: it is not older than the first update behind the gap.
  [[nodiscard]] std::optional<Nanos> on_snapshot(std::string_view symbol, std::uint64_t id,
                                                 Nanos now);

  /// Chains of a connection that began or ended start anew.
  void on_connection(std::uint32_t connection);

 private:
  struct KeyView {
    std::uint32_t connection;
    std::string_view symbol;
  };
  struct Key {
    std::uint32_t connection;
    std::string symbol;
    operator KeyView() const {
      return {connection, symbol};
    }  // NOLINT(google-explicit-constructor): one look-up for both
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const KeyView& key) const {
      return std::hash<std::string_view>()(key.symbol) + key.connection * 0x9E3779B97F4A7C15U;
    }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const KeyView& a, const KeyView& b) const {
      return a.connection == b.connection && a.symbol == b.symbol;
    }
  };
  struct Chain {
    std::uint64_t last = 0;
    bool broken = false;
    Nanos broken_at = 0;
    std::uint64_t resumed = 0;   // first update behind the gap
    std::uint64_t repeated = 0;  // last of the update before, if that was repeated
    std::uint32_t run = 0;       // of repeated updates that follow each other
  };

  std::unordered_map<Key, Chain, Hash, Equal> chains_;
  std::size_t broken_ = 0;  // chains that are
};

}  // namespace tape::venue::binance_usdm
