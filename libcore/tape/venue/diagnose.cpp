// simdjson is fast and says no place; this parser runs over failed frames only and says the byte.
#include <tape/base/bytes.h>
#include <tape/venue/parser.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace tape::venue {
namespace {

using schema::OpaqueKind;

/// Accepts everything, remembers the first error.
struct Place final : nlohmann::json_sax<nlohmann::json> {
  std::size_t at = 0;
  std::string message;

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t position, const std::string& token,
                   const nlohmann::json::exception& error) override {
    at = position;
    message = error.what();
    last = token;
    return false;
  }
  std::string last;
};

/// "[json.exception.parse_error.101] parse error at line 1, column 5: syntax error while parsing
/// object separator - unexpected
/// '['; expected ':'" loses its head, and its quote of the frame's own bytes, which may be long.
std::string reason_of(const Place& place) {
  std::string_view text = place.message;
  const auto colon = text.find(": ");
  if (colon != std::string_view::npos) text.remove_prefix(colon + 2);
  const auto expected = text.rfind("; expected ");
  const auto first = text.substr(0, std::min(text.find("; last read"), text.find(" - ")));
  std::string reason(first);
  if (expected != std::string_view::npos) reason += text.substr(expected);
  return reason;
}

}  // namespace

Failure diagnose(std::string_view frame) {
  const auto start = frame.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) {
    return {OpaqueKind::EMPTY, frame.empty() ? "no bytes" : "only blanks", -1};
  }
  const auto valid = utf8_valid_prefix(frame);
  if (valid != frame.size()) {
    return {OpaqueKind::BINARY,
            fmt::format("byte {} (0x{:02x}) is not UTF-8", valid,
                        static_cast<unsigned char>(frame[valid])),
            static_cast<std::int64_t>(valid)};
  }
  if (frame[start] == '<') {
    return {OpaqueKind::HTML, fmt::format("byte {} begins markup, expected JSON", start),
            static_cast<std::int64_t>(start)};
  }
  Place place;
  if (nlohmann::json::sax_parse(frame.begin(), frame.end(), &place)) {
    return {OpaqueKind::UNKNOWN_KIND, "no table knows this message", -1};
  }
  // The position counts bytes read, the offending one included; at the end of the input it is one
  // past it.
  const auto at = place.at == 0 ? 0 : place.at - 1;
  const bool ended = at >= frame.size();
  return {ended ? OpaqueKind::TRUNCATED : OpaqueKind::MALFORMED,
          fmt::format("byte {}: {}", std::min(at, frame.size()), reason_of(place)),
          static_cast<std::int64_t>(std::min(at, frame.size()))};
}

}  // namespace tape::venue
