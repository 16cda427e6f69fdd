// The tape that a recording appends to: session and end events, flushes on time, rotation.
#pragma once

#include <tape/flow/recorder.h>
#include <tape/shape/rebuild.h>

#include <functional>
#include <memory>
#include <string_view>
#include <utility>

namespace tape::flow {

class TapeFile {
 public:
  TapeFile(const RecorderOptions& options, const Destination& destination, Clock& clock);
  ~TapeFile();
  TapeFile(const TapeFile&) = delete;
  TapeFile& operator=(const TapeFile&) = delete;

  /// Told of each session and end event once it was appended: they are the tape's own.
  void on_own(std::function<void(event::Message& message, std::uint64_t ordinal)> told) {
    told_ = std::move(told);
  }

  /// Opens the first file and writes the session event, once; `at` is its receive time.
  void begin(const Stamp& at);
  [[nodiscard]] bool begun() const { return writer_ != nullptr; }

  /// Appends; flushes at once behind an account event or a frame we sent. Returns the ordinal.
  std::uint64_t append(event::Message& message);

  /// The input has nothing more right now.
  void drained();
  /// ns until the oldest unflushed event is due, at most a long time.
  [[nodiscard]] Nanos flush_due() const;
  /// Flushes what is due, reports failures of the sync thread, rotates when due or asked to.
  void housekeeping(const Stamp& at, bool rotate_now);

  void close(std::string_view reason, const Stamp& at);

  /// Flushes and waits until everything is with the kernel.
  void drain();
  [[nodiscard]] std::uint64_t session() const { return session_; }
  /// The file at hand; "-" is stdout, empty before begin().
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::uint64_t bytes() const { return begun() ? writer_->bytes_written() : 0; }
  /// From the receipt of an event until the kernel had it, of this file.
  [[nodiscard]] log::Delays::Counts delays() const {
    return begun() ? writer_->delays().counts() : log::Delays::Counts();
  }
  /// Of the last fdatasync.
  [[nodiscard]] Nanos sync_latency() const { return syncer_ ? syncer_->last_latency() : 0; }

 private:
  void open();
  void start_writer(const Stamp& at);
  void session_event(const Stamp& at);
  void append_own();
  void end_event(std::string_view reason, const std::string& next, const Stamp& at);
  void rotate(const Stamp& at);
  void finish_file();
  void write_checkpoint();
  void flush();
  void prove(event::Message& message);

  const RecorderOptions& options_;
  const Destination& destination_;
  Clock& clock_;
  std::optional<Files> files_;
  std::string path_;
  std::unique_ptr<log::FileSink> file_;
  log::Sink* sink_ = nullptr;
  std::unique_ptr<log::Writer> writer_;
  std::unique_ptr<log::Syncer> syncer_;
  std::function<void(event::Message&, std::uint64_t)> told_;
  event::Message kept_;  // of a frame that is not what it should be
  shape::Rebuilder rebuilder_;
  std::string proof_;
  event::Message own_;  // session, end, checkpoints; the recorder's message is in use
  Checkpoints checkpoints_;
  unsigned unchecked_ = 0;  // events since checkpoints were last looked at
  std::uint64_t session_;
  std::uint64_t next_ordinal_ = 1;
  std::uint64_t events_in_file_ = 0;
  std::string previous_link_;
  Nanos opened_at_ = 0;        // monotonic
  Nanos unflushed_since_ = 0;  // monotonic; 0 = nothing unflushed
  Nanos oldest_ = 0;           // receipt of the first unflushed event, monotonic; 0 = not known
};

}  // namespace tape::flow
