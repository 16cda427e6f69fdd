// Lays the frames of one tape into a sink, one after the other, and keeps what its summary and seek
// table must say.
#pragma once

#include <tape/log/format.h>
#include <tape/log/summary.h>
#include <tape/log/writer.h>

#include <atomic>
#include <cstdint>
#include <vector>

namespace tape::log {

/// The payload of a preamble's frame.
[[nodiscard]] std::vector<std::uint8_t> build_preamble(const PreambleInfo& info);

/// Bytes are gathered and go to the sink in one write each time flush() is called.
class TapeBuilder {
 public:
  /// Writes the preamble.
  TapeBuilder(Sink& sink, const PreambleInfo& info);

  /// More bytes of the zstd frame of the chunk under construction.
  void chunk_bytes(Bytes stored);
  /// The zstd frame is whole: its note follows. A row goes to `rows`.
  void end_chunk(const ChunkFacts& facts, Totals& rows);
  /// Writes what was gathered.
  void flush();
  /// Summary and seek table. Returns the bytes of the whole file.
  std::uint64_t finish(const Totals& totals);

  [[nodiscard]] const Sha256Sum& last_link() const { return link_; }
  /// Bytes that the sink has taken, from any thread.
  [[nodiscard]] std::uint64_t written() const { return written_; }
  /// Of chunks that hold checkpoint events alone, from any thread.
  [[nodiscard]] std::uint64_t checkpoint_bytes() const { return checkpoint_bytes_; }

 private:
  void frame(std::uint32_t magic, Bytes payload);
  [[nodiscard]] std::uint64_t position() const { return written_ + gathered_.size(); }

  Sink& sink_;
  std::vector<std::uint8_t> gathered_;
  std::atomic<std::uint64_t> written_ = 0;
  std::atomic<std::uint64_t> checkpoint_bytes_ = 0;
  std::vector<SeekEntry> entries_;
  Sha256 chunk_digest_;
  Sha256Sum link_{};
  std::uint64_t chunk_size_ = 0;
  std::uint64_t note_before_ = 0;  // position; 0 = none
};

}  // namespace tape::log
