// The work of tape-cat: prints, filters, merges, cuts, converts and follows tapes.
#pragma once

#include <tape/cli/input.h>
#include <tape/cli/output.h>
#include <tape/cli/progress.h>
#include <tape/event/json.h>

#include <cstdint>
#include <stop_token>
#include <string>

namespace tape::cli {

enum class Format : std::uint8_t { json, raw, raw0, csv, text, capnp, tape };

struct CatOptions {
  InputOptions input;
  OutputOptions output;
  Format format = Format::json;
  event::JsonOptions json;
  bool stored = false;     // capnp: messages as they are stored, ordinals resolved nowhere
  bool checkpoint = true;  // tape: a cut begins with the state there
  bool count = false;      // only how many there are
  ProgressMode progress = ProgressMode::automatic;
};

/// Declares the options of tape-cat that are not declared by input.h, output.h and progress.h.
void add_cat_options(App& app, CatOptions& options);

/// Runs to the end of the inputs, to the limit or, with follow, until a stop is requested. done, or
/// damaged when damage was met; throws Error and ClosedOutput. A stop without follow is a failure:
/// the output is not whole.
[[nodiscard]] Exit cat(const CatOptions& options, const std::stop_token& stop);

}  // namespace tape::cli
