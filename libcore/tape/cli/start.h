// Where to begin reading in order to know the state at a time: at the nearest checkpoint before it.
#pragma once

#include <tape/cli/input.h>
#include <tape/state/rebuild.h>

#include <cstdint>
#include <memory>
#include <stop_token>

namespace tape::cli {

/// The state that the last good checkpoint holds before which nothing was received after `moment`;
/// the input then begins behind it. Null: there is none, and the input is as it was. Several files
/// have one only when they are of one recording. `session` and `ordinal`: nothing behind that event
/// either (0: no such).
[[nodiscard]] std::unique_ptr<state::State> start_near(InputOptions& input, Nanos moment,
                                                       std::uint64_t session = 0,
                                                       std::uint64_t ordinal = 0);

/// The state just before the time at which the selection begins, of what it selects otherwise, so
/// that what is cut out stands alone. Null where that cannot be said: no such time, a pipe, a
/// selection of single events.
[[nodiscard]] std::unique_ptr<state::Rebuild> state_before(InputOptions input,
                                                           const std::stop_token& stop);

/// Takes events of an input into a rebuilt state: what damage of the tape hides is told to it.
class RebuildFeed {
 public:
  void apply(MergedInput& input, const log::EventRef& ref, state::Rebuild& rebuild);

 private:
  std::uint64_t damages_ = 0;  // of the input, known to the state
};

/// Of all files: regular ones, which can be read again.
[[nodiscard]] bool can_seek(const InputOptions& input);

}  // namespace tape::cli
