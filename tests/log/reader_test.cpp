// What the reader recognises, refuses, steps over, finds by time and ordinal, and follows while it
// grows.
#include <tape/base/error.h>
#include <tape/log/format.h>

#include <catch2/catch.hpp>
#include <log/tapes.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>

namespace tape::log::testing {
namespace {

Buffer compress(Bytes plain, bool checksum = true) {
  auto* zstd = ZSTD_createCCtx();
  (void)ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, checksum ? 1 : 0);
  Buffer out(ZSTD_compressBound(plain.size()));
  out.resize(ZSTD_compress2(zstd, out.data(), out.size(), plain.data(), plain.size()));
  (void)ZSTD_freeCCtx(zstd);
  return out;
}

Buffer plain_of(Bytes tape) {
  Buffer plain;
  for (const auto& frame : frames_of(tape)) {
    if (frame.magic != kDataMagic) continue;
    Buffer part(1 << 20);
    const auto size =
        ZSTD_decompress(part.data(), part.size(), tape.data() + frame.offset, frame.size);
    REQUIRE(ZSTD_isError(size) == 0);
    plain.insert(plain.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(size));
  }
  return plain;
}

std::string refusal(Bytes bytes) {
  try {
    (void)read_bytes(bytes);
  } catch (const Error& e) {
    CHECK(e.fault == Fault::format);
    return e.what();
  }
  return "";
}

std::vector<Seen> seek_time(const std::string& path, Nanos moment) {
  Reader reader(path);
  reader.seek(moment);
  return read_all(reader).events;
}

std::vector<Seen> seek_ordinal(const std::string& path, std::uint64_t session,
                               std::uint64_t ordinal) {
  Reader reader(path);
  reader.seek(session, ordinal);
  return read_all(reader).events;
}

}  // namespace

TEST_CASE("what is no tape is refused and described") {
  using Catch::Contains;
  CHECK_THAT(refusal({}), Contains("empty"));
  CHECK_THAT(refusal(as_bytes("\x1f\x8b\x08\x00garbage")), Contains("gzip"));
  CHECK_THAT(refusal(as_bytes("{\"feed\":\"trade\"}\n")), Contains("JSON"));
  CHECK_THAT(refusal(as_bytes("hello, world\n")), Contains("plain text"));
  CHECK_THAT(refusal(Buffer(5000, 0)), Contains("binary data"));
  CHECK_THAT(refusal(compress(as_bytes("{\"feed\":\"trade\"}\n"))), Contains("zstd"));
  CHECK_THAT(refusal(Bytes(tape_bytes()).first(9)), Contains("too short"));
  const Folder folder;
  CHECK_THROWS_WITH(Reader(folder / ""), Contains("directory"));
  CHECK_THROWS_AS(Reader(folder / "absent"), Error);
}

TEST_CASE("a newer major version is refused, a newer minor one is read") {
  auto tape = tape_bytes();
  tape[kSkippableHeader + 4] = 99;
  CHECK_THAT(refusal(tape), Catch::Contains("version 99"));
  CHECK_THAT(refusal(tape_bytes() + tape), Catch::Contains("version 99"));
  tape = tape_bytes();
  tape[kSkippableHeader + 5] = 99;
  const auto reading = read_bytes(tape);
  CHECK(reading.events == read_bytes(tape_bytes()).events);
  CHECK(reading.preambles.at(0).minor == 99);
}

TEST_CASE("the preamble says who recorded") {
  const auto preamble = read_bytes(tape_bytes()).preambles.at(0);
  CHECK(preamble.recorder == "test 1");
  CHECK(preamble.session == kSession);
  CHECK(preamble.started_at == kStart);
  CHECK(preamble.flush_interval == 50 * kMillisecond);
  CHECK(preamble.sync_interval == kSecond);
  CHECK_FALSE(preamble.derived);
  CHECK(preamble.previous_link.empty());
}

TEST_CASE("unknown skippable frames are stepped over, in every place") {
  const auto tape = tape_bytes();
  const auto all = read_bytes(tape).events;
  const auto foreign = skippable(0x184D2A57, as_bytes("someone else's bytes"));
  for (const auto& frame : frames_of(tape)) {
    Buffer mixed(tape.begin(), tape.begin() + static_cast<std::ptrdiff_t>(frame.offset));
    mixed = mixed + foreign +
            Buffer(tape.begin() + static_cast<std::ptrdiff_t>(frame.offset), tape.end());
    CAPTURE(frame.offset);
    const auto reading = read_bytes(mixed);
    CHECK(reading.events == all);
    CHECK(reading.damages.empty());
    CHECK(read_through_pipe(mixed, 100).events == all);
  }
}

TEST_CASE("without our frames a tape is zstd whose first message is a session event") {
  const auto tape = tape_bytes();
  const auto all = read_bytes(tape).events;
  for (const bool checksum : {true, false}) {
    const auto other = compress(plain_of(tape), checksum);
    const auto reading = read_bytes(other);
    CHECK(reading.events == all);
    CHECK(reading.damages.empty());
    CHECK(reading.tail == Tail::open);
    CHECK(reading.preambles.empty());
    CHECK(read_through_pipe(other, 50).events == all);
  }
}

TEST_CASE("tapes end to end are a tape") {
  const Folder folder;
  Shape other;
  other.session = 99;
  const auto first = tape_bytes();
  const auto second = tape_bytes(other);
  const auto all = read_bytes(first).events;
  const auto path = folder / "both.tape";
  write_file(path, first + second + first);
  const auto reading = read_all(path);
  CHECK(reading.events.size() == 3 * all.size());
  CHECK(reading.tail == Tail::clean);
  CHECK(reading.damages.empty());
  REQUIRE(reading.preambles.size() == 3);
  CHECK(reading.preambles[1].offset == first.size());
  CHECK(reading.preambles[1].session == 99);
  const auto verdict = verify(path);
  for (const auto& problem : verdict.problems) UNSCOPED_INFO(problem.check + ": " + problem.text);
  CHECK(verdict.problems.empty());
  const auto summaries = read_summaries(path);
  REQUIRE(summaries.size() == 3);
  CHECK(summaries[1].offset == first.size());
  CHECK(summaries[1].size == second.size());
  const auto message = summaries[1].read();
  const auto summary = message->getRoot<schema::Summary>();
  CHECK(summary.getSession() == 99);
  CHECK(summary.getEvents() == all.size());
  CHECK(summary.getRows().size() == 3);
}

TEST_CASE("the summary counts each kind of event of each feed") {
  const Folder folder;
  const auto path = folder / "a.tape";
  write_file(path, tape_bytes());
  const auto parts = read_summaries(path);
  REQUIRE(parts.size() == 1);
  const auto message = parts[0].read();
  const auto summary = message->getRoot<schema::Summary>();
  CHECK(summary.getSessions() == 1);
  CHECK(summary.getFirstOrdinal() == 1);
  CHECK(summary.getLastOrdinal() == 11);
  CHECK(summary.getFirstReceivedAt() == kStart);
  REQUIRE(summary.getCounts().size() == 4);
  const auto count = summary.getCounts()[2];
  CHECK(event::view(count.getVenue()) == "kraken-futures");
  CHECK(event::view(count.getSymbol()) == "PI_ETHUSD");
  CHECK(count.getEvents() == 3);
  CHECK(count.getRawBytes() == frame_text(3).size() + frame_text(6).size() + frame_text(9).size());
  CHECK(count.getFirstReceivedAt() == kStart + 3 * kSecond);
  CHECK(count.getLastReceivedAt() == kStart + 9 * kSecond);
  CHECK(static_cast<event::Kind>(count.getKind()) == event::Kind::TRADE);
}

TEST_CASE("no summaries are believed unless they cover the whole file") {
  const Folder folder;
  const auto path = folder / "a.tape";
  const auto tape = tape_bytes();
  for (const auto& bytes :
       {open_tape(), open_tape() + tape, tape + open_tape(), Buffer(100, 'x') + tape}) {
    write_file(path, bytes);
    CHECK(read_summaries(path).empty());
  }
}

TEST_CASE("seeking by time and ordinal skips whole chunks and misses nothing") {
  const Folder folder;
  Shape shape;
  shape.trades = 40;
  const auto clean = tape_bytes(shape);
  const auto open = open_tape(shape);
  Shape later = shape;
  later.session = 99;
  int number = 0;
  for (const auto& bytes : {clean, open, clean + tape_bytes(later), tape_bytes(later) + open}) {
    const auto path = folder / ("seek-" + std::to_string(number++));
    write_file(path, bytes);
    const auto all = read_all(path).events;
    for (int second = 0; second <= 42; ++second) {
      const auto got = seek_time(path, kStart + second * kSecond);
      // The tail of everything, beginning at most two chunks' worth before the moment.
      REQUIRE(got.size() <= all.size());
      REQUIRE(std::equal(got.rbegin(), got.rend(), all.rbegin()));
      const auto skipped = all.size() - got.size();
      CAPTURE(number, second, skipped);
      if (second > 0 && second <= 40) {
        const auto wanted =
            static_cast<std::size_t>(second);  // ordinal of the trade before is `second`
        REQUIRE(skipped <= wanted);
        REQUIRE(skipped + 4 >= wanted);
      }
    }
    for (std::uint64_t ordinal = 1; ordinal <= 42; ++ordinal) {
      for (const auto session : {kSession, std::uint64_t{99}, std::uint64_t{0}}) {
        const auto got = seek_ordinal(path, session, ordinal);
        const auto wanted = std::find_if(all.begin(), all.end(), [&](const Seen& e) {
          return e.ordinal == ordinal && (session == 0 || e.session == session);
        });
        REQUIRE(std::equal(got.rbegin(), got.rend(), all.rbegin()));
        if (wanted == all.end()) continue;
        const auto position = static_cast<std::size_t>(wanted - all.begin());
        REQUIRE(all.size() - got.size() <= position);
        REQUIRE(all.size() - got.size() + 4 >= position);
      }
    }
    CHECK(seek_time(path, INT64_MAX).size() <= 4);
  }
}

TEST_CASE("a reader follows a tape while it grows, block by block") {
  const Folder folder;
  const auto path = folder / "growing.tape";
  FileSink sink(path, Existing::refuse);
  WriterOptions options;
  options.threaded = false;
  Writer writer(sink, options, info_of({}));
  ReaderOptions following;
  following.follow = true;
  Reader reader(path, following);
  CHECK(reader.next() == nullptr);
  event::Message message;
  for (std::uint64_t i = 1; i <= 40; ++i) {
    trade_event(message, i, frame_text(i));
    (void)writer.append(message);
    CHECK(reader.next() == nullptr);
    writer.flush();
    const auto* event = reader.next();
    REQUIRE(event != nullptr);
    CHECK(event->ordinal == i);
    CHECK(reader.next() == nullptr);
    if (i % 9 == 0) writer.end_chunk();
  }
  CHECK(reader.tail() == Tail::open);
  (void)writer.close();
  CHECK(reader.next() == nullptr);
  CHECK(reader.tail() == Tail::clean);
  CHECK(reader.damages().empty());
}

TEST_CASE("a follower that meets half of a write waits for the rest") {
  const Folder folder;
  const auto path = folder / "slow.tape";
  const auto tape = tape_bytes();
  const auto all = read_bytes(tape).events;
  const auto head = frames_of(tape)[0].size;
  write_file(path, Bytes(tape).first(head));
  ReaderOptions following;
  following.follow = true;
  Reader reader(path, following);
  std::vector<Seen> seen;
  for (std::size_t size = head; size <= tape.size(); ++size) {
    if (size > head) {
      std::ofstream file(path, std::ios::binary | std::ios::app);
      file.put(static_cast<char>(tape[size - 1]));
    }
    while (const auto* event = reader.next()) {
      seen.push_back({event->session, event->ordinal,
                      std::string(event::raw_bytes(event->event).value_or(""))});
    }
  }
  CHECK(seen == all);
  CHECK(reader.damages().empty());
  CHECK(reader.tail() == Tail::clean);
}

}  // namespace tape::log::testing
