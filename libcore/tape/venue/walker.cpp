#include <tape/shape/match.h>
#include <tape/venue/walker.h>

#include <fmt/format.h>

#include <algorithm>

namespace tape::venue {

using schema::AnomalyKind;
using schema::OpaqueKind;

Live& Parser::Impl::ensure(std::uint16_t scope) {
  auto& here = live[scope];
  if (here.data != nullptr) return here;
  const auto& about = program->scopes[scope];
  here.builder = begin_struct(about, ensure(about.parent).builder);
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
      return shape::is_number(raw);
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

}  // namespace tape::venue
