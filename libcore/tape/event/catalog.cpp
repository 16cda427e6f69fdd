#include <tape/base/error.h>
#include <tape/event/catalog.h>
#include <tape/event/levels.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>

namespace tape::event {
namespace {

/// Resolves the Event's struct and everything below it; built once, never changed.
class Catalog {
 public:
  Catalog() {
    const auto event = capnp::Schema::from<schema::Event>();
    (void)add(event);
    const auto body = event.getFieldByName("body").getType().asStruct();
    for (const auto& slot : layout_of(body).slots) {
      if (slot.discriminant < kKinds) bodies_[slot.discriminant] = nodes_.at(id_of(slot.structure));
      body_pointer_ = slot.offset;  // the members of the union share it
    }
    mark_recorder_kinds();
  }

  [[nodiscard]] const Node* find(capnp::StructSchema schema) const {
    const auto found = nodes_.find(id_of(schema));
    return found == nodes_.end() ? nullptr : found->second;
  }
  [[nodiscard]] const Node* body(std::size_t kind) const {
    return kind < kKinds ? bodies_[kind] : nullptr;
  }
  [[nodiscard]] std::uint32_t body_pointer() const { return body_pointer_; }

 private:
  static std::uint64_t id_of(capnp::StructSchema schema) { return schema.getProto().getId(); }

  Node* add(capnp::StructSchema schema) {
    const auto id = id_of(schema);
    if (const auto found = nodes_.find(id); found != nodes_.end()) return found->second;
    Node& node = store_.emplace_back();
    nodes_[id] = &node;
    node.name = schema.getShortDisplayName().cStr();
    const Layout layout = layout_of(schema);
    node.discriminant_offset = layout.discriminant_offset;
    node.fields.reserve(layout.slots.size());
    for (const auto& slot : layout.slots) {
      if (is_packed_levels(slot)) continue;
      add_field(node, slot);
      if (const Slot* packed = packed_beside(layout, slot)) node.fields.back().packed = *packed;
    }
    return &node;
  }

  void add_field(Node& node, Slot slot) {
    Field field;
    field.key = ",\"" + slot.name + "\":";
    if (slot.type == SlotType::enumeration) {
      for (const auto value : slot.enumeration.getEnumerants()) {
        field.enumerants.emplace_back(value.getProto().getName().cStr());
      }
    }
    if (slot.type == SlotType::structure || slot.type == SlotType::list_of_struct ||
        slot.type == SlotType::group) {
      const Node* below = add(slot.structure);
      field.node = below;
      node.holds_symbol |= below->holds_symbol;
      node.holds_id |= below->holds_id;
    }
    field.symbol =
        is_symbol(slot) || (slot.type == SlotType::list_of_text && slot.name == "symbols");
    field.id = is_id(slot);
    node.holds_symbol |= field.symbol;
    node.holds_id |= field.id;
    field.tri = is_tri(slot);
    field.session = is_session(slot);
    field.zero_is_unknown = !field.enumerants.empty() && field.enumerants[0] == "unknown";
    field.fallback = Sections(capnp::AnyStruct::Reader()).integer(slot);
    field.slot = std::move(slot);
    node.fields.push_back(std::move(field));
  }

  /// What the recorder counts and measures is said also when it is 0; venues leave out what they do
  /// not have.
  void mark_recorder_kinds() {
    for (std::size_t kind = 0; kind < kKinds; ++kind) {
      if (!is_recorder_kind(static_cast<Kind>(kind)) || bodies_[kind] == nullptr) continue;
      const auto node = std::find_if(store_.begin(), store_.end(),
                                     [&](const Node& each) { return &each == bodies_[kind]; });
      for (auto& field : node->fields) field.always = true;
    }
  }

  std::deque<Node> store_;  // a deque: nodes point at each other
  std::unordered_map<std::uint64_t, Node*> nodes_;
  std::array<const Node*, kKinds> bodies_{};
  std::uint32_t body_pointer_ = 0;
};

const Catalog& catalog() {
  static const Catalog kCatalog;
  return kCatalog;
}

bool is_enum(const Slot& slot, std::uint64_t id) {
  return slot.type == SlotType::enumeration && slot.enumeration.getProto().getId() == id;
}

}  // namespace

bool is_tri(const Slot& slot) { return is_enum(slot, capnp::typeId<schema::Tri>()); }
bool is_side(const Slot& slot) { return is_enum(slot, capnp::typeId<schema::Side>()); }

bool is_session(const Slot& slot) {
  return slot.type == SlotType::uint64 &&
         (slot.name == "session" || slot.name.ends_with("Session"));
}

bool is_symbol(const Slot& slot) { return slot.type == SlotType::text && slot.name == "symbol"; }

bool is_id(const Slot& slot) {
  static constexpr std::array<std::string_view, 6> kNames{"id",     "orderId", "clientOrderId",
                                                          "fillId", "tradeId", "algoId"};
  if (slot.type == SlotType::uint64) return slot.name == "number";
  return slot.type == SlotType::text &&
         std::find(kNames.begin(), kNames.end(), slot.name) != kNames.end();
}

const Node& node_of(capnp::StructSchema schema) {
  const Node* node = catalog().find(schema);
  if (node == nullptr) {
    throw Error(Fault::internal,
                fmt::format("no Event holds a struct {}", schema.getShortDisplayName().cStr()));
  }
  return *node;
}

const Node* body_node(Kind kind) { return catalog().body(static_cast<std::size_t>(kind)); }

capnp::AnyStruct::Reader body_of(schema::Event::Reader event) {
  const auto pointers = capnp::AnyStruct::Reader(event).getPointerSection();
  const auto index = catalog().body_pointer();
  return index < pointers.size() ? pointers[index].getAs<capnp::AnyStruct>()
                                 : capnp::AnyStruct::Reader();
}

bool Sections::has(const Slot& slot) const {
  return slot.offset < pointers_.size() && !pointers_[slot.offset].isNull();
}

std::string_view Sections::text(const Slot& slot) const {
  if (!has(slot)) return {};
  return view(pointers_[slot.offset].getAs<capnp::Text>());
}

std::string_view Sections::bytes(const Slot& slot) const {
  if (!has(slot)) return {};
  const auto data = pointers_[slot.offset].getAs<capnp::Data>();
  return {reinterpret_cast<const char*>(data.begin()), data.size()};
}

capnp::AnyStruct::Reader Sections::structure(const Slot& slot) const {
  return has(slot) ? pointers_[slot.offset].getAs<capnp::AnyStruct>() : capnp::AnyStruct::Reader();
}

capnp::List<capnp::AnyStruct>::Reader Sections::structs(const Slot& slot) const {
  if (!has(slot)) return {};
  return pointers_[slot.offset].getAs<capnp::AnyList>().as<capnp::List<capnp::AnyStruct>>();
}

capnp::List<capnp::Text>::Reader Sections::texts(const Slot& slot) const {
  if (!has(slot)) return {};
  return pointers_[slot.offset].getAs<capnp::List<capnp::Text>>();
}

std::int64_t Sections::integer(const Slot& slot) const {
  switch (slot.type) {
    case SlotType::int8:
      return load<std::int8_t>(data_, slot.offset, slot.mask);
    case SlotType::int16:
      return load<std::int16_t>(data_, slot.offset, slot.mask);
    case SlotType::int32:
      return load<std::int32_t>(data_, slot.offset, slot.mask);
    case SlotType::uint8:
      return load<std::uint8_t>(data_, slot.offset, slot.mask);
    case SlotType::uint16:
    case SlotType::enumeration:
      return load<std::uint16_t>(data_, slot.offset, slot.mask);
    case SlotType::uint32:
      return load<std::uint32_t>(data_, slot.offset, slot.mask);
    default:
      return load<std::int64_t>(data_, slot.offset, slot.mask);
  }
}

bool Sections::active(const Node& node, const Slot& slot) const {
  return slot.discriminant == capnp::schema::Field::NO_DISCRIMINANT ||
         load<std::uint16_t>(data_, node.discriminant_offset, 0) == slot.discriminant;
}

void check_form_size(std::size_t size) {
  if (size <= kMaxForm) return;
  throw Error(Fault::limit,
              fmt::format("an event would print as more than {}; its message was not made by a "
                          "recorder; leave it out with --ordinal",
                          format_size(kMaxForm)));
}

void throw_damaged(const kj::Exception& exception, std::uint64_t session, std::uint64_t ordinal) {
  throw Error(
      Fault::format,
      fmt::format("event {:016x}:{}: damaged message: {}; tape-recover keeps what can be read",
                  session, ordinal, exception.getDescription().cStr()));
}

}  // namespace tape::event
