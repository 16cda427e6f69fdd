// The continuity rule of Kraken Futures: numbers rise by 1 per connection, feed and product, from a
// snapshot on.
#pragma once

#include <tape/base/time.h>
#include <tape/schemas/event.capnp.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace tape::venue::kraken_futures {

struct Break {
  schema::GapKind kind = schema::GapKind::MISSING;
  std::uint64_t expected = 0;
  std::uint64_t got = 0;
  std::uint64_t missing = 0;
};

/// What an event shows about the ones before it. Both may be given: a snapshot that jumps back
/// after a gap.
struct Finding {
  std::optional<Break> gap;
  std::optional<Nanos> resynchronised;  // time since the gap that this snapshot closes
};

/// Pure: decoded events in, findings out. Books, trades, balances and positions have a rule. The
/// numbers of fills are hints only (a filter makes holes), and orders, tickers and notifications
/// have none. Allocates only for a product that it has not seen on a connection.
class Sequence {
 public:
  /// A number this far behind or less was late or came twice; one further behind means that
  /// numbering began anew.
  static constexpr std::uint64_t kLate = 1000;

  [[nodiscard]] Finding check(schema::Event::Reader event);

  /// Numbers of a connection that began or ended start anew.
  void on_connection(std::uint32_t connection);

 private:
  enum class Feed : std::uint8_t { book, trade, balances, positions };
  struct KeyView {
    std::uint32_t connection;
    Feed feed;
    std::string_view name;  // product, or the user of an account feed
  };
  struct Key {
    std::uint32_t connection;
    Feed feed;
    std::string name;
    operator KeyView() const {
      return {connection, feed, name};
    }  // NOLINT(google-explicit-constructor): one look-up for both
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const KeyView& key) const {
      const auto where = std::size_t{key.connection} * 4 + static_cast<std::size_t>(key.feed);
      return std::hash<std::string_view>()(key.name) ^ (where * 0x9E3779B97F4A7C15U);
    }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const KeyView& a, const KeyView& b) const {
      return a.connection == b.connection && a.feed == b.feed && a.name == b.name;
    }
  };
  struct Chain {
    bool known = false;
    std::uint64_t last = 0;
    bool broken = false;
    Nanos broken_at = 0;
  };

  Chain& chain(const KeyView& key);
  static Finding follow(Chain& chain, std::uint64_t number, Nanos now);
  static Finding restart(Chain& chain, std::uint64_t number, Nanos now);

  std::unordered_map<Key, Chain, Hash, Equal> chains_;
};

}  // namespace tape::venue::kraken_futures
