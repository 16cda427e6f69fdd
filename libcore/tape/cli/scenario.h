// A scenario file: TOML whose [[fault]] tables say what is to go wrong while a tape is served.
#pragma once

#include <tape/cli/config.h>

#include <string>
#include <vector>

namespace tape::cli {

/// The tables in their order. A table in a table gives keys with a dot (when.channel), a list gives
/// its key once a value. Throws Error{usage} with file, line and column for what is no such file,
/// Error{io} where it cannot be read.
[[nodiscard]] std::vector<ConfigRecord> read_scenario(const std::string& path);

}  // namespace tape::cli
