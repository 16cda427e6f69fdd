// The work of tape-state: the state at a time, what changed between two, and whether recorded
// snapshots agree.
#pragma once

#include <tape/cli/input.h>
#include <tape/cli/output.h>
#include <tape/cli/progress.h>

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace tape::cli {

struct StateOptions {
  InputOptions input;
  OutputOptions output;
  ProgressMode progress = ProgressMode::automatic;
  std::optional<TimeSpec> at;
  std::vector<std::string> diff;  // two times as written
  std::string view = "all";
  std::string format = "text";
  std::string numbers = "text";
  std::optional<std::int64_t> depth;
  Nanos every = 0;
  bool check = false;
  std::vector<std::string> venues;
  std::vector<std::string> accounts;
  std::vector<std::string> symbols;
};

/// Declares every option of tape-state.
void add_state_options(App& app, StateOptions& options);

/// damaged when damage was met or a check found something; throws Error and ClosedOutput.
[[nodiscard]] Exit show_state(StateOptions options, const std::stop_token& stop);

}  // namespace tape::cli
