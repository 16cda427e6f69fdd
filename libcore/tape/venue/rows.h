// Rows of field tables used again under other paths, put together by the compiler.
#pragma once

#include <tape/venue/table.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace tape::venue {

/// A path as a template argument.
template <std::size_t kSize>
struct Path {
  char text[kSize]{};

  consteval Path(const char (&from)[kSize]) {
    std::copy_n(from, kSize, text);
  }  // NOLINT: implicit by purpose
  [[nodiscard]] constexpr std::string_view view() const { return {text, kSize - 1}; }
};

/// The rows of kRows with kJson before every JSON path and kField before every field path of the
/// body: Under<"orders[].", "items[].", kOrder>::kFields.
template <Path kJson, Path kField, const auto& kRows>
class Under {
  static constexpr bool moves(std::string_view field) {
    return !field.empty() && field.front() != '^';
  }

  static constexpr std::size_t size() {
    std::size_t total = 0;
    for (const auto& row : kRows) {
      total += kJson.view().size() + row.json.size();
      if (moves(row.field)) total += kField.view().size() + row.field.size();
    }
    return total;
  }

  static constexpr auto kText = [] {
    std::array<char, size()> text{};
    auto* out = text.data();
    const auto put = [&](std::string_view part) { out = std::copy(part.begin(), part.end(), out); };
    for (const auto& row : kRows) {
      put(kJson.view());
      put(row.json);
      if (!moves(row.field)) continue;
      put(kField.view());
      put(row.field);
    }
    return text;
  }();

 public:
  static constexpr auto kFields = [] {
    auto rows = kRows;
    const char* at = kText.data();
    const auto take = [&](std::size_t length) {
      const std::string_view part(at, length);
      at += length;
      return part;
    };
    for (auto& row : rows) {
      row.json = take(kJson.view().size() + row.json.size());
      if (moves(row.field)) row.field = take(kField.view().size() + row.field.size());
    }
    return rows;
  }();
};

template <std::size_t... kSizes>
constexpr auto join(const std::array<Field, kSizes>&... parts) {
  std::array<Field, (kSizes + ...)> all{};
  auto* out = all.data();
  ((out = std::copy(parts.begin(), parts.end(), out)), ...);
  return all;
}

}  // namespace tape::venue
