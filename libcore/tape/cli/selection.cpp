#include <tape/cli/selection.h>

#include <algorithm>

namespace tape::cli {

bool SelectOptions::any() const {
  return from || to || !venues.empty() || !accounts.empty() || !channels.empty() ||
         !symbols.empty() || !kinds.empty() || !connections.empty() || !directions.empty() ||
         !transports.empty() || !ordinals.empty() || !ids.empty();
}

event::Selection make_selection(const SelectOptions& options, std::optional<Nanos> from,
                                std::optional<Nanos> to) {
  event::Selection selection;
  selection.from = from;
  selection.to = to;
  selection.by = event::parse_time_by("--by", options.by);
  selection.venues = event::split_list("--venue", options.venues);
  selection.accounts = event::split_list("--account", options.accounts);
  selection.channels = event::split_list("--channel", options.channels);
  selection.symbols = event::split_list("--symbol", options.symbols);
  selection.kinds = event::parse_kinds("--kind", options.kinds);
  selection.ids = event::split_list("--id", options.ids);
  selection.connections = event::parse_ranges("--connection", options.connections);
  selection.ordinals = event::parse_ranges("--ordinal", options.ordinals);
  selection.directions = event::parse_directions("--direction", options.directions);
  selection.transports = event::parse_transports("--transport", options.transports);
  return selection;
}

Window make_window(const event::Selection& selection, std::uint64_t context) {
  Window window;
  // What stands around an event may lie outside of the window.
  if (context > 0) return window;
  if (selection.by == event::TimeBy::received) {
    window.from = selection.from;
    window.to = selection.to;
  }
  if (selection.ordinals.empty()) return window;
  const auto& ranges = selection.ordinals;
  window.session = ranges.front().session.value_or(0);
  window.first_ordinal = UINT64_MAX;
  window.last_ordinal = 0;
  for (const auto& range : ranges) {
    if (range.session.value_or(0) != window.session) window.session = 0;
    window.first_ordinal = std::max<std::uint64_t>(1, std::min(window.first_ordinal, range.first));
    window.last_ordinal = std::max(window.last_ordinal, range.last);
  }
  return window;
}

}  // namespace tape::cli
