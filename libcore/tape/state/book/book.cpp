#include <tape/state/book/book.h>

#include <fmt/format.h>

#include <algorithm>

namespace tape::state {
namespace {

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
    kept_.clear();
  }
  touch(occasion);
  if (!complete_) standing_.weaken(kNoSnapshot, occasion.moment);
  if (!standing_.verified() && step.last != 0) kept_.add(step, delta);
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

void Book::account_for(const Tally& tally, const Moment& moment) {
  unknown_removals_ += tally.unknown;
  if (tally.refused == 0) return;
  loss_only_ = false;
  standing_.doubt("a level without side, price or quantity, or more levels than a side holds",
                  moment);
}

void Book::replay_kept(const Moment& moment) {
  KeptDeltas::Cursor cursor(kept_);
  Step step;
  bool there = cursor.next(step);
  while (there && judge(step) == Verdict::late) there = cursor.next(step);
  if (!there) return kept_.clear();
  if (judge(step) == Verdict::gap) {
    // In line with the deltas, what counts on from elsewhere is of an earlier run of numbers.
    if (!chained_) return kept_.clear();
    ++gaps_;
    standing_.doubt(fmt::format("snapshot {} is older than the deltas at hand, which begin at {}",
                                last_, step.first),
                    moment);
  }
  const auto first = cursor;
  for (; there; there = cursor.next(step)) {
    cursor.for_each([this](bool bid, Decimal price, Decimal quantity) {
      static_cast<void>((bid ? bids_ : asks_).set(price, quantity));
    });
    last_ = step.last;
  }
  bridging_ = false;
  // Still in doubt, the same run may meet a better snapshot.
  if (standing_.suspect()) return kept_.drop_before(first);
  kept_.clear();
}

void Book::break_chain(const Step& step, const Moment& moment) {
  ++gaps_;
  loss_only_ = false;
  kept_.clear();
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
  kept_.clear();
}

void Book::lose(std::string_view reason, const Moment& moment) {
  doubt(reason, moment);
  standing_.lose(reason, moment);
}

void Book::stall(std::string_view reason, const Moment& moment) {
  if (standing_.verified()) loss_only_ = true;
  standing_.stall(reason, moment);
}

void Book::leave(const Moment& moment) {
  if (session_ == 0 || session_ == moment.session || standing_.stale_at() != 0) return;
  if (standing_.verified()) loss_only_ = true;
  standing_.leave(moment, received_at_);
  kept_.clear();
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
    kept_.clear();
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
      std::is_lt(compare(bids_.best_price(), asks_.best_price()))) {
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
