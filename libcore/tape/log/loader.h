// Walks the frames of an input from front to back, past damage, and decompresses its chunks.
#pragma once

#include <tape/log/frames.h>
#include <tape/log/reader.h>

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <vector>

namespace tape::log {

/// A frame that was rebuilt ahead.
struct FrameAhead {
  std::size_t at = 0;  // of its event in the chunk, in words
  std::size_t begin = 0;
  std::size_t size = 0;
};

/// One step of the walk. Reused.
struct Found {
  Part part = Part::end;
  std::uint64_t offset =
      0;  // of the frame; damage: of its first byte; end: of the first byte not understood
  std::uint64_t length = 0;           // of the frame, of a piece's frame so far, of the damage
  Plain plain;                        // chunk: its messages; piece: whole messages, if possible
  bool last = false;                  // piece: the chunk ends here, and its checksum is right
  std::vector<std::uint8_t> payload;  // preamble, note
  std::string what;                   // damage: what was expected and met
  Tail tail = Tail::open;             // end
  std::string text;                   // of the frames below
  std::vector<FrameAhead> frames;     // in the order of the chunk; FramesAhead
  std::exception_ptr failure;         // what the walk threw, when it runs on another thread
};

/// The chunk that is read block by block.
struct ChunkStream {
  std::uint64_t frame = 0;
  std::size_t fed = 0;   // bytes of the frame that were decompressed
  std::size_t next = 0;  // where the next block header stands
  std::uint64_t window = 0;
  bool checksum = false;
  std::uint64_t plain = 0;             // bytes so far
  std::optional<std::uint64_t> limit;  // the frame is cut off here
  bool nothing_follows = false;        // a search found no frame behind it
  std::string error;                   // met; to be reported after what came before it
};

/// Chunks of regular files come whole, once their checksum is verified. Block by block, in pieces,
/// come: a chunk that the file ends in or that another part of the tape cuts off, chunks on a pipe,
/// and what is no tape of ours.
class Loader {
 public:
  Loader(Fd input, std::string name, bool follow);

  /// Throws Error unless the input is a tape; says what it is instead. To be called first.
  void recognise();
  /// Goes on at `offset`, where a frame stands. Regular files only, before the first next().
  void start_at(std::uint64_t offset) { at_ = offset; }
  void next(Found& out);
  /// The stored bytes of the frame that next() found last, when they are at hand: not of large
  /// summaries on a pipe.
  [[nodiscard]] Bytes stored(const Found& found);
  [[nodiscard]] const Source& source() const { return source_; }

 private:
  enum class Advance : std::uint8_t { block, done, cut, error };

  struct Pending {  // damage whose end is not known yet, in an input that may grow
    std::uint64_t from;
    std::uint64_t search;
    std::string why;
  };

  bool step(Found& out);
  void take_whole(const Look& look, Found& out);
  void take_chunk(const Look& look, Found& out);
  void take_broken(const Look& look, Found& out);
  void found_damage(std::uint64_t from, std::optional<std::uint64_t> to, std::string why,
                    Found& out);
  void search_on(Pending pending, Found& out);
  void found_end(std::uint64_t offset, Tail tail, Found& out);
  void begin_stream(std::optional<std::uint64_t> limit, bool nothing_follows);
  void stream(Found& out);
  void stream_cut(Found& out);
  void stream_failed(Found& out);
  void end_stream(std::uint64_t at);
  Advance advance(Plain& out);
  [[nodiscard]] Bytes stream_bytes(std::size_t from, std::size_t wanted);
  [[nodiscard]] std::size_t plain_hint(std::uint64_t note_at, std::uint64_t chunk_size);

  Source source_;
  Inflater inflater_;
  Frames frames_;
  const bool follow_;
  bool foreign_ = false;  // zstd without our frames: read block by block, unbounded
  std::uint64_t at_ = 0;
  Part before_ = Part::unknown;  // the last frame
  bool torn_ = false;            // damage reached the end
  std::optional<ChunkStream> stream_;
  std::optional<Pending> pending_;
  Plain carry_;  // the front of a message whose rest is in blocks to come
};

/// Reads the payload of a preamble. Throws Error{format} when its major version is newer than ours.
[[nodiscard]] Preamble parse_preamble(Bytes payload, std::uint64_t offset, const std::string& name);

}  // namespace tape::log
