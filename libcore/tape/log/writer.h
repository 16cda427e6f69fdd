// Appends events to a tape: chunks, notes, flushes, and at the end the summary and the seek table.
#pragma once

#include <tape/base/digest.h>
#include <tape/event/event.h>
#include <tape/log/delays.h>
#include <tape/log/sink.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace tape::log {

struct WriterOptions {
  std::size_t chunk_bytes = std::size_t{1} << 20U;  // plain bytes at which a chunk ends
  int level = 1;                                    // of zstd
  bool threaded = true;  // compress and write on a thread of their own; false: in the caller
};

/// What stands in the preamble and where a session goes on.
struct PreambleInfo {
  std::string recorder;            // program and version
  std::uint64_t session = 0;       // 0 in a derived file of several sessions
  std::uint64_t next_ordinal = 1;  // of the first event that append() gets
  Nanos started_at = 0;
  Nanos flush_interval =
      50 * kMillisecond;          // promises, written down; the caller keeps them with flush()
  Nanos sync_interval = kSecond;  // 0 = every event, -1 = off
  bool derived = false;
  std::string previous_link;  // 32 bytes or empty
};

/// How a file ended; the link and the ordinal go on in the next file of a rotation.
struct Closed {
  Sha256Sum last_link{};
  std::uint64_t next_ordinal = 1;
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;  // of the file
};

/// One file. The session event at its start and the end event at its end come from the caller. Not
/// thread-safe: one thread appends. Failures of the sink or of zstd throw Error from the next call.
class Writer {
 public:
  /// Writes the preamble at once. The sink outlives the writer. Throws Error{usage} for a level or
  /// a chunk size that cannot be.
  Writer(Sink& sink, const WriterOptions& options, const PreambleInfo& info);
  /// Closes as well as it can, silently; call close() where the outcome matters.
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// Appends as the next event of the session: sets session and ordinal. Returns the ordinal. Where
  /// `raw` is rendered, the message's origin says from what; the shape is attached where the chunk
  /// does not carry it yet.
  /// Throws Error{limit} when the message is larger than event::kMaxMessage.
  std::uint64_t append(event::Message& message);

  /// Appends an event of another tape (EventCopier), which keeps its session and ordinal.
  void copy(event::Message& message, std::uint64_t session, std::uint64_t ordinal);

  /// Copies a whole chunk of another tape untouched: `stored` is its zstd frame, whose checksum the
  /// caller verified, `plain` its messages. Ends the chunk under construction first. Throws
  /// Error{format} when they are no messages, or a frame cannot be rebuilt.
  void copy_chunk(Bytes stored, std::span<const capnp::word> plain);

  /// Everything appended before this call reaches the kernel; a place in the order, does not wait.
  /// `oldest` is when the first of it was received (CLOCK_MONOTONIC), for delays(); 0 = not known.
  void flush(Nanos oldest = 0);
  /// Like flush, and waits until it has happened.
  void drain();
  /// Ends the chunk under construction, so that what follows reads alone.
  void end_chunk();

  /// Plain bytes appended since the last flush(); 0 = nothing to flush.
  [[nodiscard]] std::size_t unflushed() const;
  /// Bytes handed to the sink so far, from any thread's view; lags behind append.
  [[nodiscard]] std::uint64_t bytes_written() const;
  /// Of those, bytes of chunks that hold checkpoint events alone.
  [[nodiscard]] std::uint64_t checkpoint_bytes() const;
  /// From `oldest` of each flush until the kernel had it, from any thread.
  [[nodiscard]] const Delays& delays() const;

  /// Ends the last chunk, writes summary and seek table, flushes the sink. No call but the
  /// destructor may follow.
  Closed close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tape::log
