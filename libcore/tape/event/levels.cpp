#include <tape/base/varint.h>
#include <tape/event/levels.h>

#include <capnp/schema.h>
#include <kj/debug.h>
#include <kj/exception.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <vector>

namespace tape::event {
namespace {

[[noreturn]] void fail(const char* why) {
  kj::throwFatalException(KJ_EXCEPTION(FAILED, "packed levels are damaged", why));
}

/// As take_varint(), without a branch on how long a short number is: that is not to be predicted.
inline bool take_number(const std::uint8_t*& at, const std::uint8_t* end, std::uint64_t& value) {
  std::uint32_t bytes = 0;
  if (std::endian::native != std::endian::little ||
      end - at < static_cast<std::ptrdiff_t>(sizeof bytes)) {
    return take_varint(at, end, value);
  }
  std::memcpy(&bytes, at, sizeof bytes);
  const std::uint32_t last = ~bytes & 0x80808080U;
  if (last == 0) return take_varint(at, end, value);
  bytes &= last ^ (last - 1);
  at += static_cast<unsigned>(std::countr_zero(last) + 1) / 8;
  bytes = (bytes & 0x007F007FU) | ((bytes & 0x7F007F00U) >> 1U);
  value = (bytes & 0x00003FFFU) | ((bytes & 0x3FFF0000U) >> 2U);
  return true;
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

PackedRun run_of(schema::PackedLevels::Reader packed) {
  const auto levels = packed.getLevels();
  return {packed.getPriceExponent(),
          packed.getQuantityExponent(),
          packed.getCount(),
          {levels.begin(), levels.size()}};
}

PackedCursor::PackedCursor(const PackedRun& run)
    : at_(run.levels.data()),
      end_(at_ + run.levels.size()),
      count_(run.count),
      left_(count_),
      price_exponent_(static_cast<std::int8_t>(run.price_exponent ^ Decimal::kAbsent)),
      quantity_exponent_(static_cast<std::int8_t>(run.quantity_exponent ^ Decimal::kAbsent)) {
  if (count_ > run.levels.size() / 2) fail("there are fewer bytes than their number takes");
}

bool PackedCursor::next(LevelRow& row) { return next(std::span(&row, 1)) == 1; }

std::size_t PackedCursor::next(std::span<LevelRow> rows) {
  const auto count = std::min<std::size_t>(left_, rows.size());
  if (count == 0 && at_ != end_) fail("bytes are left over");
  // Rows hold bytes, which might be anything's: what stands still is kept out of memory.
  const auto* at = at_;
  const auto* const end = end_;
  auto price = price_;
  const auto price_exponent = price_exponent_;
  const auto quantity_exponent = quantity_exponent_;
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t step = 0;
    std::uint64_t quantity = 0;
    if (!take_number(at, end, step) || !take_number(at, end, quantity)) fail("they are cut off");
    price += (step >> 1U) ^ (0 - (step & 1U));
    LevelRow& row = rows[i];
    row.price_exponent = price_exponent;
    row.quantity_exponent = quantity_exponent;
    row.price_mantissa = static_cast<std::int64_t>(price);
    row.quantity_mantissa = static_cast<std::int64_t>(quantity);
  }
  at_ = at;
  price_ = price;
  left_ -= static_cast<std::uint32_t>(count);
  return count;
}

void LevelPacker::clear() {
  runs_.clear();
  used_ = 0;
}

void LevelPacker::add(Decimal price, Decimal quantity) {
  const bool fits = !runs_.empty() && runs_.back().head.price_exponent == price.exponent &&
                    runs_.back().head.quantity_exponent == quantity.exponent &&
                    runs_.back().head.count < most_;
  if (!fits) {
    runs_.push_back({{price.exponent, quantity.exponent, 0, {}}, used_, used_});
    before_ = 0;
  }
  if (bytes_.size() < used_ + kMostPacked) bytes_.resize(2 * bytes_.size() + kMostPacked);
  auto* const begin = bytes_.data() + used_;
  used_ += static_cast<std::size_t>(pack_level(price.mantissa, quantity.mantissa, before_, begin) -
                                    begin);
  before_ = price.mantissa;
  ++runs_.back().head.count;
  runs_.back().end = used_;
}

PackedRun LevelPacker::run(std::size_t index) const {
  const Run& run = runs_[index];
  PackedRun packed = run.head;
  packed.levels = Bytes(bytes_).subspan(run.begin, run.end - run.begin);
  return packed;
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
