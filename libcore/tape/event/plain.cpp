#include <tape/event/plain.h>

#include <charconv>

namespace tape::event {
namespace {

template <typename Integer>
void append_number(Integer value, std::string& out) {
  char digits[24];
  const auto result = std::to_chars(digits, digits + sizeof digits, value);
  out.append(digits, static_cast<std::size_t>(result.ptr - digits));
}

void append_hex(std::string_view bytes, std::string& out) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  for (const char c : bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
  }
}

bool append_enum(const Field& field, std::uint64_t value, std::string& out) {
  if (value == 0 && (field.tri || field.zero_is_unknown)) return false;
  if (field.tri && value <= 2) {
    out += value == 2 ? "true" : "false";
  } else if (value < field.enumerants.size()) {
    out += field.enumerants[value];
  } else {
    append_number(value, out);  // of a newer file
  }
  return true;
}

bool append_integer(const Field& field, std::int64_t number, std::string& out) {
  if (number == field.fallback && !field.always) return false;
  const auto bits = static_cast<std::uint64_t>(number);
  if (field.session) {
    for (int shift = 60; shift >= 0; shift -= 4) out += "0123456789abcdef"[(bits >> shift) & 15U];
  } else if (field.slot.type == SlotType::uint64) {
    append_number(bits, out);
  } else {
    append_number(number, out);
  }
  return true;
}

}  // namespace

bool is_scalar(SlotType type) {
  switch (type) {
    case SlotType::structure:
    case SlotType::list_of_struct:
    case SlotType::list_of_text:
    case SlotType::group:
      return false;
    default:
      return true;
  }
}

void append_utf8(std::string_view text, std::string& out) {
  while (true) {
    const auto valid = utf8_valid_prefix(text);
    out.append(text.data(), valid);
    if (valid == text.size()) return;
    out += "\xEF\xBF\xBD";
    text.remove_prefix(valid + 1);
  }
}

bool append_plain(const Field& field, const Sections& value, std::string& out) {
  const Slot& slot = field.slot;
  const auto before = out.size();
  switch (slot.type) {
    case SlotType::decimal: {
      char text[kDecimalSize];
      out.append(text, static_cast<std::size_t>(
                           format_decimal(load_decimal(value.data(), slot), text) - text));
      return out.size() != before;
    }
    case SlotType::moment: {
      const Nanos moment = value.integer(slot);
      if (moment == 0) return false;
      char text[kRfc3339Size];
      format_rfc3339(moment, text);
      out.append(text, sizeof text);
      return true;
    }
    case SlotType::text:
      append_utf8(value.text(slot), out);
      return out.size() != before;
    case SlotType::data:
      append_hex(value.bytes(slot), out);
      return out.size() != before;
    case SlotType::boolean:
      out += load_bool(value.data(), slot) ? "true" : "false";
      return true;
    case SlotType::nothing:
      out += "true";
      return true;
    case SlotType::enumeration:
      return append_enum(field, static_cast<std::uint64_t>(value.integer(slot)), out);
    case SlotType::structure:
    case SlotType::list_of_struct:
    case SlotType::list_of_text:
    case SlotType::group:
      return false;
    default:
      return append_integer(field, value.integer(slot), out);
  }
}

}  // namespace tape::event
