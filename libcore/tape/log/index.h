// Where the chunks of a tape stand, learnt from its end: from summaries, and from the notes of a
// part that has none.
#pragma once

#include <tape/log/reader.h>
#include <tape/log/source.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace tape::log {

struct IndexRow {
  std::uint64_t offset = 0;  // of the chunk in the file
  std::uint64_t first_ordinal = 0;
  Nanos max_received_at = 0;
  std::uint32_t flags = 0;  // format.h
};

/// One of the tapes that stand end to end in a file.
struct IndexPart {
  std::uint64_t offset = 0;  // of its preamble
  std::uint64_t size = 0;
  std::uint64_t rest = 0;     // offset of what follows the last note: the summary, or an open chunk
  bool clean = false;         // it has a summary
  std::uint64_t session = 0;  // of all events; 0: of several
  std::uint64_t last_ordinal = 0;  // in its rows
  std::vector<IndexRow> rows;
  std::vector<capnp::word> summary;
};

enum class IndexFrom : std::uint8_t { summaries, notes_too };
/// First to last; empty when the file's parts cannot all be found without a scan (a pipe, a torn
/// part, damage).
[[nodiscard]] std::vector<IndexPart> build_index(const Source& source,
                                                 IndexFrom from = IndexFrom::notes_too);

struct IndexPosition {
  std::size_t part = 0;
  std::uint64_t offset = 0;
};
/// Where to begin in order to miss nothing that was received at or after `moment`.
[[nodiscard]] IndexPosition find_moment(const std::vector<IndexPart>& parts, Nanos moment);
/// Where to begin in order to miss nothing of `session` (0: any) from `ordinal` on.
[[nodiscard]] IndexPosition find_ordinal(const std::vector<IndexPart>& parts, std::uint64_t session,
                                         std::uint64_t ordinal);

/// The chunks that begin with a checkpoint and have nothing received after `moment` before them,
/// the nearest one first. Its own part and those before it were measured; none when they cannot be.
[[nodiscard]] std::vector<IndexPosition> find_checkpoints(const std::vector<IndexPart>& parts,
                                                          Nanos moment);

/// The preamble that stands at an offset of a regular file, if it can be parsed. Throws
/// Error{format} for a newer major version.
[[nodiscard]] std::optional<Preamble> preamble_at(const Source& source, std::uint64_t offset);

}  // namespace tape::log
