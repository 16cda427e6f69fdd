// Numbers of variable length (LEB128), as shapes, residuals and packed levels are stored.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tape {

// The most bytes one takes.
inline constexpr std::size_t kMaxVarint = 10;

/// Writes at most kMaxVarint bytes; returns where the next goes.
inline std::uint8_t* put_varint(std::uint64_t value, std::uint8_t* out) {
  for (; value >= 0x80; value >>= 7U) *out++ = static_cast<std::uint8_t>(0x80U | (value & 0x7FU));
  *out++ = static_cast<std::uint8_t>(value);
  return out;
}
inline void put_varint(std::uint64_t value, std::string& out) {
  std::uint8_t bytes[kMaxVarint];
  out.append(reinterpret_cast<const char*>(bytes),
             static_cast<std::size_t>(put_varint(value, bytes) - bytes));
}

/// Takes one from the front of [at, end). False: cut off, or more than 64 bits.
[[nodiscard]] inline bool take_varint(const std::uint8_t*& at, const std::uint8_t* end,
                                      std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 64 && at != end; shift += 7) {
    const std::uint8_t byte = *at++;
    if (shift == 63 && byte > 1) return false;
    value |= std::uint64_t{byte & 0x7FU} << shift;
    if (byte < 0x80) return true;
  }
  return false;
}
[[nodiscard]] inline bool take_varint(std::string_view& in, std::uint64_t& value) {
  const auto* const begin = reinterpret_cast<const std::uint8_t*>(in.data());
  const auto* at = begin;
  const bool taken = take_varint(at, begin + in.size(), value);
  in.remove_prefix(static_cast<std::size_t>(at - begin));
  return taken;
}

}  // namespace tape
