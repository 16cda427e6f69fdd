// Plays events to an outlet at the pace of the tape: a start marker, the events, the totals for the
// end marker.
#pragma once

#include <tape/base/clock.h>
#include <tape/bus/publisher.h>
#include <tape/bus/topic.h>
#include <tape/event/json.h>
#include <tape/log/frame_bytes.h>
#include <tape/log/reader.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace tape::flow {

/// Why a run ended, in its end marker: `complete` is true for this reason only.
inline constexpr std::string_view kFinished = "finished";

/// Where a player's events come from: merged tapes, or a test.
class EventSource {
 public:
  EventSource() = default;
  EventSource(const EventSource&) = delete;
  EventSource& operator=(const EventSource&) = delete;
  virtual ~EventSource() = default;
  /// The next event, valid until the next call; null at the end.
  [[nodiscard]] virtual const log::EventRef* next() = 0;
};

/// The tape's own time, which the pace is taken from: the monotonic clock inside a session, placed
/// by the receive time of the session's first event; the receive time where there is no monotonic
/// clock.
class TapeTime {
 public:
  [[nodiscard]] Nanos of(const log::EventRef& ref);

 private:
  struct Session {
    std::uint64_t session = 0;
    Nanos received_at = 0;  // of its first event with a monotonic clock
    Nanos monotonic = 0;
  };
  std::vector<Session> sessions_;
  std::size_t current_ = 0;
  Nanos last_ = 0;
};

enum class Payload : std::uint8_t {
  capnp,  // the Event message in standard stream framing
  json,   // schemas/json.md, without a newline
  raw,    // the frame's bytes; empty where the event has none
};

struct PlayerOptions {
  Payload payload = Payload::capnp;
  double speed = 1;  // tape time per wall time; 0 = as fast as the consumers take it
  std::uint64_t run = 0;
  bus::Pattern pattern = bus::Pattern::pub;  // told in the markers
};

struct Played {
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;  // of payloads
  bool stopped = false;     // by request, before the end of the source
};

/// One run. References outlive the player; `topics` also the outlet.
class Player {
 public:
  Player(const PlayerOptions& options, EventSource& source, bus::Topics& topics,
         bus::Outlet& outlet, Clock& clock, std::stop_token stop);

  /// Called after every event with the number of events so far.
  std::function<void(std::uint64_t)> on_event;
  /// Called for an event that cannot be shown in the chosen form (damaged pointers); it is left
  /// out.
  std::function<void(const std::string&)> on_damage;

  /// Sends the start marker and all events. Throws what source and outlet throw.
  Played play();

  [[nodiscard]] const Played& played() const { return played_; }
  /// Heads of the markers, and the end marker's payload: JSON, documented in
  /// samples/consumers/README.md.
  [[nodiscard]] bus::Head marker_head() const { return {options_.run, 1, 0, 0}; }
  [[nodiscard]] std::string end_payload(std::string_view reason) const;

 private:
  [[nodiscard]] bool pace(Nanos tape_time);
  [[nodiscard]] Bytes payload_of(const log::EventRef& ref);
  void damaged(const log::EventRef& ref, std::string_view what) const;
  [[nodiscard]] std::string start_payload() const;

  const PlayerOptions options_;
  EventSource& source_;
  bus::Topics& topics_;
  bus::Outlet& outlet_;
  Clock& clock_;
  std::stop_token stop_;
  TapeTime tape_time_;
  event::JsonWriter json_;
  log::FrameBytes bytes_;
  log::WholeEvent whole_;
  std::string text_;
  std::optional<Nanos> tape_start_;
  Nanos wall_start_ = 0;
  Played played_;
};

}  // namespace tape::flow
