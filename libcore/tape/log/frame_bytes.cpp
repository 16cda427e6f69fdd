#include <tape/base/error.h>
#include <tape/event/levels.h>
#include <tape/event/splice.h>
#include <tape/log/frame_bytes.h>

namespace tape::log {
namespace {

const shape::Program& program_of(schema::Event::Reader event, const shape::ChunkShapes* shapes) {
  if (shapes == nullptr)
    throw Error(Fault::format, "the frame cannot be rebuilt: its chunk is not at hand");
  return shapes->of(event);
}

}  // namespace

std::optional<std::string_view> FrameBytes::of(const EventRef& ref) {
  if (ref.rebuilt) return ref.rebuilt;
  return of(ref.event, ref.framed.size_bytes(), ref.shapes);
}

std::optional<std::string_view> FrameBytes::of(schema::Event::Reader event, std::size_t framed,
                                               const shape::ChunkShapes* shapes) {
  if (!event.getRaw().isRendered()) return event::raw_bytes(event);
  return rebuilder_.rebuild(program_of(event, shapes), event, framed);
}

std::span<const capnp::word> WholeEvent::written(event::Memory& memory) {
  const auto words = message_.framed_size() / sizeof(capnp::word);
  auto* const out = memory.room(words);
  message_.write(reinterpret_cast<std::uint8_t*>(out));
  return {reinterpret_cast<const capnp::word*>(out), words};
}

bool WholeEvent::copied(const EventRef& ref) {
  if (ref.event.getRaw().isRendered()) {
    (void)message_.copy_with_raw(ref.event, *bytes_.of(ref));
    return true;
  }
  if (!event::is_packed(ref.event)) return false;
  (void)message_.copy_unpacked(ref.event);
  return true;
}

std::span<const capnp::word> WholeEvent::framed(const EventRef& ref, event::Memory& memory) {
  const bool packed = event::is_packed(ref.event);
  std::optional<std::string_view> frame;
  if (ref.event.getRaw().isRendered()) {
    frame = bytes_.of(ref);
  } else if (!packed) {
    return ref.framed;
  }
  const auto spliced = packed ? event::splice_levels(ref.framed, frame, memory)
                              : event::splice_raw(ref.framed, *frame, memory);
  if (!spliced.empty())
    return {reinterpret_cast<const capnp::word*>(spliced.data()), spliced.size()};
  if (frame) {
    (void)message_.copy_with_raw(ref.event, *frame);
  } else {
    (void)message_.copy_unpacked(ref.event);
  }
  return written(memory);
}

std::span<const capnp::word> WholeEvent::with_ordinal(const EventRef& ref) {
  if (!copied(ref)) {
    if (ref.event.getOrdinal() == ref.ordinal) return ref.framed;
    (void)message_.copy(ref.event);
  }
  message_.event().setOrdinal(ref.ordinal);
  return written(memory_);
}

schema::Event::Reader WholeEvent::event(const EventRef& ref) {
  return copied(ref) ? message_.event().asReader() : ref.event;
}

schema::Event::Reader WholeEvent::meaning(const EventRef& ref) {
  if (!event::is_packed(ref.event)) return ref.event;
  return message_.copy_unpacked(ref.event).asReader();
}

void EventCopier::copy(schema::Event::Reader event, std::size_t framed,
                       const shape::ChunkShapes* shapes, event::Message& message) {
  if (!event.getRaw().isRendered()) {
    (void)message.copy(event);
    return;
  }
  const auto& program = program_of(event, shapes);
  (void)message.copy_rendered(event, {*bytes_.of(event, framed, shapes), as_bytes(program.stored)});
}

}  // namespace tape::log
