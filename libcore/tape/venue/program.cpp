#include <tape/base/error.h>
#include <tape/event/levels.h>
#include <tape/schemas/event.capnp.h>
#include <tape/venue/program.h>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace tape::venue {
namespace {

using event::Layout;
using event::Slot;
using event::SlotType;

/// Takes the next segment of a path up to '.', '[' or '{'.
std::string_view take_name(std::string_view& path) {
  const auto end = std::min(path.find_first_of(".[{"), path.size());
  const auto name = path.substr(0, end);
  path.remove_prefix(end);
  return name;
}

bool take(std::string_view& path, std::string_view token) {
  if (!path.starts_with(token)) return false;
  path.remove_prefix(token.size());
  return true;
}

}  // namespace

/// A field path, resolved: the scope of the field, its slot, and the lists passed on the way.
struct Program::FieldPath {
  std::uint16_t scope = 0;
  Slot slot;
  std::vector<ListTarget> lists;
};

Program::Program(const Table& source) : table(source) {
  const auto& event_layout = layout(capnp::Schema::from<schema::Event>());
  const auto& bodies = layout(event_layout.find("body").structure);
  const auto& body = bodies.find(table.body);
  body_which = body.discriminant;
  body_which_offset = bodies.discriminant_offset;
  const auto& body_layout = layout(body.structure);
  scopes.push_back({Scope::Kind::event, 0, 0, event_layout.data_words, event_layout.pointers, {}});
  scopes.push_back({Scope::Kind::body,
                    0,
                    static_cast<std::uint16_t>(body.offset),
                    body_layout.data_words,
                    body_layout.pointers,
                    {}});
  (void)add_node("");
  for (const auto& field : table.fields) add(field);
  for (const auto& constant : table.constants) {
    auto path = resolve(constant.field);
    constants.push_back({{path.scope, Form::integer, path.slot, {}}, constant.value});
  }
  finish();
  layouts_.clear();
}

const Layout& Program::layout(capnp::StructSchema schema) {
  const auto found = layouts_.find(schema.getProto().getId());
  if (found != layouts_.end()) return found->second;
  return layouts_.emplace(schema.getProto().getId(), event::layout_of(schema)).first->second;
}

std::uint16_t Program::scope_for(Scope scope) {
  for (std::size_t i = 0; i < scopes.size(); ++i) {
    const auto& known = scopes[i];
    if (known.kind == scope.kind && known.parent == scope.parent &&
        known.pointer == scope.pointer && i != 0) {
      return static_cast<std::uint16_t>(i);
    }
  }
  scopes.push_back(std::move(scope));
  return static_cast<std::uint16_t>(scopes.size() - 1);
}

Program::FieldPath Program::resolve(std::string_view path) {
  const auto whole = path;
  FieldPath result;
  auto schema = capnp::StructSchema(capnp::Schema::from<schema::Event>());
  if (!take(path, "^")) {
    result.scope = 1;
    const auto& bodies = layout(layout(schema).find("body").structure);
    schema = bodies.find(table.body).structure;
  }
  for (;;) {
    const auto slot = layout(schema).find(take_name(path));
    const bool every = take(path, "[]");
    const bool one = !every && take(path, "[0]");
    if (every && slot.type == SlotType::list_of_text) {
      result.lists.push_back({result.scope, static_cast<std::uint16_t>(slot.offset), 0, true});
    } else if (every || one) {
      if (slot.type != SlotType::list_of_struct) break;
      const auto& inner = layout(slot.structure);
      const auto kind = every ? Scope::Kind::element : Scope::Kind::list_of_one;
      const auto pointer = static_cast<std::uint16_t>(slot.offset);
      const auto scope =
          scope_for({kind, result.scope, pointer, inner.data_words, inner.pointers, {}});
      if (every) {
        auto& list = result.lists.emplace_back(ListTarget{result.scope, pointer, scope, false});
        if (const auto* packed = event::packed_beside(layout(schema), slot))
          list.packed = static_cast<std::uint16_t>(packed->offset);
      }
      result.scope = scope;
    } else if (!path.empty() && slot.type == SlotType::structure) {
      const auto& inner = layout(slot.structure);
      result.scope = scope_for({Scope::Kind::structure,
                                result.scope,
                                static_cast<std::uint16_t>(slot.offset),
                                inner.data_words,
                                inner.pointers,
                                {}});
    }
    if (path.empty()) {
      result.slot = slot;
      return result;
    }
    if (!take(path, ".")) break;
    schema = slot.structure;
  }
  throw Error(Fault::internal, fmt::format("table {}: bad field path '{}'", table.name, whole));
}

std::uint16_t Program::add_node(std::string path) {
  nodes.emplace_back().path = std::move(path);
  return static_cast<std::uint16_t>(nodes.size() - 1);
}

std::uint16_t Program::member(std::uint16_t node, std::string_view key) {
  for (const auto& known : nodes[node].members) {
    if (known.key == key) return known.node;
  }
  const auto& above = nodes[node].path;
  const auto added = add_node(above.empty() ? std::string(key) : fmt::format("{}.{}", above, key));
  nodes[node].members.push_back({std::string(key), added});
  return added;
}

std::uint16_t Program::position(std::uint16_t node, std::size_t index) {
  for (const auto& known : nodes[node].positions) {
    if (known.index == index) return known.node;
  }
  const auto added = add_node(fmt::format("{}[{}]", nodes[node].path, index));
  nodes[node].positions.push_back({index, added});
  return added;
}

std::uint16_t Program::each(std::uint16_t node, const std::optional<ListTarget>& list, bool map) {
  if (list && nodes[node].list && !(*nodes[node].list == *list)) {
    throw Error(Fault::internal,
                fmt::format("table {}: '{}' fills two lists", table.name, nodes[node].path));
  }
  if (list) nodes[node].list = list;
  nodes[node].map = map;
  if (!nodes[node].each) {
    const auto added = add_node(nodes[node].path + (map ? "{}" : "[]"));
    nodes[node].each = added;
  }
  return *nodes[node].each;
}

void Program::add(const Field& field) {
  const bool ignored = field.form == Form::ignored;
  const bool parts = field.form == Form::parts;
  FieldPath target;
  if (!ignored && !parts) target = resolve(field.field);
  std::string_view path = field.json;
  std::uint16_t node = 0;
  std::size_t level = 0;
  const auto next_list = [&]() -> std::optional<ListTarget> {
    // Rows that fill nothing pass through lists that other rows name.
    if (ignored || parts) return std::nullopt;
    if (level < target.lists.size()) return target.lists[level++];
    throw Error(Fault::internal, fmt::format("table {}: '{}' has more levels than '{}'", table.name,
                                             field.json, field.field));
  };
  Leaf leaf{target.scope, field.form, target.slot, field.values};
  while (!path.empty()) {
    (void)take(path, ".");
    if (take(path, "[]")) {
      node = each(node, next_list(), false);
    } else if (take(path, "{}")) {
      node = each(node, next_list(), true);
    } else if (take(path, "{key}")) {
      (void)each(node, next_list(), true);
      nodes[node].map_keys.push_back(std::move(leaf));
      return;
    } else if (take(path, "[")) {
      std::size_t index = 0;
      const auto [end, code] = std::from_chars(path.data(), path.data() + path.size(), index);
      path.remove_prefix(static_cast<std::size_t>(end - path.data()));
      if (code != std::errc() || !take(path, "]")) break;
      node = position(node, index);
    } else {
      node = member(node, take_name(path));
    }
  }
  if (!path.empty() || level != target.lists.size()) {
    throw Error(Fault::internal, fmt::format("table {}: bad JSON path '{}' for '{}'", table.name,
                                             field.json, field.field));
  }
  nodes[node].need = std::max(nodes[node].need, field.need);
  if (ignored) {
    nodes[node].ignored = true;
  } else if (!parts) {
    nodes[node].leaves.push_back(std::move(leaf));
  }
}

void Program::finish() {
  for (auto& node : nodes) {
    if (node.each && !node.list) {
      throw Error(Fault::internal, fmt::format("table {}: no row says which list '{}' fills",
                                               table.name, node.path));
    }
    if (node.members.size() > 64) {
      throw Error(Fault::internal, fmt::format("table {}: more than 64 members", table.name));
    }
    for (std::size_t i = 0; i < node.members.size(); ++i) {
      if (nodes[node.members[i].node].need != Need::optional) node.wanted |= std::uint64_t{1} << i;
    }
    std::sort(node.positions.begin(), node.positions.end(),
              [](const auto& a, const auto& b) { return a.index < b.index; });
    const auto required = [&](const auto& part) { return nodes[part.node].need == Need::required; };
    node.needed = std::any_of(node.members.begin(), node.members.end(), required) ||
                  std::any_of(node.positions.begin(), node.positions.end(), required);
    node.level = !node.positions.empty() && !node.list && node.leaves.empty() && !node.ignored;
    for (std::size_t i = 0; i < node.positions.size() && node.level; ++i) {
      const auto& part = nodes[node.positions[i].node];
      node.level = node.positions[i].index == i && part.need == Need::required &&
                   part.leaves.size() == 1 && part.leaves.front().form == Form::decimal &&
                   scopes[part.leaves.front().scope].kind == Scope::Kind::element;
    }
  }
  for (std::size_t i = 0; i < scopes.size(); ++i) {
    if (scopes[i].kind != Scope::Kind::structure && scopes[i].kind != Scope::Kind::list_of_one)
      continue;
    for (auto up = scopes[i].parent; up > 1; up = scopes[up].parent) {
      if (scopes[up].kind == Scope::Kind::element)
        scopes[up].inner.push_back(static_cast<std::uint16_t>(i));
    }
  }
}

capnp::AnyStruct::Builder begin_struct(const Scope& scope, capnp::AnyStruct::Builder parent) {
  auto pointer = parent.getPointerSection()[scope.pointer];
  return scope.kind == Scope::Kind::list_of_one
             ? pointer.initAsListOfAnyStruct(scope.data_words, scope.pointers, 1)[0]
             : pointer.initAsAnyStruct(scope.data_words, scope.pointers);
}

void ProgramDeleter::operator()(const Program* program) const { delete program; }

ProgramPtr compile(const Table& table) { return ProgramPtr(new Program(table)); }

}  // namespace tape::venue
