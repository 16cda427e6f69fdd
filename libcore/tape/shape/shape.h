// A shape: what is left of a frame when its values are taken out, as a small program that gives the
// frame back.
#pragma once

#include <tape/base/bytes.h>
#include <tape/event/slot.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tape::shape {

// A shape from a file is hostile until proven otherwise: what is past these bounds is none.
inline constexpr std::size_t kMaxStored = std::size_t{64} << 10U;  // bytes of the stored form
inline constexpr std::size_t kMaxOps = 8192;
inline constexpr std::size_t kMaxScopes = 256;
inline constexpr std::size_t kMaxNesting = 8;  // of loops

/// Where the text of a value comes from. The numbers are the format's (schemas/README.md).
enum class Form : std::uint8_t {
  residual = 0,  // it rides along with the event
  text = 1,      // a Text field, as it stands
  decimal = 2,   // a group {mantissa, exponent} in plain notation
  number = 3,    // an integer field divided by `unit`
  words = 4,     // a small integer, enumeration or Bool, each value with its word
};

struct Word {
  std::uint64_t value = 0;
  std::string text;
  bool operator==(const Word&) const = default;
};

/// The typed field of the Event that a value fills, and how its text follows from it.
struct Binding {
  Form form = Form::residual;
  std::uint16_t scope = 0;                          // the struct that has the field
  event::SlotType type = event::SlotType::nothing;  // number, words
  std::uint32_t offset = 0;                         // as in event::Slot; text: index of the pointer
  std::uint32_t exponent_offset = 0;                // decimal
  std::uint64_t mask = 0;                           // number, words: the field's default
  std::int64_t unit = 1;                            // number
  std::vector<Word> words;
  bool operator==(const Binding&) const = default;
};

/// A struct that fields are in. Scope 0 is the Event; a parent stands before its children.
struct Scope {
  enum class Kind : std::uint8_t {
    structure = 0,  // behind a pointer of the parent
    first = 1,      // the first element of a list of structs of the parent
    element = 2,    // the element that a loop is at
  };
  Kind kind = Kind::structure;
  std::uint16_t parent = 0;
  std::uint16_t pointer = 0;
  bool operator==(const Scope&) const = default;
};

/// What a loop goes over.
struct List {
  bool bound = false;  // false: how often is a residual value
  std::uint16_t scope = 0;
  std::uint16_t pointer = 0;
  std::uint16_t element = 0;  // scope
  // Bound to a list of levels: the pointer of the packed ones that may stand for it.
  std::optional<std::uint16_t> packed;
  bool operator==(const List&) const = default;
};

/// How a value is written in the frame; known where the shape was learned.
enum class Token : std::uint8_t { string, number, word };

struct Op {
  enum class Kind : std::uint8_t { literal, value, loop, end };
  Kind kind = Kind::literal;
  Token token = Token::string;  // value
  bool numeric = false;         // value whose form is decimal or number
  std::uint32_t begin = 0;      // literal, separator of a loop: in Program::bytes
  std::uint32_t size = 0;
  std::uint32_t other = 0;  // value: its binding; loop: index of its end; end: index of its loop
  std::uint32_t list = 0;   // loop
  std::uint32_t item = 0;   // value, loop: in the outline it was learned from
  bool plain = false;       // loop: what it needs of an element stands in the element's own data
  bool pair = false;        // loop: literal, value, literal, value, literal, as levels are written
  std::uint64_t head = 0;   // the first eight bytes of the text, and which of them count
  std::uint64_t head_mask = 0;
};

// This many readable bytes follow Program::bytes' last text.
inline constexpr std::size_t kTextPadding = 16;

/// Values are numbered as they come when the program runs; a loop has one before its elements, how
/// many there are.
struct Program {
  std::vector<Op> ops;
  std::string bytes;
  std::vector<Binding> bindings;
  std::vector<List> lists;
  std::vector<Scope> scopes;  // [0] is the Event
  std::string stored;
  std::uint64_t hash = 0;  // XXH64 of `stored`

  [[nodiscard]] std::string_view text(const Op& op) const {
    return std::string_view(bytes).substr(op.begin, op.size);
  }
};

[[nodiscard]] std::uint64_t hash_of(Bytes stored);

/// Fills in what follows from the rest of a program that is whole: heads, plain loops, padding.
void prepare(Program& program);

/// Fills `stored` and `hash` from the rest, and prepares it. False: past a bound.
[[nodiscard]] bool seal(Program& program);

/// Reads the stored form. Throws Error{format} when it is none; what it gives is safe to run.
[[nodiscard]] Program parse(Bytes stored);

}  // namespace tape::shape
