#include <tape/base/error.h>
#include <tape/base/time.h>
#include <tape/event/json.h>

#include <capnp/dynamic.h>
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <simdjson.h>

#include "sample_events.h"
#include <fstream>
#include <map>
#include <sstream>

using namespace tape::event;
namespace schema = tape::schema;

namespace {

std::string json(schema::Event::Reader event, JsonOptions options = {}) {
  JsonWriter writer(options);
  std::string out;
  writer.append(event, sample::kSession, 42, out);
  return out;
}

/// The rules of schemas/json.md once more, the slow way: by capnp's own reflection and an ordinary
/// string.
class Oracle {
 public:
  explicit Oracle(bool recorder) : recorder_(recorder) {}

  std::string object(capnp::DynamicStruct::Reader value, bool top) {
    std::string out;
    for (const auto field : value.getSchema().getFields()) {
      if (field.getProto().getDiscriminantValue() != 0xFFFF && value.which() != field) continue;
      const std::string name = field.getProto().getName().cStr();
      const auto text = member(value, field, name, top);
      if (text.empty()) continue;
      out += (out.empty() ? "" : ",") + fmt::format("\"{}\":{}", name, text);
    }
    return "{" + out + "}";
  }

 private:
  static std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
      static const std::map<char, std::string> kShort{{'"', "\\\""}, {'\\', "\\\\"}, {'\n', "\\n"},
                                                      {'\r', "\\r"}, {'\t', "\\t"},  {'\b', "\\b"},
                                                      {'\f', "\\f"}};
      if (const auto found = kShort.find(c); found != kShort.end()) {
        out += found->second;
      } else if (static_cast<unsigned char>(c) < 0x20) {
        out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
      } else {
        out += c;
      }
    }
    return out + "\"";
  }

  std::string member(capnp::DynamicStruct::Reader value, capnp::StructSchema::Field field,
                     const std::string& name, bool top) {
    using Type = capnp::schema::Type;
    const auto type = field.getType();
    switch (type.which()) {
      case Type::VOID:
        return "true";
      case Type::BOOL:
        return value.get(field).as<bool>() ? "true" : "false";
      case Type::TEXT: {
        const std::string text = value.get(field).as<capnp::Text>().cStr();
        return text.empty() ? "" : quoted(text);
      }
      case Type::DATA: {
        const auto data = value.get(field).as<capnp::Data>();
        return data.size() == 0 ? "" : "\"" + tape::hex({data.begin(), data.size()}) + "\"";
      }
      case Type::ENUM:
        return enumeration(type.asEnum(), value.get(field).as<capnp::DynamicEnum>());
      case Type::STRUCT:
        return structure(value, field);
      case Type::LIST:
        return list(value, field);
      default:
        return integer(value, field, name, top);
    }
  }

  static std::string enumeration(capnp::EnumSchema schema, capnp::DynamicEnum value) {
    const std::string type = schema.getShortDisplayName().cStr();
    const std::string name = schema.getEnumerants()[value.getRaw()].getProto().getName().cStr();
    if (name == "unknown") return "";
    if (type == "Tri") return name == "yes" ? "true" : "false";
    return "\"" + name + "\"";
  }

  std::string structure(capnp::DynamicStruct::Reader value, capnp::StructSchema::Field field) {
    if (field.getProto().isSlot() && !value.has(field)) return "";
    const auto inner = value.get(field).as<capnp::DynamicStruct>();
    if (inner.getSchema().findFieldByName("mantissa") != nullptr) {
      const auto exponent = inner.get("exponent").as<std::int8_t>();
      if (exponent == -128) return "";
      return "\"" + tape::format_decimal({inner.get("mantissa").as<std::int64_t>(), exponent}) +
             "\"";
    }
    return object(inner, false);
  }

  std::string list(capnp::DynamicStruct::Reader value, capnp::StructSchema::Field field) {
    if (!value.has(field)) return "";
    std::string out;
    for (const auto element : value.get(field).as<capnp::DynamicList>()) {
      if (!out.empty()) out += ',';
      if (element.getType() == capnp::DynamicValue::TEXT) {
        out += quoted(element.as<capnp::Text>().cStr());
      } else {
        out += object(element.as<capnp::DynamicStruct>(), false);
      }
    }
    return "[" + out + "]";
  }

  [[nodiscard]] std::string integer(capnp::DynamicStruct::Reader value,
                                    capnp::StructSchema::Field field, const std::string& name,
                                    bool top) const {
    const bool is_unsigned = value.get(field).getType() == capnp::DynamicValue::UINT;
    const auto bits = is_unsigned ? value.get(field).as<std::uint64_t>()
                                  : static_cast<std::uint64_t>(value.get(field).as<std::int64_t>());
    const auto number = static_cast<std::int64_t>(bits);
    if (!is_unsigned && field.getType().isInt64() && name.ends_with("At") && name.size() > 2) {
      return number == 0 ? "" : "\"" + tape::format_rfc3339(number) + "\"";
    }
    const auto fallback = field.getProto().getSlot().getDefaultValue();
    const std::int64_t none = fallback.isInt64()   ? fallback.getInt64()
                              : fallback.isInt32() ? fallback.getInt32()
                                                   : 0;
    if (number == none && !(recorder_ && top)) return "";
    if (is_unsigned && (name == "session" || name.ends_with("Session")))
      return "\"" + tape::hex(bits) + "\"";
    return is_unsigned ? fmt::format("{}", bits) : fmt::format("{}", number);
  }

  bool recorder_;
};

std::string expected_body(schema::Event::Reader event) {
  const auto kind = event.getBody().which();
  const auto body = capnp::DynamicStruct::Reader(event).get("body").as<capnp::DynamicStruct>();
  const auto field = KJ_ASSERT_NONNULL(body.which());
  return Oracle(is_recorder_kind(kind)).object(body.get(field).as<capnp::DynamicStruct>(), true);
}

}  // namespace

TEST_CASE("an event as JSON is what the page about it shows") {
  Message message;
  const auto line = json(sample::book_delta(message).asReader());
  std::ifstream page(std::string(TAPE_SOURCE_DIR) + "/schemas/json.md");
  REQUIRE(page);
  std::stringstream text;
  text << page.rdbuf();
  CAPTURE(line);
  CHECK(text.str().find("```json\n" + line + "```") != std::string::npos);
}

TEST_CASE("bodies of every kind follow the rules, and the whole line is JSON") {
  std::mt19937_64 random(5);
  simdjson::dom::parser parser;
  Message message;
  JsonWriter writer({Numbers::text, Raw::shown});
  std::string out;
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    for (int round = 0; round < 30; ++round) {
      const auto event = sample::random_event(message, static_cast<Kind>(kind), random).asReader();
      out.clear();
      writer.append(event, random(), random(), out);
      CAPTURE(out);
      REQUIRE(out.back() == '\n');
      REQUIRE(out.find('\n') == out.size() - 1);
      const auto body = ",\"kind\":\"" + std::string(kind_name(static_cast<Kind>(kind))) +
                        "\",\"body\":" + expected_body(event);
      REQUIRE(out.find(body) != std::string::npos);
      simdjson::dom::element parsed;
      REQUIRE(parser.parse(out).get(parsed) == simdjson::SUCCESS);
      std::string_view raw;
      const auto wanted = raw_bytes(event);
      REQUIRE((parsed["raw"].get(raw) == simdjson::SUCCESS) == wanted.has_value());
      if (wanted) REQUIRE(raw == *wanted);
      std::string_view shown;
      if (!view(event.getVenue()).empty()) {
        REQUIRE(parsed["venue"].get(shown) == simdjson::SUCCESS);
        REQUIRE(shown == view(event.getVenue()));
      }
      REQUIRE((parsed["anomalies"].error() == simdjson::SUCCESS) ==
              (event.getAnomalies().size() > 0));
      REQUIRE((parsed["rest"].error() == simdjson::SUCCESS) == event.hasRest());
      REQUIRE((parsed["redacted"].error() == simdjson::SUCCESS) == event.getRedacted());
    }
  }
}

TEST_CASE("decimals are strings or numbers of the same digits") {
  Message message;
  const auto event = sample::best_quote(message).asReader();
  CHECK(json(event).find(R"("bid":"61800.20","bidQuantity":"3.214")") != std::string::npos);
  CHECK(json(event, {Numbers::number, Raw::hidden}).find(R"("bid":61800.20,"bidQuantity":3.214)") !=
        std::string::npos);
}

TEST_CASE("seconds have exactly nine decimals, before 1970 too") {
  Message message;
  auto event = message.start();
  const auto seconds = [&](tape::Nanos moment) {
    event.setReceivedAt(moment);
    const auto line = json(event.asReader());
    const auto at = line.find("\"receivedAtS\":") + 14;
    return line.substr(at, line.find(',', at) - at);
  };
  CHECK(seconds(0) == "0.000000000");
  CHECK(seconds(1) == "0.000000001");
  CHECK(seconds(sample::kReceivedAt) == "1795341603.217000000");
  CHECK(seconds(-1) == "-0.000000001");
  CHECK(seconds(-1'500'000'000) == "-1.500000000");
  CHECK(seconds(INT64_MIN) == "-9223372036.854775808");
  CHECK(seconds(INT64_MAX) == "9223372036.854775807");
}

TEST_CASE("moments are right whatever moment was written before") {
  JsonWriter writer;
  std::mt19937_64 random(2);
  std::string out;
  for (int i = 0; i < 5000; ++i) {
    // Many fall into one second, some before 1970.
    const auto moment = static_cast<tape::Nanos>(random() % 3'000'000'000) - 1'500'000'000;
    out.clear();
    writer.append_moment(moment, out);
    REQUIRE(out == "\"" + tape::format_rfc3339(moment) + "\"");
  }
}

TEST_CASE("raw is hidden unless asked for, and hexadecimal where it is no text") {
  Message message;
  CHECK(json(sample::best_quote(message).asReader()).find("raw") == std::string::npos);
  CHECK(json(sample::gap(message).asReader(), {Numbers::text, Raw::shown}).find("raw") ==
        std::string::npos);
  auto event = message.start();
  event.getRaw().setText("");
  CHECK(json(event.asReader(), {Numbers::text, Raw::shown}).ends_with("},\"raw\":\"\"}\n"));
  const kj::byte bytes[] = {0x00, 0xFF, 0x7B};
  event.getRaw().setData(kj::arrayPtr(bytes, 3));
  CHECK(json(event.asReader(), {Numbers::text, Raw::shown}).ends_with(",\"rawHex\":\"00ff7b\"}\n"));
  event.getRaw().setText("\xFFnot text");
  CHECK(json(event.asReader(), {Numbers::text, Raw::shown})
            .ends_with(",\"rawHex\":\"ff6e6f742074657874\"}\n"));
}

TEST_CASE("texts that are not UTF-8 are mended, byte by byte") {
  std::string out;
  append_json_string(
      "a\xFF\xFE"
      "b\xE2\x82",
      out);
  CHECK(out ==
        "\"a\xEF\xBF\xBD\xEF\xBF\xBD"
        "b\xEF\xBF\xBD\xEF\xBF\xBD\"");
  out.clear();
  append_json_string(std::string_view("nul\0", 4), out);
  CHECK(out == "\"nul\\u0000\"");
}

TEST_CASE("lists that are there but empty are shown, those that are not there are not") {
  Message message;
  auto orders = message.start().getBody().initOpenOrders();
  CHECK(json(message.event().asReader()).find("items") == std::string::npos);
  orders.initItems(0);
  CHECK(json(message.event().asReader()).find("\"items\":[]") != std::string::npos);
  Message copy;
  (void)copy.copy(message.event().asReader());
  CHECK(json(copy.event().asReader()).find("\"items\":[]") != std::string::npos);
}

TEST_CASE("a State prints by the same rules") {
  Message message;
  auto part = message.start().getBody().initCheckpoint().getState().initPart();
  part.setSession(sample::kSession);
  auto book = part.initBooks(1)[0];
  book.setSymbol("PI_XBTUSD");
  book.setTrust(schema::Trust::VERIFIED);
  JsonWriter writer;
  std::string out;
  writer.append_struct(part.asReader(), out);
  CHECK(out.starts_with(R"({"session":"9f3c2a1be07d4c55","books":[{"symbol":"PI_XBTUSD")"));
  CHECK(out.find(R"("trust":"verified")") != std::string::npos);
  CHECK(json(message.event().asReader())
            .find(R"("kind":"checkpoint","body":{"state":{"part":{"session":)") !=
        std::string::npos);
}

TEST_CASE("a damaged message is an error that names the event, and leaves the buffer alone") {
  Message message;
  (void)sample::fill(message);
  auto words = sample::framed(message);
  std::mt19937_64 random(11);
  std::string out = "before";
  JsonWriter writer({Numbers::text, Raw::shown});
  int failures = 0;
  for (int i = 0; i < 4000; ++i) {
    auto bad = words;
    auto* bytes = reinterpret_cast<std::uint8_t*>(bad.data());
    bytes[8 + random() % (bad.size() * 8 - 8)] = static_cast<std::uint8_t>(random());
    out.resize(6);
    try {
      View view;
      view.reset(bad);
      writer.append(view.event(), sample::kSession, 42, out);
    } catch (const kj::Exception&) {
      ++failures;
    } catch (const tape::Error& error) {
      ++failures;
      REQUIRE(error.fault == tape::Fault::format);
      REQUIRE(std::string(error.what()).find("9f3c2a1be07d4c55:42") != std::string::npos);
      REQUIRE(out == "before");
    }
  }
  CHECK(failures > 0);
}

TEST_CASE("writing allocates nothing once the buffer has grown") {
  Message message;
  const auto event = sample::best_quote(message).asReader();
  JsonWriter writer({Numbers::text, Raw::shown});
  std::string out;
  writer.append(event, sample::kSession, 1, out);
  const auto* data = out.data();
  for (std::uint64_t i = 1; i < 100; ++i) {
    out.clear();
    writer.append(event, sample::kSession, i, out);
  }
  CHECK(out.data() == data);
}
