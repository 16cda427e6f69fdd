#include <tape/venue/walker.h>

#include <fmt/format.h>

#include <algorithm>

namespace tape::venue {

using schema::AnomalyKind;
using schema::OpaqueKind;

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

}  // namespace tape::venue
