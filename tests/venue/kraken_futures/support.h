// A protocol with its events kept, for the tests of this folder.
#pragma once

#include <tape/event/event.h>
#include <tape/venue/kraken_futures/protocol.h>
#include <tape/venue/venue.h>

#include <capnp/dynamic.h>
#include <kj/string.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace kraken {

using tape::event::Kind;
using tape::schema::OpaqueKind;

inline constexpr tape::Nanos kNow = 1'600'000'000'000'000'000;

class Kept final : public tape::venue::Outbox {
 public:
  void event(tape::event::Message& message) override {
    events.push_back(std::make_unique<tape::event::Message>());
    events.back()->copy(message.event().asReader());
  }
  std::vector<std::unique_ptr<tape::event::Message>> events;
};

/// Feeds frames to one protocol, as a connection would.
class Wire {
 public:
  std::uint32_t connection = 1;
  tape::Nanos now = kNow;
  tape::schema::Direction direction = tape::schema::Direction::RECEIVED;
  tape::event::RestInfo rest;
  bool redacted = false;
  std::string bytes;  // of the last frame, as the protocol left them

  bool offer(std::string_view text, tape::venue::Unknown unknown) {
    kept.events.clear();
    bytes.assign(text);
    bytes.append(tape::event::kFramePadding, '\0');
    tape::event::Frame frame;
    frame.bytes = {bytes.data(), text.size()};
    frame.stamp.received_at = now;
    frame.connection = connection;
    frame.direction = direction;
    frame.transport = tape::schema::Transport::WEBSOCKET;
    frame.account = "desk";
    if (!rest.target.empty()) {
      frame.rest = &rest;
      frame.transport = tape::schema::Transport::REST;
    }
    const bool made = protocol->on_frame(frame, kept, unknown);
    redacted = frame.redacted;
    bytes.resize(text.size());
    return made;
  }

  /// The frame's own event, the last that was made.
  tape::schema::Event::Reader send(std::string_view text) {
    (void)offer(text, tape::venue::Unknown::record);
    return last();
  }
  /// The same for the answer to a REST request.
  tape::schema::Event::Reader answer(std::string_view target, std::string_view text,
                                     std::string_view method = "GET") {
    rest = {method, target, 200, 0, 0};
    const auto event = send(text);
    rest = {};
    return event;
  }
  [[nodiscard]] tape::schema::Event::Reader last() const { return at(kept.events.size() - 1); }
  [[nodiscard]] tape::schema::Event::Reader at(std::size_t index) const {
    return kept.events.at(index)->event().asReader();
  }
  [[nodiscard]] std::size_t count() const { return kept.events.size(); }

  std::unique_ptr<tape::venue::Protocol> protocol = tape::venue::kraken_futures::make_protocol();
  Kept kept;
};

inline Kind kind(tape::schema::Event::Reader event) { return event.getBody().which(); }

inline std::string text_of(const capnp::DynamicValue::Reader& value) {
  switch (value.getType()) {
    case capnp::DynamicValue::TEXT:
      return value.as<capnp::Text>().cStr();
    case capnp::DynamicValue::ENUM:
      KJ_IF_MAYBE (known, value.as<capnp::DynamicEnum>().getEnumerant()) {
        return known->getProto().getName().cStr();
      }
      return "?";
    case capnp::DynamicValue::LIST:
      return std::to_string(value.as<capnp::DynamicList>().size());
    case capnp::DynamicValue::STRUCT: {
      const auto group = value.as<capnp::DynamicStruct>();
      return tape::format_decimal(
          {group.get("mantissa").as<std::int64_t>(), group.get("exponent").as<std::int8_t>()});
    }
    default:
      return kj::str(value).cStr();
  }
}

/// The field at "items[1].price": decimals in plain notation, enumerations by name, of a list its
/// size.
inline std::string value_of(const capnp::DynamicStruct::Reader& from, std::string_view path) {
  const auto dot = path.find('.');
  std::string name(path.substr(0, dot));
  const auto bracket = name.find('[');
  const auto index = bracket == std::string::npos ? 0 : std::stoul(name.substr(bracket + 1));
  auto value = from.get(name.substr(0, bracket));
  if (bracket != std::string::npos) {
    const auto list = value.as<capnp::DynamicList>();
    if (index >= list.size()) return "no such element";
    value = list[static_cast<capnp::uint>(index)];
  }
  if (dot == std::string_view::npos) return text_of(value);
  return value_of(value.as<capnp::DynamicStruct>(), path.substr(dot + 1));
}

/// A field of the event's body.
inline std::string body(tape::schema::Event::Reader event, std::string_view path) {
  const auto all = capnp::DynamicStruct::Reader(event).get("body").as<capnp::DynamicStruct>();
  KJ_IF_MAYBE (member, all.which()) {
    return value_of(all.get(*member).as<capnp::DynamicStruct>(), path);
  }
  return "no body";
}

/// "unitChanged fills[].time", joined by ", ".
inline std::string anomalies(tape::schema::Event::Reader event) {
  std::string all;
  for (const auto anomaly : event.getAnomalies()) {
    if (!all.empty()) all += ", ";
    all += value_of(anomaly, "kind") + ' ' + anomaly.getPath().cStr();
  }
  return all;
}

/// What a frame that decodes without remark says: kind, channel, symbol; else what is remarkable.
inline std::string summary(tape::schema::Event::Reader event) {
  std::string text(tape::event::kind_name(kind(event)));
  if (event.hasChannel()) text += ' ' + std::string(event.getChannel().cStr());
  if (event.hasSymbol()) text += ' ' + std::string(event.getSymbol().cStr());
  if (kind(event) == Kind::OPAQUE)
    text += ": " + body(event, "kind") + ", " + body(event, "reason");
  if (event.getUnknownFields() != 0) text += ", unknown fields";
  if (event.getAnomalies().size() != 0) text += ", " + anomalies(event);
  return text;
}

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace kraken
