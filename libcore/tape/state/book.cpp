#include <tape/state/book.h>

#include <fmt/format.h>

#include <algorithm>

namespace tape::state {
namespace {

// What a book keeps while it waits for a snapshot: some seconds of the busiest feed, minutes of
// others, about 300 kB. All of it stands in every checkpoint meanwhile.
constexpr std::size_t kKeptDeltas = 2048;
constexpr std::size_t kKeptLevels = 8192;
// So many late deltas without one that follows: the venue counts anew and nobody said so.
constexpr std::uint64_t kLateRun = 1000;

constexpr std::string_view kNoSnapshot =
    "no snapshot yet: only the levels touched since the start are known";

Step step_of(schema::BookDelta::Reader delta, const Occasion& occasion) {
  Step step{delta.getFirstUpdateId(), delta.getUpdateId(), delta.getPreviousUpdateId()};
  if (step.last == 0) step.last = occasion.sequence;
  if (step.first == 0) step.first = step.last;
  return step;
}

}  // namespace

Book::Verdict Book::judge(const Step& step) const {
  if (step.last == 0) return Verdict::unnumbered;
  if (!numbered_) return Verdict::follows;
  if (step.previous != 0) {
    if (step.previous == last_) return Verdict::follows;
    if (bridging_) {
      if (step.last < last_) return Verdict::late;
      return step.first <= last_ ? Verdict::follows : Verdict::gap;
    }
    return step.last <= last_ ? Verdict::late : Verdict::gap;
  }
  if (step.last <= last_) return Verdict::late;
  return step.first <= last_ + 1 ? Verdict::follows : Verdict::gap;
}

void Book::apply(schema::BookSnapshot::Reader snapshot, const Occasion& occasion) {
  // The best levels only: a picture of its own that would tear holes into this one.
  if (snapshot.getPartial()) return;
  const std::uint64_t number =
      snapshot.getUpdateId() != 0 ? snapshot.getUpdateId() : occasion.sequence;
  // A poll that lags a whole book says nothing new, and taking it would step back.
  if (chained_ && standing_.verified() && numbered_ && number <= last_) return;
  touch(occasion);
  bids_.clear();
  asks_.clear();
  const Tally bids = bids_.set(event::bids_of(snapshot));
  const Tally asks = asks_.set(event::asks_of(snapshot));
  last_ = snapshot_number_ = number;
  numbered_ = bridging_ = complete_ = true;
  loss_only_ = false;
  crossed_running_ = dropped_running_ = 0;
  crossed_finding_.reset();
  snapshot_at_ = occasion.moment.received_at;
  standing_.verify(occasion.moment);
  account_for({0, bids.refused + asks.refused}, occasion.moment);
  replay_kept(occasion.moment);
  check_crossed(occasion.moment);
}

void Book::apply(schema::BookDelta::Reader delta, const Occasion& occasion) {
  const Step step = step_of(delta, occasion);
  if (step.previous != 0) chained_ = true;
  const Verdict verdict = judge(step);
  if (verdict == Verdict::late) {
    if (!bridging_) ++dropped_;
    if (++dropped_running_ < kLateRun) return;
    // Better a suspect book that moves than a verified one that stands still.
    note_gap(schema::GapKind::RESET, last_ + 1, step.last, occasion.moment);
  }
  dropped_running_ = 0;
  if (verdict == Verdict::gap) break_chain(step, occasion.moment);
  if (verdict == Verdict::unnumbered) {
    standing_.weaken("the feed has no sequence numbers", occasion.moment);
  }
  if (verdict == Verdict::follows && loss_only_) {
    // Nothing was missed: the numbers prove it.
    loss_only_ = false;
    standing_.verify(occasion.moment);
    forget();
  }
  touch(occasion);
  if (!complete_) standing_.weaken(kNoSnapshot, occasion.moment);
  if (!standing_.verified() && step.last != 0) keep(step, delta);
  put(delta, occasion.moment);
  if (step.last != 0) {
    last_ = step.last;
    numbered_ = true;
    bridging_ = false;
  }
  check_crossed(occasion.moment);
}

void Book::put(schema::BookDelta::Reader delta, const Moment& moment) {
  if (delta.getSide() == schema::Side::UNKNOWN) {
    Tally tally = bids_.set(event::bids_of(delta));
    const Tally asks = asks_.set(event::asks_of(delta));
    tally.unknown += asks.unknown;
    tally.refused += asks.refused;
    // A single level without its side cannot be placed.
    if (!event::get_decimal(delta.getPrice()).absent()) ++tally.refused;
    account_for(tally, moment);
    return;
  }
  Levels& side = delta.getSide() == schema::Side::BUY ? bids_ : asks_;
  const Change change =
      side.set(event::get_decimal(delta.getPrice()), event::get_decimal(delta.getQuantity()));
  if (change == Change::unknown) ++unknown_removals_;
  if (change == Change::refused) account_for({0, 1}, moment);
}

void Book::put(const KeptLevel& change) {
  Levels& side = change.side == Ladder::bids ? bids_ : asks_;
  static_cast<void>(side.set(change.level.price, change.level.quantity));
}

void Book::account_for(const Tally& tally, const Moment& moment) {
  unknown_removals_ += tally.unknown;
  if (tally.refused == 0) return;
  loss_only_ = false;
  standing_.doubt("a level without side, price or quantity, or more levels than a side holds",
                  moment);
}

void Book::keep(const Step& step, schema::BookDelta::Reader delta) {
  const bool single = delta.getSide() != schema::Side::UNKNOWN;
  const std::size_t size = single ? 1 : event::bids_of(delta).size() + event::asks_of(delta).size();
  if (size > kKeptLevels / 2) return forget();
  if (kept_.size() >= kKeptDeltas || kept_levels_.size() + size > kKeptLevels) {
    // The older half goes: a snapshot that needs it comes minutes late.
    std::size_t levels = 0;
    const std::size_t half = (kept_.size() + 1) / 2;
    for (std::size_t i = 0; i < half; ++i) levels += kept_[i].levels;
    kept_.erase(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(half));
    kept_levels_.erase(kept_levels_.begin(),
                       kept_levels_.begin() + static_cast<std::ptrdiff_t>(levels));
    if (kept_levels_.size() + size > kKeptLevels) return forget();
  }
  Kept kept{step, 0};
  if (single) {
    const auto side = delta.getSide() == schema::Side::BUY ? Ladder::bids : Ladder::asks;
    keep(side, event::get_decimal(delta.getPrice()), event::get_decimal(delta.getQuantity()), kept);
  }
  event::bids_of(delta).for_each(
      [&](Decimal price, Decimal quantity) { keep(Ladder::bids, price, quantity, kept); });
  event::asks_of(delta).for_each(
      [&](Decimal price, Decimal quantity) { keep(Ladder::asks, price, quantity, kept); });
  kept_.push_back(kept);
}

void Book::keep(Ladder side, Decimal price, Decimal quantity, Kept& kept) {
  kept_levels_.push_back({{price, quantity}, side});
  ++kept.levels;
}

void Book::forget() {
  kept_.clear();
  kept_levels_.clear();
}

void Book::replay_kept(const Moment& moment) {
  std::size_t from = 0;
  std::size_t level = 0;
  while (from < kept_.size() && judge(kept_[from].step) == Verdict::late) {
    level += kept_[from++].levels;
  }
  if (from == kept_.size()) return forget();
  const Step& first = kept_[from].step;
  if (judge(first) == Verdict::gap) {
    // In line with the deltas, what counts on from elsewhere is of an earlier run of numbers.
    if (!chained_) return forget();
    ++gaps_;
    standing_.doubt(fmt::format("snapshot {} is older than the deltas at hand, which begin at {}",
                                last_, first.first),
                    moment);
  }
  kept_.erase(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(from));
  kept_levels_.erase(kept_levels_.begin(),
                     kept_levels_.begin() + static_cast<std::ptrdiff_t>(level));
  for (const KeptLevel& change : kept_levels_) put(change);
  last_ = kept_.back().step.last;
  bridging_ = false;
  // Still in doubt, the same run may meet a better snapshot.
  if (!standing_.suspect()) forget();
}

void Book::break_chain(const Step& step, const Moment& moment) {
  ++gaps_;
  loss_only_ = false;
  forget();
  if (step.previous != 0) {
    standing_.doubt(bridging_
                        ? fmt::format("snapshot {} is older than the deltas, which begin at {}",
                                      last_, step.first)
                        : fmt::format("gap: delta {} follows {}, the last one was {}", step.last,
                                      step.previous, last_),
                    moment);
  } else {
    standing_.doubt(fmt::format("gap: {} to {} are missing", last_ + 1, step.first - 1), moment);
  }
}

void Book::doubt(std::string_view reason, const Moment& moment) {
  if (standing_.suspect()) return;
  loss_only_ = standing_.verified();
  standing_.doubt(reason, moment);
  forget();
}

void Book::lose(std::string_view reason, const Moment& moment) {
  doubt(reason, moment);
  standing_.lose(reason, moment);
}

void Book::stall(std::string_view reason, const Moment& moment) {
  if (standing_.verified()) loss_only_ = true;
  standing_.stall(reason, moment);
}

void Book::note_gap(schema::GapKind kind, std::uint64_t expected, std::uint64_t got,
                    const Moment& moment) {
  if (kind == schema::GapKind::REPEATED) return;
  // The frame that showed the break was a snapshot, or one came since: it is mended.
  const bool mended = kind == schema::GapKind::RESET ? bridging_ && last_ == got
                                                     : numbered_ && snapshot_number_ >= got;
  if (mended) return;
  loss_only_ = false;
  if (kind == schema::GapKind::RESET) {
    standing_.doubt(fmt::format("the sequence began anew at {} behind {}", got, last_), moment);
    numbered_ = bridging_ = false;
    forget();
    return;
  }
  standing_.doubt(fmt::format("gap: expected {}, got {}", expected, got), moment);
}

void Book::touch(const Occasion& occasion) {
  ++updates_;
  exchange_at_ = occasion.exchange_at;
  received_at_ = occasion.moment.received_at;
  session_ = occasion.moment.session;
  connection_ = occasion.connection;
}

void Book::check_crossed(const Moment& moment) {
  if (bids_.empty() || asks_.empty() ||
      std::is_lt(compare(bids_.best().price, asks_.best().price))) {
    crossed_running_ = 0;
    crossed_finding_.reset();
    return;
  }
  // One level a message: crossed for the length of one message is on the way to something else.
  if (++crossed_running_ != 2) return;
  const Decimal bid = bids_.best().price;
  const Decimal ask = asks_.best().price;
  crossed_finding_ = Finding{"crossed-book", {}, ask, bid, subtract(bid, ask).value_or(Decimal{}),
                             moment,         {}, {},  0};
  loss_only_ = false;
  standing_.doubt(fmt::format("crossed: best bid {} is not below best ask {}", format_decimal(bid),
                              format_decimal(ask)),
                  moment);
}

}  // namespace tape::state
