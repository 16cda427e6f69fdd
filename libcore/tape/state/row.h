// One record of the state (a balance, a position): a flat struct of the schema that deltas fill in
// field by field.
#pragma once

#include <tape/base/time.h>
#include <tape/event/slot.h>

#include <capnp/any.h>
#include <capnp/schema.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tape::state {

/// The scalar and text fields of one struct type, resolved once.
class RowType {
 public:
  template <typename Struct>
  [[nodiscard]] static const RowType& of() {
    static const RowType kType(capnp::Schema::from<Struct>());
    return kType;
  }
  explicit RowType(capnp::StructSchema schema);

  [[nodiscard]] const event::Layout& layout() const { return layout_; }
  /// Throws Error{internal} when there is none.
  [[nodiscard]] const event::Slot& slot(std::string_view name) const { return layout_.find(name); }
  /// Null when there is none.
  [[nodiscard]] const event::Slot* slot_if(std::string_view name) const;

 private:
  event::Layout layout_;
};

/// Values as the venue gave them last. A field that a message does not give stays as it was:
/// missing is unchanged.
class Row {
 public:
  explicit Row(const RowType& type);

  /// Takes every field that is given: a decimal that is not absent, a text that is not empty, a Tri
  /// or Side that is said, a number that is not the schema's default, a moment that is not 0.
  void merge(capnp::AnyStruct::Reader given);

  [[nodiscard]] Decimal decimal(const event::Slot& slot) const;
  [[nodiscard]] Nanos moment(const event::Slot& slot) const;
  [[nodiscard]] std::string_view text(const event::Slot& slot) const;
  void set_text(const event::Slot& slot, std::string_view value);
  void set_moment(const event::Slot& slot, Nanos value);
  void set_decimal(const event::Slot& slot, Decimal value);
  void set_bit(const event::Slot& slot, bool value);
  [[nodiscard]] bool bit(const event::Slot& slot) const;
  /// Of an enumeration.
  [[nodiscard]] std::uint16_t number(const event::Slot& slot) const;
  void set_number(const event::Slot& slot, std::uint16_t value);

  /// Into a fresh struct of the same type; merge() into a fresh Row reads it back.
  void write(capnp::AnyStruct::Builder out) const;

 private:
  [[nodiscard]] kj::ArrayPtr<const kj::byte> data() const { return {data_.data(), data_.size()}; }

  const RowType* type_;
  std::vector<std::uint8_t> data_;  // a data section as it stands in a message
  std::vector<std::string> texts_;  // by pointer index
};

}  // namespace tape::state
