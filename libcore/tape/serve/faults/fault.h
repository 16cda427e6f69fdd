// One thing that is to go wrong, as a command line or a scenario file says it.
#pragma once

#include <tape/base/time.h>
#include <tape/event/event.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <string_view>
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
  delay,        // everything comes late, later and later
  // Something that happens once.
  drop,         // all sockets are closed
  expire_keys,  // listen keys are no more
  notice,       // a notification
  // Something that happens to so many frames.
  skip_seq,   // a frame does not come
  duplicate,  // comes twice
  cut_frame,  // comes by half
};
[[nodiscard]] std::string_view name_of(FaultKind kind);
/// Whether it is about single frames of the tape.
[[nodiscard]] bool is_of_frames(FaultKind kind);

/// Which events of a tape are meant. Empty: any.
struct Match {
  std::string channel;
  std::string symbol;
  std::string account;
  std::optional<event::Kind> kind;
  std::uint64_t sequence = 0;

  [[nodiscard]] bool fits(schema::Event::Reader event) const;
};

/// Times are the tape's, but for `wait`.
struct FaultSpec {
  enum class Concerns : std::uint8_t { both, frames, answers };

  FaultKind kind = FaultKind::drop;
  Nanos at = 0;               // where nothing else triggers it
  std::optional<Match> when;  // it happens before such an event
  std::uint64_t nth = 1;      // of those
  Nanos after = 0;            // and so long after it
  Nanos lasts = 0;            // of frames: they are taken from this span; 0 = from `at` on
  Match of;                   // of frames: these only
  std::uint64_t count = 1;    // of frames; 0 = without bound
  double probability = 1;     // of each frame that fits
  std::uint16_t code = 0;     // drop, maintenance: of the close frame; 0 = none
  std::uint16_t status = 0;   // ban: of the answer; 0 = the venue's own
  Nanos retry = 0;            // ban: Retry-After; 0 = as long as it lasts
  std::string note;           // of notices
  std::string type = "market";
  std::string priority = "high";
  Nanos lead = 0;                      // maintenance: the notice goes out so long before
  Nanos least = 0;                     // delay: at the beginning
  Nanos latency = 0;                   // delay: at the end
  Concerns concerns = Concerns::both;  // delay
  Nanos wait = 0;  // wall time: behind it the tape stands until clients have subscribed again
};

/// One `key = value`; `where` begins messages about it.
struct Setting {
  std::string key;
  std::string value;
  std::string where;
};

/// All that is said of one fault; `where` begins messages about the whole.
struct SettingTable {
  std::vector<Setting> settings;
  std::string where;
};

/// "drop@+5s", "silence@2026-11-22T10:00:00Z+30s" as settings `do`, `at` and `for`. Throws
/// Error{usage}.
[[nodiscard]] SettingTable parse_fault_spec(std::string_view spec);

/// What random moments are drawn by, and what makes a moment of how a time is written; that throws
/// Error{usage}.
struct FaultContext {
  std::function<Nanos(const std::string&)> moment;
  std::mt19937_64 random;
};

/// The faults that they make: one an occurrence, and post-only behind a maintenance. Throws
/// Error{usage}.
[[nodiscard]] std::vector<FaultSpec> make_faults(const std::vector<SettingTable>& tables,
                                                 FaultContext context);

}  // namespace tape::serve
