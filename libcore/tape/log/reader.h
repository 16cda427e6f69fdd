// Reads tapes: events in file order from files and pipes, past damage, with a name for every loss.
#pragma once

#include <tape/base/fd.h>
#include <tape/event/event.h>
#include <tape/schemas/file.capnp.h>
#include <tape/shape/chunk_shapes.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tape::log {

/// How a tape ends. open: after a whole block, no summary; its recorder runs or was killed. torn:
/// inside a block or message.
enum class Tail : std::uint8_t { clean, open, torn };

/// Bytes that could not be read, and what was in them as far as the chunk's neighbours tell.
struct Damage {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;         // 0: to the end
  std::uint64_t session = 0;        // 0: not known
  std::uint64_t first_ordinal = 0;  // missing ordinals, both included; 0: not known
  std::uint64_t last_ordinal = 0;
  std::string what;  // for people: what was expected and met
};

struct Preamble {
  std::uint8_t major = 0;
  std::uint8_t minor = 0;
  std::uint64_t offset = 0;  // where it stands in the file
  std::string recorder;
  std::uint64_t session = 0;
  Nanos started_at = 0;
  Nanos flush_interval = 0;
  Nanos sync_interval = 0;
  bool derived = false;
  std::string previous_link;
};

/// One event, valid until the next call of next(). `ordinal` is resolved where the message stores
/// 0.
struct EventRef {
  schema::Event::Reader event;
  std::uint64_t session = 0;
  std::uint64_t ordinal = 0;
  std::uint64_t chunk_offset = 0;              // of the zstd frame that holds it
  std::span<const capnp::word> framed;         // the message as stored, with its segment table
  const shape::ChunkShapes* shapes = nullptr;  // that `raw.rendered` names one of; frame_bytes.h
  std::optional<std::string_view> rebuilt;     // the frame, where it was rebuilt ahead
};

/// What a reader makes of the bytes of frames that are rendered.
enum class FrameUse : std::uint8_t {
  unwanted,   // nothing: who reads must not ask for them (EventRef::shapes is null)
  on_demand,  // kept at hand what rebuilds them
  ahead,      // and rebuilt by the thread that decompresses, because those of all will be wanted
};

struct ReaderOptions {
  bool follow = false;   // nothing from next() means "not yet"; the caller sleeps and calls again
  bool prefetch = true;  // decompress ahead on a thread of its own (regular files only)
  FrameUse frames = FrameUse::on_demand;
};

/// One input: a tape, or several end to end. Damage is skipped and collected in damages(), which
/// grows as it is met. Fields of an event are read on demand, and those of a hostile one may throw
/// kj::Exception: see reject().
class Reader {
 public:
  /// "-" is stdin. Throws Error: cannot be opened; not a tape (empty, too short, another kind of
  /// file: the message says what it looks like); a newer major version. A tape is recognised by its
  /// content.
  explicit Reader(const std::string& path, const ReaderOptions& options = {});
  /// An open descriptor: a file, a pipe, memory (memfd). `name` is for messages.
  Reader(Fd input, const std::string& name, const ReaderOptions& options = {});
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  /// The next event, or nothing at the end. With follow, nothing means "not yet": call again later.
  [[nodiscard]] const EventRef* next();

  /// Counts the last event as damage: reading its fields threw, as `what` says.
  void reject(const std::string& what);

  /// Skips what is received before `moment` without reading it, by the summary or the notes; the
  /// caller still compares events, since chunks are skipped whole. No effect on a pipe. Before the
  /// first next() only.
  void seek(Nanos moment);
  /// Skips chunks that cannot hold events from `ordinal` of `session` (0 = any) on. Same rules.
  void seek(std::uint64_t session, std::uint64_t ordinal);

  /// Goes to where a chunk or a preamble stands (checkpoints()). Same rules.
  void seek_offset(std::uint64_t offset);

  [[nodiscard]] Tail tail() const;  // after the end; before it, what is known so far
  /// After the end: where the bytes of a torn tail begin, else the end itself.
  [[nodiscard]] std::uint64_t tail_offset() const;
  /// The first ten thousand.
  [[nodiscard]] const std::vector<Damage>& damages() const;
  [[nodiscard]] const std::vector<Preamble>& preambles() const;
  [[nodiscard]] const std::string& path() const;
  [[nodiscard]] bool regular_file() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The summaries of a tape from its end alone (one for each tape where several stand end to end),
/// first to last; empty unless all have one: a pipe, open, torn. Reads some 60 bytes a chunk.
struct SummaryPart {
  std::uint64_t offset = 0;        // of this part's preamble in the file; rows count from here
  std::uint64_t size = 0;          // of the part
  std::vector<capnp::word> words;  // a framed Summary; view with summary()
  [[nodiscard]] std::unique_ptr<capnp::FlatArrayMessageReader> read() const;
};
[[nodiscard]] std::vector<SummaryPart> read_summaries(const std::string& path);

/// Offsets of the chunks that begin with a checkpoint and have nothing received after `moment`
/// before them, the nearest one first; by summaries or notes. Empty for a pipe.
[[nodiscard]] std::vector<std::uint64_t> checkpoints(const std::string& path, Nanos moment);

}  // namespace tape::log
