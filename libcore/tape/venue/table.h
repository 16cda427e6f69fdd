// Field tables: which JSON path of a message is which typed field, in which unit. One table per
// message kind. The tables are the whole knowledge of a venue's messages: decoding reads them
// forwards, rendering backwards.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace tape::venue {

/// How the text of a JSON value becomes a typed field. Every scalar form takes a number, a string
/// that holds one, and for booleans the words as strings too: venues mix them. null is absent.
enum class Form : std::uint8_t {
  text,             // a string, unescaped; of a number, true or false its own characters
  decimal,          // into a group {mantissa, exponent}
  integer,          // into any integer field
  boolean,          // into Bool or Tri
  milliseconds,     // a moment; another magnitude or ISO text is converted and noted as unitChanged
  seconds,          // the same, expected in seconds
  iso,              // a moment as ISO 8601 text; a bare number is converted and noted
  moment,           // a moment in whatever unit comes, by magnitude; nothing is noted
  lasting_seconds,  // a duration in seconds, into ns
  lasting_milliseconds,  // a duration in milliseconds, into ns
  side,                  // "buy" / "sell", "long" / "short" in any case
  side_number,           // 0 buy, 1 sell
  side_buyer,            // true = buy
  side_maker,            // true = the buyer was the maker, so the taker sold
  present,               // into Bool: the member stands there, whatever it holds
  ignored,  // known and not kept: it is in the frame's bytes and says nothing of its own
  parts,    // an object, array or map that other rows take apart; this row only gives its Need
};

enum class Need : std::uint8_t {
  optional,
  expected,  // its absence is noted as an anomaly
  required,  // without it, or with a value not of its form, the message is not understood: opaque
};

/// JSON path: members by '.', `[]` every element of an array, `[2]` the element at 2, `{}` every
/// member of an object whose keys are data (but those that other rows name), `{key}` that key. A
/// path that starts with `[` means the message is an array. Field path: from the body; `^` = from
/// the Event; `list[]` pairs with the JSON path's `[]` or `{}` in order; `list[0]` is a list of
/// one. Examples: {"b[][0]", "bids[].price"}, {"holding{key}", "holding[].asset"}.
struct Field {
  std::string_view json;
  std::string_view field;  // empty with Form::ignored and Form::parts
  Form form = Form::text;
  Need need = Need::optional;
  /// The known values of an open set; another one is kept and noted as unknownValue. Empty = any.
  std::span<const std::string_view> values = {};
};

/// A field that the kind itself fixes: {"snapshot", 1}. Booleans and integers.
struct Constant {
  std::string_view field;
  std::int64_t value = 0;
};

struct Table {
  std::string_view name;     // for diagnostics: "book_snapshot"
  std::string_view body;     // member of Event.body: "bookSnapshot"
  std::string_view channel;  // Event.channel; empty = no channel of its own
  std::span<const Field> fields;
  std::span<const Constant> constants = {};
};

}  // namespace tape::venue
