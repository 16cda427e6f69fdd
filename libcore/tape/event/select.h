// Which events are meant: the selection that all reading tools share, and the test of one event
// against it.
#pragma once

#include <tape/event/event.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tape::event {

/// A range of numbers, both ends included, of one session or (nothing) of any.
struct NumberRange {
  std::optional<std::uint64_t> session;
  std::uint64_t first = 0;
  std::uint64_t last = UINT64_MAX;
};

/// Which stamp `from` and `to` are held against. exchange: events without the venue's stamp are not
/// in the range.
enum class TimeBy : std::uint8_t { received, exchange };

/// What was asked for. An empty member means "all". Texts are patterns: `*`, `?` and `[...]` match
/// as in the shell.
struct Selection {
  std::optional<Nanos> from;  // included
  std::optional<Nanos> to;    // not included
  TimeBy by = TimeBy::received;
  std::vector<std::string> venues;
  std::vector<std::string> accounts;
  std::vector<std::string> channels;
  std::vector<std::string> symbols;  // case ignored
  std::vector<std::string> kinds;
  std::vector<std::string> ids;
  std::vector<NumberRange> connections;
  std::vector<NumberRange> ordinals;
  std::vector<schema::Direction> directions;
  std::vector<schema::Transport> transports;

  /// Whether every event is selected.
  [[nodiscard]] bool everything() const;
};

/// Further names under which a symbol pattern is to be looked for; venues know them, this module
/// does not.
using SymbolAliases = std::function<std::vector<std::string>(std::string_view symbol)>;

/// A Selection made ready. matches() allocates nothing; it may be called from several threads.
class Selector {
 public:
  /// Throws Error{usage} when a pattern of `kinds` names no kind.
  explicit Selector(const Selection& selection, const SymbolAliases& aliases = {});
  ~Selector();
  Selector(const Selector&) = delete;
  Selector& operator=(const Selector&) = delete;

  /// Where the event's own symbol is empty, the symbols in its body count; ids are looked for in
  /// the whole body. Throws Error{format} on a damaged message.
  [[nodiscard]] bool matches(schema::Event::Reader event, std::uint64_t session,
                             std::uint64_t ordinal) const;
  /// The same without the time range, for callers that cut by time themselves.
  [[nodiscard]] bool matches_but_time(schema::Event::Reader event, std::uint64_t session,
                                      std::uint64_t ordinal) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// From the words of a command line. `values` are the values of one option in the order given, each
// a comma list. They throw Error{usage}, naming `option`, the bad value and what was expected.

/// "a,b" "c" -> a b c. An empty item is refused.
[[nodiscard]] std::vector<std::string> split_list(std::string_view option,
                                                  const std::vector<std::string>& values);
/// As split_list; each pattern must match a kind.
[[nodiscard]] std::vector<std::string> parse_kinds(std::string_view option,
                                                   const std::vector<std::string>& values);
[[nodiscard]] std::vector<schema::Direction> parse_directions(
    std::string_view option, const std::vector<std::string>& values);
[[nodiscard]] std::vector<schema::Transport> parse_transports(
    std::string_view option, const std::vector<std::string>& values);
/// "[SESSION:]A[-B]", "[SESSION:]A-": SESSION is 16 hexadecimal digits, A and B are decimal.
[[nodiscard]] std::vector<NumberRange> parse_ranges(std::string_view option,
                                                    const std::vector<std::string>& values);
[[nodiscard]] TimeBy parse_time_by(std::string_view option, std::string_view value);

}  // namespace tape::event
