// One Event as one line of JSON. The keys are described in schemas/json.md.
#pragma once

#include <tape/event/event.h>

#include <capnp/any.h>
#include <capnp/schema.h>

#include <array>
#include <string>
#include <string_view>

namespace tape::event {

struct Node;
struct Field;
class Sections;

/// How decimals stand in JSON: as strings, which keep every digit in every reader, or as JSON
/// numbers of the same digits.
enum class Numbers : std::uint8_t { text, number };
/// Whether the frame's bytes are shown.
enum class Raw : std::uint8_t { hidden, shown };

struct JsonOptions {
  Numbers decimals = Numbers::text;
  Raw raw = Raw::hidden;
};

/// Appends `text` as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string_view text, std::string& out);

/// Writes events as JSON. Appends to a buffer that the caller clears and reuses; allocates nothing
/// once it has grown.
class JsonWriter {
 public:
  explicit JsonWriter(JsonOptions options = {});

  /// Appends one object and a newline. `session` and `ordinal` as the reader resolved them, since a
  /// message may store ordinal 0. Throws Error{format} on a message whose pointers are damaged;
  /// `out` is then as before.
  void append(schema::Event::Reader event, std::uint64_t session, std::uint64_t ordinal,
              std::string& out);

  /// Appends any struct of event.capnp as an object, without a newline, by the rules for bodies: a
  /// State, a BookState.
  template <typename Reader>
  void append_struct(Reader value, std::string& out) {
    append_struct(capnp::AnyStruct::Reader(value), capnp::Schema::from<typename Reader::Reads>(),
                  out);
  }
  void append_struct(capnp::AnyStruct::Reader value, capnp::StructSchema schema, std::string& out);

  /// The value of one decimal or moment as it stands in JSON, quotes included.
  void append_decimal(Decimal value, std::string& out) const;
  void append_moment(Nanos moment, std::string& out);

 private:
  void write_object(const Node& node, const Sections& value, std::string& out);
  void write_packed(const Field& field, const Sections& value, std::string& out);
  void write_field(const Field& field, const Sections& value, std::string& out);
  void write_list(const Field& field, const Sections& value, std::string& out);
  void write_envelope(schema::Event::Reader event, std::uint64_t session, std::uint64_t ordinal,
                      std::string& out);

  JsonOptions options_;
  std::size_t start_ = 0;  // of what is being written, in the caller's buffer
  // Most events of a run fall into one second: its text is kept.
  Nanos second_ = -1;
  std::array<char, kRfc3339Size> second_text_{};
};

}  // namespace tape::event
