// Files made to hurt: huge sizes, bombs, tables that lie. Nothing crashes, hangs, or takes memory
// out of proportion.
#include <tape/base/error.h>
#include <tape/log/format.h>

#include <catch2/catch.hpp>
#include <log/tapes.h>
#include <sys/resource.h>
#include <zstd.h>

#include <chrono>
#include <cstring>
#include <random>

namespace tape::log::testing {
namespace {

Buffer compress(Bytes plain) {
  auto* zstd = ZSTD_createCCtx();
  (void)ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);
  (void)ZSTD_CCtx_setParameter(zstd, ZSTD_c_contentSizeFlag, 0);
  (void)ZSTD_CCtx_setParameter(zstd, ZSTD_c_windowLog, 17);
  Buffer out(ZSTD_compressBound(plain.size()));
  out.resize(ZSTD_compress2(zstd, out.data(), out.size(), plain.data(), plain.size()));
  (void)ZSTD_freeCCtx(zstd);
  return out;
}

Buffer preamble_frame() {
  const auto tape = tape_bytes();
  return {tape.begin(), tape.begin() + static_cast<std::ptrdiff_t>(frames_of(tape)[0].size)};
}

Buffer words(std::initializer_list<std::uint32_t> values) {
  Buffer out;
  for (const auto value : values) append_u32(out, value);
  return out;
}

/// Reads without keeping anything; returns the number of damages.
std::size_t count_damages(Reader& reader) {
  while (reader.next() != nullptr) {
  }
  return reader.damages().size();
}

/// Reads in every way there is; says how many damages there were.
std::size_t survive(const Buffer& bytes) {
  const Folder folder;
  const auto path = folder / "h.tape";
  write_file(path, bytes);
  Reader reader(path);
  const auto damages = count_damages(reader);
  Reader seeker(path);
  seeker.seek(kStart + 5 * kSecond);
  (void)count_damages(seeker);
  pipe_through(bytes, 65'536, [](Reader& piped) { (void)count_damages(piped); });
  (void)verify(path);
  (void)read_summaries(path);
  MemorySink sink;
  (void)recover(path, sink, "test");
  return damages;
}

long peak_kib() {
  rusage usage{};
  (void)::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

}  // namespace

TEST_CASE("sizes that lie") {
  const auto head = preamble_frame();
  const auto tape = tape_bytes();
  for (const std::uint32_t magic :
       {kPreambleMagic, kNoteMagic, kSummaryMagic, kSeekTableMagic, 0x184D2A57U}) {
    for (const std::uint32_t size : {0U, 1U, 7U, 8U, 16U, 4096U, 0x7FFFFFFFU, 0xFFFFFFFFU}) {
      CAPTURE(magic, size);
      const auto lie = words({magic, size, 0, 0xFFFFFFFF, 0x45504154, 0});
      (void)survive(head + lie);
      CHECK(read_bytes(head + lie + tape).events.size() >= 11);
    }
  }
}

TEST_CASE("messages that lie") {
  const auto head = preamble_frame();
  const std::vector<Buffer> lies = {
      words({0xFFFFFFFF, 0xFFFFFFFF}),                       // four billion segments
      words({511, 0xFFFFFFFF}),                              // a table that does not fit
      words({0, 0xFFFFFFFF}),                                // a segment of 32 GiB
      words({0, 1, 0xFFFFFFFC, 0x7FFFFFFF}),                 // a root pointer to nowhere
      words({0, 1, 0, 0xFFFFFFFF}),                          // a root of 4 GiB of data
      words({0, 2, 0, 0x00010000, 0xFFFFFFFE, 0xFFFFFFFF}),  // a far pointer, to itself
      words({0, 0}),                                         // no root
      Buffer(9, 0),
      Buffer(3, 1),
      Buffer(1000, 0xFF),
  };
  for (const auto& lie : lies) {
    const auto chunk = compress(lie);
    CAPTURE(lie.size());
    CHECK_NOTHROW(survive(head + chunk));
    CHECK(read_bytes(head + chunk + tape_bytes()).events.size() >= 11);
  }
}

TEST_CASE("bombs take no more memory than a chunk may") {
  const auto head = preamble_frame();
  [[maybe_unused]] const auto before = peak_kib();
  // A gigabyte of zeros in 32 KiB: more than a chunk may hold.
  Buffer bomb;
  {
    auto* zstd = ZSTD_createCCtx();
    (void)ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);
    (void)ZSTD_CCtx_setParameter(zstd, ZSTD_c_windowLog, 17);
    const Buffer zeros(1 << 20, 0);
    Buffer out(1 << 20);
    for (int i = 0; i < 1024; ++i) {
      ZSTD_inBuffer in{zeros.data(), zeros.size(), 0};
      ZSTD_outBuffer to{out.data(), out.size(), 0};
      while (ZSTD_compressStream2(zstd, &to, &in, i < 1023 ? ZSTD_e_continue : ZSTD_e_end) != 0 &&
             (in.pos < in.size || i == 1023)) {
      }
      bomb.insert(bomb.end(), out.begin(), out.begin() + static_cast<std::ptrdiff_t>(to.pos));
    }
    (void)ZSTD_freeCCtx(zstd);
  }
  CHECK(survive(head + bomb) > 0);
  // A frame that claims a window of a terabyte.
  auto wide = compress(Buffer(1000, 7));
  wide[5] = 0xF0;
  CHECK(survive(head + wide) > 0);
  // Four million events that are none, in two kilobytes.
  const auto swarm = compress(Buffer(kMaxPlain, 0));
  CHECK(survive(head + swarm) <= 10'000);
#ifndef __SANITIZE_ADDRESS__
  CHECK(peak_kib() - before < 160 * 1024);
#endif
}

TEST_CASE("work is bounded where every byte looks like a frame") {
  const auto head = preamble_frame();
  // Headers of chunks whose blocks run through all the others.
  Buffer maze = head;
  const Buffer frame = {0x28, 0xB5, 0x2F, 0xFD, 0x04, 0x38, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  while (maze.size() < (std::size_t{3} << 20U)) maze.insert(maze.end(), frame.begin(), frame.end());
  const auto started = std::chrono::steady_clock::now();
  CHECK_NOTHROW(read_bytes(maze));
  CHECK(std::chrono::steady_clock::now() - started < std::chrono::seconds(60));
  Buffer notes = head;
  while (notes.size() < (std::size_t{3} << 20U)) {
    const auto note = words({kNoteMagic, 0xFFF});
    notes.insert(notes.end(), note.begin(), note.end());
  }
  CHECK_NOTHROW(read_bytes(notes));
}

TEST_CASE("mutated tapes at random") {
  std::mt19937_64 random(11);
  const auto sound = tape_bytes() + open_tape();
  for (int round = 0; round < 300; ++round) {
    auto bytes = sound;
    const auto changes = 1 + random() % 8;
    for (std::uint64_t i = 0; i < changes; ++i) {
      const auto at = static_cast<std::ptrdiff_t>(random() % bytes.size());
      const auto length = static_cast<std::ptrdiff_t>(random() % 64);
      const auto end =
          std::min<std::ptrdiff_t>(at + length, static_cast<std::ptrdiff_t>(bytes.size()));
      switch (random() % 4) {
        case 0:
          bytes[static_cast<std::size_t>(at)] = static_cast<std::uint8_t>(random());
          break;
        case 1:
          bytes.erase(bytes.begin() + at, bytes.begin() + end);
          break;
        case 2: {
          const Buffer copy(bytes.begin() + at, bytes.begin() + end);
          const auto to = static_cast<std::ptrdiff_t>(random() % bytes.size());
          bytes.insert(bytes.begin() + to, copy.begin(), copy.end());
          break;
        }
        default:
          for (auto i2 = at; i2 < end; ++i2)
            bytes[static_cast<std::size_t>(i2)] = static_cast<std::uint8_t>(random());
      }
      if (bytes.empty()) break;
    }
    try {
      (void)survive(bytes);
    } catch (const Error&) {
      // Not recognised any more, or of a version to come.
    }
  }
}

}  // namespace tape::log::testing
