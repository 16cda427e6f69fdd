// The other end of the player: events of a publisher, checked against its end marker, handed on.
#pragma once

#include <tape/base/time.h>
#include <tape/log/reader.h>

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace tape::flow {

/// "tcp://..." or "ipc://...": events come from a publisher, not frames from a venue.
[[nodiscard]] bool is_publisher(const std::string& source);

struct RelayOptions {
  std::string endpoint;
  std::vector<std::string> filters = {""};
  std::string curve_server_key;  // empty = plain
  Nanos timeout = 0;             // without a message; 0 = for ever
  std::uint64_t limit = 0;       // events; 0 = no limit
};

struct Relayed {
  std::uint64_t events = 0;
  std::uint64_t holes = 0;  // messages missing, by the numbers within topics
  bool ended = false;       // an end marker came
  bool complete = false;    // and said that the run was complete
  bool agrees = false;      // and its digest is that of what came
};

/// What is wrong with it, for people; empty: all of a complete run came.
[[nodiscard]] std::string describe_failure(const Relayed& relayed);

struct RelayHooks {
  std::function<void(const log::EventRef&)> on_event;
  /// Nothing came for a moment: a time to flush.
  std::function<void()> on_idle;
};

/// To the end marker, or until stop. A first number above 1 is no hole for a publisher that was
/// there before: what came earlier is missed by who comes late. Throws Error: {network}; {timeout};
/// {format} where a payload is no Cap'n Proto message (--format json or raw).
[[nodiscard]] Relayed relay(const RelayOptions& options, const RelayHooks& hooks,
                            const std::stop_token& stop);

}  // namespace tape::flow
