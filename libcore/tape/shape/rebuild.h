// Gives the bytes of a frame back from a shape and a typed event.
#pragma once

#include <tape/event/levels.h>
#include <tape/schemas/event.capnp.h>
#include <tape/shape/shape.h>

#include <capnp/any.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tape::shape {

/// Most bytes that an event of `framed` bytes may be rebuilt into. What would be more is kept.
[[nodiscard]] std::size_t most_rebuilt(std::size_t framed);

/// The integer in the field that a binding of Form::number or words names, sign-extended; an
/// unsigned one as its bits.
[[nodiscard]] std::uint64_t load_integer(const kj::ArrayPtr<const kj::byte>& data,
                                         const Binding& binding);

/// One a thread; keeps its memory.
class Rebuilder {
 public:
  /// The frame, until the next call. `framed` is the size of the event's message. Throws
  /// Error{format} when the event does not fit the shape, kj::Exception where its pointers are
  /// damaged.
  [[nodiscard]] std::string_view rebuild(const Program& program, schema::Event::Reader event,
                                         std::size_t framed);
  /// The same, appended; `out` is as it was when it throws.
  void append(const Program& program, schema::Event::Reader event, std::size_t framed,
              std::string& out) {
    out.append(rebuild(program, event, framed));
  }

 private:
  struct Struct {
    bool valid = false;
    kj::ArrayPtr<const kj::byte> data;
    capnp::List<capnp::AnyPointer>::Reader pointers;
  };
  struct Loop {
    std::uint64_t index = 0;
    std::uint64_t count = 0;
    std::ptrdiff_t stride = 0;  // of the elements' data; 0: elements are entered one by one
    capnp::List<capnp::AnyStruct>::Reader list;
    bool packed = false;  // the elements are cursor_'s
  };

  void run();
  void value(const Binding& binding);
  void begin_loop(std::size_t& at);
  bool levels(std::size_t at, std::uint64_t count);
  void next_element(std::size_t& at);
  void enter(std::uint16_t scope, capnp::AnyStruct::Reader value);
  void enter_level(std::uint16_t scope);
  const Struct& at(std::uint16_t scope) {
    const auto& here = structs_[scope];
    return here.valid ? here : find(scope);
  }
  const Struct& find(std::uint16_t scope);
  [[nodiscard]] bool is_residual() { return index_++ == residual_; }
  [[nodiscard]] std::string_view take_residual();
  void next_residual();
  void put(std::string_view text);
  void put_literal(const Op& op);
  /// Makes room for `size` bytes and some more that a fixed-size copy may overwrite.
  void room(std::size_t size) {
    if (static_cast<std::size_t>(limit_ - out_) < size + kSlack) grow(size);
  }
  void grow(std::size_t size);

  static constexpr std::size_t kSlack = 64;

  const Program* program_ = nullptr;
  std::vector<Struct> structs_;
  std::vector<Loop> loops_;
  event::PackedCursor cursor_;  // one is enough: levels hold no lists
  event::LevelRow row_;         // the level it is at
  std::string_view residuals_;
  std::uint64_t index_ = 0;     // of the next value
  std::uint64_t residual_ = 0;  // index of the next residual; UINT64_MAX: none
  std::size_t steps_ = 0;
  std::size_t most_ = 0;
  std::vector<char> buffer_;
  char* out_ = nullptr;
  char* limit_ = nullptr;
};

}  // namespace tape::shape
