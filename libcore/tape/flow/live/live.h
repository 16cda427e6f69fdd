// Records live venues: sessions over the wire, frames handed in by the desk's own programs, and the
// recorder's own condition, for months.
#pragma once

#include <tape/flow/live/health.h>
#include <tape/flow/live/stalls.h>
#include <tape/flow/live/status_line.h>
#include <tape/flow/live/wire.h>
#include <tape/flow/recorder.h>
#include <tape/venue/session.h>

#include <functional>
#include <string>
#include <vector>

namespace tape::flow {

struct LiveSource {
  std::string venue;  // a name of the registry that has a live side
  venue::SessionOptions options;
};

struct LiveOptions {
  RecorderOptions recorder;  // flush, sync, writer, limit, duration, stop_fd, hangup
  std::vector<LiveSource> sources;
  WireOptions wire;
  std::string accept;        // endpoint where programs hand in frames; empty = none
  std::string publish;       // endpoint of the live fan-out; empty = none. Events leave once they
                             // are flushed
  std::string metrics_file;  // for node_exporter; empty = none
  StallLimits stalls;
  HealthLimits health;
  bool notify = false;                                  // tell the service manager
  std::function<void(const StatusFigures&)> on_status;  // once a second
};

/// Runs until a signal, a limit or a failure. Throws Error; what was recorded before is closed as
/// well as it can be. Error{network} for a certificate that is refused at the first attempt.
[[nodiscard]] Recorded record_live(LiveOptions options, const Destination& destination,
                                   Clock& clock);

/// What it would do first, for people: links, subscriptions and requests, secrets overwritten.
/// Nothing is connected to.
[[nodiscard]] std::string describe_live(std::vector<LiveSource> sources, const Clock& clock);

/// What it would connect to and ask, keys set aside.
[[nodiscard]] std::vector<std::string> urls_of(const LiveSource& source, const Clock& clock);

/// Feeds, endpoints and polls of the venues named; all where none is.
[[nodiscard]] std::string list_feeds(const std::vector<std::string>& venues);

/// The live side of a venue. Throws Error{usage} naming those that have one.
[[nodiscard]] const venue::LiveInfo& live_info(const std::string& venue);

}  // namespace tape::flow
