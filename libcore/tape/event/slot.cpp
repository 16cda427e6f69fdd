#include <tape/base/error.h>
#include <tape/event/slot.h>

#include <optional>

namespace tape::event {
namespace {

using Field = capnp::StructSchema::Field;

std::uint64_t default_bits(capnp::schema::Value::Reader value) {
  using Value = capnp::schema::Value;
  switch (value.which()) {
    case Value::BOOL:
      return value.getBool() ? 1 : 0;
    case Value::INT8:
      return static_cast<std::uint8_t>(value.getInt8());
    case Value::INT16:
      return static_cast<std::uint16_t>(value.getInt16());
    case Value::INT32:
      return static_cast<std::uint32_t>(value.getInt32());
    case Value::INT64:
      return static_cast<std::uint64_t>(value.getInt64());
    case Value::UINT8:
      return value.getUint8();
    case Value::UINT16:
      return value.getUint16();
    case Value::UINT32:
      return value.getUint32();
    case Value::UINT64:
      return value.getUint64();
    case Value::ENUM:
      return value.getEnum();
    default:
      return 0;
  }
}

struct Scalar {
  SlotType type;
  std::uint32_t size;
};

std::optional<Scalar> scalar_of(capnp::schema::Type::Which which) {
  using Type = capnp::schema::Type;
  switch (which) {
    case Type::INT8:
      return Scalar{SlotType::int8, 1};
    case Type::INT16:
      return Scalar{SlotType::int16, 2};
    case Type::INT32:
      return Scalar{SlotType::int32, 4};
    case Type::INT64:
      return Scalar{SlotType::int64, 8};
    case Type::UINT8:
      return Scalar{SlotType::uint8, 1};
    case Type::UINT16:
      return Scalar{SlotType::uint16, 2};
    case Type::UINT32:
      return Scalar{SlotType::uint32, 4};
    case Type::UINT64:
      return Scalar{SlotType::uint64, 8};
    case Type::ENUM:
      return Scalar{SlotType::enumeration, 2};
    default:
      return std::nullopt;
  }
}

bool is_decimal(capnp::StructSchema group) {
  const auto fields = group.getFields();
  return fields.size() == 2 && fields[0].getProto().getName() == "mantissa" &&
         fields[1].getProto().getName() == "exponent";
}

Slot group_slot(capnp::StructSchema group) {
  Slot slot;
  slot.structure = group;
  slot.type = SlotType::group;
  if (!is_decimal(group)) return slot;
  slot.type = SlotType::decimal;
  const auto mantissa = group.getFields()[0].getProto().getSlot();
  const auto exponent = group.getFields()[1].getProto().getSlot();
  slot.offset = mantissa.getOffset() * 8;
  slot.mask = default_bits(mantissa.getDefaultValue());
  slot.exponent_offset = exponent.getOffset();
  slot.exponent_mask = static_cast<std::uint8_t>(default_bits(exponent.getDefaultValue()));
  return slot;
}

Slot plain_slot(Field field) {
  using Type = capnp::schema::Type;
  Slot slot;
  const auto proto = field.getProto().getSlot();
  const auto type = field.getType();
  slot.offset = proto.getOffset();
  slot.mask = default_bits(proto.getDefaultValue());
  if (const auto scalar = scalar_of(type.which())) {
    slot.type = scalar->type;
    slot.offset *= scalar->size;
    if (slot.type == SlotType::enumeration) slot.enumeration = type.asEnum();
    return slot;
  }
  switch (type.which()) {
    case Type::BOOL:
      slot.type = SlotType::boolean;
      break;
    case Type::TEXT:
      slot.type = SlotType::text;
      break;
    case Type::DATA:
      slot.type = SlotType::data;
      break;
    case Type::STRUCT:
      slot.type = SlotType::structure;
      slot.structure = type.asStruct();
      break;
    case Type::LIST:
      if (type.asList().getElementType().isStruct()) {
        slot.type = SlotType::list_of_struct;
        slot.structure = type.asList().getStructElementType();
      } else {
        slot.type = SlotType::list_of_text;
      }
      break;
    default:
      slot.type = SlotType::nothing;
  }
  return slot;
}

}  // namespace

const Slot& Layout::find(std::string_view name) const {
  for (const auto& slot : slots) {
    if (slot.name == name) return slot;
  }
  throw Error(Fault::internal, "the schema has no field '" + std::string(name) + "'");
}

Layout layout_of(capnp::StructSchema schema) {
  Layout layout;
  const auto node = schema.getProto().getStruct();
  layout.data_words = node.getDataWordCount();
  layout.pointers = node.getPointerCount();
  layout.discriminant_offset = node.getDiscriminantOffset() * 2;
  for (const auto field : schema.getFields()) {
    const auto proto = field.getProto();
    Slot slot = proto.isGroup() ? group_slot(field.getType().asStruct()) : plain_slot(field);
    slot.name = proto.getName().cStr();
    slot.discriminant = proto.getDiscriminantValue();
    if (slot.type == SlotType::int64 && slot.name.size() > 2 && slot.name.ends_with("At")) {
      slot.type = SlotType::moment;
    }
    layout.slots.push_back(std::move(slot));
  }
  return layout;
}

}  // namespace tape::event
