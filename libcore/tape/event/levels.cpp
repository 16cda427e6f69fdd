#include <tape/event/catalog.h>
#include <tape/event/levels.h>
#include <tape/event/slot.h>

#include <capnp/schema.h>
#include <kj/debug.h>
#include <kj/exception.h>

#include <array>
#include <vector>

namespace tape::event {
namespace {

[[noreturn]] void fail(const char* why) {
  kj::throwFatalException(KJ_EXCEPTION(FAILED, "packed levels are damaged", why));
}

/// False: cut off, or more than 64 bits.
inline bool take(const std::uint8_t*& at, const std::uint8_t* end, std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 64 && at != end; shift += 7) {
    const std::uint8_t byte = *at++;
    if (shift == 63 && byte > 1) return false;
    value |= std::uint64_t{byte & 0x7FU} << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

inline std::uint8_t* put(std::uint64_t value, std::uint8_t* out) {
  for (; value >= 0x80; value >>= 7U) *out++ = static_cast<std::uint8_t>(0x80U | (value & 0x7FU));
  *out++ = static_cast<std::uint8_t>(value);
  return out;
}

using Table = std::array<std::vector<PackedList>, kKinds>;

Table make_table() {
  constexpr std::string_view kSuffix = "Packed";
  Table table;
  const auto body =
      capnp::Schema::from<schema::Event>().getFieldByName("body").getType().asStruct();
  for (const auto& kind : layout_of(body).slots) {
    if (kind.discriminant >= kKinds) continue;
    const auto layout = layout_of(kind.structure);
    for (const auto& slot : layout.slots) {
      if (slot.type != SlotType::structure ||
          slot.structure.getProto().getId() != capnp::typeId<schema::PackedLevels>()) {
        continue;
      }
      const auto& list = layout.find(slot.name.substr(0, slot.name.size() - kSuffix.size()));
      table[kind.discriminant].push_back(
          {static_cast<std::uint16_t>(list.offset), static_cast<std::uint16_t>(slot.offset)});
    }
  }
  return table;
}

}  // namespace

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
  if (!take(at_, end_, step) || !take(at_, end_, quantity)) fail("they are cut off");
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
  return put(static_cast<std::uint64_t>(quantity), put((step << 1U) ^ sign, out));
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
