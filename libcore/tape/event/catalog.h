// Every struct an Event can hold, its fields resolved and linked once: what JSON, CSV, text and
// selection walk over.
#pragma once

#include <tape/event/event.h>
#include <tape/event/slot.h>

#include <capnp/any.h>

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tape::event {

struct Node;

/// One field with what the forms need beside its place.
struct Field {
  Slot slot;
  std::string key;                      // ,"name": as it stands in JSON
  std::vector<std::string> enumerants;  // enumeration only, by value
  const Node* node = nullptr;           // structure, list_of_struct, group: what it holds
  std::int64_t fallback = 0;            // integers: the default, which means "none"
  bool tri = false;                     // is_tri
  bool symbol = false;                  // is_symbol, or the list `symbols`
  bool id = false;                      // is_id
  bool session = false;                 // is_session
  bool zero_is_unknown = false;  // enumeration whose first value is named "unknown": not said
  bool always = false;           // an integer that is shown also when it has its default
  std::optional<Slot> packed;    // list_of_struct: the PackedLevels that may stand for it
};

/// One struct or group of the schema.
struct Node {
  std::string name;  // "BookDelta"
  std::uint32_t discriminant_offset = 0;
  std::vector<Field> fields;  // in schema order; packed levels belong to their list's
  bool holds_symbol = false;  // here or below stands a symbol
  bool holds_id = false;      // here or below stands an identity
};

/// A Tri: yes, no or not said.
[[nodiscard]] bool is_tri(const Slot& slot);
/// A Side: buy, sell or not said.
[[nodiscard]] bool is_side(const Slot& slot);
/// A session number, which all forms show as 16 hexadecimal digits.
[[nodiscard]] bool is_session(const Slot& slot);
/// The text `symbol`.
[[nodiscard]] bool is_symbol(const Slot& slot);
/// What --id finds: the identity of an order, fill, trade, transfer or notification, as text or
/// number.
[[nodiscard]] bool is_id(const Slot& slot);

/// The fields of a struct of event.capnp. Throws Error{internal} if no Event can hold it.
[[nodiscard]] const Node& node_of(capnp::StructSchema schema);
/// The fields of a body; null for a kind this version does not know.
[[nodiscard]] const Node* body_node(Kind kind);
/// The struct under the active member of `body`; an empty one if its pointer is null.
[[nodiscard]] capnp::AnyStruct::Reader body_of(schema::Event::Reader event);

/// The sections of one struct, for reading by slots. What lies beyond their end is absent: older
/// files have fewer. Hostile pointers throw kj::Exception.
class Sections {
 public:
  explicit Sections(capnp::AnyStruct::Reader reader)
      : data_(reader.getDataSection()), pointers_(reader.getPointerSection()) {}

  /// A struct without pointers.
  explicit Sections(kj::ArrayPtr<const kj::byte> data) : data_(data) {}

  [[nodiscard]] const kj::ArrayPtr<const kj::byte>& data() const { return data_; }
  /// Whether the pointer of the slot is there and not null.
  [[nodiscard]] bool has(const Slot& slot) const;
  [[nodiscard]] std::string_view text(const Slot& slot) const;
  [[nodiscard]] std::string_view bytes(const Slot& slot) const;
  [[nodiscard]] capnp::AnyStruct::Reader structure(const Slot& slot) const;
  [[nodiscard]] capnp::List<capnp::AnyStruct>::Reader structs(const Slot& slot) const;
  [[nodiscard]] capnp::List<capnp::Text>::Reader texts(const Slot& slot) const;
  /// An integer slot, sign-extended; unsigned ones as their bits.
  [[nodiscard]] std::int64_t integer(const Slot& slot) const;
  /// Whether the member of a union is the active one; true for fields outside unions.
  [[nodiscard]] bool active(const Node& node, const Slot& slot) const;

 private:
  kj::ArrayPtr<const kj::byte> data_;
  capnp::List<capnp::AnyPointer>::Reader pointers_;
};

/// The longest form one event may take. No honest event comes near; a hostile one points at the
/// same bytes many times.
inline constexpr std::size_t kMaxForm = std::size_t{256} << 20U;
/// Throws Error{limit} past it.
void check_form_size(std::size_t size);

/// Turns kj::Exception from hostile bytes into Error{format} that names the event.
[[noreturn]] void throw_damaged(const kj::Exception& exception, std::uint64_t session,
                                std::uint64_t ordinal);

}  // namespace tape::event
