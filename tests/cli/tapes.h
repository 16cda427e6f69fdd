// Small tapes for the tests of cli/: events with chosen times, kinds and frames in files of a
// folder that goes away.
#pragma once

#include <tape/event/event.h>
#include <tape/log/sink.h>
#include <tape/log/writer.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

namespace tape::cli::testing {

/// A folder that is removed with everything in it.
class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tape-test-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = pattern;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string operator/(const std::string& name) const {
    return (path_ / name).string();
  }

 private:
  std::filesystem::path path_;
};

struct Given {
  Nanos at = 0;
  std::string frame;  // empty: an event without bytes
  std::string symbol = "PI_XBTUSD";
  std::string channel = "trade";
  schema::Direction direction = schema::Direction::RECEIVED;
  schema::Transport transport = schema::Transport::PIPE;
  bool unterminated = false;
};

inline constexpr std::uint64_t kSession = 0x1122334455667788;

inline void fill(event::Message& message, const Given& given) {
  auto event = message.start();
  event.setReceivedAt(given.at);
  event.setVenue("kraken-futures");
  event.setChannel(given.channel);
  event.setSymbol(given.symbol);
  event.setDirection(given.direction);
  event.setTransport(given.transport);
  event.setUnterminated(given.unterminated);
  if (!given.frame.empty()) {
    event.getRaw().setText(capnp::Text::Reader(given.frame.data(), given.frame.size()));
  }
  event.getBody().initTrade().setNumber(1);
}

struct TapeOptions {
  std::uint64_t session = kSession;
  std::uint64_t first_ordinal = 1;
  std::string next_file{};  // rotated: its end event names this
  std::size_t chunk_bytes = std::size_t{1} << 20U;
  bool closed = true;  // else the tail stays open
};

/// A recorder at work on one file: session event first.
class Recorder {
 public:
  Recorder(const std::string& path, Nanos at, const TapeOptions& options)
      : options_(options), file_(path, log::Existing::replace), last_(at) {
    log::PreambleInfo info;
    info.recorder = "test 1";
    info.session = options.session;
    info.next_ordinal = options.first_ordinal;
    info.started_at = at;
    log::WriterOptions how;
    how.chunk_bytes = options.chunk_bytes;
    how.threaded = false;
    writer_ = std::make_unique<log::Writer>(file_, how, info);
    envelope().getBody().initSession().setRecorder(info.recorder);
    (void)writer_->append(message_);
  }
  void add(const Given& given) {
    last_ = given.at;
    fill(message_, given);
    (void)writer_->append(message_);
  }
  void flush() { writer_->drain(); }
  void end() {
    auto end = envelope().getBody().initEnd();
    end.setReason(options_.next_file.empty() ? "finished" : "rotated");
    end.setNextFile(options_.next_file);
    (void)writer_->append(message_);
    (void)writer_->close();
  }

 private:
  schema::Event::Builder envelope() {
    auto event = message_.start();
    event.setReceivedAt(last_);
    event.setDirection(schema::Direction::LOCAL);
    return event;
  }

  TapeOptions options_;
  log::FileSink file_;
  Nanos last_;
  event::Message message_;
  std::unique_ptr<log::Writer> writer_;
};

inline void write_tape(const std::string& path, const std::vector<Given>& events,
                       const TapeOptions& options = {}) {
  std::uintmax_t flushed = 0;
  {
    Recorder recorder(path, events.empty() ? 1 : events.front().at, options);
    for (const auto& given : events) recorder.add(given);
    recorder.flush();
    flushed = std::filesystem::file_size(path);
    if (options.closed) recorder.end();
  }
  // What a killed recorder leaves: everything flushed, no tail.
  if (!options.closed) std::filesystem::resize_file(path, flushed);
}

inline std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void spill(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace tape::cli::testing
