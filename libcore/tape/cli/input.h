// Inputs of the reading tools: one or several tapes as one run of selected events, in time order,
// past damage.
#pragma once

#include <tape/cli/app.h>
#include <tape/event/select.h>
#include <tape/log/reader.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace tape::cli {

/// The selection as it stands on the command line; the lists are as given, comma lists unsplit.
struct SelectOptions {
  std::optional<TimeSpec> from;  // half-open: [from, to)
  std::optional<TimeSpec> to;
  std::string by = "receive";  // or "exchange"
  std::vector<std::string> venues;
  std::vector<std::string> accounts;
  std::vector<std::string> channels;
  std::vector<std::string> symbols;
  std::vector<std::string> kinds;
  std::vector<std::string> connections;
  std::vector<std::string> directions;
  std::vector<std::string> transports;
  std::vector<std::string> ordinals;  // [SESSION:]A[-B]
  std::vector<std::string> ids;
  std::uint64_t context = 0;     // events around each selected one
  event::SymbolAliases aliases;  // from the venues, by tools that know them

  /// Something of it was given.
  [[nodiscard]] bool any() const;
};

struct InputOptions {
  std::vector<std::string> files;
  SelectOptions select;
  std::uint64_t limit = 0;  // selected events; 0 = no limit
  bool follow = false;
  std::function<void()> before_wait;  // called before waiting for input: write out what is ready
  std::size_t start_file = 0;         // index of the file that is read from start_offset on
  std::uint64_t start_offset = 0;     // of a chunk (log::checkpoints); 0 = by the selection
  log::FrameUse frames = log::FrameUse::on_demand;
};

/// Declares FILE... (at least one).
void add_files(App& app, InputOptions& options);
/// Declares every selection option of the contract (--from ... --id, --context).
void add_selection(App& app, SelectOptions& options);
/// Declares --follow and --limit.
void add_follow(App& app, InputOptions& options);
void add_limit(App& app, InputOptions& options);

/// Several tapes as one. Merged by receive time; events of one session keep their order; equal
/// times come in argument order. Files whose time has not come yet are not open, so a thousand
/// rotated files cost what one costs. Damage is told on stderr, one line each, as it is met.
class MergedInput {
 public:
  /// Opens, resolves relative times, seeks. Throws Error: what Reader throws; {usage} for a bad
  /// selection or for times from the last event of a pipe.
  explicit MergedInput(const InputOptions& options, std::stop_token stop = {});
  ~MergedInput();
  MergedInput(const MergedInput&) = delete;
  MergedInput& operator=(const MergedInput&) = delete;

  /// The next selected event, valid until the next call, or null: at the end, at the limit, or
  /// (with follow) once stop was requested. With follow it waits for more. Allocates nothing per
  /// event.
  [[nodiscard]] const log::EventRef* next();

  /// Index in InputOptions::files of what next() gave; after a rotation that of the file followed.
  [[nodiscard]] std::size_t source() const;
  /// next() gave it because of --context only.
  [[nodiscard]] bool is_context() const;

  /// done; damaged when bytes could not be read or a tail is torn. After the end.
  [[nodiscard]] Exit exit() const;
  [[nodiscard]] std::uint64_t damages() const;
  /// Counts and tells damage that was met in using an event: a formatter's Error{format}.
  void note_damage(const std::string& what);
  /// As the free function, for inputs that can be read only once too: +DURATION works on a pipe.
  [[nodiscard]] Nanos resolve(const TimeSpec& spec);
  /// The worst tail of the inputs that were read to their ends. After the end.
  [[nodiscard]] log::Tail tail() const;
  /// Of all inputs opened so far, in argument order.
  [[nodiscard]] std::vector<log::Preamble> preambles() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The moment a time means on these tapes: through summaries where there are any, else by reading.
/// Throws Error{usage} when it cannot be known: -DURATION on a pipe, no such event, no events at
/// all.
[[nodiscard]] Nanos resolve_time(const TimeSpec& spec, const std::vector<std::string>& files);

/// What a warning about damage says: file, offset, what, missing ordinals, remedy.
[[nodiscard]] std::string describe(const log::Damage& damage, const std::string& path);

}  // namespace tape::cli
