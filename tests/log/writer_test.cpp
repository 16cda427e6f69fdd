// What the writer promises: order, ordinals, flushes as single writes, failures, the same bytes for
// the same events.
#include <tape/base/error.h>
#include <tape/log/format.h>

#include <catch2/catch.hpp>
#include <log/tapes.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <thread>

namespace tape::log::testing {
namespace {

/// Counts what single writes bring.
class CountingSink final : public Sink {
 public:
  void write(Bytes more) override {
    bytes.insert(bytes.end(), more.begin(), more.end());
    ends.push_back(bytes.size());
  }
  void sync() override {}
  Buffer bytes;
  std::vector<std::size_t> ends;
};

void append_words(std::vector<capnp::word>& to, std::span<const capnp::word> words) {
  // A word cannot be copied as such.
  std::vector<capnp::word> both(to.size() + words.size());
  if (!to.empty()) std::memcpy(static_cast<void*>(both.data()), to.data(), to.size() * 8);
  std::memcpy(static_cast<void*>(both.data() + to.size()), words.data(), words.size_bytes());
  to = std::move(both);
}

Buffer stored_ordinals_tape(std::vector<std::pair<std::uint64_t, std::uint64_t>> identities) {
  MemorySink sink;
  WriterOptions options;
  options.threaded = false;
  auto info = info_of({});
  info.session = 0;
  info.derived = true;
  Writer writer(sink, options, info);
  event::Message message;
  for (const auto& [session, ordinal] : identities) {
    trade_event(message, ordinal, "x");
    writer.copy(message, session, ordinal);
  }
  (void)writer.close();
  return sink.bytes;
}

}  // namespace

TEST_CASE("what is appended is read, in both ways of writing and reading") {
  const Folder folder;
  for (const bool threaded : {false, true}) {
    const auto path = folder / (threaded ? "threaded.tape" : "plain.tape");
    FileSink sink(path, Existing::refuse);
    WriterOptions options;
    options.threaded = threaded;
    options.chunk_bytes = 50'000;
    Writer writer(sink, options, info_of({}));
    event::Message message;
    session_event(message);
    CHECK(writer.append(message) == 1);
    std::mt19937_64 random(7);
    std::vector<Seen> wanted = {{kSession, 1, ""}};
    for (std::uint64_t i = 2; i <= 3000; ++i) {
      const auto size = random() % 50 == 0 ? random() % 400'000 : random() % 300;
      std::string frame(size, 'x');
      for (auto& c : frame) c = static_cast<char>('!' + random() % 90);
      trade_event(message, i, frame);
      CHECK(writer.append(message) == i);
      wanted.push_back({kSession, i, frame});
      if (random() % 40 == 0) writer.flush();
      if (random() % 400 == 0) writer.end_chunk();
    }
    end_event(message, kStart + 4000 * kSecond);
    (void)writer.append(message);
    wanted.push_back({kSession, 3001, ""});
    const auto closed = writer.close();
    CHECK(closed.events == 3001);
    CHECK(closed.next_ordinal == 3002);
    CHECK(closed.bytes == std::filesystem::file_size(path));
    CHECK(writer.bytes_written() == closed.bytes);
    for (const bool prefetch : {false, true}) {
      const auto reading = read_all(path, prefetch);
      CHECK(reading.events == wanted);
      CHECK(reading.tail == Tail::clean);
      CHECK(reading.damages.empty());
    }
    CHECK(read_through_pipe(read_file(path), 10'000).events == wanted);
    const auto verdict = verify(path);
    CHECK(verdict.problems.empty());
    CHECK(verdict.events == 3001);
    CHECK(verdict.last_link == closed.last_link);
  }
  // Without flushes in between the thread makes no difference: same events, same bytes.
  MemorySink one;
  (void)write_tape(one, {});
  CHECK(one.bytes == tape_bytes());
}

TEST_CASE("a flush is one write that ends at a message boundary and reads back") {
  CountingSink sink;
  WriterOptions options;
  options.threaded = false;
  Writer writer(sink, options, info_of({}));
  event::Message message;
  CHECK(sink.ends.size() == 1);  // the preamble
  for (std::uint64_t i = 1; i <= 50; ++i) {
    for (std::uint64_t j = 0; j < i % 7 + 1; ++j) {
      trade_event(message, i, std::string(i * 500, 'a'));
      (void)writer.append(message);
    }
    CHECK(writer.unflushed() > 0);
    const auto before = sink.ends.size();
    const auto events = read_bytes(sink.bytes).events.size();
    writer.flush();
    CHECK(writer.unflushed() == 0);
    CHECK(sink.ends.size() == before + 1);
    const auto reading = read_bytes(sink.bytes);
    CHECK(reading.tail == Tail::open);
    CHECK(reading.events.size() > events);
    writer.flush();
    CHECK(sink.ends.size() == before + 1);  // nothing new, nothing written
  }
}

TEST_CASE("a chunk ends at its size, and ordinals are stored at its start only") {
  MemorySink sink;
  WriterOptions options;
  options.threaded = false;
  options.chunk_bytes = 4000;
  Writer writer(sink, options, info_of({}));
  event::Message message;
  for (std::uint64_t i = 1; i <= 100; ++i) {
    trade_event(message, i, std::string(100, 'a'));
    (void)writer.append(message);
  }
  (void)writer.close();
  Reader reader(memory_file(sink.bytes), "memory");
  std::uint64_t chunk = 0;
  std::uint64_t chunks = 0;
  std::uint64_t ordinal = 0;
  while (const auto* event = reader.next()) {
    CHECK(event->ordinal == ++ordinal);
    CHECK(event->event.getOrdinal() == (event->chunk_offset != chunk ? ordinal : 0));
    chunks += event->chunk_offset != chunk ? 1 : 0;
    chunk = event->chunk_offset;
  }
  CHECK(ordinal == 100);
  CHECK(chunks > 3);
}

TEST_CASE("a copy keeps session and ordinal, whatever they are") {
  const std::vector<std::pair<std::uint64_t, std::uint64_t>> identities = {
      {1, 5}, {1, 6}, {1, 9}, {2, 10}, {2, 11}, {1, 10}, {1, 11}, {1, 12}};
  const auto tape = stored_ordinals_tape(identities);
  const auto reading = read_bytes(tape);
  REQUIRE(reading.events.size() == identities.size());
  for (std::size_t i = 0; i < identities.size(); ++i) {
    CHECK(reading.events[i].session == identities[i].first);
    CHECK(reading.events[i].ordinal == identities[i].second);
  }
}

TEST_CASE("a whole chunk is copied byte for byte") {
  const auto tape = tape_bytes();
  const auto frames = frames_of(tape);
  MemorySink sink;
  auto info = info_of({});
  info.derived = true;
  {
    Writer writer(sink, {}, info);
    Reader reader(memory_file(tape), "memory");
    std::vector<std::vector<capnp::word>> chunks;
    std::uint64_t at = 0;
    while (const auto* event = reader.next()) {
      if (event->chunk_offset != at) chunks.emplace_back();
      at = event->chunk_offset;
      append_words(chunks.back(), event->framed);
    }
    REQUIRE(chunks.size() == 3);
    const Bytes all(tape);
    for (std::size_t i = 0; i < 3; ++i)
      writer.copy_chunk(all.subspan(frames[1 + 2 * i].offset, frames[1 + 2 * i].size), chunks[i]);
    CHECK_THROWS_AS(writer.copy_chunk(all, std::span(chunks[0]).subspan(1)), Error);
    (void)writer.close();
  }
  CHECK(read_bytes(sink.bytes).events == read_bytes(tape).events);
  const auto copies = frames_of(sink.bytes);
  REQUIRE(copies.size() == frames.size());
  for (std::size_t i = 1; i < 7; i += 2) {
    CHECK(std::equal(
        sink.bytes.begin() + static_cast<std::ptrdiff_t>(copies[i].offset),
        sink.bytes.begin() + static_cast<std::ptrdiff_t>(copies[i].offset + copies[i].size),
        tape.begin() + static_cast<std::ptrdiff_t>(frames[i].offset)));
  }
}

TEST_CASE("a sink that fails: the error comes to the caller, what was flushed reads back") {
  for (const bool threaded : {false, true}) {
    for (std::size_t limit = 0; limit < 9000; limit += 37) {
      CAPTURE(threaded, limit);
      MemorySink sink(limit);
      std::uint64_t flushed = 0;
      bool failed = false;
      try {
        WriterOptions options;
        options.threaded = threaded;
        Writer writer(sink, options, info_of({}));
        event::Message message;
        session_event(message);
        for (std::uint64_t i = 1; i <= 400; ++i) {
          const auto ordinal = writer.append(message);
          if (i % 5 == 0) {
            writer.drain();
            flushed = ordinal;
          }
          trade_event(message, i, frame_text(i * 77));
        }
        (void)writer.close();
      } catch (const Error& e) {
        failed = true;
        CHECK(e.fault == Fault::io);
      }
      REQUIRE(failed);
      if (sink.bytes.size() >= 16) REQUIRE(read_bytes(sink.bytes).events.size() >= flushed);
    }
  }
}

TEST_CASE("options and events that cannot be are refused") {
  MemorySink sink;
  WriterOptions options;
  options.level = 99;
  CHECK_THROWS_AS(Writer(sink, options, info_of({})), Error);
  options = {};
  options.chunk_bytes = 0;
  CHECK_THROWS_AS(Writer(sink, options, info_of({})), Error);
  Writer writer(sink, {}, info_of({}));
  event::Message message;
  trade_event(message, 1, std::string(event::kMaxMessage, 'x'));
  CHECK_THROWS_AS(writer.append(message), Error);
  session_event(message);
  CHECK(writer.append(message) == 1);  // the writer goes on, the refused one took no ordinal
}

TEST_CASE("the largest message there may be goes through, also at every level") {
  for (const int level : {1, 3, 12, 19, 22}) {
    Shape shape;
    shape.level = level;
    CHECK(read_bytes(tape_bytes(shape)).events == read_bytes(tape_bytes()).events);
  }
  MemorySink sink;
  Writer writer(sink, {}, info_of({}));
  event::Message message;
  trade_event(message, 1, "small");
  (void)writer.append(message);
  trade_event(message, 2, std::string(event::kMaxMessage - 2000, 'x'));
  (void)writer.append(message);
  trade_event(message, 3, "small");
  (void)writer.append(message);
  (void)writer.close();
  const auto reading = read_bytes(sink.bytes);
  REQUIRE(reading.events.size() == 3);
  CHECK(reading.events[1].raw.size() == event::kMaxMessage - 2000);
  CHECK(read_through_pipe(sink.bytes, 65'536).events == reading.events);
}

TEST_CASE("files are made once, private, and never over another") {
  const Folder folder;
  const auto path = folder / "a.tape";
  {
    FileSink sink(path, Existing::refuse);
    sink.write(as_bytes("first"));
    sink.sync();
    CHECK(sink.written() == 5);
  }
  CHECK((std::filesystem::status(path).permissions() & std::filesystem::perms(0777)) ==
        std::filesystem::perms(0600));
  CHECK_THROWS_AS(FileSink(path, Existing::refuse), Error);
  CHECK(read_file(path).size() == 5);
  FileSink(path, Existing::replace).write(as_bytes("x"));
  CHECK(read_file(path).size() == 1);
  for (const auto existing : {Existing::refuse, Existing::replace}) {
    CHECK_THROWS_WITH(FileSink(folder / "", existing), Catch::Contains("is a directory"));
  }
}

TEST_CASE("the syncer syncs what was written, when asked and by itself") {
  MemorySink sink;
  {
    Syncer syncer(sink, 0);
    sink.write(as_bytes("a"));
    syncer.sync_now();
    CHECK(sink.syncs == 1);
    syncer.check();
  }
  {
    Syncer syncer(sink, kMillisecond);
    sink.write(as_bytes("b"));
    while (sink.syncs < 2) std::this_thread::yield();
  }
  struct Failing final : Sink {
    void write(Bytes) override {}
    void sync() override { throw Error(Fault::io, "no disk"); }
  } failing;
  Syncer syncer(failing, 0);
  CHECK_THROWS_AS(syncer.sync_now(), Error);
  CHECK_THROWS_AS(syncer.check(), Error);
}

namespace {

/// Appends and flushes for ever; says on `out` which ordinal was flushed last.
[[noreturn]] void record_for_ever(const std::string& path, int out, std::uint64_t seed) {
  try {
    FileSink sink(path, Existing::refuse);
    WriterOptions options;
    options.chunk_bytes = 20'000;
    Writer writer(sink, options, info_of({}));
    event::Message message;
    std::mt19937_64 random(seed);
    session_event(message);
    for (std::uint64_t i = 1;; ++i) {
      const auto ordinal = writer.append(message);
      if (random() % 4 == 0) {
        writer.drain();
        if (::write(out, &ordinal, sizeof ordinal) != sizeof ordinal) break;
      }
      trade_event(message, i, frame_text(random()));
    }
  } catch (...) {
    ::_exit(1);
  }
  ::_exit(0);
}

}  // namespace

TEST_CASE("kill -9 at any moment: nothing that was flushed is lost") {
  const Folder folder;
  std::mt19937_64 random(42);
  for (int round = 0; round < 50; ++round) {
    const auto path = folder / ("killed-" + std::to_string(round) + ".tape");
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const auto child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      ::close(ends[0]);
      record_for_ever(path, ends[1], random());
    }
    ::close(ends[1]);
    const Fd in(ends[0]);
    // So many reports, then the end, wherever the writer is by then.
    std::uint64_t reported = 0;
    const auto reports = 1 + random() % 400;
    for (std::uint64_t i = 0; i < reports; ++i) {
      std::uint64_t ordinal = 0;
      if (::read(in.get(), &ordinal, sizeof ordinal) != sizeof ordinal) break;
      reported = ordinal;
    }
    REQUIRE(::kill(child, SIGKILL) == 0);
    REQUIRE(::waitpid(child, nullptr, 0) == child);
    std::uint64_t ordinal = 0;
    while (::read(in.get(), &ordinal, sizeof ordinal) == sizeof ordinal) reported = ordinal;
    REQUIRE(reported > 0);
    const auto reading = read_all(path);
    REQUIRE(reading.damages.empty());
    REQUIRE(reading.tail != Tail::clean);
    REQUIRE(reading.events.size() >= reported);
    for (std::size_t i = 0; i < reading.events.size(); ++i)
      REQUIRE(reading.events[i].ordinal == i + 1);
    REQUIRE(verify(path).problems.size() == (reading.tail == Tail::torn ? 1 : 0));
    std::filesystem::remove(path);
  }
}

}  // namespace tape::log::testing
