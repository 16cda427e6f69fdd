#include <tape/base/time.h>
#include <tape/venue/leaf.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>

namespace tape::venue {
namespace {

using event::Slot;
using event::SlotType;
using schema::Side;
using schema::Tri;

/// An integer written as such, or as a decimal without a fraction (5000.0).
Stored parse_integer(std::string_view text, std::int64_t& out) {
  // Up to 18 digits fit whatever they are: nearly all times and numbers.
  if (!text.empty() && text.size() <= 18) {
    std::int64_t number = 0;
    std::size_t i = 0;
    for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i) {
      number = number * 10 + (text[i] - '0');
    }
    if (i == text.size()) {
      out = number;
      return Stored::ok;
    }
  }
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (end == text.data() + text.size() && !text.empty()) {
    return code == std::errc() ? Stored::ok : Stored::out_of_range;
  }
  Decimal decimal;
  if (parse_decimal(text, decimal) != DecimalParse::ok) return Stored::bad;
  while (decimal.exponent < 0 && decimal.mantissa % 10 == 0) {
    decimal.mantissa /= 10;
    ++decimal.exponent;
  }
  if (decimal.mantissa == 0) decimal.exponent = 0;
  if (decimal.exponent < 0) return Stored::bad;
  for (; decimal.exponent > 0; --decimal.exponent) {
    if (__builtin_mul_overflow(decimal.mantissa, std::int64_t{10}, &decimal.mantissa)) {
      return Stored::out_of_range;
    }
  }
  out = decimal.mantissa;
  return Stored::ok;
}

Stored store_number(const Slot& slot, std::string_view text, std::uint8_t* data) {
  if (slot.type == SlotType::uint64) {
    std::uint64_t value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end == text.data() + text.size() && !text.empty()) {
      if (code != std::errc()) return Stored::out_of_range;
      event::store(data, slot.offset, value, slot.mask);
      return Stored::ok;
    }
  }
  std::int64_t value = 0;
  const auto parsed = parse_integer(text, value);
  if (parsed != Stored::ok) return parsed;
  const auto fits = [&](auto limit) {
    using Word = decltype(limit);
    return value >= 0 ? static_cast<std::uint64_t>(value) <=
                            static_cast<std::uint64_t>(std::numeric_limits<Word>::max())
                      : std::is_signed_v<Word> &&
                            value >= static_cast<std::int64_t>(std::numeric_limits<Word>::min());
  };
  bool in_range = true;
  switch (slot.type) {
    case SlotType::int32:
      in_range = fits(std::int32_t{});
      break;
    case SlotType::uint16:
      in_range = fits(std::uint16_t{});
      break;
    case SlotType::uint32:
      in_range = fits(std::uint32_t{});
      break;
    case SlotType::uint64:
      in_range = value >= 0;
      break;
    default:
      break;
  }
  if (!in_range) return Stored::out_of_range;
  store_integer(slot, value, data);
  return Stored::ok;
}

Stored store_decimal(const Slot& slot, std::string_view text, std::uint8_t* data) {
  Decimal value;
  switch (parse_decimal(text, value)) {
    case DecimalParse::malformed:
      return Stored::bad;
    case DecimalParse::out_of_range:
      return Stored::out_of_range;
    case DecimalParse::ok:
      break;
  }
  event::store(data, slot.offset, value.mantissa, slot.mask);
  event::store(data, slot.exponent_offset, value.exponent, slot.exponent_mask);
  return Stored::ok;
}

Stored store_truth(const Slot& slot, bool value, std::uint8_t* data) {
  if (slot.type == SlotType::enumeration) {
    store_integer(slot, static_cast<std::int64_t>(value ? Tri::YES : Tri::NO), data);
  } else {
    store_integer(slot, value ? 1 : 0, data);
  }
  return Stored::ok;
}

/// true or false, as a word or inside a string.
std::optional<bool> truth_of(const Token& token) {
  if (token.kind == Token::Kind::truth || token.text == "true") return true;
  if (token.kind == Token::Kind::falsehood || token.text == "false") return false;
  return std::nullopt;
}

Stored store_side(const Slot& slot, Side side, std::uint8_t* data) {
  store_integer(slot, static_cast<std::int64_t>(side), data);
  return side == Side::UNKNOWN ? Stored::unknown_value : Stored::ok;
}

bool same_letters(std::string_view text, std::string_view lower) {
  return text.size() == lower.size() &&
         std::equal(text.begin(), text.end(), lower.begin(),
                    [](char a, char b) { return static_cast<char>(a | 0x20) == b; });
}

Side side_of(std::string_view text) {
  if (same_letters(text, "buy") || same_letters(text, "long")) return Side::BUY;
  if (same_letters(text, "sell") || same_letters(text, "short")) return Side::SELL;
  return Side::UNKNOWN;
}

Stored store_moment(const Leaf& leaf, const Token& token, std::uint8_t* data) {
  VenueTime time;
  std::int64_t number = 0;
  if (token.text.empty()) return Stored::nothing;
  if (parse_integer(token.text, number) == Stored::ok) {
    time = classify_time(number);
  } else if (token.kind == Token::Kind::string) {
    const auto moment = parse_moment(token.text);
    if (!moment) return Stored::bad;
    time = {*moment, TimeUnit::iso};
  } else {
    return Stored::bad;
  }
  store_integer(leaf.slot, time.moment, data);
  if (time.unit == TimeUnit::none) return Stored::ok;
  const auto expected = [&]() -> std::optional<TimeUnit> {
    if (leaf.form == Form::milliseconds) return TimeUnit::milliseconds;
    if (leaf.form == Form::seconds) return TimeUnit::seconds;
    if (leaf.form == Form::iso) return TimeUnit::iso;
    return std::nullopt;
  }();
  return !expected || *expected == time.unit ? Stored::ok : Stored::unit_changed;
}

Stored store_lasting(const Leaf& leaf, std::string_view text, Nanos unit, std::uint8_t* data) {
  std::int64_t number = 0;
  const auto parsed = parse_integer(text, number);
  if (parsed != Stored::ok) return parsed;
  if (__builtin_mul_overflow(number, unit, &number)) return Stored::out_of_range;
  store_integer(leaf.slot, number, data);
  return Stored::ok;
}

Stored store_text(const Leaf& leaf, std::string_view text, capnp::AnyStruct::Builder& fields) {
  if (!text.empty()) {
    auto out = fields.getPointerSection()[leaf.slot.offset].initAs<capnp::Text>(
        static_cast<capnp::uint>(text.size()));
    std::memcpy(out.begin(), text.data(), text.size());
  }
  return text.empty() || is_known(leaf, text) ? Stored::ok : Stored::unknown_value;
}

}  // namespace

void store_integer(const Slot& slot, std::int64_t value, std::uint8_t* data) {
  switch (slot.type) {
    case SlotType::boolean: {
      auto& byte = data[slot.offset / 8];
      const auto bit = static_cast<std::uint8_t>(1U << (slot.offset % 8));
      const bool on = (value != 0) != ((slot.mask & 1U) != 0);
      byte = static_cast<std::uint8_t>(on ? byte | bit : byte & ~bit);
      break;
    }
    case SlotType::int8:
    case SlotType::uint8:
      event::store(data, slot.offset, static_cast<std::uint8_t>(value), slot.mask);
      break;
    case SlotType::int16:
    case SlotType::uint16:
    case SlotType::enumeration:
      event::store(data, slot.offset, static_cast<std::uint16_t>(value), slot.mask);
      break;
    case SlotType::int32:
    case SlotType::uint32:
      event::store(data, slot.offset, static_cast<std::uint32_t>(value), slot.mask);
      break;
    default:
      event::store(data, slot.offset, static_cast<std::uint64_t>(value), slot.mask);
  }
}

bool is_known(const Leaf& leaf, std::string_view text) {
  return leaf.values.empty() ||
         std::find(leaf.values.begin(), leaf.values.end(), text) != leaf.values.end();
}

Stored store_leaf(const Leaf& leaf, const Token& token, std::uint8_t* data,
                  capnp::AnyStruct::Builder& fields) {
  return leaf.form == Form::text ? store_text(leaf, token.text, fields)
                                 : store_scalar(leaf, token, data);
}

Stored store_scalar(const Leaf& leaf, const Token& token, std::uint8_t* data) {
  switch (leaf.form) {
    case Form::decimal:
      return token.text.empty() ? Stored::nothing : store_decimal(leaf.slot, token.text, data);
    case Form::integer:
      return token.text.empty() ? Stored::nothing : store_number(leaf.slot, token.text, data);
    case Form::milliseconds:
    case Form::seconds:
    case Form::iso:
    case Form::moment:
      return store_moment(leaf, token, data);
    case Form::lasting_seconds:
      return store_lasting(leaf, token.text, kSecond, data);
    case Form::lasting_milliseconds:
      return store_lasting(leaf, token.text, kMillisecond, data);
    case Form::side:
      return store_side(leaf.slot, side_of(token.text), data);
    case Form::side_number:
      return store_side(leaf.slot,
                        token.text == "0"   ? Side::BUY
                        : token.text == "1" ? Side::SELL
                                            : Side::UNKNOWN,
                        data);
    case Form::boolean:
    case Form::side_buyer:
    case Form::side_maker: {
      const auto value = truth_of(token);
      if (!value) return Stored::bad;
      if (leaf.form == Form::boolean) return store_truth(leaf.slot, *value, data);
      const bool buy = leaf.form == Form::side_buyer ? *value : !*value;
      return store_side(leaf.slot, buy ? Side::BUY : Side::SELL, data);
    }
    case Form::text:
    case Form::present:
    case Form::ignored:
    case Form::parts:
      break;
  }
  return Stored::ok;
}

}  // namespace tape::venue
