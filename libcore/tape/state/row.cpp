#include <tape/state/row.h>

#include <algorithm>

namespace tape::state {
namespace {

std::size_t width(event::SlotType type) {
  using event::SlotType;
  switch (type) {
    case SlotType::int8:
    case SlotType::uint8:
      return 1;
    case SlotType::int16:
    case SlotType::uint16:
    case SlotType::enumeration:
      return 2;
    case SlotType::int32:
    case SlotType::uint32:
      return 4;
    case SlotType::int64:
    case SlotType::uint64:
    case SlotType::decimal:
    case SlotType::moment:
      return 8;
    default:
      return 0;
  }
}

// Stored bytes are the value XOR its default, so all zero means the default.
bool copy_if_given(kj::ArrayPtr<const kj::byte> from, std::size_t offset, std::size_t size,
                   std::vector<std::uint8_t>& to) {
  if (offset + size > from.size() || offset + size > to.size()) return false;
  const auto* bytes = from.begin() + offset;
  if (std::all_of(bytes, bytes + size, [](std::uint8_t b) { return b == 0; })) return false;
  std::copy_n(bytes, size, to.begin() + static_cast<std::ptrdiff_t>(offset));
  return true;
}

void copy_decimal(kj::ArrayPtr<const kj::byte> from, const event::Slot& slot,
                  std::vector<std::uint8_t>& to) {
  if (event::load_decimal(from, slot).absent()) return;
  if (slot.offset + 8 > from.size() || slot.offset + 8 > to.size()) return;
  std::copy_n(from.begin() + slot.offset, 8, to.begin() + slot.offset);
  to[slot.exponent_offset] = from[slot.exponent_offset];
}

}  // namespace

RowType::RowType(capnp::StructSchema schema) : layout_(event::layout_of(schema)) {}

const event::Slot* RowType::slot_if(std::string_view name) const {
  for (const auto& slot : layout_.slots) {
    if (slot.name == name) return &slot;
  }
  return nullptr;
}

Row::Row(const RowType& type)
    : type_(&type),
      data_(type.layout().data_words * sizeof(capnp::word)),
      texts_(type.layout().pointers) {}

void Row::merge(capnp::AnyStruct::Reader given) {
  const auto from = given.getDataSection();
  const auto pointers = given.getPointerSection();
  for (const event::Slot& slot : type_->layout().slots) {
    if (slot.type == event::SlotType::decimal) {
      copy_decimal(from, slot, data_);
    } else if (slot.type == event::SlotType::boolean) {
      if (slot.offset / 8 >= from.size()) continue;
      const auto bit = static_cast<std::uint8_t>(from[slot.offset / 8] & (1U << (slot.offset % 8)));
      data_[slot.offset / 8] = static_cast<std::uint8_t>(data_[slot.offset / 8] | bit);
    } else if (slot.type == event::SlotType::text) {
      if (slot.offset >= pointers.size()) continue;
      const auto text = pointers[slot.offset].getAs<capnp::Text>();
      if (text.size() != 0) texts_[slot.offset].assign(text.begin(), text.size());
    } else if (const auto size = width(slot.type); size != 0) {
      copy_if_given(from, slot.offset, size, data_);
    }
  }
}

Decimal Row::decimal(const event::Slot& slot) const { return event::load_decimal(data(), slot); }

Nanos Row::moment(const event::Slot& slot) const {
  return event::load<Nanos>(data(), slot.offset, slot.mask);
}

std::string_view Row::text(const event::Slot& slot) const { return texts_[slot.offset]; }

void Row::set_text(const event::Slot& slot, std::string_view value) {
  texts_[slot.offset].assign(value);
}

void Row::set_moment(const event::Slot& slot, Nanos value) {
  event::store(data_.data(), slot.offset, value, slot.mask);
}

void Row::set_decimal(const event::Slot& slot, Decimal value) {
  event::store(data_.data(), slot.offset, value.mantissa, slot.mask);
  event::store(data_.data(), slot.exponent_offset, value.exponent, slot.exponent_mask);
}

void Row::set_bit(const event::Slot& slot, bool value) {
  auto& byte = data_[slot.offset / 8];
  const auto mask = static_cast<std::uint8_t>(1U << (slot.offset % 8));
  byte = static_cast<std::uint8_t>(value ? byte | mask : byte & ~mask);
}

bool Row::bit(const event::Slot& slot) const { return event::load_bool(data(), slot); }

std::uint16_t Row::number(const event::Slot& slot) const {
  return event::load<std::uint16_t>(data(), slot.offset, slot.mask);
}

void Row::set_number(const event::Slot& slot, std::uint16_t value) {
  event::store(data_.data(), slot.offset, value, slot.mask);
}

void Row::write(capnp::AnyStruct::Builder out) const {
  auto data = out.getDataSection();
  std::copy_n(data_.begin(), std::min(data.size(), data_.size()), data.begin());
  auto pointers = out.getPointerSection();
  for (const event::Slot& slot : type_->layout().slots) {
    if (slot.type != event::SlotType::text || texts_[slot.offset].empty()) continue;
    pointers[slot.offset].setAs<capnp::Text>(
        capnp::Text::Reader(texts_[slot.offset].c_str(), texts_[slot.offset].size()));
  }
}

}  // namespace tape::state
