#include <tape/base/varint.h>
#include <tape/event/levels.h>

#include <capnp/schema.h>
#include <kj/debug.h>
#include <kj/exception.h>

#include <algorithm>
#include <array>
#include <vector>

namespace tape::event {
namespace {

[[noreturn]] void fail(const char* why) {
  kj::throwFatalException(KJ_EXCEPTION(FAILED, "packed levels are damaged", why));
}

using Table = std::array<std::vector<PackedList>, kKinds>;

Table make_table() {
  Table table;
  const auto body =
      capnp::Schema::from<schema::Event>().getFieldByName("body").getType().asStruct();
  for (const auto& kind : layout_of(body).slots) {
    if (kind.discriminant >= kKinds) continue;
    const auto layout = layout_of(kind.structure);
    for (const auto& list : layout.slots) {
      if (const Slot* packed = packed_beside(layout, list)) {
        table[kind.discriminant].push_back(
            {static_cast<std::uint16_t>(list.offset), static_cast<std::uint16_t>(packed->offset)});
      }
    }
  }
  return table;
}

}  // namespace

bool is_packed_levels(const Slot& slot) {
  return slot.type == SlotType::structure &&
         slot.structure.getProto().getId() == capnp::typeId<schema::PackedLevels>();
}

const Slot* packed_beside(const Layout& layout, const Slot& list) {
  if (list.type != SlotType::list_of_struct) return nullptr;
  const auto found = std::find_if(layout.slots.begin(), layout.slots.end(), [&](const Slot& slot) {
    return is_packed_levels(slot) && slot.name == list.name + "Packed";
  });
  return found == layout.slots.end() ? nullptr : &*found;
}

PackedCursor::PackedCursor(schema::PackedLevels::Reader packed)
    : count_(packed.getCount()),
      left_(count_),
      price_exponent_(packed.getPriceExponent()),
      quantity_exponent_(packed.getQuantityExponent()) {
  const auto bytes = packed.getLevels();
  at_ = bytes.begin();
  end_ = bytes.end();
  if (count_ > bytes.size() / 2) fail("there are fewer bytes than their number takes");
  price_exponent_ = static_cast<std::int8_t>(price_exponent_ ^ Decimal::kAbsent);
  quantity_exponent_ = static_cast<std::int8_t>(quantity_exponent_ ^ Decimal::kAbsent);
}

bool PackedCursor::next(LevelRow& row) {
  if (left_ == 0) {
    if (at_ != end_) fail("bytes are left over");
    return false;
  }
  --left_;
  std::uint64_t step = 0;
  std::uint64_t quantity = 0;
  if (!take_varint(at_, end_, step) || !take_varint(at_, end_, quantity)) fail("they are cut off");
  price_ += (step >> 1U) ^ (0 - (step & 1U));
  row.price_mantissa = static_cast<std::int64_t>(price_);
  row.quantity_mantissa = static_cast<std::int64_t>(quantity);
  row.price_exponent = price_exponent_;
  row.quantity_exponent = quantity_exponent_;
  return true;
}

std::uint8_t* pack_level(std::int64_t price, std::int64_t quantity, std::int64_t before,
                         std::uint8_t* out) {
  const auto step = static_cast<std::uint64_t>(price) - static_cast<std::uint64_t>(before);
  const auto sign = 0 - (step >> 63U);
  return put_varint(static_cast<std::uint64_t>(quantity), put_varint((step << 1U) ^ sign, out));
}

std::span<const PackedList> packed_lists(Kind kind) {
  static const auto kTable = make_table();
  const auto index = static_cast<std::size_t>(kind);
  return index < kKinds ? std::span<const PackedList>(kTable[index])
                        : std::span<const PackedList>();
}

bool is_packed(schema::Event::Reader event) {
  const auto body = event.getBody();
  switch (body.which()) {
    case Kind::BOOK_DELTA: {
      const auto delta = body.getBookDelta();
      return delta.hasBidsPacked() || delta.hasAsksPacked();
    }
    case Kind::BOOK_SNAPSHOT: {
      const auto snapshot = body.getBookSnapshot();
      return snapshot.hasBidsPacked() || snapshot.hasAsksPacked();
    }
    default:
      return false;
  }
}

void check_packed(schema::Event::Reader event) {
  if (!is_packed(event)) return;
  const auto read = [](const LevelsView& levels) { levels.for_each([](Decimal, Decimal) {}); };
  const auto both = [&](auto body) {
    read(bids_of(body));
    read(asks_of(body));
  };
  const auto body = event.getBody();
  if (body.isBookDelta()) {
    both(body.getBookDelta());
  } else {
    both(body.getBookSnapshot());
  }
}

}  // namespace tape::event
