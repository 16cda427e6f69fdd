#include <tape/base/time.h>
#include <tape/event/catalog.h>
#include <tape/state/diff.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace tape::state {
namespace {

using Struct = capnp::AnyStruct::Reader;
using event::Sections;
using event::Slot;
using event::SlotType;

// Fields that name an entry, wherever they stand.
constexpr std::array<std::string_view, 14> kKeys{
    "venue",  "account", "symbol", "positionSide", "asset",   "orderId", "clientOrderId",
    "fillId", "name",    "rule",   "subject",      "channel", "part",    "id"};

std::string text(Struct from, const Slot& slot) { return std::string(Sections(from).text(slot)); }

std::string enumerant(Struct from, const Slot& slot) {
  const auto value = static_cast<std::uint64_t>(Sections(from).integer(slot));
  const auto names = slot.enumeration.getEnumerants();
  if (value == 0) return {};
  return value < names.size()
             ? std::string(names[static_cast<unsigned>(value)].getProto().getName().cStr())
             : std::to_string(value);
}

/// Empty for what is the same as not said.
std::string shown(Struct from, const Slot& slot) {
  switch (slot.type) {
    case SlotType::boolean:
      return event::load_bool(from.getDataSection(), slot) ? "true" : "false";
    case SlotType::int8:
    case SlotType::int16:
    case SlotType::int32:
    case SlotType::int64:
      return std::to_string(Sections(from).integer(slot));
    case SlotType::uint8:
    case SlotType::uint16:
    case SlotType::uint32:
    case SlotType::uint64:
      return std::to_string(static_cast<std::uint64_t>(Sections(from).integer(slot)));
    case SlotType::enumeration:
      return enumerant(from, slot);
    case SlotType::decimal: {
      const auto value = event::load_decimal(from.getDataSection(), slot);
      return value.absent() ? std::string() : format_decimal(value);
    }
    case SlotType::moment: {
      const Nanos value = Sections(from).integer(slot);
      return value == 0 ? std::string() : format_rfc3339(value);
    }
    case SlotType::text:
      return text(from, slot);
    default:
      return {};
  }
}

std::string key_of(Struct item, const event::Layout& layout, std::size_t place) {
  std::string key;
  for (const Slot& slot : layout.slots) {
    if (slot.type != SlotType::text ||
        std::find(kKeys.begin(), kKeys.end(), slot.name) == kKeys.end()) {
      continue;
    }
    const auto part = text(item, slot);
    if (!part.empty()) key += (key.empty() ? "" : " ") + part;
  }
  if (!key.empty()) return key;
  for (const Slot& slot : layout.slots) {
    if (slot.type != SlotType::decimal || slot.name != "price") continue;
    // 5000.0 and 5000 are one level.
    auto price = event::load_decimal(item.getDataSection(), slot);
    while (price.mantissa != 0 && price.mantissa % 10 == 0 && price.exponent < 0) {
      price.mantissa /= 10;
      ++price.exponent;
    }
    return format_decimal(price);
  }
  return std::to_string(place);
}

}  // namespace

const event::Layout& Differ::layout(capnp::StructSchema schema) {
  const auto id = schema.getProto().getId();
  const auto known = layouts_.find(id);
  if (known != layouts_.end()) return known->second;
  return layouts_.emplace(id, event::layout_of(schema)).first->second;
}

void Differ::compare(Struct before, Struct after, capnp::StructSchema schema,
                     const std::string& entry) {
  for (const Slot& slot : layout(schema).slots) {
    switch (slot.type) {
      case SlotType::list_of_struct:
        compare_list(before, after, slot, entry);
        break;
      case SlotType::structure: {
        const Sections one(before);
        const Sections other(after);
        if (!one.has(slot) && !other.has(slot)) break;
        compare(one.structure(slot), other.structure(slot), slot.structure,
                entry + (entry.empty() ? "" : " ") + slot.name);
        break;
      }
      default:
        compare_value(before, after, slot, entry);
    }
  }
}

void Differ::compare_list(Struct before, Struct after, const Slot& slot, const std::string& entry) {
  const event::Layout& element = layout(slot.structure);
  std::map<std::string, std::pair<Struct, Struct>> pairs;
  // In the order of the lists: levels best first.
  std::vector<std::string> order;
  const auto put = [&](capnp::List<capnp::AnyStruct>::Reader list,
                       Struct std::pair<Struct, Struct>::*side) {
    for (unsigned i = 0; i < list.size(); ++i) {
      const auto key = key_of(list[i], element, i);
      const auto [at, is_new] = pairs.try_emplace(key);
      if (is_new) order.push_back(key);
      at->second.*side = list[i];
    }
  };
  put(Sections(before).structs(slot), &std::pair<Struct, Struct>::first);
  put(Sections(after).structs(slot), &std::pair<Struct, Struct>::second);
  for (const auto& key : order) {
    const auto& [one, other] = pairs.at(key);
    compare(one, other, slot.structure,
            fmt::format("{}{}{} {}", entry, entry.empty() ? "" : " ", slot.name, key));
  }
}

void Differ::compare_value(Struct before, Struct after, const Slot& slot,
                           const std::string& entry) {
  if (slot.type == SlotType::decimal) {
    const auto one = event::load_decimal(before.getDataSection(), slot);
    const auto other = event::load_decimal(after.getDataSection(), slot);
    if (one.absent() && other.absent()) return;
    if (one.absent() || other.absent()) {
      found_.push_back({entry, slot.name, shown(before, slot), shown(after, slot), {}});
    } else if (!std::is_eq(tape::compare(one, other))) {
      found_.push_back(
          {entry, slot.name, shown(before, slot), shown(after, slot), subtract(other, one)});
    }
    return;
  }
  auto one = shown(before, slot);
  auto other = shown(after, slot);
  if (one != other) found_.push_back({entry, slot.name, std::move(one), std::move(other), {}});
}

}  // namespace tape::state
