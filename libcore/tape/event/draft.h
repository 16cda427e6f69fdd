// Lays out an Event word by word behind a front that a builder made, as Cap'n Proto's encoding has
// it: for events whose layout is known, without a builder's looking after segments.
#pragma once

#include <tape/event/frame.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace tape::event {

/// One segment under construction: all that is made is appended. Pointers are words of it and stay
/// where they are until the next begin(). https://capnproto.org/encoding.html (read 2026-11-26)
class Draft {
 public:
  /// Begins with `front`, the only segment of a message; at most `room` words will be appended.
  void begin(std::span<const std::uint64_t> front, std::size_t room);

  [[nodiscard]] std::uint64_t* word(std::size_t index) { return words_.get() + index; }
  /// The data section of the Event.
  [[nodiscard]] std::uint8_t* root() { return reinterpret_cast<std::uint8_t*>(words_.get() + 1); }

  /// Makes what the pointer points to from now on; all zero. Throws Error{internal} past `room`.
  std::uint64_t* structure(std::uint64_t* pointer, std::uint16_t data_words,
                           std::uint16_t pointers);
  /// Of structs; returns the first.
  std::uint64_t* list(std::uint64_t* pointer, std::uint16_t data_words, std::uint16_t pointers,
                      std::uint32_t count);
  void text(std::uint64_t* pointer, std::string_view text);
  void data(std::uint64_t* pointer, std::string_view bytes);

  [[nodiscard]] std::span<const std::uint64_t> words() const { return {words_.get(), used_}; }
  /// The segment with some room behind it, all zero, for a builder to go on in.
  [[nodiscard]] std::span<std::uint64_t> with_spare();

 private:
  std::uint64_t* allocate(std::size_t words);
  std::uint8_t* blob(std::uint64_t* pointer, std::size_t size);

  static constexpr std::size_t kSpare = 512;

  std::unique_ptr<std::uint64_t[]> words_;
  std::size_t capacity_ = 0;
  std::size_t used_ = 0;
  std::size_t end_ = 0;  // of what may be used
};

/// What fill_envelope_but_raw fills of a received frame that is neither redacted nor of REST, but
/// for the venue.
void put_envelope(Draft& draft, const Frame& frame);
void put_unknown_fields(Draft& draft, std::uint16_t count);
/// `raw`: the frame as text.
void put_text(Draft& draft, std::string_view frame);
/// `raw`: rebuilt by a shape; residuals as they are stored.
void put_rendered(Draft& draft, std::uint64_t shape, std::string_view residuals);
void put_place(Draft& draft, std::uint64_t session, std::uint64_t ordinal);

/// Who looks at every event wants this of it. Texts live as long as the event.
struct Head {
  Nanos received_at = 0;
  std::string_view venue;
  std::string_view account;
  std::string_view channel;
  std::string_view symbol;
  std::uint16_t kind = 0;      // the member of `body`
  std::uint16_t raw_kind = 0;  // the member of `raw`
};
[[nodiscard]] Head head_of(Draft& draft);
[[nodiscard]] Head head_of(const schema::Event::Reader& event);

}  // namespace tape::event
