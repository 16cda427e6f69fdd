// The pieces that JSON is put together from: escapes, digits, hexadecimal numbers.
#pragma once

#include <tape/base/time.h>

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace tape::event {

/// UTF-8 as it stands inside a JSON string.
void append_escaped(std::string_view text, std::string& out);

template <typename Integer>
void append_number(Integer value, std::string& out) {
  char digits[24];
  const auto result = std::to_chars(digits, digits + sizeof digits, value);
  out.append(digits, static_cast<std::size_t>(result.ptr - digits));
}

/// Nine digits, zeros in front.
void put_nanos(std::uint64_t nanos, char* out);
/// Two digits a byte, with quotes.
void append_hex_string(std::string_view bytes, std::string& out);
/// Sixteen hexadecimal digits, with quotes.
void append_session(std::uint64_t session, std::string& out);
/// Seconds with exactly nine decimals.
void append_seconds(Nanos moment, std::string& out);

}  // namespace tape::event
