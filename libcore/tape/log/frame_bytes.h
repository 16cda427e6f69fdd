// The bytes of a recorded frame, as stored or rebuilt; and events as they leave a tape, with their
// bytes.
#pragma once

#include <tape/event/event.h>
#include <tape/event/memory.h>
#include <tape/log/reader.h>
#include <tape/shape/chunk_shapes.h>
#include <tape/shape/rebuild.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace tape::log {

/// One a thread; keeps its memory. Views live until its next call, and as long as the event.
class FrameBytes {
 public:
  /// Nothing if the event has none. Throws Error{format} when they cannot be rebuilt.
  [[nodiscard]] std::optional<std::string_view> of(const EventRef& ref);
  [[nodiscard]] std::optional<std::string_view> of(schema::Event::Reader event, std::size_t framed,
                                                   const shape::ChunkShapes* shapes);

 private:
  shape::Rebuilder rebuilder_;
};

/// Events of a tape as everything but a tape gets them: with bytes instead of `raw.rendered`, with
/// lists instead of packed levels.
class WholeEvent {
 public:
  /// The message as stored where nothing is to be changed, else a copy in `memory`.
  [[nodiscard]] std::span<const capnp::word> framed(const EventRef& ref, event::Memory& memory);
  /// The same in memory of its own.
  [[nodiscard]] std::span<const capnp::word> framed(const EventRef& ref) {
    return framed(ref, memory_);
  }
  /// The same with the ordinal in it.
  [[nodiscard]] std::span<const capnp::word> with_ordinal(const EventRef& ref);
  /// The event for who reads it here.
  [[nodiscard]] schema::Event::Reader event(const EventRef& ref);
  /// The same for who does not look at the bytes: they may be missing.
  [[nodiscard]] schema::Event::Reader meaning(const EventRef& ref);

 private:
  /// Whether the message is a copy now, because the event cannot leave as it is.
  bool copied(const EventRef& ref);
  std::span<const capnp::word> written(event::Memory& memory);

  FrameBytes bytes_;
  event::Message message_;
  event::OwnMemory memory_;
};

/// Copies an event into a message that a Writer can append: where it is rendered, with its shape.
class EventCopier {
 public:
  /// `message` may be appended until the next call.
  void copy(schema::Event::Reader event, std::size_t framed, const shape::ChunkShapes* shapes,
            event::Message& message);
  void copy(const EventRef& ref, event::Message& message) {
    copy(ref.event, ref.framed.size_bytes(), ref.shapes, message);
  }

 private:
  FrameBytes bytes_;
};

}  // namespace tape::log
