// A Frame: the bytes of one message on a wire, in or out, with the time we saw it. REST bodies are
// frames too.
#pragma once

#include <tape/base/clock.h>
#include <tape/schemas/event.capnp.h>

#include <cstdint>
#include <span>
#include <string_view>

namespace tape::event {

/// Readable bytes that must follow a frame in its buffer, so that a parser may load whole vectors.
inline constexpr std::size_t kFramePadding = 64;

/// Frames up to this size are kept whole; larger ones as their first kOversizeKept bytes, length
/// and SHA-256.
inline constexpr std::size_t kMaxFrame = std::size_t{16} << 20U;
inline constexpr std::size_t kOversizeKept = std::size_t{64} << 10U;

/// What only REST exchanges have.
struct RestInfo {
  std::string_view method;
  std::string_view target;  // path and query, secrets already overwritten
  std::uint16_t status = 0;
  Nanos latency = 0;
  std::uint64_t request_ordinal = 0;
};

/// Which frames keep their bytes.
enum class KeepRaw : std::uint8_t {
  always,
  automatic,  // all but those that are proven to follow from their typed event
};

/// Views live until the frame's buffer is used again. `bytes` is writable for redaction, which
/// keeps its length, and is followed by kFramePadding readable bytes.
struct Frame {
  std::span<char> bytes;
  Stamp stamp;
  std::uint32_t connection = 0;
  schema::Direction direction = schema::Direction::RECEIVED;
  schema::Transport transport = schema::Transport::PIPE;
  const RestInfo* rest = nullptr;  // null unless transport is rest
  std::string_view account;        // our label
  bool redacted = false;
  bool unterminated = false;  // the last line of a pipe, without its newline
  KeepRaw raw = KeepRaw::always;

  [[nodiscard]] std::string_view text() const { return {bytes.data(), bytes.size()}; }
};

}  // namespace tape::event
