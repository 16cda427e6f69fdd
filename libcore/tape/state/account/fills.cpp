#include <tape/state/account/fills.h>

#include <algorithm>
#include <array>

namespace tape::state {
namespace {

// Symbols and fill types that a hostile tape can make us count.
constexpr std::size_t kMaxNames = 10'000;
// An answer may overtake the stream by this much without a word about either.
constexpr Nanos kOvertake = 2 * kSecond;

struct Names {
  const RowType& fill = RowType::of<schema::Fill>();
  const event::Slot& id = fill.slot("fillId");
  const event::Slot& symbol = fill.slot("symbol");
  const event::Slot& side = fill.slot("side");
  const event::Slot& type = fill.slot("fillType");
  const event::Slot& filled_at = fill.slot("filledAt");
  std::array<const event::Slot*, 3> decimals{&fill.slot("price"), &fill.slot("quantity"),
                                             &fill.slot("fee")};
  std::array<const event::Slot*, 4> texts{&fill.slot("orderId"), &fill.slot("fillType"),
                                          &fill.slot("positionSide"), &fill.slot("feeCurrency")};
};

const Names& names() {
  static const Names kNames;
  return kNames;
}

std::string key_of(const Row& row) {
  return identity(row.text(names().id), row.text(names().symbol));
}

bool same_time(Nanos a, Nanos b) {
  if (a == b) return true;
  // One way may tell whole seconds where another tells milliseconds.
  return (a % kSecond == 0 || b % kSecond == 0) && a / kSecond == b / kSecond;
}

}  // namespace

Fills::Fills() = default;

Fills::Record* Fills::record_of(const std::string& key) {
  const auto found = numbers_.find(key);
  if (found == numbers_.end()) return nullptr;
  return &kept_[found->second - kept_.front().number];
}

Fills::Sighting Fills::see(schema::Fill::Reader fill, Way way, Nanos stream_at,
                           const Occasion& occasion) {
  Sighting sighting;
  if (fill.getFillId().size() == 0) return sighting;
  const auto key = identity(event::view(fill.getFillId()), event::view(fill.getSymbol()));
  const bool listed = way == Way::picture || way == Way::answer;
  Record* record = record_of(key);
  const auto index = static_cast<std::size_t>(way);
  if (record == nullptr) {
    if (listed && fill.getFilledAt() != 0 && fill.getFilledAt() <= forgotten_at_) return sighting;
    record = &add_record(key, fill, way, stream_at, occasion);
    sighting.fresh = true;
  } else {
    Row given(names().fill);
    given.merge(capnp::toAny(fill));
    sighting.differences = compare_with(record->row, given);
    const bool first_by_way = record->seen[index] == 0;
    if (!sighting.differences.empty()) {
      if (first_by_way) ++counts_.mismatched;
    } else {
      const auto others = record->seen[0] + record->seen[1] + record->seen[2] + record->seen[3] -
                          record->seen[index];
      const bool known_by_two = std::count_if(record->seen.begin(), record->seen.end(),
                                              [](auto count) { return count != 0; }) > 1;
      if (first_by_way && others != 0 && !known_by_two) ++counts_.confirmed;
      merge(record->row, fill);
    }
    // Lists repeat what they listed before; a stream tells each fill once.
    if (!listed && !first_by_way && record->connection == occasion.connection) {
      sighting.doubled = record->doubled = true;
      ++counts_.doubled;
    }
    if (!listed && record->missed) {
      record->missed = false;
      --counts_.missed;
    }
  }
  ++record->seen[index];
  if (!listed) {
    record->connection = occasion.connection;
    const Nanos at = fill.getFilledAt();
    if (sighting.fresh && at != 0 && at < last_fill_at_) {
      record->disordered = true;
      ++counts_.disordered;
    }
    last_fill_at_ = std::max(last_fill_at_, at);
  }
  sighting.record = record;
  return sighting;
}

Fills::Record& Fills::add_record(const std::string& key, schema::Fill::Reader fill, Way way,
                                 Nanos stream_at, const Occasion& occasion) {
  Record record(names().fill);
  record.row.merge(capnp::toAny(fill));
  record.number = ++counts_.seen;
  record.moment = occasion.moment;
  const Nanos at = fill.getFilledAt();
  if ((way == Way::answer || way == Way::picture) && stream_at != 0 && at > stream_at &&
      occasion.moment.received_at - at > kOvertake) {
    record.missed = true;
    ++counts_.missed;
  }
  if (const auto type = event::view(fill.getFillType()); !type.empty()) {
    const std::string name(type);
    if (types_.size() < kMaxNames || types_.contains(name)) ++types_[name];
  }
  numbers_[key] = record.number;
  kept_.push_back(std::move(record));
  if (kept_.size() > kKept) forget_oldest();
  return kept_.back();
}

void Fills::forget_oldest() {
  const Row& row = kept_.front().row;
  forgotten_at_ = std::max(forgotten_at_, row.moment(names().filled_at));
  numbers_.erase(key_of(row));
  kept_.pop_front();
}

std::vector<Fills::Difference> Fills::compare_with(const Row& held, const Row& given) {
  const auto& slots = names();
  std::vector<Difference> differences;
  for (const auto* slot : slots.decimals) {
    const Decimal ours = held.decimal(*slot);
    const Decimal theirs = given.decimal(*slot);
    if (ours.absent() || theirs.absent() || std::is_eq(compare(ours, theirs))) continue;
    differences.push_back({slot->name, ours, theirs, {}, {}});
  }
  const auto text = [&](std::string_view field, std::string_view ours, std::string_view theirs) {
    if (ours.empty() || theirs.empty() || upper(ours) == upper(theirs)) return;
    differences.push_back({std::string(field), {}, {}, std::string(ours), std::string(theirs)});
  };
  for (const auto* slot : slots.texts) text(slot->name, held.text(*slot), given.text(*slot));
  text("symbol", held.text(slots.symbol), given.text(slots.symbol));
  const auto side = [&](const Row& row) -> std::string_view {
    constexpr std::array<std::string_view, 3> kSides{"", "buy", "sell"};
    return kSides[std::min<std::size_t>(row.number(slots.side), 2)];
  };
  text("side", side(held), side(given));
  const Nanos ours = held.moment(slots.filled_at);
  const Nanos theirs = given.moment(slots.filled_at);
  if (ours != 0 && theirs != 0 && !same_time(ours, theirs)) {
    text("filledAt", format_rfc3339(ours), format_rfc3339(theirs));
  }
  return differences;
}

// What is held stands; what it lacks is filled in, and the finer time is taken.
void Fills::merge(Row& held, schema::Fill::Reader fill) {
  const auto& slots = names();
  const std::string symbol(held.text(slots.symbol));
  const std::string type(held.text(slots.type));
  const Nanos at = held.moment(slots.filled_at);
  held.merge(capnp::toAny(fill));
  if (!symbol.empty()) held.set_text(slots.symbol, symbol);
  if (!type.empty()) held.set_text(slots.type, type);
  if (at % kSecond != 0) held.set_moment(slots.filled_at, at);
}

std::vector<Fills::Hole> Fills::holes(schema::Fills::Reader list) {
  std::map<std::string, std::vector<std::uint64_t>> numbers;
  for (const auto fill : list.getItems()) {
    if (fill.getMarketSequence() == 0) continue;
    numbers[upper(event::view(fill.getSymbol()))].push_back(fill.getMarketSequence());
  }
  std::vector<Hole> holes;
  for (auto& [symbol, given] : numbers) {
    std::sort(given.begin(), given.end());
    if (last_numbers_.size() >= kMaxNames && !last_numbers_.contains(symbol)) continue;
    std::uint64_t& last = last_numbers_[symbol];
    for (const auto number : given) {
      if (last != 0 && number > last + 1) {
        counts_.missing += number - last - 1;
        holes.push_back({symbol, last + 1, number});
      }
      last = std::max(last, number);
    }
  }
  return holes;
}

void Fills::write(schema::AccountState::Builder out, std::uint64_t unknown_removals) const {
  if (counts_.seen == 0 && unknown_removals == 0) return;
  unsigned index = 0;
  auto list = out.initFills(static_cast<unsigned>(kept_.size()));
  for (const Record& record : kept_) {
    auto one = list[index++];
    one.setNumber(record.number);
    record.row.write(capnp::toAny(one.initFill()));
    one.setReceivedAt(record.moment.received_at);
    one.setSession(record.moment.session);
    one.setOrdinal(record.moment.ordinal);
    one.setOrderStream(record.seen[0]);
    one.setFillStream(record.seen[1]);
    one.setPictures(record.seen[2]);
    one.setAnswers(record.seen[3]);
    one.setConnection(record.connection);
    one.setMissed(record.missed);
    one.setPlaced(record.placed);
    one.setDoubled(record.doubled);
    one.setDisordered(record.disordered);
  }
  auto counts = out.initFillCounts();
  counts.setSeen(counts_.seen);
  counts.setConfirmed(counts_.confirmed);
  counts.setDoubled(counts_.doubled);
  counts.setMismatched(counts_.mismatched);
  counts.setMissed(counts_.missed);
  counts.setDisordered(counts_.disordered);
  counts.setMissing(counts_.missing);
  counts.setUnknownRemovals(unknown_removals);
  if (types_.empty()) return;
  auto types = counts.initTypes(static_cast<unsigned>(types_.size()));
  index = 0;
  for (const auto& [name, count] : types_) {
    types[index].setName(text_of(name));
    types[index++].setCount(count);
  }
}

void Fills::write_resume(schema::AccountResume::Builder out) const {
  out.setForgottenAt(forgotten_at_);
  out.setLastFillAt(last_fill_at_);
  auto numbers = out.initFillNumbers(static_cast<unsigned>(last_numbers_.size()));
  unsigned index = 0;
  for (const auto& [name, number] : last_numbers_) {
    numbers[index].setName(text_of(name));
    numbers[index++].setCount(number);
  }
}

void Fills::read(schema::AccountState::Reader in) {
  const auto counts = in.getFillCounts();
  if (in.hasFillCounts()) {
    counts_ = {counts.getSeen(),       counts.getConfirmed(), counts.getDoubled(),
               counts.getMismatched(), counts.getMissed(),    counts.getDisordered(),
               counts.getMissing()};
    for (const auto type : counts.getTypes()) types_[type.getName().cStr()] = type.getCount();
  }
  for (const auto one : in.getFills()) {
    // Numbers count on by one, which is how a record is found.
    if (!kept_.empty() && one.getNumber() != kept_.back().number + 1) continue;
    Record record(names().fill);
    record.row.merge(capnp::toAny(one.getFill()));
    record.number = one.getNumber();
    record.moment = {one.getReceivedAt(), one.getSession(), one.getOrdinal()};
    record.seen[0] = one.getOrderStream();
    record.seen[1] = one.getFillStream();
    record.seen[2] = one.getPictures();
    record.seen[3] = one.getAnswers();
    record.connection = one.getConnection();
    record.missed = one.getMissed();
    record.placed = one.getPlaced();
    record.doubled = one.getDoubled();
    record.disordered = one.getDisordered();
    numbers_[key_of(record.row)] = record.number;
    kept_.push_back(std::move(record));
    if (kept_.size() > kKept) forget_oldest();
  }
  if (!in.hasResume()) return;
  const auto resume = in.getResume();
  forgotten_at_ = std::max(forgotten_at_, resume.getForgottenAt());
  last_fill_at_ = std::max(last_fill_at_, resume.getLastFillAt());
  for (const auto number : resume.getFillNumbers()) {
    last_numbers_[number.getName().cStr()] = number.getCount();
  }
}

}  // namespace tape::state
