// A protocol with its events kept, for the tests of this folder.
#pragma once

#include <tape/event/event.h>
#include <tape/venue/kraken_futures/protocol.h>
#include <tape/venue/venue.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kraken {

using tape::Decimal;
using tape::event::get_decimal;
using tape::event::Kind;
using tape::event::view;
using tape::schema::AnomalyKind;
using tape::schema::GapKind;
using tape::schema::OpaqueKind;
using tape::schema::Side;
using tape::schema::Tri;

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
  [[nodiscard]] tape::schema::Event::Reader last() const { return at(kept.events.size() - 1); }
  [[nodiscard]] tape::schema::Event::Reader at(std::size_t index) const {
    return kept.events.at(index)->event().asReader();
  }
  [[nodiscard]] std::size_t count() const { return kept.events.size(); }

  std::unique_ptr<tape::venue::Protocol> protocol = tape::venue::kraken_futures::make_protocol();
  Kept kept;
};

inline Kind kind(tape::schema::Event::Reader event) { return event.getBody().which(); }

template <typename Group>
std::string decimal(Group group) {
  return tape::format_decimal(get_decimal(group));
}

/// One word an anomaly: "unitChanged fills[].time".
inline std::string anomalies(tape::schema::Event::Reader event) {
  std::string all;
  for (const auto anomaly : event.getAnomalies()) {
    if (!all.empty()) all += ", ";
    switch (anomaly.getKind()) {
      case AnomalyKind::UNKNOWN_VALUE:
        all += "unknownValue ";
        break;
      case AnomalyKind::MISSING_FIELD:
        all += "missingField ";
        break;
      case AnomalyKind::BAD_VALUE:
        all += "badValue ";
        break;
      case AnomalyKind::OUT_OF_RANGE:
        all += "outOfRange ";
        break;
      case AnomalyKind::DUPLICATE_KEY:
        all += "duplicateKey ";
        break;
      case AnomalyKind::UNIT_CHANGED:
        all += "unitChanged ";
        break;
      case AnomalyKind::TRAILING_BYTES:
        all += "trailingBytes ";
        break;
      default:
        all += "other ";
    }
    all += view(anomaly.getPath());
  }
  return all;
}

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace kraken
