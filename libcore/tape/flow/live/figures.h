// What a live recorder tells of itself in figures.
#pragma once

#include <tape/flow/live/health.h>
#include <tape/flow/live/side.h>
#include <tape/log/delays.h>

#include <cstdint>
#include <string>
#include <vector>

namespace tape::flow {

struct LiveFigures {
  std::uint64_t events = 0;
  std::uint64_t file_bytes = 0;
  std::uint64_t queue_depth = 0;  // most bytes that waited since the last health event
  RecorderSample recorder;        // of the last health event
  log::Delays::Counts delays;     // of the file at hand
  SystemSample system;
  std::size_t feeds = 0;
  std::size_t silent = 0;  // of them
  std::vector<const Side*> sides;
};

/// In the text form of Prometheus; names begin with tape_.
[[nodiscard]] std::string metrics_of(const LiveFigures& figures);

}  // namespace tape::flow
