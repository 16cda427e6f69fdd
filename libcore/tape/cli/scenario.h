// A scenario file: TOML whose [[fault]] tables say what is to go wrong while a tape is served.
#pragma once

#include <tape/base/time.h>
#include <tape/cli/config.h>

#include <fstream>
#include <functional>
#include <string>
#include <vector>

namespace tape::cli {

/// The tables in their order; no path: none. A table in a table gives keys with a dot
/// (when.channel), a list gives its key once a value. Throws Error{usage} with file, line and
/// column for what is no such file, Error{io} where it cannot be read.
[[nodiscard]] std::vector<ConfigRecord> read_scenario(const std::string& path);

/// What a time of a scenario means on these tapes. Throws Error{usage}.
[[nodiscard]] Nanos moment(const std::string& text, const std::vector<std::string>& files);

/// A file of lines, each of which is there at once.
class LineFile {
 public:
  /// Makes it anew; no path: nothing. Throws Error{io}.
  explicit LineFile(std::string path);
  /// Writes a line; none where there is no path. This outlives it; it throws Error{io}.
  [[nodiscard]] std::function<void(const std::string&)> writer();

 private:
  std::string path_;
  std::ofstream out_;
};

}  // namespace tape::cli
