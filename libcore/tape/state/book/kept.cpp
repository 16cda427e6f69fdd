#include <tape/base/varint.h>
#include <tape/state/book/kept.h>

#include <kj/debug.h>
#include <kj/exception.h>

#include <algorithm>

namespace tape::state {
namespace {

// What a book keeps while it waits for a snapshot: some seconds of the busiest feed, minutes of
// others. All of it stands in every checkpoint meanwhile.
constexpr std::size_t kMostDeltas = 1024;
constexpr std::size_t kMostLevels = 4096;

[[noreturn]] void fail() {
  kj::throwFatalException(KJ_EXCEPTION(FAILED, "kept deltas are damaged"));
}

constexpr std::uint64_t zigzag(std::uint64_t value) { return (value << 1U) ^ (0 - (value >> 63U)); }
constexpr std::uint64_t zagzig(std::uint64_t value) { return (value >> 1U) ^ (0 - (value & 1U)); }

}  // namespace

void KeptDeltas::clear() {
  bytes_.clear();
  count_ = levels_ = 0;
}

void KeptDeltas::put(std::uint64_t value) {
  std::uint8_t bytes[kMaxVarint];
  bytes_.insert(bytes_.end(), bytes, put_varint(value, bytes));
}

void KeptDeltas::put(const event::PackedRun& run) {
  bytes_.push_back(static_cast<std::uint8_t>(run.price_exponent));
  bytes_.push_back(static_cast<std::uint8_t>(run.quantity_exponent));
  put(run.count);
  bytes_.insert(bytes_.end(), run.levels.begin(), run.levels.end());
}

void KeptDeltas::put(const event::LevelsView& levels) {
  if (levels.packed()) {
    put(std::uint64_t{levels.size() == 0 ? 0U : 1U});
    if (levels.size() != 0) put(levels.run());
    return;
  }
  packer_.clear();
  levels.for_each([this](Decimal price, Decimal quantity) { packer_.add(price, quantity); });
  put(packer_.runs());
  for (std::size_t i = 0; i < packer_.runs(); ++i) put(packer_.run(i));
}

void KeptDeltas::add(const Step& step, schema::BookDelta::Reader delta) {
  const bool single = delta.getSide() != schema::Side::UNKNOWN;
  const auto bids = event::bids_of(delta);
  const auto asks = event::asks_of(delta);
  const std::size_t levels = single ? 1 : bids.size() + asks.size();
  if (levels > kMostLevels / 2) return clear();
  make_room(levels);
  if (count_ == 0) base_ = step.first;
  put(step.first - base_);
  put(step.last - step.first);
  put(zigzag(step.first - step.previous));
  if (single) {
    packer_.clear();
    packer_.add(event::get_decimal(delta.getPrice()), event::get_decimal(delta.getQuantity()));
    const bool bid = delta.getSide() == schema::Side::BUY;
    put(std::uint64_t{bid ? 1U : 0U});
    if (bid) put(packer_.run(0));
    put(std::uint64_t{bid ? 0U : 1U});
    if (!bid) put(packer_.run(0));
  } else {
    put(bids);
    put(asks);
  }
  ++count_;
  levels_ += levels;
}

/// The older half goes: a snapshot that needs it comes minutes late.
void KeptDeltas::make_room(std::size_t levels) {
  if (count_ < kMostDeltas && levels_ + levels <= kMostLevels) return;
  Cursor cursor(*this);
  Step step;
  for (std::size_t left = (count_ + 1) / 2; cursor.next(step); --left) {
    if (left != 0) continue;
    drop_before(cursor);
    break;
  }
  if (count_ >= kMostDeltas || levels_ + levels > kMostLevels) clear();
}

void KeptDeltas::drop_before(const Cursor& cursor) {
  bytes_.erase(bytes_.begin(), bytes_.begin() + (cursor.delta_ - bytes_.data()));
  recount();
}

void KeptDeltas::write(schema::BookResume::Builder out) const {
  if (count_ == 0) return;
  out.setKept(capnp::Data::Reader(bytes_.data(), bytes_.size()));
  out.setKeptBase(base_);
}

void KeptDeltas::read(schema::BookResume::Reader in) {
  const auto kept = in.getKept();
  if (kept.size() == 0) return;
  bytes_.assign(kept.begin(), kept.end());
  base_ = in.getKeptBase();
  recount();
}

void KeptDeltas::recount() {
  count_ = levels_ = 0;
  Cursor cursor(*this);
  for (Step step; cursor.next(step); ++count_) {
    cursor.for_each([this](bool, Decimal, Decimal) { ++levels_; });
  }
}

KeptDeltas::Cursor::Cursor(const KeptDeltas& kept)
    : at_(kept.bytes_.data()), end_(at_ + kept.bytes_.size()), delta_(at_), base_(kept.base_) {}

std::uint64_t KeptDeltas::Cursor::take() {
  std::uint64_t value = 0;
  if (!take_varint(at_, end_, value)) fail();
  return value;
}

bool KeptDeltas::Cursor::next(Step& step) {
  for (event::PackedRun run; next_run(run);) {
  }
  if (at_ == end_) return false;
  delta_ = at_;
  step.first = base_ + take();
  step.last = step.first + take();
  step.previous = step.first - zagzig(take());
  sides_ = 2;
  return true;
}

bool KeptDeltas::Cursor::next_run(event::PackedRun& run) {
  while (runs_ == 0) {
    if (sides_ == 0) return false;
    bid_ = sides_-- == 2;
    runs_ = take();
  }
  --runs_;
  if (end_ - at_ < 2) fail();
  run.price_exponent = static_cast<std::int8_t>(*at_++);
  run.quantity_exponent = static_cast<std::int8_t>(*at_++);
  const auto count = take();
  if (count > static_cast<std::uint64_t>(end_ - at_) / 2) fail();
  run.count = static_cast<std::uint32_t>(count);
  // Each level is two numbers, and a number ends with the first byte below 0x80.
  const auto* const begin = at_;
  for (auto left = 2 * count; left != 0; ++at_) {
    if (at_ == end_) fail();
    left -= *at_ < 0x80 ? 1 : 0;
  }
  run.levels = Bytes(begin, static_cast<std::size_t>(at_ - begin));
  return true;
}

}  // namespace tape::state
