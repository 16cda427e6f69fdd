// Writes a derived tape: selected events of other tapes, which keep session and ordinal, between a
// beginning and an end of its own.
#pragma once

#include <tape/event/event.h>
#include <tape/log/frame_bytes.h>
#include <tape/log/reader.h>
#include <tape/log/writer.h>
#include <tape/state/state.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tape::cli {

/// A citation SESSION:ORDINAL must name the same event in every copy, so the `session` and `end`
/// events that a derived file needs belong to a session of their own, drawn at random; those of a
/// derived input are left out.
class DerivedTape {
 public:
  /// `sources` are named in the session event. The sink outlives this.
  DerivedTape(log::Sink& sink, std::string recorder, std::vector<std::string> sources);

  /// Begins with a computed checkpoint, before any event: what is copied then stands alone.
  /// `received_at` is when it begins.
  void add_checkpoint(const state::State& state, Nanos received_at);
  /// Copies one event. False when it was left out.
  bool add(const log::EventRef& ref);
  void flush();
  /// Writes the end event, summary and seek table.
  void close();

 private:
  void begin(Nanos received_at);
  [[nodiscard]] bool is_frame_of_copy(const log::EventRef& ref);
  schema::Event::Builder own_event(Nanos received_at);
  void append_own();

  log::Sink& sink_;
  std::string recorder_;
  std::vector<std::string> sources_;
  Nanos started_at_;
  std::uint64_t own_session_;
  std::optional<log::Writer> writer_;
  event::Message message_;
  log::EventCopier copier_;
  std::vector<std::uint64_t> derived_sessions_;  // of inputs that are copies themselves
  std::uint64_t events_ = 0;
  std::uint64_t own_ordinal_ = 0;
  Nanos last_received_at_ = 0;
};

}  // namespace tape::cli
