#include <tape/base/error.h>
#include <tape/event/catalog.h>
#include <tape/event/json.h>
#include <tape/event/json_parts.h>
#include <tape/event/levels.h>

#include <charconv>
#include <cstring>

namespace tape::event {
namespace {

void append_enumerant(const Field& field, std::uint64_t value, std::string& out) {
  if (value >= field.enumerants.size()) {
    append_number(value, out);  // of a newer file
    return;
  }
  out += '"';
  out += field.enumerants[value];
  out += '"';
}

void write_enum(const Field& field, std::uint64_t value, std::string& out) {
  if (value == 0 && (field.tri || field.zero_is_unknown)) return;
  out += field.key;
  if (field.tri && value <= 2) {
    out += value == 2 ? "true" : "false";
  } else {
    append_enumerant(field, value, out);
  }
}

void write_integer(const Field& field, std::int64_t number, std::string& out) {
  if (number == field.fallback && !field.always) return;
  out += field.key;
  if (field.session) {
    append_session(static_cast<std::uint64_t>(number), out);
  } else if (field.slot.type == SlotType::uint64) {
    append_number(static_cast<std::uint64_t>(number), out);
  } else {
    append_number(number, out);
  }
}

/// Every member was written with a comma in front; the first one's becomes the brace.
void close_object(std::size_t start, std::string& out) {
  if (out.size() == start) {
    out += "{}";
  } else {
    out[start] = '{';
    out += '}';
  }
}

void append_raw(schema::Event::Reader event, std::string& out) {
  const auto bytes = raw_bytes(event);
  if (!bytes) return;
  // A hostile file may call text what is not UTF-8; its bytes are shown all the same.
  if (event.getRaw().isText() && utf8_valid_prefix(*bytes) == bytes->size()) {
    out += ",\"raw\":\"";
    append_escaped(*bytes, out);
    out += '"';
  } else {
    out += ",\"rawHex\":";
    append_hex_string(*bytes, out);
  }
}

/// The envelope's fields that are written in ways of their own, found once.
struct Envelope {
  const Node& event = node_of(capnp::Schema::from<schema::Event>());
  const Field& direction = field("direction");
  const Field& transport = field("transport");
  const Field& rest = field("rest");
  const Field& anomalies = field("anomalies");

  [[nodiscard]] const Field& field(std::string_view name) const {
    for (const auto& each : event.fields) {
      if (each.slot.name == name) return each;
    }
    throw Error(Fault::internal, "no such field of Event: " + std::string(name));
  }
};

const Envelope& envelope() {
  static const Envelope kEnvelope;
  return kEnvelope;
}

}  // namespace

void append_json_string(std::string_view text, std::string& out) {
  out += '"';
  while (true) {
    const auto valid = utf8_valid_prefix(text);
    append_escaped(text.substr(0, valid), out);
    if (valid == text.size()) break;
    out += "\xEF\xBF\xBD";
    text.remove_prefix(valid + 1);
  }
  out += '"';
}

JsonWriter::JsonWriter(JsonOptions options) : options_(options) {}

void JsonWriter::append_decimal(Decimal value, std::string& out) const {
  char text[kDecimalSize + 2];
  const bool quoted = options_.decimals == Numbers::text;
  char* end = text;
  if (quoted) *end++ = '"';
  end = format_decimal(value, end);
  if (quoted) *end++ = '"';
  out.append(text, static_cast<std::size_t>(end - text));
}

void JsonWriter::append_moment(Nanos moment, std::string& out) {
  Nanos nanos = moment % kSecond;
  Nanos second = moment / kSecond;
  if (nanos < 0) {
    nanos += kSecond;
    --second;
  }
  if (second != second_ || second_text_[0] == '\0') {
    format_rfc3339(moment, second_text_.data());
    second_ = second;
  } else {
    put_nanos(static_cast<std::uint64_t>(nanos), second_text_.data() + 20);
  }
  out += '"';
  out.append(second_text_.data(), second_text_.size());
  out += '"';
}

void JsonWriter::write_list(const Field& field, const Sections& value, std::string& out) {
  out += field.key;
  out += '[';
  bool first = true;
  const auto separate = [&] {
    if (!first) out += ',';
    first = false;
  };
  if (field.slot.type == SlotType::list_of_text) {
    for (const auto text : value.texts(field.slot)) {
      separate();
      check_form_size(out.size() - start_);
      append_json_string(view(text), out);
    }
  } else {
    for (const auto element : value.structs(field.slot)) {
      separate();
      check_form_size(out.size() - start_);
      write_object(*field.node, Sections(element), out);
    }
  }
  out += ']';
}

void JsonWriter::write_packed(const Field& field, const Sections& value, std::string& out) {
  out += field.key;
  out += '[';
  PackedCursor cursor(value.structure(*field.packed).as<schema::PackedLevels>());
  LevelRow row;
  for (bool first = true; cursor.next(row); first = false) {
    if (!first) out += ',';
    check_form_size(out.size() - start_);
    write_object(*field.node,
                 Sections(kj::ArrayPtr(reinterpret_cast<const kj::byte*>(&row), sizeof row)), out);
  }
  out += ']';
}

void JsonWriter::write_field(const Field& field, const Sections& value, std::string& out) {
  const Slot& slot = field.slot;
  switch (slot.type) {
    case SlotType::decimal: {
      const auto decimal = load_decimal(value.data(), slot);
      if (decimal.absent()) return;
      out += field.key;
      append_decimal(decimal, out);
      return;
    }
    case SlotType::moment: {
      const auto moment = value.integer(slot);
      if (moment == 0) return;
      out += field.key;
      append_moment(moment, out);
      return;
    }
    case SlotType::text: {
      const auto text = value.text(slot);
      if (text.empty()) return;
      out += field.key;
      append_json_string(text, out);
      return;
    }
    case SlotType::data: {
      const auto bytes = value.bytes(slot);
      if (bytes.empty()) return;
      out += field.key;
      append_hex_string(bytes, out);
      return;
    }
    case SlotType::boolean:
      out += field.key;
      out += load_bool(value.data(), slot) ? "true" : "false";
      return;
    case SlotType::nothing:
      out += field.key;
      out += "true";
      return;
    case SlotType::enumeration:
      write_enum(field, static_cast<std::uint64_t>(value.integer(slot)), out);
      return;
    case SlotType::structure:
      if (!value.has(slot)) return;
      out += field.key;
      write_object(*field.node, Sections(value.structure(slot)), out);
      return;
    case SlotType::group:
      out += field.key;
      write_object(*field.node, value, out);
      return;
    case SlotType::list_of_struct:
    case SlotType::list_of_text:
      if (value.has(slot)) {
        write_list(field, value, out);
      } else if (field.packed && value.has(*field.packed)) {
        write_packed(field, value, out);
      }
      return;
    default:
      write_integer(field, value.integer(slot), out);
  }
}

void JsonWriter::write_object(const Node& node, const Sections& value, std::string& out) {
  const auto start = out.size();
  for (const auto& field : node.fields) {
    if (value.active(node, field.slot)) write_field(field, value, out);
  }
  close_object(start, out);
}

void JsonWriter::append_struct(capnp::AnyStruct::Reader value, capnp::StructSchema schema,
                               std::string& out) {
  start_ = out.size();
  write_object(node_of(schema), Sections(value), out);
}

void JsonWriter::write_envelope(schema::Event::Reader event, std::uint64_t session,
                                std::uint64_t ordinal, std::string& out) {
  const auto text = [&](std::string_view key, capnp::Text::Reader value) {
    if (value.size() == 0) return;
    out += key;
    append_json_string(view(value), out);
  };
  const auto number = [&](std::string_view key, auto value) {
    if (value == 0) return;
    out += key;
    append_number(value, out);
  };
  const auto flag = [&](std::string_view key, bool value) {
    if (value) out += key;
  };
  out += ",\"session\":";
  append_session(session, out);
  out += ",\"ordinal\":";
  append_number(ordinal, out);
  out += ",\"receivedAt\":";
  append_moment(event.getReceivedAt(), out);
  out += ",\"receivedAtS\":";
  append_seconds(event.getReceivedAt(), out);
  if (event.getExchangeAt() != 0) {
    out += ",\"exchangeAt\":";
    append_moment(event.getExchangeAt(), out);
    out += ",\"exchangeAtS\":";
    append_seconds(event.getExchangeAt(), out);
  }
  number(",\"clockOffset\":", event.getClockOffset());
  text(",\"venue\":", event.getVenue());
  text(",\"account\":", event.getAccount());
  number(",\"connection\":", event.getConnection());
  const Envelope& places = envelope();
  out += places.direction.key;
  append_enumerant(places.direction, static_cast<std::uint16_t>(event.getDirection()), out);
  out += places.transport.key;
  append_enumerant(places.transport, static_cast<std::uint16_t>(event.getTransport()), out);
  text(",\"channel\":", event.getChannel());
  text(",\"symbol\":", event.getSymbol());
  number(",\"sequence\":", event.getSequence());
  const Sections sections{capnp::AnyStruct::Reader(event)};
  write_field(places.rest, sections, out);
  flag(",\"redacted\":true", event.getRedacted());
  flag(",\"synthetic\":true", event.getSynthetic());
  flag(",\"repaired\":true", event.getRepaired());
  flag(",\"unterminated\":true", event.getUnterminated());
  number(",\"unknownFields\":", event.getUnknownFields());
  if (event.getAnomalies().size() > 0) write_list(places.anomalies, sections, out);
}

void JsonWriter::append(schema::Event::Reader event, std::uint64_t session, std::uint64_t ordinal,
                        std::string& out) {
  const auto start = out.size();
  start_ = start;
  try {
    write_envelope(event, session, ordinal, out);
    const auto kind = event.getBody().which();
    out += ",\"kind\":\"";
    out += kind_name(kind);
    out += "\",\"body\":";
    if (const Node* node = body_node(kind)) {
      write_object(*node, Sections(body_of(event)), out);
    } else {
      out += "{}";
    }
    if (options_.raw == Raw::shown) append_raw(event, out);
    close_object(start, out);
    out += '\n';
  } catch (const kj::Exception& exception) {
    out.resize(start);
    throw_damaged(exception, session, ordinal);
  }
}

}  // namespace tape::event
