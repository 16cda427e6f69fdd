// A field table bound to the schema: a tree over the JSON, with offsets where values go. Internal
// to venue/.
#pragma once

#include <tape/event/slot.h>
#include <tape/venue/parser.h>
#include <tape/venue/table.h>

#include <capnp/any.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tape::venue {

/// Structs under construction while a frame is walked: the Event, its body, structs inside, the
/// current list element.
struct Scope {
  enum class Kind : std::uint8_t { event, body, structure, list_of_one, element };
  Kind kind = Kind::event;
  std::uint16_t parent = 0;
  std::uint16_t pointer = 0;  // in the parent's pointer section
  std::uint16_t data_words = 0;
  std::uint16_t pointers = 0;
  std::vector<std::uint16_t>
      inner;  // structs inside an element, to be forgotten when the next element begins
};

/// Makes the struct of a scope (structure or list_of_one) inside its parent's.
capnp::AnyStruct::Builder begin_struct(const Scope& scope, capnp::AnyStruct::Builder parent);

struct Leaf {
  std::uint16_t scope = 0;
  Form form = Form::text;
  event::Slot slot;
  std::span<const std::string_view> values;
};

struct ListTarget {
  std::uint16_t scope = 0;  // that holds the list
  std::uint16_t pointer = 0;
  std::uint16_t element = 0;  // scope of the elements; unused with text_list
  bool text_list = false;
  // Of a list of levels: the pointer of the packed ones that may stand for it.
  std::optional<std::uint16_t> packed = std::nullopt;

  bool operator==(const ListTarget&) const = default;
};

struct Node {
  struct Member {
    std::string key;
    std::uint16_t node = 0;
  };
  struct Position {
    std::size_t index = 0;
    std::uint16_t node = 0;
  };

  std::string path;
  Need need = Need::optional;
  std::vector<Leaf> leaves;           // of a scalar here; Form::present of anything
  std::vector<Member> members;        // of an object whose keys are names
  std::vector<Position> positions;    // of an array that is a tuple
  std::optional<ListTarget> list;     // what an array or map here becomes
  std::optional<std::uint16_t> each;  // of every element or map value
  std::vector<Leaf> map_keys;         // of every key of a map
  bool map = false;
  bool ignored = false;
  bool needed = false;       // a member or position of it is required
  bool level = false;        // a tuple of required decimals of one list element
  std::uint64_t wanted = 0;  // members (by index, the first 64) that are expected or required
};

class Program {
 public:
  explicit Program(const Table& table);

  struct Fixed {
    Leaf leaf;
    std::int64_t value = 0;
  };

  Table table;
  std::uint16_t body_which = 0;         // index in Event.body
  std::uint32_t body_which_offset = 0;  // bytes in the Event's data section
  std::vector<Scope> scopes;            // 0 the Event, 1 the body
  std::vector<Node> nodes;              // 0 the root
  std::vector<Fixed> constants;

 private:
  struct FieldPath;
  /// A struct's layout, read from its schema once a table.
  const event::Layout& layout(capnp::StructSchema schema);
  void add(const Field& field);
  FieldPath resolve(std::string_view path);
  std::uint16_t scope_for(Scope scope);
  std::uint16_t member(std::uint16_t node, std::string_view key);
  std::uint16_t position(std::uint16_t node, std::size_t index);
  std::uint16_t each(std::uint16_t node, const std::optional<ListTarget>& list, bool map);
  std::uint16_t add_node(std::string path);
  void finish();

  std::map<std::uint64_t, event::Layout>
      layouts_;  // by the id of the struct; needed while building
};

}  // namespace tape::venue
