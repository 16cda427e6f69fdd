// The walk of one frame's JSON through a table. Internal to venue/: the one header that shows
// simdjson, to the sources that share the walk.
#pragma once

#include <tape/event/event.h>
#include <tape/venue/leaf.h>
#include <tape/venue/parser.h>
#include <tape/venue/program.h>

#include <capnp/any.h>
#include <simdjson.h>

#include <algorithm>
#include <cstring>

namespace tape::venue {

namespace od = simdjson::ondemand;

// Beyond this depth a frame is hostile or broken.
inline constexpr int kMaxDepth = 64;
// More notes on one event say nothing more.
inline constexpr std::size_t kMaxAnomalies = 16;

struct Note {
  schema::AnomalyKind kind;
  std::string_view path;    // of the node, lives with the program; or of the frame's bytes
  std::string_view detail;  // of the frame's bytes
};

/// What became of a value that the table asks for.
enum class Got : std::uint8_t { ok, absent, bad, fatal };

inline bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

inline std::string_view trim_end(std::string_view text) {
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// Whether the key that starts at `raw` is `key`.
inline bool key_is(const char* raw, std::string_view key) {
  // The frame is padded, so reading past its end is reading zeroes or what follows, never beyond
  // the buffer.
  if (raw[key.size()] != '"' || key.empty() || raw[0] != key[0]) return false;
  return key.size() == 1 || std::memcmp(raw, key.data(), key.size()) == 0;
}

/// A struct under construction.
struct Live {
  std::uint8_t* data = nullptr;  // null: not begun, or not in this element
  capnp::AnyStruct::Builder builder{nullptr};
};

struct Parser::Impl {
  od::parser parser;
  od::document document;
  std::string_view frame;
  std::string base;  // member that is the base; empty = the document itself
  bool based = false;

  // Walking.
  const Program* program = nullptr;
  std::vector<Live> live;
  std::vector<std::uint8_t> scratch;
  std::vector<Note> notes;
  std::optional<Failure> failure;
  std::uint32_t unknown = 0;
  bool used = false;  // the document was iterated and needs a rewind
  std::size_t consulted = 0;
  std::vector<std::string_view> looked_at;

  /// An answer depends on everything before `end`, and on the byte there: a number might go on.
  void consult(const char* end) {
    const auto bytes = static_cast<std::size_t>(end - frame.data()) + 1;
    consulted = std::max(consulted, std::min(bytes, frame.size()));
  }
  void consult_all() { consulted = frame.size(); }

  /// False: the document was given up at an error and must not be touched again.
  bool rewind() {
    if (!document.is_alive()) return false;
    if (used) document.rewind();
    used = true;
    return true;
  }

  /// The base object, or the first element of the base array if that is an object.
  bool base_object(od::object& out) {
    od::value value;
    if (!rewind()) return false;
    if (!based) {
      od::json_type type{};
      if (document.type().get(type) != simdjson::SUCCESS) return false;
      if (type == od::json_type::object) return document.get_object().get(out) == simdjson::SUCCESS;
      if (type != od::json_type::array) return false;
      od::array array;
      if (document.get_array().get(array) != simdjson::SUCCESS) return false;
      return first_element(array, out);
    }
    if (document.find_field_unordered(base).get(value) != simdjson::SUCCESS) return false;
    od::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS) return false;
    if (type == od::json_type::object) return value.get_object().get(out) == simdjson::SUCCESS;
    od::array array;
    if (type != od::json_type::array || value.get_array().get(array) != simdjson::SUCCESS)
      return false;
    return first_element(array, out);
  }

  static bool first_element(od::array& array, od::object& out) {
    for (auto element : array) {
      return element.get_object().get(out) == simdjson::SUCCESS;
    }
    return false;
  }

  static std::string_view probe_text(od::value& value) {
    const auto token = trim_end(value.raw_json_token());
    if (token.size() >= 2 && token.front() == '"') return token.substr(1, token.size() - 2);
    return token;
  }

  void note(schema::AnomalyKind kind, std::string_view path, std::string_view detail) {
    // One value that fills two fields is remarkable once.
    const bool again = !notes.empty() && notes.back().kind == kind &&
                       notes.back().path.data() == path.data() &&
                       notes.back().detail.data() == detail.data() && !detail.empty();
    if (!again && notes.size() < kMaxAnomalies) {
      notes.push_back({kind, path, detail.substr(0, 64)});
    }
  }

  Got fatal(schema::OpaqueKind kind, std::string reason) {
    if (!failure) failure = Failure{kind, std::move(reason), -1};
    return Got::fatal;
  }

  /// JSON itself is broken here: the thorough parser will say where.
  Got broken() {
    if (!failure) failure = diagnose(frame);
    return Got::fatal;
  }

  Live& ensure(std::uint16_t scope);
  Got store(const Node& node, const Leaf& leaf, const Token& token);
  static bool read_token(od::value& value, std::string_view raw, Token& token);
  Got walk_scalar(od::value& value, std::string_view raw, const Node& node);
  Got walk_level(od::value value, const Node& node, std::uint8_t* data);
  Got bad_element(const Node& each);
  Got walk_value(od::value value, const Node& node);
  Got walk_object(od::object object, const Node& node);
  Got walk_member(const char* raw, od::value value, const Node& node, std::size_t& hint,
                  std::uint64_t& seen);
  Got check_members(const Node& node, std::uint64_t seen, std::uint64_t filled);
  static std::optional<std::size_t> named_member(const char* raw, const Node& node);
  std::optional<std::size_t> count_unnamed(od::object& object, const Node& node);
  Got walk_map(od::object object, const Node& node);
  Got walk_array(od::array array, const Node& node);
  Got walk_tuple(od::array array, const Node& node);
  Got walk_plain_list(od::array& array, const ListTarget& list, const Node& each);
  Got walk_struct_list(od::array& array, const ListTarget& list, const Node& each);
  Got walk_text_list(od::array& array, const ListTarget& list);
  bool begin_list(const ListTarget& list, std::size_t count,
                  capnp::List<capnp::AnyStruct>::Builder& out);
  void enter_element(std::uint16_t scope, capnp::AnyStruct::Builder builder);
  bool consume(od::value value, int depth);
  Got walk_root(const Node& root);
  void finish(schema::Event::Builder event);
};

}  // namespace tape::venue
