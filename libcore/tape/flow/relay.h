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

/// "tcp://..." or "ipc://...": events come from a publisher, not frames from a venue. Throws
/// Error{usage} for one beside other sources, and for an address that is none or that only
/// encryption may go to.
[[nodiscard]] bool is_publisher(const std::vector<std::string>& sources,
                                const std::string& curve_server_key);

struct RelayOptions {
  std::string endpoint;
  std::vector<std::string> filters = {""};
  std::string curve_server_key;  // empty = plain
  Nanos timeout = 0;             // without a message; 0 = for ever
  std::uint64_t limit = 0;       // events; 0 = no limit
  Nanos away = 10 * kSecond;  // a sender that was there may be gone so long before its end marker
};

struct Relayed {
  std::uint64_t events = 0;
  std::uint64_t holes = 0;  // messages missing, by the numbers within topics
  bool ended = false;       // an end marker came
  bool complete = false;    // and said that the run was complete
  bool agrees = false;      // and its digest is that of what came
  /// Runs that another one followed before their end marker: the sender was started again.
  std::uint64_t broken_runs = 0;
  enum class Cut : std::uint8_t {
    none,
    asked,   // the limit was reached, or stop was requested
    lost,    // the sender is gone
    silent,  // nothing came for the timeout
  };
  Cut cut = Cut::none;  // what ended it when no end marker did
};

/// What is wrong with it, for people; empty: all that was asked for came.
[[nodiscard]] std::string describe_failure(const RelayOptions& options, const Relayed& relayed);

struct RelayHooks {
  std::function<void(const log::EventRef&)> on_event;
  /// Nothing came for a moment: a time to flush.
  std::function<void()> on_idle;
};

/// To the end marker, or what cuts it short. A first number above 1 is no hole for a publisher that
/// was there before: what came earlier is missed by who comes late. A sender that was lost and
/// comes back is followed on, a new run of it too. Throws Error: {network}; {format} where a
/// payload is no Cap'n Proto message (--format json or raw).
[[nodiscard]] Relayed relay(const RelayOptions& options, const RelayHooks& hooks,
                            const std::stop_token& stop);

}  // namespace tape::flow
