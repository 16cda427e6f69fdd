// The files of a recording: their names, what comes after what, and which old ones are removed.
#pragma once

#include <tape/base/time.h>
#include <tape/log/sink.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tape::flow {

struct FilePolicy {
  std::string pattern;            // a path; %Y %m %d %H %M %S %% are UTC, others are refused
  bool force = false;             // write over an existing file
  std::uint64_t rotate_size = 0;  // 0 = never
  Nanos rotate_every = 0;         // 0 = never
  std::optional<Nanos> keep_for = std::nullopt;  // closed files older than this are removed
  std::optional<std::uint64_t> keep_bytes =
      std::nullopt;            // the oldest closed files past this sum are removed
  std::uint64_t min_free = 0;  // stop when the file system has less left; 0 = never
};

/// A duration (30d) or a size (200G) into keep_for or keep_bytes. Throws Error{usage}.
void parse_keep(const std::string& text, FilePolicy& policy);

class Files {
 public:
  /// Throws Error{usage} for a conversion it does not know.
  explicit Files(FilePolicy policy);

  struct Opened {
    std::string path;
    std::unique_ptr<log::FileSink> sink;
  };
  /// Opens the file for `now` (UTC); a name that is taken gets -2, -3 and so on when the pattern
  /// has times or the file follows another one. Throws Error{io}.
  [[nodiscard]] Opened open(Nanos now);

  [[nodiscard]] bool rotates() const {
    return policy_.rotate_size != 0 || policy_.rotate_every != 0;
  }
  [[nodiscard]] bool due(std::uint64_t bytes, Nanos age) const;

  /// Removes closed files past --keep: those whose name the pattern could have made, never
  /// `current`. Returns the paths it removed. `now` is UTC.
  [[nodiscard]] std::vector<std::string> retain(const std::string& current, Nanos now) const;

  /// Throws Error{io} when there is less than --min-free left beside `path`.
  void check_free(const std::string& path) const;

 private:
  FilePolicy policy_;
  std::string last_;  // the path opened last
};

/// The pattern with `moment` filled in. Throws Error{usage}.
[[nodiscard]] std::string expand_pattern(const std::string& pattern, Nanos moment);

/// Whether `name` is what expand_pattern could make of `pattern`, with or without "-2" before its
/// extension.
[[nodiscard]] bool pattern_made(const std::string& pattern, const std::string& name);

}  // namespace tape::flow
