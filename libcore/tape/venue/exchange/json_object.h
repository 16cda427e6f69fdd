// One JSON object, written member by member.
#pragma once

#include <tape/base/decimal.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tape::venue {

/// Names are not escaped.
class JsonObject {
 public:
  JsonObject& text(std::string_view name, std::string_view value);
  /// null where it is empty.
  JsonObject& text_or_null(std::string_view name, std::string_view value);
  /// null where it is absent.
  JsonObject& number(std::string_view name, Decimal value);
  /// In quotes; "0" where it is absent.
  JsonObject& quoted(std::string_view name, Decimal value);
  JsonObject& integer(std::string_view name, std::int64_t value);
  JsonObject& flag(std::string_view name, bool value);
  /// The value is JSON.
  JsonObject& json(std::string_view name, std::string_view value);
  /// The values are JSON.
  JsonObject& list(std::string_view name, std::span<const std::string> values);

  [[nodiscard]] std::string str() const { return text_ + '}'; }

 private:
  std::string& member(std::string_view name);

  std::string text_ = "{";
};

/// [a,b] of JSON values.
[[nodiscard]] std::string json_list(std::span<const std::string> values);

}  // namespace tape::venue
