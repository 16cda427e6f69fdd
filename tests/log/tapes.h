// Small tapes for the tests of log/, in memory and in files of a folder that goes away, and what is
// in them.
#pragma once

#include <tape/event/event.h>
#include <tape/log/reader.h>
#include <tape/log/sink.h>
#include <tape/log/verify.h>
#include <tape/log/writer.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace tape::log::testing {

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tape-log-XXXXXX").string();
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

using Buffer = std::vector<std::uint8_t>;

inline constexpr std::uint64_t kSession = 0x1122334455667788;
inline constexpr Nanos kStart = 1'795'341'600 * kSecond;

inline void write_file(const std::string& path, Bytes bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}

inline Buffer read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline Buffer operator+(Buffer a, const Buffer& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// What comes to hand for a feed, differing from event to event.
inline std::string frame_text(std::uint64_t number) {
  return R"({"feed":"trade","product_id":"PI_XBTUSD","seq":)" + std::to_string(number) +
         R"(,"price":)" + std::to_string(number * 2654435761U % 100000) + "}";
}

inline void session_event(event::Message& message) {
  auto event = message.start();
  event.setReceivedAt(kStart);
  event.setDirection(schema::Direction::LOCAL);
  event.getBody().initSession().setRecorder("test 1");
}

inline void end_event(event::Message& message, Nanos at) {
  auto event = message.start();
  event.setReceivedAt(at);
  event.setDirection(schema::Direction::LOCAL);
  event.getBody().initEnd().setReason("finished");
}

inline void trade_event(event::Message& message, std::uint64_t number, const std::string& frame) {
  auto event = message.start();
  event.setReceivedAt(kStart + static_cast<Nanos>(number) * kSecond);
  event.setVenue("kraken-futures");
  event.setChannel("trade");
  event.setSymbol(number % 3 == 0 ? "PI_ETHUSD" : "PI_XBTUSD");
  event.setSequence(number);
  event.getRaw().setText(frame.c_str());
  auto trade = event.getBody().initTrade();
  trade.setNumber(number);
  event::set_decimal(trade.getPrice(), {static_cast<std::int64_t>(number * 7), -1});
}

struct Shape {
  std::uint64_t session = kSession;
  std::uint64_t first_ordinal = 1;
  std::uint64_t trades = 9;
  std::uint64_t per_chunk = 3;  // trades; session and end events come on top
  std::string previous_link{};
  int level = 1;
};

inline PreambleInfo info_of(const Shape& shape) {
  PreambleInfo info;
  info.recorder = "test 1";
  info.session = shape.session;
  info.next_ordinal = shape.first_ordinal;
  info.started_at = kStart;
  info.previous_link = shape.previous_link;
  return info;
}

inline void append_trades(Writer& writer, const Shape& shape) {
  event::Message message;
  session_event(message);
  (void)writer.append(message);
  for (std::uint64_t i = 1; i <= shape.trades; ++i) {
    trade_event(message, i, frame_text(i));
    (void)writer.append(message);
    if (i % shape.per_chunk == 0 && i < shape.trades) writer.end_chunk();
  }
}

/// Writes into `sink` as a recorder does.
inline Closed write_tape(Sink& sink, const Shape& shape) {
  WriterOptions options;
  options.threaded = false;
  options.level = shape.level;
  Writer writer(sink, options, info_of(shape));
  append_trades(writer, shape);
  event::Message message;
  end_event(message, kStart + 1000 * kSecond);
  (void)writer.append(message);
  return writer.close();
}

inline Buffer tape_bytes(const Shape& shape = {}) {
  MemorySink sink;
  (void)write_tape(sink, shape);
  return sink.bytes;
}

/// As a recorder leaves it that was killed behind a flush.
inline Buffer open_tape(const Shape& shape = {}) {
  MemorySink sink;
  WriterOptions options;
  options.threaded = false;
  Writer writer(sink, options, info_of(shape));
  append_trades(writer, shape);
  writer.drain();
  return sink.bytes;  // a copy, before the destructor closes the tape
}

struct Seen {
  std::uint64_t session = 0;
  std::uint64_t ordinal = 0;
  std::string raw;
  friend bool operator==(const Seen&, const Seen&) = default;
};

struct Reading {
  std::vector<Seen> events;
  std::vector<Damage> damages;
  std::vector<Preamble> preambles;
  Tail tail = Tail::open;
  std::uint64_t tail_offset = 0;
};

inline Reading read_all(Reader& reader) {
  Reading reading;
  while (const auto* event = reader.next()) {
    const auto raw = event::raw_bytes(event->event);
    reading.events.push_back({event->session, event->ordinal, std::string(raw.value_or(""))});
  }
  reading.damages = reader.damages();
  reading.preambles = reader.preambles();
  reading.tail = reader.tail();
  reading.tail_offset = reader.tail_offset();
  return reading;
}

inline Reading read_all(const std::string& path, bool prefetch = true) {
  ReaderOptions options;
  options.prefetch = prefetch;
  Reader reader(path, options);
  return read_all(reader);
}

/// Bytes as an open file without a name.
Fd memory_file(Bytes bytes);
/// Bytes as a pipe that gives them in small steps.
void pipe_through(const Buffer& bytes, std::size_t step, const std::function<void(Reader&)>& use);
Reading read_through_pipe(const Buffer& bytes, std::size_t step);

inline Reading read_bytes(Bytes bytes) {
  ReaderOptions options;
  options.prefetch = false;  // a thread a reader would cost more than the rest
  Reader reader(memory_file(bytes), "memory", options);
  return read_all(reader);
}

/// Where the frames of a sound tape stand.
struct FrameAt {
  std::uint32_t magic = 0;
  std::size_t offset = 0;
  std::size_t size = 0;
};
std::vector<FrameAt> frames_of(Bytes tape);

}  // namespace tape::log::testing
