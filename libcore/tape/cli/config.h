// A configuration file for any tool: TOML whose keys are the tool's own long options, and tables
// beside them for what no option can say.
#pragma once

#include <tape/cli/app.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tape::cli {

/// One `key = value` of a table; `where` is "FILE:LINE:COLUMN", for messages about it.
struct ConfigSetting {
  std::string key;
  std::string value;
  std::string where;
};

/// One `[[name]]` of a list of tables.
struct ConfigRecord {
  std::vector<ConfigSetting> settings;
  std::string where;

  [[nodiscard]] std::vector<std::pair<std::string, std::string>> pairs() const;
};

/// Declares --config FILE on a tool. Options of the file are set as if they stood on the command
/// line, which wins where both speak; an argument without dashes (FILE) is a key in lower case
/// (file = [...]). What is required may come from either. A key, table or value that cannot be ends
/// the run: Error{usage} with file, line, column and the name that was probably meant. Values are
/// never part of a message about a table.
class Config {
 public:
  /// The app outlives this. At most one for an app.
  explicit Config(App& app);
  ~Config();
  Config(const Config&) = delete;
  Config& operator=(const Config&) = delete;

  /// A table `[name]` of `key = value`; no keys: any key.
  void add_table(std::string name, std::vector<std::string> keys = {});
  /// Tables `[[name]]` with these keys. Keys in `literals` (whatever their case, '-' or '_') are
  /// refused with `remedy`: what must not stand in a file.
  void add_records(std::string name, std::span<const std::string_view> keys,
                   std::span<const std::string_view> literals, std::string_view remedy);

  /// What the file said, after the command line was parsed; empty when it said nothing.
  [[nodiscard]] const std::vector<ConfigSetting>& table(std::string_view name) const;
  [[nodiscard]] const std::vector<ConfigRecord>& records(std::string_view name) const;

 private:
  class Reader;
  std::shared_ptr<Reader> reader_;  // CLI11 holds it too
};

}  // namespace tape::cli
