// The JSON of one frame: looked into to tell what it is, then walked through a field table into an
// Event.
#pragma once

#include <tape/schemas/event.capnp.h>
#include <tape/venue/table.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tape::venue {

/// A table bound to the schema: paths resolved into offsets once, at start.
class Program;
struct ProgramDeleter {
  void operator()(const Program* program) const;
};
using ProgramPtr = std::unique_ptr<const Program, ProgramDeleter>;

/// Throws Error{internal} when the table names what the schema does not have; a test compiles every
/// table.
[[nodiscard]] ProgramPtr compile(const Table& table);

enum class Root : std::uint8_t { object, array, scalar, invalid };

/// Why a frame could not be decoded; becomes the opaque body.
struct Failure {
  schema::OpaqueKind kind = schema::OpaqueKind::MALFORMED;
  std::string reason;
  std::int64_t at = -1;
};

/// One parser per thread. Views it returns live until the next call.
class Parser {
 public:
  Parser();
  ~Parser();
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  /// Begins with a frame, which event::kFramePadding readable bytes follow. False: not JSON in its
  /// outline.
  [[nodiscard]] bool open(std::span<const char> frame);

  /// What the value at the base is. `empty()`: an object or array without members.
  [[nodiscard]] Root root();
  [[nodiscard]] bool empty();

  /// The text of a member of the base object (of the first element, where the base is an array): a
  /// string's characters as they stand (not unescaped), a number's or word's own text. Nothing when
  /// absent.
  [[nodiscard]] std::optional<std::string_view> text(std::string_view key);
  [[nodiscard]] bool has(std::string_view key);
  /// The first member of the base whose key is among `keys`, in the frame's order.
  class Found {
   public:
    Found(std::size_t index, std::string_view value, std::vector<std::string_view>& looked_at)
        : key(index), value_(value), looked_at_(&looked_at) {}
    std::size_t key = 0;  // index in `keys`
    /// Whoever asks makes his answer depend on it: see looked_at().
    [[nodiscard]] std::string_view text() const {
      looked_at_->push_back(value_);
      return value_;
    }

   private:
    std::string_view value_;
    std::vector<std::string_view>* looked_at_;
  };
  [[nodiscard]] std::optional<Found> first_of(std::span<const std::string_view> keys);

  /// Makes the object or array in member `key` the base: wrappers like {"stream": .., "data": ..}.
  [[nodiscard]] bool descend(std::string_view key);

  /// How many bytes at the front of the frame all answers since open() depend on, and no others:
  /// another frame that begins with them would have been answered the same.
  [[nodiscard]] std::size_t consulted() const;
  /// The values, of all that answers since open() were about, whose text was given out.
  [[nodiscard]] std::span<const std::string_view> looked_at() const;
  /// The member that is the base; empty: the message itself.
  [[nodiscard]] std::string_view base() const;
  /// Makes the member the base without a look: it is known that descend() would.
  void set_base(std::string_view key);

  /// Fills the body, and what the table gives of the Event, from the base. Nothing = done; else the
  /// event's content is partly filled and to be started anew as opaque.
  [[nodiscard]] std::optional<Failure> walk(const Program& program, schema::Event::Builder event);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Says what is wrong with a frame that is not JSON, or is none that we expect: empty, HTML,
/// truncated, malformed, binary; with the byte. For frames that failed only; slow and thorough.
[[nodiscard]] Failure diagnose(std::string_view frame);

}  // namespace tape::venue
