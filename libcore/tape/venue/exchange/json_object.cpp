#include <tape/event/json.h>
#include <tape/venue/exchange/json_object.h>

namespace tape::venue {

std::string& JsonObject::member(std::string_view name) {
  if (text_.size() > 1) text_ += ',';
  return text_.append(1, '"').append(name).append("\":");
}

JsonObject& JsonObject::text(std::string_view name, std::string_view value) {
  event::append_json_string(value, member(name));
  return *this;
}

JsonObject& JsonObject::text_or_null(std::string_view name, std::string_view value) {
  return value.empty() ? json(name, "null") : text(name, value);
}

JsonObject& JsonObject::number(std::string_view name, Decimal value) {
  return json(name, value.absent() ? std::string("null") : format_decimal(value));
}

JsonObject& JsonObject::quoted(std::string_view name, Decimal value) {
  return text(name, value.absent() ? std::string("0") : format_decimal(value));
}

JsonObject& JsonObject::integer(std::string_view name, std::int64_t value) {
  return json(name, std::to_string(value));
}

JsonObject& JsonObject::flag(std::string_view name, bool value) {
  return json(name, value ? "true" : "false");
}

JsonObject& JsonObject::json(std::string_view name, std::string_view value) {
  member(name).append(value);
  return *this;
}

JsonObject& JsonObject::list(std::string_view name, std::span<const std::string> values) {
  return json(name, json_list(values));
}

std::string json_list(std::span<const std::string> values) {
  std::string list = "[";
  for (const auto& value : values) list.append(value).append(1, ',');
  if (!values.empty()) list.pop_back();
  return list + ']';
}

}  // namespace tape::venue
