// Cuts at every byte, flips of every bit: what is whole is read, what is not is named, and verify
// finds it all.
#include <tape/base/error.h>
#include <tape/log/format.h>

#include <catch2/catch.hpp>
#include <log/tapes.h>

#include <algorithm>

namespace tape::log::testing {
namespace {

/// Ordinals that the chunk in [offset, offset + size) of the sound tape holds.
struct ChunkAt {
  std::size_t offset;
  std::size_t end;
  std::vector<Seen> events;
};

std::vector<ChunkAt> chunks_of(const Buffer& tape) {
  std::vector<ChunkAt> chunks;
  for (const auto& frame : frames_of(tape)) {
    if (frame.magic == kDataMagic) chunks.push_back({frame.offset, frame.offset + frame.size, {}});
  }
  Reader reader(memory_file(tape), "memory");
  while (const auto* event = reader.next()) {
    const auto raw = event::raw_bytes(event->event);
    for (auto& chunk : chunks) {
      if (chunk.offset == event->chunk_offset) {
        chunk.events.push_back({event->session, event->ordinal, std::string(raw.value_or(""))});
      }
    }
  }
  return chunks;
}

bool is_prefix(const std::vector<Seen>& part, const std::vector<Seen>& all) {
  return part.size() <= all.size() && std::equal(part.begin(), part.end(), all.begin());
}

bool contains(const std::vector<Seen>& all, const std::vector<Seen>& part) {
  return std::search(all.begin(), all.end(), part.begin(), part.end()) != all.end();
}

/// The byte of the major version: a newer one is refused whole.
bool is_major(std::size_t at) { return at == kSkippableHeader + 4; }

}  // namespace

TEST_CASE("a tape cut at any byte reads up to its last whole event") {
  const auto tape = tape_bytes();
  const auto all = read_bytes(tape).events;
  const auto chunks = chunks_of(tape);
  const auto frames = frames_of(tape);
  for (std::size_t cut = 12; cut < tape.size(); ++cut) {
    CAPTURE(cut);
    const auto reading = read_bytes(Bytes(tape).first(cut));
    REQUIRE(is_prefix(reading.events, all));
    std::size_t least = 0;
    for (const auto& chunk : chunks) least += chunk.end <= cut ? chunk.events.size() : 0;
    REQUIRE(reading.events.size() >= least);
    const bool between = std::any_of(frames.begin(), frames.end(),
                                     [&](const FrameAt& f) { return f.offset == cut; });
    REQUIRE(reading.damages.empty());
    // Inside a chunk the cut may fall behind a whole block.
    const bool in_chunk = std::any_of(chunks.begin(), chunks.end(), [&](const ChunkAt& c) {
      return c.offset < cut && cut < c.end;
    });
    if (between) REQUIRE(reading.tail == Tail::open);
    if (!between && !in_chunk) REQUIRE(reading.tail == Tail::torn);
  }
}

TEST_CASE("an open tape cut at any byte keeps every flushed event") {
  // Each event is flushed alone, so each ends a block.
  MemorySink sink;
  std::vector<std::size_t> flushed;
  WriterOptions options;
  options.threaded = false;
  Writer writer(sink, options, info_of({}));
  event::Message message;
  session_event(message);
  for (std::uint64_t i = 1; i <= 8; ++i) {
    (void)writer.append(message);
    writer.flush();
    flushed.push_back(sink.bytes.size());
    trade_event(message, i, frame_text(i));
  }
  const auto tape = sink.bytes;
  for (std::size_t cut = flushed.front(); cut <= tape.size(); ++cut) {
    CAPTURE(cut);
    const auto wanted = std::upper_bound(flushed.begin(), flushed.end(), cut) - flushed.begin();
    const auto reading = read_bytes(Bytes(tape).first(cut));
    REQUIRE(reading.events.size() == static_cast<std::size_t>(wanted));
    const bool whole = std::find(flushed.begin(), flushed.end(), cut) != flushed.end();
    REQUIRE(reading.tail == (whole ? Tail::open : Tail::torn));
    REQUIRE(
        read_through_pipe(Buffer(tape.begin(), tape.begin() + static_cast<std::ptrdiff_t>(cut)), 7)
            .events == reading.events);
  }
}

TEST_CASE("every flipped bit is found by verify and costs at most its chunk") {
  const Folder folder;
  const auto path = folder / "flipped.tape";
  auto tape = tape_bytes();
  const auto all = read_bytes(tape).events;
  const auto chunks = chunks_of(tape);
  write_file(path, tape);
  REQUIRE(verify(path).problems.empty());
  for (std::size_t bit = 0; bit < tape.size() * 8; ++bit) {
    const auto at = bit / 8;
    CAPTURE(at, bit % 8);
    tape[at] = static_cast<std::uint8_t>(tape[at] ^ (1U << (bit % 8)));
    write_file(path, tape);
    bool found = false;
    try {
      found = !verify(path).problems.empty();
    } catch (const Error&) {
      found = true;
    }
    REQUIRE(found);
    if (!is_major(at)) {
      const auto reading = read_bytes(tape);
      for (const auto& chunk : chunks) {
        if (at < chunk.offset || at >= chunk.end) REQUIRE(contains(reading.events, chunk.events));
      }
      for (const auto& event : reading.events) {
        REQUIRE(std::find(all.begin(), all.end(), event) != all.end());
      }
    }
    tape[at] = static_cast<std::uint8_t>(tape[at] ^ (1U << (bit % 8)));
  }
}

TEST_CASE("a damaged chunk is named by its bytes and its ordinals") {
  auto tape = tape_bytes();
  const auto chunks = chunks_of(tape);
  tape[chunks[1].offset + 20] ^= 0x10U;
  const auto reading = read_bytes(tape);
  REQUIRE(reading.damages.size() == 1);
  const auto& damage = reading.damages.front();
  CHECK(damage.offset == chunks[1].offset);
  CHECK(damage.length == chunks[1].end - chunks[1].offset);
  CHECK(damage.session == kSession);
  CHECK(damage.first_ordinal == chunks[1].events.front().ordinal);
  CHECK(damage.last_ordinal == chunks[1].events.back().ordinal);
  CHECK_FALSE(damage.what.empty());
  CHECK(reading.tail == Tail::clean);
  CHECK(reading.events.size() == read_bytes(tape_bytes()).events.size() - chunks[1].events.size());
}

TEST_CASE("chunk and note both lost: the neighbours tell the missing ordinals") {
  auto tape = tape_bytes();
  const auto chunks = chunks_of(tape);
  for (std::size_t at = chunks[1].offset; at < chunks[2].offset; ++at) tape[at] = 0xAA;
  const auto reading = read_bytes(tape);
  REQUIRE(reading.damages.size() == 1);
  CHECK(reading.damages[0].offset == chunks[1].offset);
  CHECK(reading.damages[0].length == chunks[2].offset - chunks[1].offset);
  CHECK(reading.damages[0].first_ordinal == chunks[1].events.front().ordinal);
  CHECK(reading.damages[0].last_ordinal == chunks[1].events.back().ordinal);
}

TEST_CASE("bits flipped on a pipe: the chunks behind are read") {
  const auto sound = tape_bytes();
  const auto chunks = chunks_of(sound);
  for (std::size_t at = chunks[1].offset; at < chunks[1].end; ++at) {
    CAPTURE(at);
    auto tape = sound;
    tape[at] ^= 0x04U;
    const auto reading = read_through_pipe(tape, 4096);
    REQUIRE(contains(reading.events, chunks[0].events));
    REQUIRE(contains(reading.events, chunks[2].events));
  }
}

TEST_CASE("a torn part that another follows: both are read, and what is missing is said") {
  const auto first = tape_bytes();
  Shape shape;
  shape.session = 77;
  const auto second = tape_bytes(shape);
  const auto all_first = read_bytes(first).events;
  const auto all_second = read_bytes(second).events;
  for (std::size_t cut = 12; cut < first.size(); cut += 3) {
    CAPTURE(cut);
    const Buffer torn(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(cut));
    const auto reading = read_bytes(torn + second);
    REQUIRE(reading.tail == Tail::clean);
    REQUIRE(contains(reading.events, all_second));
    const auto alone = read_bytes(torn);
    REQUIRE(reading.events.size() == alone.events.size() + all_second.size());
    REQUIRE(is_prefix(alone.events, reading.events));
    if (alone.tail == Tail::torn) REQUIRE(reading.damages.size() == 1);
  }
}

TEST_CASE("garbage in front, between and behind does not cost a chunk") {
  const auto tape = tape_bytes();
  const auto all = read_bytes(tape).events;
  const Buffer garbage(777, 0x5A);
  CHECK(read_bytes(tape + garbage).events == all);
  CHECK(read_bytes(tape + garbage).tail == Tail::torn);
  CHECK(read_bytes(tape + garbage + tape).events.size() == 2 * all.size());
  const auto front = read_bytes(garbage + tape);
  CHECK(front.events == all);
  REQUIRE(front.damages.size() == 1);
  CHECK(front.damages[0].length == garbage.size());
}

}  // namespace tape::log::testing
