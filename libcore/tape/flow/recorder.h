// Records frames from pipes and files into tapes: decode, append, flush on time, rotate, and end in
// order.
#pragma once

#include <tape/base/clock.h>
#include <tape/flow/capture.h>
#include <tape/flow/checkpoints.h>
#include <tape/flow/files.h>
#include <tape/log/writer.h>
#include <tape/venue/venue.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tape::flow {

inline constexpr Nanos kSyncOff = -1;
inline constexpr Nanos kSyncEveryEvent = 0;

/// "off", "event" or a duration into RecorderOptions::sync. Throws Error{usage}.
[[nodiscard]] Nanos parse_sync(const std::string& text);
/// The value of --input. Throws Error{usage}, naming the forms there are.
[[nodiscard]] InputForm parse_form(const std::string& name);
/// The value of --venue. Throws Error{usage}, naming the venues there are, unless it is one of them
/// or "auto".
[[nodiscard]] std::string parse_venue(const std::string& name);

struct RecorderOptions {
  std::string recorder;        // program and version, for the preamble and the session event
  std::string venue = "auto";  // a venue's name, or told from each frame
  std::string account;         // our label
  InputForm form = InputForm::ndjson;
  std::vector<std::string> sources;  // "-" or files, read one after the other
  Nanos flush = 50 * kMillisecond;   // 0 = whenever the input is drained
  Nanos sync = kSecond;              // kSyncOff, kSyncEveryEvent or an interval
  event::KeepRaw keep_raw = event::KeepRaw::automatic;
  bool paranoid = false;  // rebuild each frame whose bytes are left out, and compare
  log::WriterOptions writer;
  CheckpointPolicy checkpoint;
  std::optional<std::uint64_t> limit;  // frames
  std::optional<Nanos> duration;
  std::vector<std::pair<std::string, std::string>>
      configuration;             // without secrets, for the session event
  int stop_fd = -1;              // readable = end in order
  std::function<bool()> hangup;  // true once: open the next file
};

struct Recorded {
  std::uint64_t events = 0;
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;      // of frames
  std::uint64_t bad_lines = 0;  // kept as local frames
  std::uint64_t opaque = 0;
  bool stopped = false;
};

/// With -v: what was recorded.
void tell(const Recorded& recorded);

/// Where the tape goes: rotating files, or one sink that is not ours (stdout).
struct Destination {
  std::optional<FilePolicy> files;
  log::Sink* sink = nullptr;
  /// Told the path of each closed file, and of each file that --keep removed.
  std::function<void(const std::string&)> closed;
  std::function<void(const std::string&)> removed;
};

/// Runs one recording to its end. Throws Error; what was recorded before is closed as well as it
/// can be.
[[nodiscard]] Recorded record(const RecorderOptions& options, const Destination& destination,
                              Clock& clock);

}  // namespace tape::flow
