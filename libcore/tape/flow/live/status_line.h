// One line for the person who watches a recorder in a terminal.
#pragma once

#include <tape/base/time.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace tape::flow {

struct StatusFigures {
  double rate = 0;  // messages a second
  std::size_t links_up = 0;
  std::size_t links = 0;
  std::size_t feeds = 0;
  std::size_t silent = 0;  // of the feeds
  Nanos last_age = -1;     // of the last message; negative: none yet
  std::uint64_t gaps = 0;
  std::uint64_t file_bytes = 0;
  std::string file;  // its name
};

/// "1204/s | links 2/3 | feeds 42, 1 silent | last 0.2s | gaps 0 | 1.2 MiB day.tape", cut to
/// `width` columns (0: not at all). Without line end.
[[nodiscard]] std::string status_line(const StatusFigures& figures, std::size_t width);

}  // namespace tape::flow
