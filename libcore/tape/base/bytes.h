// Byte spans: sizes and lists as people write them, hexadecimal, UTF-8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tape {

using Bytes = std::span<const std::uint8_t>;

[[nodiscard]] inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
[[nodiscard]] inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// "4096", "64K", "1M", "2G", "1T" (powers of 1024; a trailing "iB" or "B" is taken): nothing if it
/// is not one.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);
/// Such as "1.2 MiB".
[[nodiscard]] std::string format_size(std::uint64_t bytes);

/// Lower-case hexadecimal.
[[nodiscard]] std::string hex(Bytes bytes);
/// 16 digits, as sessions are written.
[[nodiscard]] std::string hex(std::uint64_t value);
[[nodiscard]] std::optional<std::uint64_t> parse_hex(std::string_view text);

/// The entries of comma lists, empty ones left out.
[[nodiscard]] std::vector<std::string> split_lists(const std::vector<std::string>& lists);

/// Offset of the first byte that is not well-formed UTF-8; text.size() if all is.
[[nodiscard]] std::size_t utf8_valid_prefix(std::string_view text);

}  // namespace tape
