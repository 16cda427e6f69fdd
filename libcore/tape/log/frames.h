// Looks at single frames of an input: what stands at an offset, is it whole, and where is the next
// one that is.
#pragma once

#include <tape/log/inflate.h>
#include <tape/log/source.h>

#include <cstdint>
#include <optional>

namespace tape::log {

enum class Part : std::uint8_t {
  preamble,
  chunk,  // whole, its checksum verified
  piece,  // of a chunk that is read block by block
  note,
  summary,
  seek_table,
  unknown,  // a skippable frame of someone else, or of a newer minor version
  damage,
  wait,  // the input may grow
  end,
};

struct Look {
  enum class State : std::uint8_t { whole, cut, bad } state = State::bad;
  Part part = Part::unknown;
  std::uint64_t length = 0;     // of the frame, when whole
  std::size_t plain_bound = 0;  // of a chunk, when whole
  const char* why = "";         // bad: what was expected
};

/// Total work is bounded by the size of the input, whatever stands in it: what is not believed any
/// more is bad.
class Frames {
 public:
  Frames(Source& source, Inflater& inflater) : source_(source), inflater_(inflater) {}

  /// Judges by headers and, for skippable frames, by content; a chunk is not decompressed.
  [[nodiscard]] Look look(std::uint64_t offset);

  /// The first offset from `from` on where a valid frame stands: a chunk is one if it decompresses
  /// with the right checksum, or its first block does where the input ends inside it. Unknown
  /// skippable frames do not count. Nothing: `from` becomes where to go on when the input has
  /// grown. What was passed over on a pipe is gone.
  [[nodiscard]] std::optional<std::uint64_t> search(std::uint64_t& from);
  /// The same in front of `limit`; nothing is gone.
  [[nodiscard]] std::optional<std::uint64_t> search_within(std::uint64_t& from,
                                                           std::uint64_t limit);

  /// The first blocks of the chunk at `offset`, as far as they are valid, until they hold a whole
  /// message.
  [[nodiscard]] bool first_plain(std::uint64_t offset, Plain& out);

  /// Frames without checksums are taken (what other programs made of a tape).
  void accept_foreign() { foreign_ = true; }
  /// Work that led nowhere, in bytes.
  void charge(std::uint64_t bytes) { work_ += bytes; }

 private:
  Look look_skippable(std::uint64_t offset, std::uint32_t magic, std::uint64_t size);
  Look look_payload(std::uint64_t offset, Part part, std::uint64_t size);
  Look look_summary(std::uint64_t offset, std::uint64_t size);
  Look look_seek_table(std::uint64_t offset, std::uint64_t size);
  Look look_unknown(std::uint64_t offset, std::uint64_t size, Part part);
  Look look_data(std::uint64_t offset);
  [[nodiscard]] bool lands_on_frame(std::uint64_t offset, std::uint64_t size);
  [[nodiscard]] bool hides_preamble(std::uint64_t offset, std::uint64_t size);
  std::optional<std::uint64_t> search(std::uint64_t& from, std::optional<std::uint64_t> limit);
  [[nodiscard]] bool acceptable(std::uint64_t offset);
  [[nodiscard]] bool exhausted() const;

  Source& source_;
  Inflater& inflater_;
  Plain scratch_;
  std::uint64_t work_ = 0;
  std::uint64_t furthest_ = 0;
  bool foreign_ = false;
};

}  // namespace tape::log
