#include <tape/base/decimal.h>
#include <tape/base/error.h>
#include <tape/base/time.h>
#include <tape/event/json.h>
#include <tape/venue/leaf.h>
#include <tape/venue/program.h>
#include <tape/venue/writer.h>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace tape::venue {
namespace {

using event::Slot;
using event::SlotType;
using schema::Side;
using schema::Tri;

std::uint64_t load_integer(const Slot& slot, const kj::ArrayPtr<const kj::byte>& data) {
  switch (slot.type) {
    case SlotType::boolean:
      return event::load_bool(data, slot) ? 1 : 0;
    case SlotType::int8:
      return static_cast<std::uint64_t>(event::load<std::int8_t>(data, slot.offset, slot.mask));
    case SlotType::uint8:
      return event::load<std::uint8_t>(data, slot.offset, slot.mask);
    case SlotType::int16:
      return static_cast<std::uint64_t>(event::load<std::int16_t>(data, slot.offset, slot.mask));
    case SlotType::uint16:
    case SlotType::enumeration:
      return event::load<std::uint16_t>(data, slot.offset, slot.mask);
    case SlotType::int32:
      return static_cast<std::uint64_t>(event::load<std::int32_t>(data, slot.offset, slot.mask));
    case SlotType::uint32:
      return event::load<std::uint32_t>(data, slot.offset, slot.mask);
    default:
      return event::load<std::uint64_t>(data, slot.offset, slot.mask);
  }
}

bool write_number(const Slot& slot, std::uint64_t value, bool always, std::string& out) {
  if (value == 0 && !always) return false;
  if (slot.type == SlotType::uint64) {
    fmt::format_to(std::back_inserter(out), "{}", value);
  } else {
    fmt::format_to(std::back_inserter(out), "{}", static_cast<std::int64_t>(value));
  }
  return true;
}

bool write_moment(Form form, Nanos moment, std::string& out) {
  if (moment == 0) return false;
  if (form == Form::iso) {
    auto text = format_rfc3339(moment);
    constexpr std::size_t kBelowMilliseconds = 6;
    if (moment % kMillisecond == 0)
      text.erase(text.size() - 1 - kBelowMilliseconds, kBelowMilliseconds);
    event::append_json_string(text, out);
  } else {
    fmt::format_to(std::back_inserter(out), "{}",
                   moment / (form == Form::seconds ? kSecond : kMillisecond));
  }
  return true;
}

bool write_side(const Leaf& leaf, Side side, const Spelling& spelling, std::string& out) {
  if (side != Side::BUY && side != Side::SELL) return false;
  const bool buy = side == Side::BUY;
  switch (leaf.form) {
    case Form::side_number:
      out += buy ? '0' : '1';
      return true;
    case Form::side_buyer:
      out += buy ? "true" : "false";
      return true;
    case Form::side_maker:
      out += buy ? "false" : "true";
      return true;
    default:
      break;
  }
  if (spelling.position_sides) {
    out += buy ? R"("long")" : R"("short")";
  } else if (spelling.capital_sides) {
    out += buy ? R"("BUY")" : R"("SELL")";
  } else {
    out += buy ? R"("buy")" : R"("sell")";
  }
  return true;
}

bool write_truth(const Slot& slot, std::uint64_t value, std::string& out) {
  if (slot.type == SlotType::enumeration) {
    const auto tri = static_cast<Tri>(value);
    if (tri != Tri::YES && tri != Tri::NO) return false;
    value = tri == Tri::YES ? 1 : 0;
  }
  out += value != 0 ? "true" : "false";
  return true;
}

bool write_decimal(Decimal value, bool quoted, std::string& out) {
  if (value.absent()) return false;
  if (quoted) out += '"';
  out += format_decimal(value);
  if (quoted) out += '"';
  return true;
}

bool write_text(const Slot& slot, capnp::AnyStruct::Reader from, bool always, std::string& out) {
  const auto pointers = from.getPointerSection();
  const bool given = slot.offset < pointers.size() && !pointers[slot.offset].isNull();
  if (!given && !always) return false;
  event::append_json_string(
      given ? event::view(pointers[slot.offset].getAs<capnp::Text>()) : std::string_view(), out);
  return true;
}

bool same_field(const Leaf& one, const Leaf& other) {
  return one.scope == other.scope && one.slot.type == other.slot.type &&
         one.slot.offset == other.slot.offset;
}

void write_key(std::string_view key, bool first, std::string& out) {
  if (!first) out += ',';
  event::append_json_string(key, out);
  out += ':';
}

}  // namespace

TableWriter::TableWriter(const Table& table, const Spelling& spelling)
    : program_(compile(table)), spelling_(spelling), places_(program_->scopes.size()) {}

void TableWriter::append(schema::Event::Reader event, std::span<const FixedMember> fixed,
                         std::string& out) {
  event_ = capnp::AnyStruct::Reader(event);
  for (auto& place : places_) place.set = false;
  const auto& root = program_->nodes.front();
  if (root.list && !root.map) {
    array(0, out);
  } else if (!object(0, fixed, out)) {
    out += "{}";
  }
}

/// Of an absent struct: an empty one, whose fields have their defaults.
capnp::AnyStruct::Reader TableWriter::reader(std::uint16_t index) const {
  const auto& scope = program_->scopes[index];
  if (scope.kind == Scope::Kind::event) return event_;
  if (scope.kind == Scope::Kind::element)
    return places_[index].set ? places_[index].element : capnp::AnyStruct::Reader();
  const auto parent = scope.kind == Scope::Kind::body ? event_ : reader(scope.parent);
  const auto pointers = parent.getPointerSection();
  if (scope.pointer >= pointers.size() || pointers[scope.pointer].isNull()) return {};
  if (scope.kind != Scope::Kind::list_of_one)
    return pointers[scope.pointer].getAs<capnp::AnyStruct>();
  const auto list =
      pointers[scope.pointer].getAs<capnp::AnyList>().as<capnp::List<capnp::AnyStruct>>();
  return list.size() > 0 ? list[0] : capnp::AnyStruct::Reader();
}

/// False, and nothing written: there is nothing of it.
bool TableWriter::node(std::uint16_t index, std::string& out) {
  const auto& here = program_->nodes[index];
  if (here.ignored) return false;
  if (!here.leaves.empty() && here.leaves.front().form != Form::present) return scalar(index, out);
  if (here.list && !here.map) {
    if (!given(*here.list) && here.need == Need::optional) return false;
    array(index, out);
    return true;
  }
  if (!here.positions.empty()) {
    tuple(index, out);
    return true;
  }
  return object(index, {}, out);
}

bool TableWriter::object(std::uint16_t index, std::span<const FixedMember> fixed,
                         std::string& out) {
  const auto& here = program_->nodes[index];
  const auto begin = out.size();
  bool first = true;
  out += '{';
  for (const auto& member : fixed) {
    write_key(member.key, first, out);
    event::append_json_string(member.text, out);
    first = false;
  }
  std::vector<const Leaf*> written;
  for (const auto& member : here.members) {
    const auto& inner = program_->nodes[member.node];
    if (!inner.leaves.empty()) {
      const auto& leaf = inner.leaves.front();
      if (std::any_of(written.begin(), written.end(),
                      [&](const Leaf* other) { return same_field(*other, leaf); })) {
        continue;
      }
      written.push_back(&leaf);
    }
    const auto before = out.size();
    write_key(member.key, first, out);
    if (node(member.node, out)) {
      first = false;
    } else {
      out.resize(before);
    }
  }
  if (here.map && map_members(index, first, out)) first = false;
  if (first && here.need == Need::optional && !stands(here)) {
    out.resize(begin);
    return false;
  }
  out += '}';
  return true;
}

/// Whether a field says that the member stands there, even if it holds nothing.
bool TableWriter::stands(const Node& here) const {
  for (const auto& leaf : here.leaves) {
    if (leaf.form == Form::present &&
        load_integer(leaf.slot, reader(leaf.scope).getDataSection()) != 0) {
      return true;
    }
  }
  return false;
}

/// Whether a list is there, be it empty.
bool TableWriter::given(const ListTarget& list) const {
  const auto pointers = reader(list.scope).getPointerSection();
  return list.pointer < pointers.size() && !pointers[list.pointer].isNull();
}

/// An empty map that was given stands there too.
bool TableWriter::map_members(std::uint16_t index, bool first, std::string& out) {
  const auto& here = program_->nodes[index];
  if (here.map_keys.empty() || !given(*here.list)) return false;
  const auto pointers = reader(here.list->scope).getPointerSection();
  auto& place = places_[here.list->element];
  for (const auto element :
       pointers[here.list->pointer].getAs<capnp::AnyList>().as<capnp::List<capnp::AnyStruct>>()) {
    place = {element, true};
    const auto& key = here.map_keys.front();
    const auto texts = reader(key.scope).getPointerSection();
    if (key.slot.offset >= texts.size()) continue;
    write_key(event::view(texts[key.slot.offset].getAs<capnp::Text>()), first, out);
    if (!node(*here.each, out)) out += "{}";
    first = false;
  }
  place.set = false;
  return true;
}

void TableWriter::array(std::uint16_t index, std::string& out) {
  const auto& here = program_->nodes[index];
  const auto pointers = reader(here.list->scope).getPointerSection();
  out += '[';
  bool first = true;
  const bool there = given(*here.list);
  if (there && here.list->text_list) {
    for (const auto text : pointers[here.list->pointer].getAs<capnp::List<capnp::Text>>()) {
      if (!std::exchange(first, false)) out += ',';
      event::append_json_string(event::view(text), out);
    }
  } else if (there) {
    auto& place = places_[here.list->element];
    for (const auto element :
         pointers[here.list->pointer].getAs<capnp::AnyList>().as<capnp::List<capnp::AnyStruct>>()) {
      place = {element, true};
      if (!std::exchange(first, false)) out += ',';
      if (!node(*here.each, out)) out += "{}";
    }
    place.set = false;
  }
  out += ']';
}

void TableWriter::tuple(std::uint16_t index, std::string& out) {
  const auto& here = program_->nodes[index];
  out += '[';
  std::size_t at = 0;
  for (const auto& position : here.positions) {
    for (; at < position.index; ++at) out += at == 0 ? "null" : ",null";
    if (at++ > 0) out += ',';
    if (!node(position.node, out)) out += "null";
  }
  out += ']';
}

bool TableWriter::scalar(std::uint16_t index, std::string& out) const {
  const auto& here = program_->nodes[index];
  const auto any = [&](bool always) {
    return std::any_of(here.leaves.begin(), here.leaves.end(),
                       [&](const Leaf& each) { return leaf(each, always, out); });
  };
  return any(false) || (here.need != Need::optional && any(true));
}

bool TableWriter::leaf(const Leaf& leaf, bool always, std::string& out) const {
  const auto from = reader(leaf.scope);
  const auto data = from.getDataSection();
  const auto integer = [&] { return load_integer(leaf.slot, data); };
  switch (leaf.form) {
    case Form::text:
      return write_text(leaf.slot, from, always, out);
    case Form::decimal:
      return write_decimal(event::load_decimal(data, leaf.slot), spelling_.quoted_decimals, out);
    case Form::integer:
      return write_number(leaf.slot, integer(), always, out);
    case Form::boolean:
      return write_truth(leaf.slot, integer(), out);
    case Form::milliseconds:
    case Form::seconds:
    case Form::iso:
    case Form::moment:
      return write_moment(leaf.form, static_cast<Nanos>(integer()), out);
    case Form::lasting_seconds:
      return write_number(leaf.slot, integer() / kSecond, always, out);
    case Form::lasting_milliseconds:
      return write_number(leaf.slot, integer() / kMillisecond, always, out);
    case Form::side:
    case Form::side_number:
    case Form::side_buyer:
    case Form::side_maker:
      return write_side(leaf, static_cast<Side>(integer()), spelling_, out);
    case Form::present:
    case Form::ignored:
    case Form::parts:
      break;
  }
  return false;
}

}  // namespace tape::venue
