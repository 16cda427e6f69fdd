// The chain, what verify compares, what recover saves, and what stock tools make of a tape.
#include <tape/base/error.h>
#include <tape/log/format.h>
#include <tape/schemas/file.capnp.h>

#include <catch2/catch.hpp>
#include <log/tapes.h>
#include <zstd.h>

#include <algorithm>

namespace tape::log::testing {
namespace {

std::vector<std::string> checks_of(const std::string& path) {
  std::vector<std::string> checks;
  for (const auto& problem : verify(path).problems) checks.push_back(problem.check);
  return checks;
}

std::vector<std::string> checks_of(const Buffer& bytes) {
  const Folder folder;
  write_file(folder / "v.tape", bytes);
  return checks_of(folder / "v.tape");
}

/// The links that schemas/README.md tells one to compute, by it alone.
std::vector<std::string> links_by_the_book(const Buffer& tape) {
  std::vector<std::string> links;
  Sha256Sum link{};
  Sha256Sum chunk{};
  for (const auto& frame : frames_of(tape)) {
    const auto bytes = Bytes(tape).subspan(frame.offset, frame.size);
    auto payload = Buffer(bytes.begin() + 8, bytes.end());
    if (frame.magic == kPreambleMagic) link = sha256(payload);
    if (frame.magic == kDataMagic) chunk = sha256(bytes);
    if (frame.magic != kNoteMagic) continue;
    // The link is the last 32 bytes of a note of this version.
    std::fill(payload.end() - 32, payload.end(), std::uint8_t{0});
    Sha256 digest;
    digest.update(link);
    digest.update(chunk);
    digest.update(payload);
    link = digest.finish();
    links.push_back(hex(Bytes(link)));
    CHECK(std::equal(link.begin(), link.end(), bytes.end() - 32));
  }
  return links;
}

}  // namespace

TEST_CASE("the chain is what the book says, and goes on over rotation") {
  MemorySink sink;
  const auto closed = write_tape(sink, {});
  const auto links = links_by_the_book(sink.bytes);
  REQUIRE(links.size() == 3);
  CHECK(links.back() == hex(Bytes(closed.last_link)));
  Shape next;
  next.first_ordinal = closed.next_ordinal;
  next.previous_link = std::string(as_text(closed.last_link));
  const auto second = tape_bytes(next);
  CHECK(checks_of(sink.bytes + second).empty());
  CHECK(read_bytes(second).preambles[0].previous_link == next.previous_link);
  next.previous_link[5] = static_cast<char>(next.previous_link[5] ^ 1);
  CHECK(checks_of(sink.bytes + tape_bytes(next)) == std::vector<std::string>{"preamble"});
}

TEST_CASE("a chunk that was replaced by another with the same note breaks the chain") {
  const auto tape = tape_bytes();
  auto frames = frames_of(tape);
  const auto chunk = Bytes(tape).subspan(frames[3].offset, frames[3].size);
  Buffer plain(1 << 16);
  plain.resize(ZSTD_decompress(plain.data(), plain.size(), chunk.data(), chunk.size()));
  auto* zstd = ZSTD_createCCtx();
  (void)ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);
  (void)ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, 19);
  Buffer other(1 << 16);
  other.resize(ZSTD_compress2(zstd, other.data(), other.size(), plain.data(), plain.size()));
  (void)ZSTD_freeCCtx(zstd);
  Buffer forged(tape.begin(), tape.begin() + static_cast<std::ptrdiff_t>(frames[3].offset));
  forged = forged + other +
           Buffer(tape.begin() + static_cast<std::ptrdiff_t>(frames[4].offset), tape.end());
  const auto checks = checks_of(forged);
  CHECK(std::find(checks.begin(), checks.end(), "chain") != checks.end());
}

TEST_CASE("verify names what is wrong") {
  const auto sound = tape_bytes();
  const auto frames = frames_of(sound);
  CHECK(checks_of(sound).empty());
  CHECK(checks_of(open_tape()).empty());
  const auto flipped = [&](std::size_t at) {
    auto tape = sound;
    tape[at] ^= 1U;
    return checks_of(tape).at(0);
  };
  CHECK(flipped(frames[0].offset + 8 + 6) == "preamble");
  CHECK(flipped(frames[1].offset + 30) == "frame");
  CHECK(flipped(frames[2].offset + frames[2].size - 1) == "chain");
  CHECK(flipped(frames[2].offset + 8 + 16) == "note");
  CHECK(flipped(frames[7].offset + 100) == "summary");
  CHECK(flipped(frames[8].offset + 9) == "seek-table");
  CHECK(checks_of(Buffer(sound.begin(), sound.end() - 5)) == std::vector<std::string>{"tail"});
  // A chunk and its note cut out.
  Buffer cut(sound.begin(), sound.begin() + static_cast<std::ptrdiff_t>(frames[3].offset));
  cut.insert(cut.end(), sound.begin() + static_cast<std::ptrdiff_t>(frames[5].offset), sound.end());
  const auto checks = checks_of(cut);
  for (const auto* wanted : {"ordinal", "chain", "summary", "seek-table"}) {
    CAPTURE(wanted);
    CHECK(std::find(checks.begin(), checks.end(), wanted) != checks.end());
  }
}

TEST_CASE("verify wants the session event first and the end event last") {
  MemorySink sink;
  WriterOptions options;
  options.threaded = false;
  Writer writer(sink, options, info_of({}));
  event::Message message;
  trade_event(message, 1, "x");
  (void)writer.append(message);
  (void)writer.close();
  CHECK(checks_of(sink.bytes) == std::vector<std::string>{"message", "message"});
}

TEST_CASE("recover closes an open tape and copies whole chunks untouched") {
  const Folder folder;
  const auto open = open_tape();
  write_file(folder / "open.tape", open);
  MemorySink sink;
  const auto recovered = recover(folder / "open.tape", sink, "test");
  CHECK(recovered.chunks_copied == 2);
  CHECK(recovered.chunks_rewritten == 1);
  CHECK(recovered.lost.empty());
  CHECK(recovered.tail == Tail::open);
  const auto reading = read_bytes(sink.bytes);
  CHECK(reading.events == read_bytes(open).events);
  CHECK(recovered.events == reading.events.size());
  CHECK(reading.tail == Tail::clean);
  CHECK(reading.preambles.at(0).derived);
  CHECK(reading.preambles.at(0).session == kSession);
  CHECK(checks_of(sink.bytes).empty());
}

TEST_CASE("recover saves what can be read of every cut and every damaged byte") {
  const Folder folder;
  const auto path = folder / "broken.tape";
  const auto sound = tape_bytes();
  const auto check = [&](const Buffer& bytes) {
    write_file(path, bytes);
    MemorySink sink;
    const auto recovered = recover(path, sink, "test");
    const auto wanted = read_bytes(bytes);
    const auto reading = read_bytes(sink.bytes);
    REQUIRE(reading.events == wanted.events);
    REQUIRE(recovered.lost.size() == wanted.damages.size() + (wanted.tail == Tail::torn ? 1 : 0));
    REQUIRE(checks_of(sink.bytes).empty());
  };
  for (std::size_t cut = 12; cut < sound.size(); cut += 7) {
    CAPTURE(cut);
    check({sound.begin(), sound.begin() + static_cast<std::ptrdiff_t>(cut)});
  }
  for (std::size_t at = 16; at < sound.size(); at += 11) {
    CAPTURE(at);
    auto bytes = sound;
    bytes[at] ^= 0x40U;
    check(bytes);
  }
}

TEST_CASE("the seek table is zstd's, and an independent reader finds the chunks by it") {
  const auto tape = tape_bytes();
  const auto frames = frames_of(tape);
  const auto u32 = [&](std::size_t at) {
    return std::uint32_t{tape[at]} | std::uint32_t{tape[at + 1]} << 8U |
           std::uint32_t{tape[at + 2]} << 16U | std::uint32_t{tape[at + 3]} << 24U;
  };
  // contrib/seekable_format/zstd_seekable_compression_format.md: footer, back to the entries.
  const auto end = tape.size();
  REQUIRE(u32(end - 4) == 0x8F92EAB1);
  CHECK(tape[end - 5] == 0);
  const std::size_t count = u32(end - 9);
  REQUIRE(count == frames.size() - 1);
  const auto table = end - 9 - count * 8 - 8;
  CHECK(u32(table) == 0x184D2A5E);
  CHECK(u32(table + 4) == count * 8 + 9);
  std::size_t at = 0;
  std::size_t plain_at = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t stored = u32(table + 8 + i * 8);
    const std::size_t plain = u32(table + 12 + i * 8);
    CHECK(at == frames[i].offset);
    CHECK(stored == frames[i].size);
    Buffer out(plain + 1);
    CHECK(ZSTD_decompress(out.data(), out.size(), tape.data() + at, stored) == plain);
    at += stored;
    plain_at += plain;
  }
  CHECK(at == table);
  CHECK(plain_at > 0);
}

TEST_CASE("zstd -t takes a clean tape and refuses a torn one") {
  if (std::system("command -v zstd > /dev/null 2>&1") != 0)
    return;  // end-to-end tests need it, this one may not
  const Folder folder;
  const auto tape = tape_bytes();
  write_file(folder / "a.tape", tape + tape);
  write_file(folder / "torn.tape", Bytes(tape).first(tape.size() / 2));
  CHECK(std::system(("zstd -tq " + (folder / "a.tape")).c_str()) == 0);
  CHECK(std::system(("zstd -tq " + (folder / "torn.tape") + " 2> /dev/null").c_str()) != 0);
}

}  // namespace tape::log::testing
