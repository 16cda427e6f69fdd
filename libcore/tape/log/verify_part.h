// What a verification knows of the tape that it reads, and of the chunk it is at. Internal to
// verify.cpp.
#pragma once

#include <tape/log/chunk.h>
#include <tape/log/format.h>
#include <tape/log/reader.h>
#include <tape/log/summary.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace tape::log {

/// A chunk whose note is still to come.
struct OpenChunk {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  bool whole = false;
  bool sound = true;  // every message could be read
  Sha256Sum digest{};
};

/// What is known of the tape that is being read, of those that stand end to end.
struct PartState {
  std::uint64_t offset = 0;
  std::optional<Preamble> preamble;
  bool sound = true;    // nothing of it was lost so far, so that sums can be compared
  bool summed = false;  // its summary was met
  bool closed = false;  // its seek table was
  Sha256Sum link{};
  Totals totals;
  ChunkTally tally;
  std::vector<SeekEntry> entries;
  std::uint64_t note_before = 0;
  std::optional<OpenChunk> chunk;
  std::uint64_t first_session = 0;
  std::uint64_t first_ordinal = 0;
  std::uint64_t last_session = 0;
  std::uint64_t last_ordinal = 0;
  std::uint64_t events = 0;
  std::uint16_t last_kind = 0;
};

}  // namespace tape::log
