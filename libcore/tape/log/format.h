// The layout of a tape, drawn once: frames and their magics, bounds, zstd's headers, notes, links,
// the seek table.
//
//   preamble    50 2A 4D 18 | size u32 | "TAPE" major minor 0 0 | Preamble, framed
//   chunk       28 B5 2F FD | zstd frame with content checksum: whole Event messages
//   chunk note  51 2A 4D 18 | size u32 | ChunkNote, framed                              (chunk and
//   note repeat) summary     52 2A 4D 18 | size u32 | Summary, framed (on a clean close) seek table
//   5E 2A 4D 18 | size u32 | n * (stored u32, plain u32) | n u32 | 0 u8 | B1 EA 92 8F
//
// Numbers are little-endian. "framed" is Cap'n Proto's stream framing with one segment.
// schemas/README.md has it all.
#pragma once

#include <tape/base/bytes.h>
#include <tape/base/digest.h>
#include <tape/base/time.h>

#include <capnp/common.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tape::log {

inline constexpr std::uint32_t kPreambleMagic = 0x184D2A50;
inline constexpr std::uint32_t kNoteMagic = 0x184D2A51;
inline constexpr std::uint32_t kSummaryMagic = 0x184D2A52;
inline constexpr std::uint32_t kSeekTableMagic = 0x184D2A5E;
inline constexpr std::uint32_t kSeekableMagic = 0x8F92EAB1;
inline constexpr std::uint32_t kDataMagic = 0xFD2FB528;

inline constexpr std::uint8_t kMajor = 0;
inline constexpr std::uint8_t kMinor = 0;

/// Bounds that every reader may rely on.
inline constexpr std::size_t kMaxPlain = std::size_t{32} << 20U;  // of a chunk, decompressed
inline constexpr std::size_t kMaxStored =
    std::size_t{48} << 20U;  // of a chunk's zstd frame: tiny blocks cost 3 bytes each
inline constexpr std::size_t kMaxWindow = std::size_t{8} << 20U;  // of a chunk's zstd frame
inline constexpr int kMaxWindowLog = 23;
inline constexpr std::size_t kMaxPreamble = std::size_t{64} << 10U;
inline constexpr std::size_t kMaxNote = std::size_t{4} << 10U;
inline constexpr std::size_t kMaxSummary = std::size_t{1} << 30U;
inline constexpr std::size_t kMaxCounts =
    std::size_t{1} << 16U;  // rows of counts; further ones share one (summary.h)
inline constexpr std::size_t kMaxSessions = std::size_t{1} << 16U;  // that are told apart

// A chunk with more messages that cannot be read is given up: it was made to keep readers busy.
inline constexpr std::size_t kMaxBadMessages = 100;

inline constexpr std::size_t kSkippableHeader = 8;
inline constexpr std::size_t kPreambleHead = 8;  // "TAPE", major, minor, two reserved
inline constexpr std::size_t kBlockHeader = 3;
inline constexpr std::size_t kMaxBlock = std::size_t{128}
                                         << 10U;  // plain bytes of a zstd block, at most
inline constexpr std::size_t kChecksum = 4;
inline constexpr std::size_t kSeekFooter = 9;
inline constexpr std::size_t kSeekEntry = 8;
inline constexpr std::size_t kLink = 32;

[[nodiscard]] std::uint32_t load_u32(Bytes bytes, std::size_t at);
void append_u32(std::vector<std::uint8_t>& out, std::uint32_t value);

[[nodiscard]] constexpr bool is_skippable(std::uint32_t magic) {
  return (magic & 0xFFFFFFF0U) == kPreambleMagic;
}

/// A whole skippable frame.
[[nodiscard]] std::vector<std::uint8_t> skippable(std::uint32_t magic, Bytes payload);

/// Copies a payload to aligned words, if it is exactly one framed message of one segment.
[[nodiscard]] std::optional<std::vector<capnp::word>> framed_words(Bytes payload);
/// Whether a payload of `size` bytes that begins so can be exactly one framed message of one
/// segment.
[[nodiscard]] bool is_framed(Bytes begin, std::uint64_t size);

/// The header of a zstd frame, magic included.
struct DataHeader {
  enum class State : std::uint8_t { whole, incomplete, invalid } state = State::incomplete;
  std::size_t size = 0;
  std::uint64_t window = 0;
  bool checksum = false;
};
[[nodiscard]] DataHeader parse_data_header(Bytes bytes);

/// The header of a zstd block.
struct Block {
  bool valid = false;
  bool last = false;
  std::size_t stored = 0;  // bytes that follow the header
};
[[nodiscard]] Block parse_block(Bytes bytes, std::uint64_t window);

/// What a ChunkNote says of the chunk's content, before it is compressed.
struct ChunkFacts {
  std::uint32_t events = 0;
  std::uint32_t flags = 0;
  std::uint64_t first_session = 0;
  std::uint64_t first_ordinal = 0;
  std::uint64_t last_ordinal = 0;
  Nanos min_received_at = 0;  // least and greatest of those that are not 0
  Nanos max_received_at = 0;
  std::uint64_t plain_size = 0;
  std::uint64_t raw_digest = 0;
  std::uint32_t checkpoint_events = 0;  // not written

  friend bool operator==(const ChunkFacts&, const ChunkFacts&) = default;
};
inline constexpr std::uint32_t kCheckpointFirst = 1;

struct Note {
  ChunkFacts facts;
  std::uint64_t compressed_size = 0;
  std::uint64_t previous_note = 0;
  Sha256Sum link{};
};
/// The payload of a note's frame, its link as given.
[[nodiscard]] std::vector<std::uint8_t> build_note(const Note& note);
/// Nothing if it is no note. Unknown fields of newer minor versions are skipped.
[[nodiscard]] std::optional<Note> parse_note(Bytes payload);
/// SHA-256(before, chunk, payload with zeros where its link stands).
[[nodiscard]] Sha256Sum next_link(const Sha256Sum& before, const Sha256Sum& chunk,
                                  Bytes note_payload);

/// A payload that begins as a preamble does.
[[nodiscard]] bool is_preamble(Bytes payload);

/// One entry a frame, in file order; skippable frames have no plain bytes.
struct SeekEntry {
  std::uint32_t stored = 0;
  std::uint32_t plain = 0;
};
/// The whole frame of the seek table.
[[nodiscard]] std::vector<std::uint8_t> build_seek_table(std::span<const SeekEntry> entries);
/// Whether a payload of `size` bytes that ends in `footer` (kSeekFooter bytes) is a seek table.
[[nodiscard]] bool is_seek_table(Bytes footer, std::uint64_t size);

}  // namespace tape::log
