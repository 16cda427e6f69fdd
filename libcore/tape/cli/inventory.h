// What is in a tape, in figures: from its summaries alone where it has them, else by reading it.
#pragma once

#include <tape/cli/input.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace tape::cli {

/// The events of one feed: one (venue, account, channel, symbol).
struct Feed {
  std::uint64_t events = 0;
  std::uint64_t raw_bytes = 0;
  std::uint64_t gaps = 0;     // gap events
  std::uint64_t missing = 0;  // sequence numbers that they count as missing
  std::uint64_t losses = 0;   // connections lost
  Nanos first = 0;
  Nanos last = 0;
};
using FeedKey = std::tuple<std::string, std::string, std::string, std::string>;
/// Takes keys of views as well. std::less<> would do, but for clang 14 with the tuples of
/// libstdc++ 12.
struct FeedLess {
  using is_transparent = void;
  using View = std::tuple<std::string_view, std::string_view, std::string_view, std::string_view>;
  template <typename A, typename B>
  bool operator()(const A& a, const B& b) const {
    return View(a) < View(b);
  }
};

/// Why a frame's bytes are on the tape: by policy, because it was not understood, or because it is
/// not proven that they follow from the event.
enum class Why : std::uint8_t { account, opaque, unproven };

struct Inventory {
  std::string path;  // of one file; empty in a total
  std::size_t files = 1;
  bool from_summary = true;
  bool selected = false;  // counts what a selection left
  log::Tail tail = log::Tail::clean;
  std::uint64_t damages = 0;
  std::optional<log::Preamble> preamble;  // the first of the file
  std::uint64_t parts = 0;                // tapes end to end in the file
  std::set<std::uint64_t> known_sessions;
  std::uint64_t other_sessions = 0;  // counted by a summary that does not list them
  std::uint64_t events = 0;
  std::uint64_t raw_bytes = 0;
  std::uint64_t plain_bytes = 0;  // of the chunks, decompressed
  std::uint64_t file_bytes = 0;   // 0: a pipe
  std::optional<Nanos> first;
  std::optional<Nanos> last;
  std::array<std::uint64_t, 4> kept{};                   // events by the member of Event.raw
  std::array<std::uint64_t, 3> why{};                    // of those with bytes, by Why
  std::array<std::uint64_t, event::kKinds + 1> kinds{};  // the last: kinds newer than this program
  std::map<FeedKey, Feed, FeedLess> feeds;

  [[nodiscard]] std::uint64_t sessions() const { return known_sessions.size() + other_sessions; }
  [[nodiscard]] std::uint64_t frames() const { return events - kept[0]; }
  [[nodiscard]] double seconds() const;
  /// Bytes of frames to bytes of file; 0 when one of them is not known.
  [[nodiscard]] double ratio() const;
  void add(const Inventory& other);
};

/// Of one file. With a selection, or where there is no summary, the events are read.
[[nodiscard]] Inventory take_inventory(const std::string& path, const SelectOptions& select);

}  // namespace tape::cli
