// Plays events to an outlet at the pace of the tape: a start marker, the events, the totals for the
// end marker.
#pragma once

#include <tape/base/clock.h>
#include <tape/base/digest.h>
#include <tape/bus/publisher.h>
#include <tape/bus/topic.h>
#include <tape/event/json.h>
#include <tape/flow/play/batch.h>
#include <tape/flow/play/burst.h>
#include <tape/flow/play/command.h>
#include <tape/flow/play/oversleep.h>
#include <tape/flow/play/pace.h>
#include <tape/flow/tape_time.h>
#include <tape/log/delays.h>
#include <tape/log/event_source.h>
#include <tape/log/frame_bytes.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tape::flow {

/// Why a run ended, in its end marker: `complete` is true for this reason only.
inline constexpr std::string_view kFinished = "finished";

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
  Nanos gap = 0;                             // longest silence kept, tape time; 0 = all
  std::uint64_t loops = 1;
  std::uint64_t batch = 1;             // events a message at most; not with Payload::raw
  bool tell_topics = false;            // losses go out once more on each topic that they concern
  bool clock = false;                  // kClockTopic, a few times a second
  bool spin = false;                   // the last moment before an event is due is not slept
  std::uint64_t lockstep = 0;          // credits at the start; 0 = no lock step
  Nanos barrier = 0;                   // a credit is for so much tape time; 0 = for an event
  Nanos stall_timeout = 60 * kSecond;  // without a credit
};

struct Played {
  std::uint64_t events = 0;
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;   // of payloads
  std::uint64_t digest = 0;  // XXH64 of the events as they were sent, whatever the batches
  std::uint64_t loops = 0;   // that came to their end
  bool stopped = false;      // by request, before the end of the source
};

/// One run. References outlive the player; `topics` also the outlet.
class Player {
 public:
  Player(const PlayerOptions& options, log::EventSource& source, bus::Topics& topics,
         bus::Outlet& outlet, Clock& clock, std::stop_token stop);

  /// Called after every message with the number of events so far.
  std::function<void(std::uint64_t)> on_event;
  /// Called for an event that cannot be shown in the chosen form (damaged pointers); it is left
  /// out.
  std::function<void(const std::string&)> on_damage;
  /// Called often: hands what operators ask to obey(), and waits for them for at most this long
  /// while there is nothing else to do. Without it a run cannot be steered.
  std::function<void(Nanos)> serve;

  /// Sends the start marker and all events. Throws what source and outlet throw, Error{timeout}
  /// when no credit comes.
  Played play();

  /// Does what an operator asks, from within `serve` or while a send waits; the answer is status().
  /// Throws Error{usage} for what cannot be done. `stop` is for the caller.
  void obey(const Command& command);
  [[nodiscard]] std::string status() const;
  /// The same in one line, for a person.
  [[nodiscard]] std::string line() const;
  /// The tape's time at this moment.
  [[nodiscard]] Nanos tape_now() const { return pace_.tape_now(clock_.monotonic()); }
  [[nodiscard]] bool paused() const { return paused_; }
  [[nodiscard]] double speed() const { return pace_.speed(); }

  [[nodiscard]] const Played& played() const { return played_; }
  /// How late events left, where a speed was kept.
  [[nodiscard]] log::Delays::Counts lateness() const { return lateness_.counts(); }
  [[nodiscard]] Nanos latest() const { return latest_; }
  /// Heads of the markers, and the end marker's payload: JSON, documented in
  /// samples/consumers/README.md.
  [[nodiscard]] bus::Head marker_head() const { return {options_.run, 1, 0, 0}; }
  [[nodiscard]] std::string end_payload(std::string_view reason) const;
  /// Members of a JSON object: counts, digest, and the same by topic.
  void append_totals(std::string& out) const;

 private:
  enum class Go : std::uint8_t { send, skip, stop };
  using Connection = std::pair<std::uint64_t, std::uint32_t>;

  [[nodiscard]] bool play_once();
  [[nodiscard]] Go play_event(const log::EventRef& ref);
  [[nodiscard]] Go admit(const log::EventRef& ref);
  [[nodiscard]] Go await_credit(Nanos tape_time);
  [[nodiscard]] Go await_due();
  void await(Nanos now, Nanos due);
  void idle(Nanos duration);
  [[nodiscard]] bool look();
  [[nodiscard]] bool add(bus::Topic& topic, Bytes payload, const Batch::Identity& identity);
  [[nodiscard]] bool flush();
  [[nodiscard]] bool flush_burst();
  void digest(Xxh64& into, Bytes payload) const;
  [[nodiscard]] bool emit(bus::Topic& topic, Bytes payload, std::uint64_t events,
                          const Batch::Identity& first, bus::Slab* slab = nullptr);
  [[nodiscard]] bool send_clock(Nanos tape_time, bool barrier);
  [[nodiscard]] bool clock_due();
  [[nodiscard]] bool tell(const log::EventRef& ref, Bytes payload);
  [[nodiscard]] Bytes payload_of(const log::EventRef& ref);
  void damaged(const log::EventRef& ref, std::string_view what) const;
  [[nodiscard]] std::string start_payload() const;
  [[nodiscard]] Go now_what() const;

  const PlayerOptions options_;
  log::EventSource& source_;
  bus::Topics& topics_;
  bus::Outlet& outlet_;
  Clock& clock_;
  std::stop_token stop_;
  TapeTime tape_time_;
  Pace pace_;
  Oversleep oversleep_;
  event::JsonWriter json_;
  log::FrameBytes bytes_;
  log::WholeEvent whole_;
  std::string text_;
  Batch batch_;
  Burst burst_;
  Xxh64 digest_;
  log::Delays lateness_;
  Nanos latest_ = 0;
  std::map<Connection, std::vector<bus::Topic*>> concerned_;  // topics met on each connection
  Played played_;
  std::uint64_t looks_ = 0;
  bool sending_ = false;
  bool paused_ = false;
  bool jumped_ = false;  // the event at hand is not the source's any more
  std::uint64_t steps_ = 0;
  std::uint64_t credits_;
  std::optional<Nanos> barrier_at_;  // end of the tape time that a credit was given for
  Nanos clock_at_ = 0;               // when the clock is to be told next
  std::uint64_t clocks_ = 0;
};

}  // namespace tape::flow
