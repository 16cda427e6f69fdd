// The plain side of a chunk: what every event adds to the chunk's note.
#pragma once

#include <tape/event/event.h>
#include <tape/log/format.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace tape::log {

/// What note and summary want of one event; views live as long as the event. Reading it all at once
/// means that an event which throws has not been counted anywhere.
struct EventFacts {
  std::uint64_t session = 0;
  std::uint64_t ordinal = 0;
  Nanos received_at = 0;
  std::string_view venue;
  std::string_view account;
  std::string_view channel;
  std::string_view symbol;
  std::optional<std::string_view> raw;
  std::uint16_t kind = 0;
  std::uint16_t raw_kind = 0;
  std::uint64_t missing = 0;  // of a gap event
  bool begins_checkpoint = false;
  bool is_checkpoint = false;
};
/// `raw` is what the event's frame is, also where it is rendered. Throws kj::Exception on hostile
/// events.
[[nodiscard]] EventFacts facts_of(schema::Event::Reader event, std::uint64_t session,
                                  std::uint64_t ordinal, std::optional<std::string_view> raw);

/// Of an event that is to be appended.
[[nodiscard]] EventFacts facts_of(event::Message& message, std::uint64_t session,
                                  std::uint64_t ordinal, std::optional<std::string_view> raw);

/// Adds up one chunk. Reused for chunk after chunk.
class ChunkTally {
 public:
  void add(const EventFacts& event, std::size_t framed_bytes);
  [[nodiscard]] bool empty() const { return facts_.events == 0; }
  [[nodiscard]] std::size_t plain_size() const {
    return static_cast<std::size_t>(facts_.plain_size);
  }
  /// What the note says; begins the next chunk.
  [[nodiscard]] ChunkFacts take();

 private:
  ChunkFacts facts_;
  Xxh64 digest_;
};

/// Widens [least, greatest] by a moment; 0 is none.
void widen(Nanos& least, Nanos& greatest, Nanos moment);

}  // namespace tape::log
