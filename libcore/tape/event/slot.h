// Where the fields of the Event schema live: names resolved once into offsets, for code that is
// driven by tables (decoding, JSON, CSV) instead of by generated accessors.
#pragma once

#include <tape/base/decimal.h>

#include <capnp/any.h>
#include <capnp/schema.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace tape::event {

enum class SlotType : std::uint8_t {
  boolean,
  int8,
  int16,
  int32,
  int64,
  uint8,
  uint16,
  uint32,
  uint64,
  enumeration,  // 16 bits
  decimal,      // a group {mantissa, exponent}
  moment,       // Int64 whose name ends in "At": ns since 1970, 0 = none
  text,
  data,
  structure,
  list_of_struct,
  list_of_text,
  nothing,  // Void
  group,    // a group or union that is not a decimal
};

/// One field of a struct. Offsets are in bytes (bits for boolean) from the start of the data
/// section; what is stored is the value XOR `mask`, its default, as in every Cap'n Proto message.
struct Slot {
  std::string name;
  SlotType type = SlotType::nothing;
  std::uint32_t offset = 0;  // decimal: of the mantissa; pointers: index in the pointer section
  std::uint32_t exponent_offset = 0;  // decimal only
  std::uint64_t mask = 0;
  std::uint8_t exponent_mask = 0;  // decimal only
  std::uint16_t discriminant =
      0xFFFF;                     // the value that selects it in its union; 0xFFFF = not in a union
  capnp::StructSchema structure;  // structure, list_of_struct, group: of the struct or element
  capnp::EnumSchema enumeration;  // enumeration only
};

/// All fields of a struct in schema order.
struct Layout {
  std::uint16_t data_words = 0;
  std::uint16_t pointers = 0;
  std::uint32_t discriminant_offset = 0;  // bytes; only with a union
  std::vector<Slot> slots;

  /// Throws Error{internal} when there is no such field: tables are checked by tests.
  [[nodiscard]] const Slot& find(std::string_view name) const;
};

/// Reads a struct's schema. Groups share the sections of their struct, so their layout has its
/// sizes.
[[nodiscard]] Layout layout_of(capnp::StructSchema schema);

/// Raw access to a data section. Reads beyond its end give the default, as Cap'n Proto's evolution
/// wants.
template <typename Word>
[[nodiscard]] Word load(const kj::ArrayPtr<const kj::byte>& data, std::uint32_t offset,
                        std::uint64_t mask) {
  Word value{};
  if (offset + sizeof value <= data.size())
    std::memcpy(&value, data.begin() + offset, sizeof value);
  return static_cast<Word>(value ^ static_cast<Word>(mask));
}
template <typename Word>
void store(std::uint8_t* data, std::uint32_t offset, Word value, std::uint64_t mask) {
  value = static_cast<Word>(value ^ static_cast<Word>(mask));
  std::memcpy(data + offset, &value, sizeof value);
}

[[nodiscard]] inline Decimal load_decimal(const kj::ArrayPtr<const kj::byte>& data,
                                          const Slot& slot) {
  return {load<std::int64_t>(data, slot.offset, slot.mask),
          load<std::int8_t>(data, slot.exponent_offset, slot.exponent_mask)};
}
[[nodiscard]] inline bool load_bool(const kj::ArrayPtr<const kj::byte>& data, const Slot& slot) {
  const auto byte = load<std::uint8_t>(data, slot.offset / 8, 0);
  return (((byte >> (slot.offset % 8)) & 1U) ^ static_cast<unsigned>(slot.mask & 1U)) != 0;
}

}  // namespace tape::event
