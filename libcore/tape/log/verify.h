// Checks everything in a tape that can be checked, and recovers what can be read into a clean one.
#pragma once

#include <tape/log/reader.h>
#include <tape/log/writer.h>

#include <cstdint>
#include <string>
#include <vector>

namespace tape::log {

struct Problem {
  std::uint64_t offset = 0;
  std::string check;  // frame, checksum, message, ordinal, note, chain, digest, shape, summary,
                      // seek-table, preamble, tail
  std::string text;   // what was expected, what is there
};

struct Verdict {
  std::vector<Problem> problems;  // at most a thousand; `more` counts the rest
  std::uint64_t more = 0;
  std::uint64_t chunks = 0;
  std::uint64_t events = 0;
  std::uint64_t frames = 0;  // events with bytes
  std::uint64_t recorded_gaps = 0;
  std::uint64_t bytes = 0;
  Tail tail = Tail::open;
  Sha256Sum last_link{};
};

/// Reads the whole file once. Throws Error only when it cannot be read at all or is no tape.
[[nodiscard]] Verdict verify(const std::string& path);

struct Recovered {
  std::uint64_t events = 0;
  std::uint64_t chunks_copied = 0;     // untouched
  std::uint64_t chunks_rewritten = 0;  // whole events of torn or damaged chunks, compressed again
  std::vector<Damage> lost;
  Tail tail = Tail::open;
};

/// Writes a clean, derived tape with all that can be saved.
[[nodiscard]] Recovered recover(const std::string& path, Sink& sink, const std::string& recorder);

}  // namespace tape::log
