// Exact decimals: mantissa and exponent, trailing zeros kept. Nothing here goes through binary
// floating point.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tape {

/// value = mantissa * 10^exponent; exponent kAbsent means "not given", which is not zero.
struct Decimal {
  static constexpr std::int8_t kAbsent = -128;

  std::int64_t mantissa = 0;
  std::int8_t exponent = kAbsent;

  [[nodiscard]] bool absent() const { return exponent == kAbsent; }
  [[nodiscard]] bool zero() const { return mantissa == 0 && !absent(); }
};

enum class DecimalParse : std::uint8_t { ok, malformed, out_of_range };

/// Reads a JSON number (also with an exponent: 4.48E-4 is 448 * 10^-6) exactly. "61800.20" is
/// 6180020 * 10^-2. A sign on zero is not kept. out_of_range: the digits do not fit 64 bits, or the
/// exponent 8; never rounded.
[[nodiscard]] DecimalParse parse_decimal(std::string_view text, Decimal& out);
[[nodiscard]] std::optional<Decimal> parse_decimal(std::string_view text);

/// Longest text that format_decimal writes.
inline constexpr std::size_t kDecimalSize = 160;

/// Plain notation without exponent letter: 6180020 * 10^-2 is "61800.20", 1 * 10^3 is "1000".
/// An absent decimal is "". Returns the end of what was written; `out` holds kDecimalSize bytes.
char* format_decimal(Decimal value, char* out);
[[nodiscard]] std::string format_decimal(Decimal value);

/// By value: 1.0 == 1.00. Absent compares equal to absent and below everything else.
[[nodiscard]] std::strong_ordering compare(Decimal a, Decimal b);

/// Exact sum and difference with the smaller exponent of the two. Absent counts as nothing: a +
/// absent = a. Nothing if the result does not fit.
[[nodiscard]] std::optional<Decimal> add(Decimal a, Decimal b);
[[nodiscard]] std::optional<Decimal> subtract(Decimal a, Decimal b);

}  // namespace tape
