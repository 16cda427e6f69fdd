// The Event: building one message, reading one message, its envelope.
#pragma once

#include <tape/base/bytes.h>
#include <tape/base/decimal.h>
#include <tape/event/draft.h>
#include <tape/event/frame.h>
#include <tape/event/kind.h>
#include <tape/schemas/event.capnp.h>

#include <capnp/message.h>
#include <capnp/serialize.h>

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace tape::event {

/// Largest Event message in standard framing: the largest frame, its envelope and its body.
/// A frame whose typed body would not fit beside it keeps its bytes and gets an opaque body.
inline constexpr std::size_t kMaxMessage = std::size_t{17} << 20U;

/// One Event under construction. Reused for event after event: allocates nothing in steady state.
class Message {
 public:
  Message();
  ~Message();
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

  /// Drops what was built and begins a new, empty Event.
  schema::Event::Builder start();
  /// Drops what was built and begins an Event whose layout is known: `front` is its first words,
  /// which a builder made, and at most `room` words will follow.
  Draft& start_draft(std::span<const std::uint64_t> front, std::size_t room);
  /// The one under construction, until event() is called.
  [[nodiscard]] Draft& draft() { return draft_; }

  /// The Event under construction, after start(). A draft ends: the builder goes on where it was.
  [[nodiscard]] schema::Event::Builder event() {
    if (drafted_) adopt_draft();
    return root_;
  }
  /// The same to read; until the message is touched.
  [[nodiscard]] const schema::Event::Reader& reader();
  [[nodiscard]] Head head() { return drafted_ ? head_of(draft_) : head_of(reader()); }
  void set_place(std::uint64_t session, std::uint64_t ordinal);
  /// Replaces the content with a copy of another Event.
  schema::Event::Builder copy(schema::Event::Reader other);
  /// As the Event leaves a tape: packed levels become lists, `raw` is as it was.
  schema::Event::Builder copy_unpacked(schema::Event::Reader other);
  /// The same, and `raw` becomes the frame's bytes.
  schema::Event::Builder copy_with_raw(schema::Event::Reader other, std::string_view frame);

  /// Where `raw.rendered` comes from: the frame, and the stored form of the shape that it names.
  struct Origin {
    std::string_view frame;
    Bytes shape;
  };
  /// The same as copy() of an event that is rendered, without the shape that it may carry.
  schema::Event::Builder copy_rendered(schema::Event::Reader other, const Origin& origin);
  /// Of the Event under construction; views of the caller, who keeps them for as long as the event
  /// is not appended.
  void set_origin(const Origin& origin) { origin_ = origin; }
  [[nodiscard]] const std::optional<Origin>& origin() const { return origin_; }

  /// Size in bytes of the message with its segment table, a multiple of 8.
  [[nodiscard]] std::size_t framed_size();
  /// Writes framed_size() bytes.
  void write(std::uint8_t* out);

 private:
  class Arena;
  capnp::MessageBuilder& restart();
  void adopt_draft();
  schema::Event::Builder copy_parts(schema::Event::Reader other, bool raw, bool unpack);

  std::unique_ptr<Arena> arena_;
  std::optional<Origin> origin_;
  schema::Event::Builder root_{nullptr};
  Draft draft_;
  bool drafted_ = false;
  schema::Event::Reader reader_;               // what reader() said last
  const std::uint64_t* draft_read_ = nullptr;  // the memory of the draft that it reads
};

/// Reads one framed message in place; the bytes outlive the view and are 8-byte aligned.
/// Bounds on traversal and nesting hold for hostile bytes; violations throw kj::Exception.
class View {
 public:
  View() = default;
  /// `framed` is exactly one message as parse_framed_size() measured it.
  void reset(std::span<const capnp::word> framed);
  [[nodiscard]] schema::Event::Reader event() const { return event_; }
  [[nodiscard]] std::span<const capnp::word> framed() const { return framed_; }

 private:
  std::span<const capnp::word> framed_;
  std::optional<capnp::FlatArrayMessageReader> reader_;
  schema::Event::Reader event_;
};

/// Measures the message at the front of `words` by its segment table.
enum class FramedState : std::uint8_t { whole, incomplete, invalid };
struct FramedSize {
  FramedState state = FramedState::incomplete;
  std::size_t words =
      0;  // of the whole message with its table; known as soon as the table is whole
};
[[nodiscard]] FramedSize parse_framed_size(std::span<const capnp::word> words);

/// Fills everything but session, ordinal, channel, symbol, sequence, exchangeAt and body; chooses
/// text or data for raw.
void fill_envelope(schema::Event::Builder event, const Frame& frame, std::string_view venue);
/// The same without raw.
void fill_envelope_but_raw(schema::Event::Builder event, const Frame& frame,
                           std::string_view venue);
/// Text where the bytes are UTF-8 without NUL, else data.
void fill_raw(schema::Event::Builder event, std::string_view bytes);

/// The frame's bytes as recorded; nothing if the event has none or they are only rendered.
[[nodiscard]] std::optional<std::string_view> raw_bytes(schema::Event::Reader event);

/// Any decimal group of the schema.
template <typename Group>
[[nodiscard]] Decimal get_decimal(Group group) {
  return {group.getMantissa(), group.getExponent()};
}
template <typename Group>
void set_decimal(Group group, Decimal value) {
  group.setMantissa(value.mantissa);
  group.setExponent(value.exponent);
}

/// Text readers of the schema as views.
[[nodiscard]] inline std::string_view view(capnp::Text::Reader text) {
  return {text.begin(), text.size()};
}

}  // namespace tape::event
