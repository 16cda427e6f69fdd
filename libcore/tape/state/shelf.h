// Rows of one type by a key: the entries of an account that a venue names one by one.
#pragma once

#include <tape/state/row.h>
#include <tape/state/trust.h>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace tape::state {

/// Rows have the field receivedAt. What a message does not name stays as it was.
class Shelf {
 public:
  using Rows = std::map<std::string, Row, std::less<>>;
  using Names = std::set<std::string, std::less<>>;

  explicit Shelf(const RowType& type);

  /// Fills the row in, or makes it. Null when an answer is older than the row, or the shelf full.
  Row* put(const std::string& key, capnp::AnyStruct::Reader given, const Occasion& occasion);
  /// Drops every row that a complete list does not name, but those that are newer than it.
  void keep(const Names& named, const Occasion& occasion);
  void restore(const std::string& key, capnp::AnyStruct::Reader given);
  void clear() { rows_.clear(); }

  [[nodiscard]] const Row* find(std::string_view key) const;
  [[nodiscard]] Rows& rows() { return rows_; }
  [[nodiscard]] const Rows& rows() const { return rows_; }
  [[nodiscard]] bool empty() const { return rows_.empty(); }

  /// Into a list of as many structs of the type.
  template <typename ListBuilder>
  void write(ListBuilder out) const {
    unsigned index = 0;
    for (const auto& [key, row] : rows_) row.write(capnp::toAny(out[index++]));
  }
  [[nodiscard]] unsigned size() const { return static_cast<unsigned>(rows_.size()); }

 private:
  const RowType* type_;
  const event::Slot* received_;
  Rows rows_;
};

}  // namespace tape::state
