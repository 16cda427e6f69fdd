// One input of a MergedInput: a tape that is opened when its time comes, and followed over
// rotation.
#pragma once

#include <tape/cli/input.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tape::cli {

/// Where a tape begins and ends in time, and which session's events it begins with.
struct Extent {
  Nanos first = 0;            // least receive time
  std::optional<Nanos> last;  // greatest, where it is known without reading all
  std::uint64_t session = 0;  // of the first event
  std::uint64_t first_ordinal = 0;
};

/// A path that can be opened and read again: not stdin, no FIFO.
[[nodiscard]] bool is_regular(const std::string& path);
/// The file's summaries, if together they cover all of it; else none, and it must be read.
[[nodiscard]] std::vector<log::SummaryPart> whole_summaries(const std::string& path);
/// From the summaries, else from the first event; nothing when the tape holds no event.
[[nodiscard]] std::optional<Extent> measure(const std::string& path);
/// The greatest receive time of a regular file; reads it where there is no summary.
[[nodiscard]] std::optional<Nanos> last_moment(const std::string& path);

/// For -DURATION and @#SESSION:ORDINAL. Throw Error{usage} on a pipe, and when there is no such
/// event.
[[nodiscard]] Nanos latest_moment(const std::vector<std::string>& files);
[[nodiscard]] Nanos moment_of(const TimeSpec& spec, const std::vector<std::string>& files);

/// What a source may leave out because the selection excludes it.
struct Window {
  std::optional<Nanos> from;
  std::optional<Nanos> to;
  std::uint64_t session = 0;        // of all ordinal ranges; 0 = any
  std::uint64_t first_ordinal = 0;  // 0 = no ordinals were asked for
  std::uint64_t last_ordinal = UINT64_MAX;
  std::uint64_t offset = 0;  // of the chunk to begin with, if it is not 0
  log::FrameUse frames = log::FrameUse::on_demand;
};

/// Damage of all sources: told once, counted, with an end to the telling.
class DamageTeller {
 public:
  void tell(const std::string& line);
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  static constexpr std::uint64_t kMostLines = 100;
  std::uint64_t count_ = 0;
};

class Source {
 public:
  Source(std::string path, std::size_t index, bool follow);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::size_t index() const { return index_; }
  [[nodiscard]] bool is_open() const { return reader_ != nullptr; }
  [[nodiscard]] bool finished() const { return finished_; }
  /// The event it stands at; null before the first advance(), while following at the end, and when
  /// finished.
  [[nodiscard]] const log::EventRef* head() const { return head_; }
  /// Of the file, once it was read to its end; clean when that was not needed.
  [[nodiscard]] log::Tail tail() const { return tail_; }
  /// Of every file read so far.
  [[nodiscard]] std::vector<log::Preamble> preambles() const;

  /// Opens and skips what is not in the window.
  void open(const Window& window);
  /// To the next event. With follow, head() null and not finished means: nothing yet.
  void advance(DamageTeller& teller);
  /// Closes the file; its events count as read.
  void finish();

 private:
  void tell_damage(DamageTeller& teller);
  void at_end(DamageTeller& teller);
  void open_next(DamageTeller& teller);
  void limit_reading(const Window& window);
  [[nodiscard]] bool past_window() const;

  std::string path_;
  std::size_t index_;
  bool follow_;
  bool finished_ = false;
  log::Tail tail_ = log::Tail::clean;
  bool ended_ = false;     // the event before was an `end`
  std::string next_file_;  // that it named
  std::unique_ptr<log::Reader> reader_;
  const log::EventRef* head_ = nullptr;
  std::size_t damages_told_ = 0;
  std::uint64_t last_chunk_ = UINT64_MAX;    // chunks behind this offset are not in the window
  std::uint64_t last_ordinal_ = UINT64_MAX;  // events behind this ordinal are not
  std::vector<log::Preamble> preambles_;
};

}  // namespace tape::cli
