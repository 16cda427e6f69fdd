// One run of the player over ZeroMQ from end to end: the socket, the consumers, the events, the end
// marker, the receipt.
#pragma once

#include <tape/flow/play/player.h>

#include <optional>
#include <string>

namespace tape::flow {

/// `run` is drawn at random.
struct ReplayOptions : PlayerOptions {
  std::string endpoint;  // empty with exec: a private ipc socket
  bus::Attach attach = bus::Attach::bind;
  std::string exec;   // shell command of a consumer that is started with the run; empty = none
  unsigned wait = 1;  // consumers to wait for
  Nanos wait_timeout = 60 * kSecond;
  std::string control;     // endpoint that operators ask at; empty = none
  std::string curve_keys;  // file with the keys of a CURVE server; empty = neither encrypted nor
                           // authenticated
};

/// Throws Error{usage} for options that do not go together.
void check(const ReplayOptions& options);

struct ReplayReport {
  Played played;
  bus::Stalls stalls;
  Nanos took =
      0;  // from the first consumer's being there to the last one's having taken the end marker
  unsigned consumers = 0;  // that were there at the start
  log::Delays::Counts lateness;
  Nanos latest = 0;
  std::string receipt;  // JSON, tools/README.md
};
/// For people: counts, rate, stalls.
[[nodiscard]] std::string describe(const ReplayReport& report);

/// Called while the run goes on; any may be empty.
struct ReplayHooks {
  std::function<void(const std::string& endpoint)> on_ready;  // bound or connecting
  std::function<void()> on_start;                             // the consumers are there
  std::function<void(std::uint64_t events)> on_event;
  std::function<void(const std::string& what)> on_damage;
  std::function<void(const ReplayReport&)> on_end;  // also before a failure is thrown
  /// What a person at the terminal asks for, several times a second; nothing = nothing more.
  std::function<std::optional<Command>(const Player&)> ask;
};

/// Throws Error: what Publisher throws; {network} a started consumer that fails or ends early;
/// {timeout} one that does not end. A stop request ends the run in order. Whoever listens gets an
/// end marker, also after a failure.
ReplayReport replay(const ReplayOptions& options, log::EventSource& source, Clock& clock,
                    const std::stop_token& stop, const ReplayHooks& hooks = {});

}  // namespace tape::flow
