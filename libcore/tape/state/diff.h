// What differs between two states of the same things, entry by entry and field by field.
#pragma once

#include <tape/event/slot.h>
#include <tape/state/state.h>

#include <capnp/any.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tape::state {

/// Texts are as in JSON, without quotes; empty: not known there, or no such entry.
struct Difference {
  std::string entry;  // "books venue SYMBOL bids 100.5": lists and keys; empty: of the whole
  std::string field;  // by the schema's name
  std::string before;
  std::string after;
  std::optional<Decimal> change;  // after less before, of two decimals

  friend bool operator==(const Difference&, const Difference&) = default;
};

/// Entries of lists are matched by their keys (names, ids, prices), else by their place. Decimals
/// are compared by value: 5000.0 is 5000.
class Differ {
 public:
  template <typename Reader>
  [[nodiscard]] std::vector<Difference> diff(Reader before, Reader after) {
    found_.clear();
    compare(capnp::AnyStruct::Reader(before), capnp::AnyStruct::Reader(after),
            capnp::Schema::from<typename Reader::Reads>(), {});
    return std::move(found_);
  }

 private:
  using Struct = capnp::AnyStruct::Reader;

  void compare(Struct before, Struct after, capnp::StructSchema schema, const std::string& entry);
  void compare_list(Struct before, Struct after, const event::Slot& slot, const std::string& entry);
  void compare_value(Struct before, Struct after, const event::Slot& slot,
                     const std::string& entry);
  [[nodiscard]] const event::Layout& layout(capnp::StructSchema schema);

  std::map<std::uint64_t, event::Layout> layouts_;  // by the struct's id
  std::vector<Difference> found_;
};

}  // namespace tape::state
