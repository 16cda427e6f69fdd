// The open orders of one account, and how the last ones ended.
#pragma once

#include <tape/state/row.h>
#include <tape/state/trust.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tape::state {

/// Keyed by identity(): order records are whole or name what changed; a field that is not given is
/// unchanged; the record with the later update time stands.
class Orders {
 public:
  struct Closed {
    Row row;
    bool filled = false;  // executed completely
    std::string reason;
    Moment moment;
  };
  /// What a message did to one order.
  struct Effect {
    std::string key;  // empty: nothing
    Decimal filled;   // cumulative, as known now; absent when not
    Nanos venue_at = 0;
    bool fresh = false;    // was not known before
    bool closed = false;   // is gone
    bool unmoved = false;  // more is filled and the remainder is the same
    Decimal remaining;     // with unmoved
    Decimal should_remain;
  };

  Orders();

  [[nodiscard]] Effect apply(schema::OrderUpdate::Reader update, const Occasion& occasion);
  /// A list of open orders; `symbol`: the only one asked for, empty = all. What a complete list
  /// lacks has gone unseen. Calls `told` for each order that is there or gone.
  void apply(schema::OpenOrders::Reader list, bool whole, std::string_view symbol,
             const Occasion& occasion, const std::function<void(const Effect&)>& told);

  [[nodiscard]] std::size_t size() const { return open_.size(); }
  [[nodiscard]] bool has(std::string_view key) const { return open_.find(key) != open_.end(); }
  /// A decimal of an open order by the schema's name; absent when there is none.
  [[nodiscard]] Decimal decimal(std::string_view key, std::string_view field) const;
  /// Of an open order or one of the last ended ones.
  [[nodiscard]] std::string_view position_side(std::string_view key) const;
  [[nodiscard]] const std::deque<Closed>& closed() const { return closed_; }
  [[nodiscard]] std::uint64_t unknown_removals() const { return unknown_removals_; }
  [[nodiscard]] std::uint64_t late() const { return late_; }

  void write(schema::AccountState::Builder out) const;
  void read(schema::AccountState::Reader in);

 private:
  using Open = std::map<std::string, Row, std::less<>>;

  [[nodiscard]] std::optional<Effect> put(schema::Order::Reader order, const Occasion& occasion);
  void close(Open::iterator at, bool filled, std::string_view reason, const Occasion& occasion);

  Open open_;
  std::deque<Closed> closed_;
  std::uint64_t unknown_removals_ = 0;
  std::uint64_t late_ = 0;
};

}  // namespace tape::state
