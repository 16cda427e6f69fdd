// The compressing side of a writer: takes pieces of chunks, in order, on a thread of its own or in
// the caller's.
#pragma once

#include <tape/base/clock.h>
#include <tape/base/queue.h>
#include <tape/log/builder.h>

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <thread>

namespace tape::log {

/// Plain bytes on their way to the compressor; recycled.
struct Piece {
  std::unique_ptr<std::uint8_t[]> bytes;
  std::size_t capacity = 0;
  std::size_t size = 0;

  /// Room for `wanted` bytes; what was in it is gone when it must grow.
  void reserve(std::size_t wanted);
};

struct Job {
  enum class Kind : std::uint8_t {
    data,          // bytes of the chunk under construction
    flush,         // bytes, then everything so far goes to the kernel
    end_chunk,     // bytes, then the chunk ends
    stored_chunk,  // a whole chunk that is compressed already
  };
  Kind kind = Kind::data;
  Piece piece;
  ChunkFacts facts;          // end_chunk, stored_chunk
  std::uint64_t ticket = 0;  // to wait for
  Nanos oldest = 0;          // flush: receipt of its first event, monotonic; 0 = not known
};

class Backend {
 public:
  static constexpr std::size_t kPieceSize = std::size_t{256} << 10U;

  /// Writes the preamble. Rows of chunks go to `totals`, whose other members the backend leaves
  /// alone.
  Backend(Sink& sink, const WriterOptions& options, const PreambleInfo& info, Totals& totals);
  ~Backend();
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

  /// An empty piece; waits until one is free.
  [[nodiscard]] Piece take();
  void submit(Job job);
  /// Waits until the job with this ticket is done, then check().
  void wait(std::uint64_t ticket);
  /// Throws what the thread met.
  void check();
  /// Ends the thread, writes summary and seek table. Returns the size of the file.
  std::uint64_t finish();

  [[nodiscard]] const TapeBuilder& builder() const { return builder_; }
  [[nodiscard]] const Delays& delays() const { return delays_; }

 private:
  void run();
  void process(Job& job);
  void compress(const Piece& piece, int directive);
  void recycle(Piece piece);
  void stop();

  static constexpr std::size_t kPieces = 4;
  struct Context;

  TapeBuilder builder_;
  Totals& totals_;
  std::unique_ptr<Context> context_;
  const SystemClock clock_;
  Delays delays_;
  bool chunk_open_ = false;
  const bool threaded_;
  Queue<Job> jobs_{kPieces};
  Queue<Piece> free_{kPieces};
  std::atomic<std::uint64_t> done_ = 0;  // the last ticket
  std::atomic<bool> failed_ = false;
  std::exception_ptr failure_;  // written once, before failed_
  std::jthread thread_;
};

}  // namespace tape::log
