// One scalar of a frame into one typed field. Internal to venue/.
#pragma once

#include <tape/venue/program.h>

#include <capnp/any.h>

#include <string_view>

namespace tape::venue {

struct Token {
  enum class Kind : std::uint8_t { string, number, truth, falsehood, null };
  Kind kind = Kind::null;
  std::string_view text;  // a string's characters, already unescaped; else the token itself
};

enum class Stored : std::uint8_t {
  ok,
  nothing,  // an empty string where a number or moment belongs: not given
  bad,      // not of the form
  out_of_range,
  unit_changed,   // stored, but the time came in another unit than the table says
  unknown_value,  // stored, but not among the known values
};

/// `data` and `fields` are the sections of the struct that the leaf's slot belongs to.
[[nodiscard]] Stored store_leaf(const Leaf& leaf, const Token& token, std::uint8_t* data,
                                capnp::AnyStruct::Builder& fields);

/// The same of a form that is not text.
[[nodiscard]] Stored store_scalar(const Leaf& leaf, const Token& token, std::uint8_t* data);
/// Whether the leaf lists no values, or this one.
[[nodiscard]] bool is_known(const Leaf& leaf, std::string_view text);

/// A constant of the table, or Form::present.
void store_integer(const event::Slot& slot, std::int64_t value, std::uint8_t* data);

}  // namespace tape::venue
