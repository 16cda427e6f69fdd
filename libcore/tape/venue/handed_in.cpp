#include <tape/base/bytes.h>
#include <tape/base/decimal.h>
#include <tape/venue/handed_in.h>
#include <tape/venue/parser.h>

#include <fmt/format.h>
#include <simdjson.h>

#include <array>
#include <optional>

namespace tape::venue {
namespace {

namespace od = simdjson::ondemand;

template <typename Word, std::size_t Size>
std::optional<Word> word_of(std::string_view text,
                            const std::array<std::string_view, Size>& words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == text) return static_cast<Word>(i);
  }
  return std::nullopt;
}

// In the order of the enums in the schema.
constexpr std::array<std::string_view, 3> kDirections{"received", "sent", "local"};
constexpr std::array<std::string_view, 5> kTransports{"none", "websocket", "rest", "pipe",
                                                      "zeromq"};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool decode_hex(std::string_view text, std::string& out) {
  out.clear();
  if (text.size() % 2 != 0) return false;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_digit(text[i]);
    const int low = hex_digit(text[i + 1]);
    if (high < 0 || low < 0) return false;
    out += static_cast<char>(high * 16 + low);
  }
  return true;
}

/// Seconds as a decimal number, exactly to the nanosecond.
std::optional<Nanos> seconds_of(std::string_view token) {
  auto value = parse_decimal(token.substr(0, token.find_last_not_of(" \t\r\n") + 1));
  if (!value) return std::nullopt;
  for (; value->exponent < -9; ++value->exponent) value->mantissa /= 10;
  for (; value->exponent > -9; --value->exponent) {
    if (__builtin_mul_overflow(value->mantissa, std::int64_t{10}, &value->mantissa))
      return std::nullopt;
  }
  return value->mantissa;
}

}  // namespace

struct HandedIn::Impl {
  od::parser parser;
  std::string raw;
  std::string venue;
  std::string account;
  std::string method;
  std::string target;
  bool has_raw = false;
  bool has_kind = false;
  bool has_rest = false;
  bool precise_time = false;

  std::string member(std::string_view key, od::value value, event::Frame& frame,
                     event::RestInfo& rest);
  std::string rest_member(od::object object, event::RestInfo& rest);
  std::string moment(std::string_view key, od::value value, event::Frame& frame);

  static bool text(od::value& value, std::string& out) {
    std::string_view view;
    if (value.get_string().get(view) != simdjson::SUCCESS) return false;
    out.assign(view);
    return true;
  }
};

HandedIn::HandedIn() : impl_(std::make_unique<Impl>()) {}
HandedIn::~HandedIn() = default;

std::string HandedIn::Impl::rest_member(od::object object, event::RestInfo& rest) {
  has_rest = true;
  for (auto field : object) {
    std::string_view key;
    od::value value;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS ||
        field.value().get(value) != simdjson::SUCCESS) {
      return "bad JSON in member 'rest'";
    }
    bool good = true;
    std::uint64_t number = 0;
    if (key == "method") {
      good = text(value, method);
    } else if (key == "target") {
      good = text(value, target);
    } else if (key == "status") {
      good = value.get_uint64().get(number) == simdjson::SUCCESS && number < 1000;
      rest.status = static_cast<std::uint16_t>(number);
    } else if (key == "latency") {
      good = value.get_int64().get(rest.latency) == simdjson::SUCCESS;
    } else if (key == "requestOrdinal") {
      good = value.get_uint64().get(rest.request_ordinal) == simdjson::SUCCESS;
    }
    if (!good) return fmt::format("member 'rest.{}' is not of its form", key);
  }
  return {};
}

std::string HandedIn::Impl::moment(std::string_view key, od::value value, event::Frame& frame) {
  std::optional<Nanos> moment;
  if (key == "receivedAt") {
    std::string_view written;
    if (value.get_string().get(written) == simdjson::SUCCESS) moment = parse_moment(written);
  } else {
    moment = seconds_of(value.raw_json_token());
  }
  if (!moment) {
    return fmt::format(
        "member '{}' is no time (expected RFC 3339 text, or seconds for receivedAtS)", key);
  }
  // A time that was handed in comes without our monotonic clock, unless clockOffset says so.
  if (!precise_time) frame.stamp = {*moment, 0};
  precise_time = precise_time || key == "receivedAt";
  return {};
}

std::string HandedIn::Impl::member(std::string_view key, od::value value, event::Frame& frame,
                                   event::RestInfo& rest) {
  const auto wrong = [&](std::string_view expected) {
    return fmt::format("member '{}' is not of its form (expected {})", key, expected);
  };
  std::string word;
  if (key == "raw" || key == "rawHex") {
    if (!text(value, word)) return wrong("a string");
    has_raw = true;
    if (key == "raw") {
      raw.swap(word);
    } else if (!decode_hex(word, raw)) {
      return wrong("pairs of hexadecimal digits");
    }
  } else if (key == "direction") {
    const auto known =
        text(value, word) ? word_of<schema::Direction>(word, kDirections) : std::nullopt;
    if (!known) return wrong("received, sent or local");
    frame.direction = *known;
  } else if (key == "transport") {
    const auto known =
        text(value, word) ? word_of<schema::Transport>(word, kTransports) : std::nullopt;
    if (!known) return wrong("websocket, rest, pipe, zeromq or none");
    frame.transport = *known;
  } else if (key == "connection") {
    std::uint64_t number = 0;
    if (value.get_uint64().get(number) != simdjson::SUCCESS || number > UINT32_MAX)
      return wrong("a number");
    frame.connection = static_cast<std::uint32_t>(number);
  } else if (key == "account") {
    if (!text(value, account)) return wrong("a string");
  } else if (key == "venue") {
    if (!text(value, venue)) return wrong("a string");
  } else if (key == "unterminated") {
    if (value.get_bool().get(frame.unterminated) != simdjson::SUCCESS)
      return wrong("true or false");
  } else if (key == "receivedAt" || key == "receivedAtS") {
    return moment(key, value, frame);
  } else if (key == "rest") {
    od::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS) return wrong("an object");
    return rest_member(object, rest);
  } else if (key == "kind") {
    has_kind = true;
  }
  return {};
}

std::string HandedIn::read(std::span<const char> line, event::Frame& frame, event::RestInfo& rest,
                           std::string_view& venue) {
  auto& impl = *impl_;
  impl.has_raw = impl.has_kind = impl.has_rest = impl.precise_time = false;
  for (auto* text : {&impl.raw, &impl.venue, &impl.account, &impl.method, &impl.target})
    text->clear();
  od::document document;
  od::object object;
  const simdjson::padded_string_view padded(line.data(), line.size(),
                                            line.size() + event::kFramePadding);
  if (impl.parser.iterate(padded).get(document) != simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS) {
    return fmt::format("no JSON object ({})", diagnose({line.data(), line.size()}).reason);
  }
  for (auto field : object) {
    std::string_view key;
    od::value value;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS ||
        field.value().get(value) != simdjson::SUCCESS) {
      return fmt::format("no JSON object ({})", diagnose({line.data(), line.size()}).reason);
    }
    auto problem = impl.member(key, value, frame, rest);
    if (!problem.empty()) return problem;
  }
  if (!impl.has_raw && !impl.has_kind) return "member 'raw' is missing";
  frame.bytes = {};
  if (impl.has_raw) {
    const auto size = impl.raw.size();
    impl.raw.resize(size + event::kFramePadding);
    frame.bytes = {impl.raw.data(), size};
  }
  if (!impl.account.empty()) frame.account = impl.account;
  venue = impl.venue;
  rest.method = impl.method;
  rest.target = impl.target;
  frame.rest = impl.has_rest || frame.transport == schema::Transport::REST ? &rest : nullptr;
  return {};
}

}  // namespace tape::venue
