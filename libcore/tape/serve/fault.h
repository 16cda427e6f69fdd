// One thing that is to go wrong, as a command line or a scenario file says it.
#pragma once

#include <tape/base/time.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tape::serve {

enum class FaultKind : std::uint8_t {
  // Something that is so for a while.
  silence,      // sockets say nothing and hear nothing
  http502,      // requests are answered by HTML and 502
  empty_body,   // and by nothing at all, with 200
  ban,          // and by the venue's refusal of one who asked too often
  refuse,       // no WebSocket is opened: 503
  post_only,    // notices at both ends, and the flag in tickers
  maintenance,  // a notice, then sockets closed, refuse and http502
  // Something that happens once, or to so many frames.
  drop,         // all sockets are closed
  skip_seq,     // a frame does not come
  duplicate,    // comes twice
  cut_frame,    // comes by half
  expire_keys,  // listen keys are no more
  notice,       // a notification
};

/// Times are the tape's.
struct Fault {
  FaultKind kind = FaultKind::drop;
  Nanos at = 0;
  Nanos lasts = 0;      // of frames: they are taken from this span; 0 = from `at` on
  std::string channel;  // of frames: these only; empty = any
  std::string symbol;
  std::string account;
  std::uint64_t count = 1;      // of frames
  double probability = 1;       // of each frame that fits; below 1, `count` is without bound
  std::uint16_t code = 0;       // drop: of the close frame; 0 = none
  std::string note;             // of notices
  std::string type = "market";  // of a notice
  std::string priority = "high";
  Nanos lead = 0;  // maintenance: the notice goes out so long before
};

[[nodiscard]] std::string_view name_of(FaultKind kind);
/// Whether it is about single frames of the tape.
[[nodiscard]] bool is_of_frames(FaultKind kind);

/// "drop@+5s", "silence@2026-11-22T10:00:00Z+30s" as settings `do`, `at` and `for`. Throws
/// Error{usage}.
using Settings = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] Settings parse_fault_spec(std::string_view spec);

/// Settings are the members of Fault by their names, and do, at, for. `where` begins every message;
/// `moment` makes a time of how it is written. Throws Error{usage}.
[[nodiscard]] Fault make_fault(const Settings& settings, const std::string& where,
                               const std::function<Nanos(const std::string&)>& moment);

}  // namespace tape::serve
