// The command line of tape-record, as it was written: what the words mean is for flow/.
#pragma once

#include <tape/cli/app.h>
#include <tape/cli/config.h>
#include <tape/cli/output.h>
#include <tape/log/writer.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tape::cli {

struct RecordArguments {
  std::vector<std::string> sources;
  OutputOptions output{"", false};

  // Frames.
  std::string input = "ndjson";
  std::string venue = "auto";
  std::vector<std::string> accounts;  // a label, or LABEL=WHERE its keys are

  // The file.
  std::uint64_t rotate_size = 0;
  Nanos rotate_every = 0;
  std::string keep;
  std::uint64_t min_free = 0;
  Nanos flush = 50 * kMillisecond;
  std::string sync = "1s";
  std::uint64_t chunk = std::uint64_t{1} << 20U;
  int level = 1;
  std::string keep_raw = "auto";
  bool paranoid = false;
  std::string checkpoint;  // a size or off
  std::uint64_t limit = 0;
  Nanos duration = 0;

  // Live venues.
  std::vector<std::string> symbols;
  std::vector<std::string> feeds;
  std::vector<std::string> endpoints;  // NAME=URL
  std::vector<std::string> polls;      // NAME=DURATION or NAME=off
  std::string ca_file;
  bool insecure = false;
  std::string accept;
  std::string publish;
  std::string probe;
  std::string metrics;
  std::string metrics_file;
  Nanos stall = 10 * kSecond;
  Nanos reconnect = 30 * kSecond;
  // A publisher.
  std::string curve_server_key;
  Nanos timeout = 0;

  bool list_feeds = false;
  bool dry_run = false;
};

/// For the help text.
[[nodiscard]] std::vector<Example> record_examples();
/// Declares every option of tape-record.
void add_record_options(App& app, RecordArguments& arguments);

/// What the session event repeats of it.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> settings_of(
    const RecordArguments& arguments);
/// Throws Error{usage} for a chunk that is too small or too large.
[[nodiscard]] log::WriterOptions writer_options(const RecordArguments& arguments);
/// Tables of the configuration file beside the options: endpoints and polls.
void declare_tables(Config& config);
/// Adds what stands in them; the command line stands before it.
void add_tables(const Config& config, RecordArguments& arguments);

/// Throw Error{usage} where none is given.
void require_source(const RecordArguments& arguments);
void require_output(const RecordArguments& arguments);
/// The label that frames of a pipe get; empty = none. Throws Error{usage} for several.
[[nodiscard]] std::string account_of_pipe(const RecordArguments& arguments);
/// stdout where the tape goes there; null where it goes to files. Throws as make_sink and
/// refuse_same_file.
[[nodiscard]] std::unique_ptr<log::Sink> pipe_of(const RecordArguments& arguments);

/// The path of a closed file is a line on stdout, so that a pipe can ship it.
void print_closed(const std::string& path);
void warn_removed(const std::string& path);

}  // namespace tape::cli
