// A typed event written back as the venue's JSON, through the same field table that decodes it.
#pragma once

#include <tape/event/event.h>
#include <tape/venue/parser.h>
#include <tape/venue/table.h>

#include <capnp/any.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tape::venue {

struct Leaf;
struct ListTarget;
struct Node;

/// How a venue spells what its tables leave open.
struct Spelling {
  bool quoted_decimals = false;  // "1.20" instead of 1.20
  bool capital_sides = false;    // BUY instead of buy
  bool position_sides = false;   // long instead of buy
};

/// A member of the message that no field holds: {"feed", "book_snapshot"}.
struct FixedMember {
  std::string_view key;
  std::string_view text;
};

/// One a table and thread. What decodes to several rows of one field is written by the first of
/// them; what is not given is left out, unless the table expects it.
class TableWriter {
 public:
  /// Throws Error{internal} when the table does not fit the schema.
  TableWriter(const Table& table, const Spelling& spelling);

  /// Appends the message of the event, whose body must be the table's and whose levels are lists.
  /// Reading it back by the table gives the same fields, those that have rows.
  void append(schema::Event::Reader event, std::span<const FixedMember> fixed, std::string& out);

 private:
  struct Place {  // of a scope that a loop is in
    capnp::AnyStruct::Reader element;
    bool set = false;
  };

  [[nodiscard]] capnp::AnyStruct::Reader reader(std::uint16_t scope) const;
  [[nodiscard]] bool node(std::uint16_t index, std::string& out);
  [[nodiscard]] bool object(std::uint16_t index, std::span<const FixedMember> fixed,
                            std::string& out);
  void array(std::uint16_t index, std::string& out);
  void tuple(std::uint16_t index, std::string& out);
  [[nodiscard]] bool map_members(std::uint16_t index, bool first, std::string& out);
  [[nodiscard]] bool given(const ListTarget& list) const;
  [[nodiscard]] bool stands(const Node& here) const;
  [[nodiscard]] bool scalar(std::uint16_t index, std::string& out) const;
  [[nodiscard]] bool leaf(const Leaf& leaf, bool always, std::string& out) const;

  ProgramPtr program_;
  Spelling spelling_;
  capnp::AnyStruct::Reader event_;
  std::vector<Place> places_;  // by scope
};

}  // namespace tape::venue
