#include <tape/event/event.h>
#include <tape/venue/leaf.h>
#include <tape/venue/parser.h>
#include <tape/venue/program.h>

#include <capnp/any.h>
#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cstring>

namespace tape::venue {
namespace {

namespace od = simdjson::ondemand;
using schema::AnomalyKind;
using schema::OpaqueKind;

static_assert(event::kFramePadding >= simdjson::SIMDJSON_PADDING);

// Beyond this depth a frame is hostile or broken (venues.md F.1).
constexpr int kMaxDepth = 64;
// More notes on one event say nothing more.
constexpr std::size_t kMaxAnomalies = 16;

struct Note {
  AnomalyKind kind;
  std::string_view path;    // of the node, lives with the program; or of the frame's bytes
  std::string_view detail;  // of the frame's bytes
};

/// What became of a value that the table asks for.
enum class Got : std::uint8_t { ok, absent, bad, fatal };

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

std::string_view trim_end(std::string_view text) {
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// By the grammar of JSON.
bool is_number(std::string_view text) {
  const char* p = text.data();
  const char* const end = p + text.size();
  const auto digits = [&] {
    const char* const begin = p;
    while (p != end && is_digit(*p)) ++p;
    return p != begin;
  };
  if (p != end && *p == '-') ++p;
  const bool zero = p != end && *p == '0';
  const char* const whole = p;
  if (!digits() || (zero && p - whole > 1)) return false;
  if (p != end && *p == '.') {
    ++p;
    if (!digits()) return false;
  }
  if (p != end && (*p == 'e' || *p == 'E')) {
    ++p;
    if (p != end && (*p == '+' || *p == '-')) ++p;
    if (!digits()) return false;
  }
  return p == end;
}

bool key_is(const char* raw, std::string_view key) {
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

}  // namespace

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

  void note(AnomalyKind kind, std::string_view path, std::string_view detail) {
    // One value that fills two fields is remarkable once.
    const bool again = !notes.empty() && notes.back().kind == kind &&
                       notes.back().path.data() == path.data() &&
                       notes.back().detail.data() == detail.data() && !detail.empty();
    if (!again && notes.size() < kMaxAnomalies) {
      notes.push_back({kind, path, detail.substr(0, 64)});
    }
  }

  Got fatal(OpaqueKind kind, std::string reason) {
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

Parser::Parser() : impl_(std::make_unique<Impl>()) {}
Parser::~Parser() = default;

bool Parser::open(std::span<const char> frame) {
  auto& impl = *impl_;
  impl.based = false;
  impl.used = false;
  impl.frame = {frame.data(), frame.size()};
  auto text = impl.frame;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const simdjson::padded_string_view padded(text.data(), text.size(),
                                            text.size() + event::kFramePadding);
  return impl.parser.iterate(padded).get(impl.document) == simdjson::SUCCESS;
}

Root Parser::root() {
  od::value value;
  od::json_type type{};
  auto& impl = *impl_;
  if (!impl.rewind()) return Root::invalid;
  const auto failed = impl.based ? impl.document.find_field_unordered(impl.base).type().get(type)
                                 : impl.document.type().get(type);
  if (failed != simdjson::SUCCESS) return Root::invalid;
  if (type == od::json_type::object) return Root::object;
  return type == od::json_type::array ? Root::array : Root::scalar;
}

bool Parser::empty() {
  const auto kind = root();
  auto& impl = *impl_;
  od::value value;
  if (kind != Root::object && kind != Root::array) {
    bool null = false;
    return impl.rewind() && !impl.based && impl.document.is_null().get(null) == simdjson::SUCCESS &&
           null;
  }
  if (!impl.rewind()) return false;
  std::size_t count = 1;
  if (!impl.based) {
    const auto failed =
        (kind == Root::object ? impl.document.count_fields() : impl.document.count_elements())
            .get(count);
    return failed == simdjson::SUCCESS && count == 0;
  }
  if (impl.document.find_field_unordered(impl.base).get(value) != simdjson::SUCCESS) return false;
  const auto failed =
      (kind == Root::object ? value.count_fields() : value.count_elements()).get(count);
  return failed == simdjson::SUCCESS && count == 0;
}

std::optional<std::string_view> Parser::text(std::string_view key) {
  const std::string_view keys[] = {key};
  const auto found = first_of(keys);
  if (!found) return std::nullopt;
  return found->text;
}

bool Parser::has(std::string_view key) { return text(key).has_value(); }

std::optional<Parser::Found> Parser::first_of(std::span<const std::string_view> keys) {
  od::object object;
  if (!impl_->base_object(object)) return std::nullopt;
  for (auto field : object) {
    od::raw_json_string raw;
    if (field.key().get(raw) != simdjson::SUCCESS) return std::nullopt;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (!key_is(raw.raw(), keys[i])) continue;
      od::value value;
      if (field.value().get(value) != simdjson::SUCCESS) return std::nullopt;
      return Found{i, Impl::probe_text(value)};
    }
  }
  return std::nullopt;
}

bool Parser::descend(std::string_view key) {
  auto& impl = *impl_;
  if (impl.based) return false;
  od::value value;
  if (!impl.rewind()) return false;
  if (impl.document.find_field_unordered(key).get(value) != simdjson::SUCCESS) return false;
  od::json_type type{};
  if (value.type().get(type) != simdjson::SUCCESS) return false;
  if (type != od::json_type::object && type != od::json_type::array) return false;
  impl.base.assign(key);
  impl.based = true;
  return true;
}

Live& Parser::Impl::ensure(std::uint16_t scope) {
  auto& here = live[scope];
  if (here.data != nullptr) return here;
  const auto& about = program->scopes[scope];
  auto pointers = ensure(about.parent).builder.getPointerSection();
  if (about.kind == Scope::Kind::list_of_one) {
    here.builder =
        pointers[about.pointer].initAsListOfAnyStruct(about.data_words, about.pointers, 1)[0];
  } else {
    here.builder = pointers[about.pointer].initAsAnyStruct(about.data_words, about.pointers);
  }
  here.data = here.builder.getDataSection().begin();
  return here;
}

Got Parser::Impl::store(const Node& node, const Leaf& leaf, const Token& token) {
  auto& scope = ensure(leaf.scope);
  switch (store_leaf(leaf, token, scope.data, scope.builder)) {
    case Stored::ok:
      return Got::ok;
    case Stored::nothing:
      return Got::absent;
    case Stored::unit_changed:
      note(AnomalyKind::UNIT_CHANGED, node.path, token.text);
      return Got::ok;
    case Stored::unknown_value:
      note(AnomalyKind::UNKNOWN_VALUE, node.path, token.text);
      return Got::ok;
    case Stored::out_of_range:
      note(AnomalyKind::OUT_OF_RANGE, node.path, token.text);
      return Got::bad;
    case Stored::bad:
      note(AnomalyKind::BAD_VALUE, node.path, token.text);
      return Got::bad;
  }
  return Got::bad;
}

/// False: not a JSON scalar.
bool Parser::Impl::read_token(od::value& value, std::string_view raw, Token& token) {
  raw = trim_end(raw);
  if (raw.empty()) return false;
  token.text = raw;
  switch (raw.front()) {
    case '"':
      token.kind = Token::Kind::string;
      if (raw.size() < 2 || raw.back() != '"') return false;
      token.text = raw.substr(1, raw.size() - 2);
      if (token.text.find('\\') != std::string_view::npos) {
        return value.get_string().get(token.text) == simdjson::SUCCESS;
      }
      return true;
    case 't':
      token.kind = Token::Kind::truth;
      return raw == "true";
    case 'f':
      token.kind = Token::Kind::falsehood;
      return raw == "false";
    case 'n':
      token.kind = Token::Kind::null;
      return raw == "null";
    default:
      token.kind = Token::Kind::number;
      return is_number(raw);
  }
}

/// Reads over a value that no table wants, and still refuses what is not JSON.
bool Parser::Impl::consume(od::value value, int depth) {
  if (depth > kMaxDepth) {
    (void)fatal(OpaqueKind::TOO_DEEP, fmt::format("nested deeper than {}", kMaxDepth));
    return false;
  }
  od::json_type type{};
  if (value.type().get(type) != simdjson::SUCCESS) return false;
  if (type == od::json_type::object) {
    od::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS) return false;
    for (auto field : object) {
      od::value inner;
      if (field.value().get(inner) != simdjson::SUCCESS || !consume(inner, depth + 1)) return false;
    }
    return true;
  }
  if (type == od::json_type::array) {
    od::array array;
    if (value.get_array().get(array) != simdjson::SUCCESS) return false;
    for (auto element : array) {
      od::value inner;
      if (element.get(inner) != simdjson::SUCCESS || !consume(inner, depth + 1)) return false;
    }
    return true;
  }
  Token token;
  return read_token(value, value.raw_json_token(), token);
}

Got Parser::Impl::walk_scalar(od::value& value, std::string_view raw, const Node& node) {
  Token token;
  if (!read_token(value, raw, token)) return broken();
  if (node.ignored) return Got::ok;
  if (token.kind == Token::Kind::null) return Got::absent;
  auto result = Got::ok;
  bool stored = false;
  for (const auto& leaf : node.leaves) {
    if (leaf.form == Form::present) {
      store_integer(leaf.slot, 1, ensure(leaf.scope).data);
    } else {
      result = std::max(result, store(node, leaf, token));
      stored = true;
    }
  }
  if (stored) return result;
  if (!node.leaves.empty()) return Got::absent;
  note(AnomalyKind::BAD_VALUE, node.path, token.text);
  return Got::bad;
}

Got Parser::Impl::walk_value(od::value value, const Node& node) {
  const auto raw = value.raw_json_token();
  const char first = raw.empty() ? '\0' : raw.front();
  if (first != '{' && first != '[') return walk_scalar(value, raw, node);
  for (const auto& leaf : node.leaves) {
    if (leaf.form == Form::present) store_integer(leaf.slot, 1, ensure(leaf.scope).data);
  }
  if (node.ignored) return consume(value, 1) ? Got::ok : broken();
  if (first == '{' && (node.map || !node.members.empty())) {
    od::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS) return broken();
    return node.map ? walk_map(object, node) : walk_object(object, node);
  }
  if (first == '[' && !node.map && (node.list || !node.positions.empty())) {
    od::array array;
    if (value.get_array().get(array) != simdjson::SUCCESS) return broken();
    return node.list ? walk_array(array, node) : walk_tuple(array, node);
  }
  if (!consume(value, 1)) return broken();
  note(AnomalyKind::BAD_VALUE, node.path, "");
  return Got::bad;
}

Got Parser::Impl::walk_member(const char* raw, od::value value, const Node& node, std::size_t& hint,
                              std::uint64_t& seen) {
  // Messages of a kind nearly always have their members in the same order: try the next one first.
  const auto count = node.members.size();
  std::size_t index = count;
  for (std::size_t i = 0; i < count; ++i) {
    const auto candidate = hint + i < count ? hint + i : hint + i - count;
    if (key_is(raw, node.members[candidate].key)) {
      index = candidate;
      break;
    }
  }
  if (index == count) {
    ++unknown;
    return consume(value, 1) ? Got::absent : broken();
  }
  hint = index + 1 == count ? 0 : index + 1;
  const auto bit = std::uint64_t{1} << index;
  const auto& child = program->nodes[node.members[index].node];
  if ((seen & bit) != 0) note(AnomalyKind::DUPLICATE_KEY, child.path, "");
  const auto got = walk_value(value, child);
  if (got == Got::bad && child.need == Need::required) {
    return fatal(OpaqueKind::BAD_VALUE, fmt::format("{}: member '{}' is not of its form",
                                                    program->table.name, child.path));
  }
  if (got != Got::absent) seen |= bit;
  return got;
}

Got Parser::Impl::check_members(const Node& node, std::uint64_t seen, std::uint64_t filled) {
  auto missing = filled & ~seen;
  while (missing != 0) {
    const auto index = static_cast<std::size_t>(__builtin_ctzll(missing));
    missing &= missing - 1;
    const auto& child = program->nodes[node.members[index].node];
    if (child.need == Need::required) {
      return fatal(OpaqueKind::MISSING_FIELD,
                   fmt::format("{}: member '{}' is missing", program->table.name, child.path));
    }
    note(AnomalyKind::MISSING_FIELD, child.path, "");
  }
  return Got::ok;
}

Got Parser::Impl::walk_object(od::object object, const Node& node) {
  std::uint64_t seen = 0;
  std::size_t hint = 0;
  for (auto field : object) {
    od::raw_json_string key;
    od::value value;
    if (field.key().get(key) != simdjson::SUCCESS ||
        field.value().get(value) != simdjson::SUCCESS) {
      return broken();
    }
    if (walk_member(key.raw(), value, node, hint, seen) == Got::fatal) return Got::fatal;
  }
  return check_members(node, seen, node.wanted);
}

bool Parser::Impl::begin_list(const ListTarget& list, std::size_t count,
                              capnp::List<capnp::AnyStruct>::Builder& out) {
  const auto& element = program->scopes[list.element];
  const std::size_t size = 8 * (std::size_t{element.data_words} + element.pointers);
  if (count > event::kMaxMessage / size) {
    (void)fatal(OpaqueKind::OVERSIZE, fmt::format("a list of {} elements", count));
    return false;
  }
  out = ensure(list.scope)
            .builder.getPointerSection()[list.pointer]
            .initAsListOfAnyStruct(element.data_words, element.pointers,
                                   static_cast<capnp::uint>(count));
  return true;
}

void Parser::Impl::enter_element(std::uint16_t scope, capnp::AnyStruct::Builder builder) {
  auto& here = live[scope];
  here.builder = builder;
  here.data = here.builder.getDataSection().begin();
  for (const auto inner : program->scopes[scope].inner) live[inner].data = nullptr;
}

std::optional<std::size_t> Parser::Impl::named_member(const char* raw, const Node& node) {
  for (std::size_t i = 0; i < node.members.size(); ++i) {
    if (key_is(raw, node.members[i].key)) return i;
  }
  return std::nullopt;
}

/// How many members of a map become elements: all but those that the table names.
std::optional<std::size_t> Parser::Impl::count_unnamed(od::object& object, const Node& node) {
  std::size_t count = 0;
  if (node.members.empty()) {
    if (object.count_fields().get(count) != simdjson::SUCCESS) return std::nullopt;
    return count;
  }
  for (auto field : object) {
    od::raw_json_string key;
    if (field.key().get(key) != simdjson::SUCCESS) return std::nullopt;
    if (!named_member(key.raw(), node)) ++count;
  }
  if (object.reset().error() != simdjson::SUCCESS) return std::nullopt;
  return count;
}

Got Parser::Impl::walk_map(od::object object, const Node& node) {
  const auto count = count_unnamed(object, node);
  if (!count) return broken();
  capnp::List<capnp::AnyStruct>::Builder out(nullptr);
  if (!begin_list(*node.list, *count, out)) return Got::fatal;
  capnp::uint index = 0;
  std::uint64_t seen = 0;
  for (auto field : object) {
    od::raw_json_string raw;
    od::value value;
    std::string_view key;
    if (field.key().get(raw) != simdjson::SUCCESS) return broken();
    if (auto hint = named_member(raw.raw(), node)) {
      if (field.value().get(value) != simdjson::SUCCESS) return broken();
      if (walk_member(raw.raw(), value, node, *hint, seen) == Got::fatal) return Got::fatal;
      continue;
    }
    if (index >= *count || field.unescaped_key().get(key) != simdjson::SUCCESS ||
        field.value().get(value) != simdjson::SUCCESS) {
      return broken();
    }
    enter_element(node.list->element, out[index++]);
    for (const auto& leaf : node.map_keys) {
      (void)store(node, leaf, Token{Token::Kind::string, key});
    }
    const auto got = walk_value(value, program->nodes[*node.each]);
    if (got == Got::fatal) return got;
  }
  return check_members(node, seen, node.wanted);
}

Got Parser::Impl::walk_tuple(od::array array, const Node& node) {
  std::size_t index = 0;
  std::size_t next = 0;
  for (auto element : array) {
    od::value value;
    if (element.get(value) != simdjson::SUCCESS) return broken();
    if (next < node.positions.size() && node.positions[next].index == index) {
      const auto& child = program->nodes[node.positions[next++].node];
      const auto got = walk_value(value, child);
      if (got == Got::fatal) return got;
      if (got != Got::ok && child.need == Need::required) {
        return fatal(OpaqueKind::BAD_VALUE,
                     fmt::format("{}: '{}' is not of its form", program->table.name, child.path));
      }
    } else if (!consume(value, 1)) {
      return broken();
    }
    ++index;
  }
  for (; next < node.positions.size(); ++next) {
    const auto& child = program->nodes[node.positions[next].node];
    if (child.need == Need::required) {
      return fatal(OpaqueKind::MISSING_FIELD,
                   fmt::format("{}: '{}' is missing", program->table.name, child.path));
    }
  }
  return Got::ok;
}

Got Parser::Impl::walk_array(od::array array, const Node& node) {
  const auto& list = *node.list;
  if (list.text_list) return walk_text_list(array, list);
  const auto& each = program->nodes[*node.each];
  return program->scopes[list.element].pointers == 0 ? walk_plain_list(array, list, each)
                                                     : walk_struct_list(array, list, each);
}

/// An element that is not even of the right type would leave holes where values are required.
Got Parser::Impl::bad_element(const Node& each) {
  return fatal(OpaqueKind::BAD_VALUE,
               fmt::format("{}: '{}' is not of its form", program->table.name, each.path));
}

/// A book level as most are: ["61800.20", "2.909"]. Everything else takes the long way.
Got Parser::Impl::walk_level(od::value value, const Node& node, std::uint8_t* data) {
  const auto token = value.raw_json_token();
  if (token.empty() || token.front() != '[') return walk_value(value, node);
  od::array array;
  if (value.get_array().get(array) != simdjson::SUCCESS) return broken();
  std::size_t index = 0;
  for (auto element : array) {
    od::value inner;
    if (element.get(inner) != simdjson::SUCCESS) return broken();
    if (index >= node.positions.size()) {
      if (!consume(inner, 1)) return broken();
      ++index;
      continue;
    }
    const auto& child = program->nodes[node.positions[index++].node];
    const auto raw = trim_end(inner.raw_json_token());
    Decimal decimal;
    if (raw.size() > 2 && raw.front() == '"' && raw.back() == '"' &&
        parse_decimal(raw.substr(1, raw.size() - 2), decimal) == DecimalParse::ok) {
      const auto& slot = child.leaves.front().slot;
      event::store(data, slot.offset, decimal.mantissa, slot.mask);
      event::store(data, slot.exponent_offset, decimal.exponent, slot.exponent_mask);
      continue;
    }
    const auto got = walk_value(inner, child);
    if (got == Got::fatal) return got;
    if (got != Got::ok) return bad_element(child);
  }
  if (index < node.positions.size()) {
    return fatal(OpaqueKind::MISSING_FIELD,
                 fmt::format("{}: '{}' is missing", program->table.name,
                             program->nodes[node.positions[index].node].path));
  }
  return Got::ok;
}

/// Elements without pointers (book levels) are gathered beside the message, so that one pass is
/// enough.
Got Parser::Impl::walk_plain_list(od::array& array, const ListTarget& list, const Node& each) {
  const std::size_t stride = std::size_t{program->scopes[list.element].data_words} * 8;
  std::size_t used_bytes = 0;
  std::size_t count = 0;
  for (auto element : array) {
    od::value value;
    if (element.get(value) != simdjson::SUCCESS) return broken();
    if (used_bytes + stride > event::kMaxMessage) {
      return fatal(OpaqueKind::OVERSIZE, fmt::format("a list of more than {} elements", count));
    }
    if (scratch.size() < used_bytes + stride)
      scratch.resize(std::max(2 * scratch.size(), used_bytes + stride));
    std::memset(scratch.data() + used_bytes, 0, stride);
    live[list.element].data = scratch.data() + used_bytes;
    const auto got =
        each.level ? walk_level(value, each, scratch.data() + used_bytes) : walk_value(value, each);
    if (got == Got::fatal) return got;
    if (got != Got::ok && each.needed) return bad_element(each);
    used_bytes += stride;
    ++count;
  }
  capnp::List<capnp::AnyStruct>::Builder out(nullptr);
  if (!begin_list(list, count, out)) return Got::fatal;
  if (count != 0) std::memcpy(out[0].getDataSection().begin(), scratch.data(), used_bytes);
  live[list.element].data = nullptr;
  return Got::ok;
}

Got Parser::Impl::walk_struct_list(od::array& array, const ListTarget& list, const Node& each) {
  std::size_t count = 0;
  if (array.count_elements().get(count) != simdjson::SUCCESS) return broken();
  capnp::List<capnp::AnyStruct>::Builder out(nullptr);
  if (!begin_list(list, count, out)) return Got::fatal;
  capnp::uint index = 0;
  for (auto element : array) {
    od::value value;
    if (index >= count || element.get(value) != simdjson::SUCCESS) return broken();
    enter_element(list.element, out[index++]);
    const auto got = walk_value(value, each);
    if (got == Got::fatal) return got;
    if (got != Got::ok && each.needed) return bad_element(each);
  }
  return Got::ok;
}

Got Parser::Impl::walk_text_list(od::array& array, const ListTarget& list) {
  std::size_t count = 0;
  if (array.count_elements().get(count) != simdjson::SUCCESS) return broken();
  if (count > event::kMaxMessage / 16) {
    return fatal(OpaqueKind::OVERSIZE, fmt::format("a list of {} elements", count));
  }
  auto out = ensure(list.scope)
                 .builder.getPointerSection()[list.pointer]
                 .initAs<capnp::List<capnp::Text>>(static_cast<capnp::uint>(count));
  capnp::uint index = 0;
  for (auto element : array) {
    od::value value;
    Token token;
    if (index >= count || element.get(value) != simdjson::SUCCESS) return broken();
    od::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS) return broken();
    if (type == od::json_type::object || type == od::json_type::array) {
      if (!consume(value, 1)) return broken();
    } else if (!read_token(value, value.raw_json_token(), token)) {
      return broken();
    } else {
      auto text = out.init(index, static_cast<capnp::uint>(token.text.size()));
      std::copy(token.text.begin(), token.text.end(), text.begin());
    }
    ++index;
  }
  return Got::ok;
}

Got Parser::Impl::walk_root(const Node& root) {
  if (!rewind()) return broken();
  od::json_type type{};
  if (document.type().get(type) != simdjson::SUCCESS) return broken();
  if (!based) {
    if (type == od::json_type::object) {
      od::object object;
      if (document.get_object().get(object) != simdjson::SUCCESS) return broken();
      if (root.map) return walk_map(object, root);
      return walk_object(object, root);
    }
    od::array array;
    if (type != od::json_type::array || !root.list ||
        document.get_array().get(array) != simdjson::SUCCESS) {
      return fatal(OpaqueKind::UNKNOWN_KIND, "the message is no object");
    }
    return walk_array(array, root);
  }
  // Iterating the wrapper to its end checks that it is whole, too.
  od::object object;
  if (document.get_object().get(object) != simdjson::SUCCESS) return broken();
  for (auto field : object) {
    od::raw_json_string key;
    od::value value;
    if (field.key().get(key) != simdjson::SUCCESS ||
        field.value().get(value) != simdjson::SUCCESS) {
      return broken();
    }
    if (!key_is(key.raw(), base)) {
      if (!consume(value, 1)) return broken();
    } else {
      const auto got = walk_value(value, root);
      if (got == Got::fatal) return got;
      if (got != Got::ok) return fatal(OpaqueKind::UNKNOWN_KIND, "the message is no object");
    }
  }
  return Got::ok;
}

void Parser::Impl::finish(schema::Event::Builder event) {
  if (unknown != 0) event.setUnknownFields(static_cast<std::uint16_t>(std::min(unknown, 0xFFFFU)));
  const char* rest = nullptr;
  if (document.current_location().get(rest) == simdjson::SUCCESS)
    note(AnomalyKind::TRAILING_BYTES, "", "");
  if (notes.empty()) return;
  auto list = event.initAnomalies(static_cast<capnp::uint>(notes.size()));
  for (capnp::uint i = 0; i < notes.size(); ++i) {
    list[i].setKind(notes[i].kind);
    auto path = list[i].initPath(static_cast<capnp::uint>(notes[i].path.size()));
    std::copy(notes[i].path.begin(), notes[i].path.end(), path.begin());
    auto detail = list[i].initDetail(static_cast<capnp::uint>(notes[i].detail.size()));
    std::copy(notes[i].detail.begin(), notes[i].detail.end(), detail.begin());
  }
}

std::optional<Failure> Parser::walk(const Program& program, schema::Event::Builder event) {
  auto& impl = *impl_;
  impl.program = &program;
  impl.notes.clear();
  impl.failure.reset();
  impl.unknown = 0;
  impl.live.resize(std::max(impl.live.size(), program.scopes.size()));
  for (auto& scope : impl.live) scope.data = nullptr;
  impl.live[0].builder = capnp::toAny(event);
  impl.live[0].data = impl.live[0].builder.getDataSection().begin();
  event::store(impl.live[0].data, program.body_which_offset, program.body_which, 0);
  (void)impl.ensure(1);
  for (const auto& constant : program.constants) {
    store_integer(constant.leaf.slot, constant.value, impl.ensure(constant.leaf.scope).data);
  }
  if (impl.walk_root(program.nodes[0]) == Got::fatal) return impl.failure;
  impl.finish(event);
  return std::nullopt;
}

}  // namespace tape::venue
