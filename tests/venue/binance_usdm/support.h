// A protocol with its events kept, and fields of an event by path, for the tests of this folder.
#pragma once

#include <tape/event/event.h>
#include <tape/venue/binance_usdm/protocol.h>
#include <tape/venue/venue.h>

#include <capnp/dynamic.h>
#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace binance {

using tape::event::Kind;
using tape::schema::AnomalyKind;
using tape::schema::GapKind;
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
    return at(kept.events.size() - 1);
  }
  /// The same for the answer to a REST request.
  tape::schema::Event::Reader answer(std::string_view target, std::string_view text) {
    rest = {"GET", target, 200, 0, 0};
    const auto event = send(text);
    rest = {};
    return event;
  }
  [[nodiscard]] tape::schema::Event::Reader at(std::size_t index) const {
    return kept.events.at(index)->event().asReader();
  }
  [[nodiscard]] std::size_t count() const { return kept.events.size(); }

  std::unique_ptr<tape::venue::Protocol> protocol = tape::venue::binance_usdm::make_protocol();
  Kept kept;
};

inline Kind kind(tape::schema::Event::Reader event) { return event.getBody().which(); }

inline std::string text_of(capnp::DynamicValue::Reader value) {
  switch (value.getType()) {
    case capnp::DynamicValue::TEXT:
      return value.as<capnp::Text>().cStr();
    case capnp::DynamicValue::ENUM: {
      const auto enumerant = value.as<capnp::DynamicEnum>().getEnumerant();
      KJ_IF_MAYBE (known, enumerant) {
        return known->getProto().getName().cStr();
      }
      return "?";
    }
    case capnp::DynamicValue::STRUCT: {
      const auto group = value.as<capnp::DynamicStruct>();
      return tape::format_decimal(
          {group.get("mantissa").as<std::int64_t>(), group.get("exponent").as<std::int8_t>()});
    }
    default:
      return kj::str(value).cStr();
  }
}

/// "bids[1].price" of any struct: a decimal in plain notation, "" when absent; an enumeration by
/// name.
inline std::string value_of(capnp::DynamicStruct::Reader from, std::string_view path) {
  const auto dot = path.find('.');
  auto name = std::string(path.substr(0, dot));
  const auto bracket = name.find('[');
  std::size_t index = 0;
  if (bracket != std::string::npos) {
    index = std::stoul(name.substr(bracket + 1));
    name.resize(bracket);
  }
  auto value = from.get(name.c_str());
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

/// How many elements a list of the body has.
inline std::size_t size(tape::schema::Event::Reader event, const char* list) {
  const auto all = capnp::DynamicStruct::Reader(event).get("body").as<capnp::DynamicStruct>();
  KJ_IF_MAYBE (member, all.which()) {
    return all.get(*member).as<capnp::DynamicStruct>().get(list).as<capnp::DynamicList>().size();
  }
  return 0;
}

inline std::string channel(tape::schema::Event::Reader event) { return event.getChannel().cStr(); }
inline std::string symbol(tape::schema::Event::Reader event) { return event.getSymbol().cStr(); }

/// "unitChanged E", one a line.
inline std::string anomalies(tape::schema::Event::Reader event) {
  std::string all;
  for (const auto anomaly : event.getAnomalies()) {
    if (!all.empty()) all += '\n';
    all += value_of(anomaly, "kind") + ' ' + anomaly.getPath().cStr();
  }
  return all;
}

inline constexpr tape::Nanos kMs = tape::kMillisecond;

inline std::string at(std::int64_t ms) { return std::to_string(ms * kMs); }

/// Path in the body, value.
using Values = std::initializer_list<std::pair<const char*, std::string>>;

/// The event is of that kind, on that channel, of that symbol, nothing about it is odd, and its
/// body has these values.
inline void check(tape::schema::Event::Reader event, Kind expected, const char* on, const char* of,
                  Values values) {
  INFO(body(event, kind(event) == Kind::OPAQUE ? "reason" : values.begin()->first));
  REQUIRE(kind(event) == expected);
  CHECK(channel(event) == on);
  CHECK(symbol(event) == of);
  CHECK(event.getUnknownFields() == 0);
  CHECK(anomalies(event).empty());
  for (const auto& [path, value] : values) {
    INFO(path);
    CHECK(body(event, path) == value);
  }
}

}  // namespace binance
