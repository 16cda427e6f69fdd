// Makes the shape of a frame: where its values are, and the program that gives it back.
#pragma once

#include <tape/shape/shape.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace tape::shape {

/// One value of the frame, in the frame's order; what is inside a container follows it.
struct Item {
  enum class Kind : std::uint8_t { object, array, string, number, word, null };
  Kind kind = Kind::null;
  std::uint32_t key_begin = 0;  // of a member: its key as written, without the quotes
  std::uint32_t key_size = 0;
  std::uint32_t begin = 0;  // of the value, a string's quotes included
  std::uint32_t end = 0;
  std::uint32_t next = 0;  // index of the item behind all that is inside this one

  [[nodiscard]] std::string_view key(std::string_view frame) const {
    return frame.substr(key_begin, key_size);
  }
  /// A string's characters as written, else the token.
  [[nodiscard]] std::string_view text(std::string_view frame) const {
    const bool quoted = kind == Kind::string;
    return frame.substr(begin + (quoted ? 1 : 0), end - begin - (quoted ? 2 : 0));
  }
};

/// What becomes of an item.
struct Decision {
  enum class Kind : std::uint8_t {
    open,  // no field holds it: part of the shape, or a residual value where it differs inside an
           // array or is known to vary
    literal,  // part of the shape
    value,    // as `binding` says
  };
  Kind kind = Kind::open;
  bool varies = false;  // open: residual
  Binding binding;
  List list;  // of an array that becomes a list: its elements must be alike
};

class Outliner {
 public:
  Outliner();
  ~Outliner();
  Outliner(const Outliner&) = delete;
  Outliner& operator=(const Outliner&) = delete;

  /// The values of a frame that is one JSON value; empty when it is none, or is past a bound. 64
  /// readable bytes follow the frame. Valid until the next call.
  [[nodiscard]] std::span<const Item> outline(std::span<const char> frame);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// `decisions` has one for every item. Nothing: the frame has no shape, because a list's elements
/// are not alike or a bound is passed.
[[nodiscard]] std::optional<Program> build(std::string_view frame, std::span<const Item> items,
                                           std::span<const Decision> decisions,
                                           std::vector<Scope> scopes);

}  // namespace tape::shape
