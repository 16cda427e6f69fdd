// Numbers as the text of a frame, four digits at a time. Internal to shape/.
#pragma once

#include <tape/base/decimal.h>

#include <array>
#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tape::shape {

/// The four decimal digits of numbers below 10^4, the first in the lowest byte, as numbers 0 to 9.
constexpr std::array<std::uint32_t, 10'000> make_digits() {
  std::array<std::uint32_t, 10'000> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i)
    table[i] = i / 1000 | (i / 100 % 10) << 8U | (i / 10 % 10) << 16U | (i % 10) << 24U;
  return table;
}
inline constexpr auto kFourDigits = make_digits();

/// The same of eight, of a number below 10^8.
inline std::uint64_t eight_digits(std::uint32_t value) {
  const auto front = value / 10'000;
  return kFourDigits[front] | std::uint64_t{kFourDigits[value - 10'000 * front]} << 32U;
}

inline constexpr std::uint64_t kAsciiZeros = 0x3030'3030'3030'3030U;
inline constexpr std::uint64_t kEightDigits = 100'000'000;

/// Digits of a number below 10^8 from the lowest byte on, without zeros in front.
struct Digits {
  std::uint64_t text = 0;
  std::ptrdiff_t count = 0;
};
inline Digits digits_of(std::uint32_t value) {
  const auto all = eight_digits(value);
  const auto zeros = all == 0 ? 7 : __builtin_ctzll(all) / 8;
  return {(all | kAsciiZeros) >> (8 * static_cast<unsigned>(zeros)), 8 - zeros};
}

/// Of any number; may overwrite 24 bytes.
inline char* write_number(std::uint64_t value, char* out) {
  if constexpr (std::endian::native == std::endian::little) {
    if (value < kEightDigits) {
      const auto digits = digits_of(static_cast<std::uint32_t>(value));
      std::memcpy(out, &digits.text, 8);
      return out + digits.count;
    }
    if (value < kEightDigits * kEightDigits) {
      const auto front = digits_of(static_cast<std::uint32_t>(value / kEightDigits));
      std::memcpy(out, &front.text, 8);
      out += front.count;
      const auto back =
          eight_digits(static_cast<std::uint32_t>(value % kEightDigits)) | kAsciiZeros;
      std::memcpy(out, &back, 8);
      return out + 8;
    }
  }
  return std::to_chars(out, out + 24, value).ptr;
}

/// What format_decimal writes, quick for what prices and sizes are. May overwrite 24 bytes behind.
inline char* write_decimal(Decimal value, char* out) {
  const auto mantissa = static_cast<std::uint64_t>(value.mantissa);
  if (std::endian::native != std::endian::little || mantissa >= kEightDigits ||
      value.exponent > 0 || value.exponent < -16) {
    return format_decimal(value, out);
  }
  const auto digits = digits_of(static_cast<std::uint32_t>(mantissa));
  const std::ptrdiff_t decimals = -value.exponent;
  const auto before = digits.count - decimals;
  if (decimals == 0) {
    std::memcpy(out, &digits.text, 8);
    return out + digits.count;
  }
  if (before > 0) {
    const auto behind = digits.text >> (8 * static_cast<unsigned>(before));
    std::memcpy(out, &digits.text, 8);
    out[before] = '.';
    std::memcpy(out + before + 1, &behind, 8);
    return out + digits.count + 1;
  }
  static constexpr std::string_view kFraction = "0.0000000000000000";
  std::memcpy(out, kFraction.data(), kFraction.size());
  out += 2 - before;
  std::memcpy(out, &digits.text, 8);
  return out + digits.count;
}

/// Divisions by what units are, which the compiler turns into multiplications.
inline std::uint64_t divided(std::uint64_t value, std::uint64_t unit) {
  switch (unit) {
    case 1:
      return value;
    case 1'000:
      return value / 1'000;
    case 1'000'000:
      return value / 1'000'000;
    case 1'000'000'000:
      return value / 1'000'000'000;
    default:
      return value / unit;
  }
}

}  // namespace tape::shape
