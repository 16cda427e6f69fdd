// A book into the schema and back.
#include <tape/state/book.h>

#include <algorithm>

namespace tape::state {

void Book::write(schema::BookState::Builder out, std::size_t depth, bool resume) const {
  bids_.write(out.initBids(static_cast<unsigned>(std::min(depth, bids_.size()))));
  asks_.write(out.initAsks(static_cast<unsigned>(std::min(depth, asks_.size()))));
  out.setSequence(last_);
  out.setExchangeAt(exchange_at_);
  out.setReceivedAt(received_at_);
  standing_.write(out);
  out.setStaleAt(standing_.stale_at());
  out.setComplete(complete_);
  out.setUpdates(updates_);
  out.setSnapshotAt(snapshot_at_);
  out.setGaps(gaps_);
  out.setDropped(dropped_);
  if (!resume) return;
  auto rest = out.initResume();
  rest.setNumbered(numbered_);
  rest.setBridging(bridging_);
  rest.setChained(chained_);
  rest.setLossOnly(loss_only_);
  rest.setSnapshotNumber(snapshot_number_);
  rest.setDroppedRunning(dropped_running_);
  rest.setUnknownRemovals(unknown_removals_);
  rest.setCrossedRunning(crossed_running_);
  if (crossed_finding_) state::write(*crossed_finding_, rest.initCrossed());
  rest.setSession(session_);
  rest.setConnection(connection_);
  write_kept(rest);
}

void Book::write_kept(schema::BookResume::Builder out) const {
  if (kept_.empty()) return;
  auto list = out.initKept(static_cast<unsigned>(kept_.size()));
  std::size_t from = 0;
  unsigned index = 0;
  for (const Kept& kept : kept_) {
    auto entry = list[index++];
    entry.setFirstUpdateId(kept.step.first);
    entry.setUpdateId(kept.step.last);
    entry.setPreviousUpdateId(kept.step.previous);
    const auto begin = kept_levels_.begin() + static_cast<std::ptrdiff_t>(from);
    const auto end = begin + static_cast<std::ptrdiff_t>(kept.levels);
    const auto fill = [&](Ladder side, auto init) {
      const auto count =
          std::count_if(begin, end, [&](const KeptLevel& one) { return one.side == side; });
      if (count == 0) return;
      auto levels = init(static_cast<unsigned>(count));
      unsigned at = 0;
      for (auto one = begin; one != end; ++one) {
        if (one->side != side) continue;
        event::set_decimal(levels[at].getPrice(), one->level.price);
        event::set_decimal(levels[at++].getQuantity(), one->level.quantity);
      }
    };
    fill(Ladder::bids, [&](unsigned size) { return entry.initBids(size); });
    fill(Ladder::asks, [&](unsigned size) { return entry.initAsks(size); });
    from += kept.levels;
  }
}

void Book::read(schema::BookState::Reader in) {
  static_cast<void>(bids_.set(event::LevelsView(in.getBids())));
  static_cast<void>(asks_.set(event::LevelsView(in.getAsks())));
  last_ = in.getSequence();
  exchange_at_ = in.getExchangeAt();
  received_at_ = in.getReceivedAt();
  standing_.read(in);
  complete_ = in.getComplete();
  updates_ = in.getUpdates();
  snapshot_at_ = in.getSnapshotAt();
  gaps_ = in.getGaps();
  dropped_ = in.getDropped();
  if (in.hasResume()) read_kept(in.getResume());
}

void Book::read_kept(schema::BookResume::Reader in) {
  numbered_ = in.getNumbered();
  bridging_ = in.getBridging();
  chained_ = in.getChained();
  loss_only_ = in.getLossOnly();
  snapshot_number_ = in.getSnapshotNumber();
  dropped_running_ = in.getDroppedRunning();
  unknown_removals_ = in.getUnknownRemovals();
  crossed_running_ = in.getCrossedRunning();
  if (in.hasCrossed()) crossed_finding_ = state::read(in.getCrossed());
  session_ = in.getSession();
  connection_ = in.getConnection();
  for (const auto entry : in.getKept()) {
    Kept kept{{entry.getFirstUpdateId(), entry.getUpdateId(), entry.getPreviousUpdateId()}, 0};
    for (const auto level : entry.getBids()) {
      keep(Ladder::bids, event::get_decimal(level.getPrice()),
           event::get_decimal(level.getQuantity()), kept);
    }
    for (const auto level : entry.getAsks()) {
      keep(Ladder::asks, event::get_decimal(level.getPrice()),
           event::get_decimal(level.getQuantity()), kept);
    }
    kept_.push_back(kept);
  }
}

}  // namespace tape::state
