#include <tape/base/error.h>
#include <tape/state/state.h>

#include <algorithm>

// What the parts of a State remember beyond their pictures, written down and read back
// (state/checkpoint.h).
namespace tape::state {
namespace {

std::string text(capnp::Text::Reader value) { return {value.begin(), value.size()}; }

/// Book and account say in the same fields how far they can be trusted.
template <typename Part>
void restore(Standing& standing, Part from) {
  standing.restore(from.getTrust(), event::view(from.getReason()),
                   {from.getSinceAt(), from.getSinceSession(), from.getSinceOrdinal()});
}

}  // namespace

Finding read(schema::Finding::Reader from) {
  return {text(from.getRule()),
          text(from.getSubject()),
          event::get_decimal(from.getExpected()),
          event::get_decimal(from.getFound()),
          event::get_decimal(from.getDifference()),
          {from.getReceivedAt(), from.getSession(), from.getOrdinal()}};
}

void Book::write_memory(schema::BookMemory::Builder out) const {
  out.setNumbered(numbered_);
  out.setBridging(bridging_);
  out.setChained(chained_);
  out.setLossOnly(loss_only_);
  out.setSnapshotNumber(snapshot_number_);
  out.setDroppedRunning(dropped_running_);
  out.setUnknownRemovals(unknown_removals_);
  out.setCrossedRunning(crossed_running_);
  out.setSession(session_);
  out.setConnection(connection_);
  if (crossed_finding_) state::write(*crossed_finding_, out.initCrossed());
  auto kept = out.initKept(static_cast<unsigned>(kept_.size()));
  for (unsigned i = 0; i < kept.size(); ++i) {
    kept[i].setFirst(kept_[i].step.first);
    kept[i].setLast(kept_[i].step.last);
    kept[i].setPrevious(kept_[i].step.previous);
    kept[i].setLevels(static_cast<std::uint32_t>(kept_[i].levels));
  }
  auto levels = out.initKeptLevels(static_cast<unsigned>(kept_levels_.size()));
  for (unsigned i = 0; i < levels.size(); ++i) {
    event::set_decimal(levels[i].getPrice(), kept_levels_[i].level.price);
    event::set_decimal(levels[i].getQuantity(), kept_levels_[i].level.quantity);
    levels[i].setSide(kept_levels_[i].side == Ladder::bids ? schema::Side::BUY
                                                           : schema::Side::SELL);
  }
}

void Book::read(schema::BookState::Reader from) {
  (void)bids_.set(from.getBids());
  (void)asks_.set(from.getAsks());
  last_ = from.getSequence();
  exchange_at_ = from.getExchangeAt();
  received_at_ = from.getReceivedAt();
  restore(standing_, from);
  complete_ = from.getComplete();
  updates_ = from.getUpdates();
  snapshot_at_ = from.getSnapshotAt();
  gaps_ = from.getGaps();
  dropped_ = from.getDropped();
  const auto memory = from.getMemory();
  numbered_ = memory.getNumbered();
  bridging_ = memory.getBridging();
  chained_ = memory.getChained();
  loss_only_ = memory.getLossOnly();
  snapshot_number_ = memory.getSnapshotNumber();
  dropped_running_ = memory.getDroppedRunning();
  unknown_removals_ = memory.getUnknownRemovals();
  crossed_running_ = memory.getCrossedRunning();
  session_ = memory.getSession();
  connection_ = memory.getConnection();
  if (memory.hasCrossed()) crossed_finding_ = state::read(memory.getCrossed());
  std::size_t levels = 0;
  for (const auto kept : memory.getKept()) {
    kept_.push_back({{kept.getFirst(), kept.getLast(), kept.getPrevious()}, kept.getLevels()});
    levels += kept.getLevels();
  }
  for (const auto level : memory.getKeptLevels()) {
    kept_levels_.push_back(
        {{event::get_decimal(level.getPrice()), event::get_decimal(level.getQuantity())},
         level.getSide() == schema::Side::BUY ? Ladder::bids : Ladder::asks});
  }
  if (levels != kept_levels_.size()) {
    throw Error(Fault::format, "a book whose kept deltas are not those that it counts");
  }
}

void Account::write_memory(schema::AccountMemory::Builder out) const {
  auto balances = out.initBalancesAt(static_cast<unsigned>(balances_.size()));
  unsigned index = 0;
  for (const auto& [asset, entry] : balances_) balances.set(index++, entry.received_at);
  auto positions = out.initPositionsAt(static_cast<unsigned>(positions_.size()));
  index = 0;
  for (const auto& [key, entry] : positions_) positions.set(index++, entry.received_at);
  auto held = out.initHeld(static_cast<unsigned>(held_.size()));
  index = 0;
  for (const auto& asset : held_) held.set(index++, asset.c_str());
  out.setLate(late_);
  out.setSession(session_);
  out.setConnection(connection_);
}

void Account::read(schema::AccountState::Reader from) {
  const auto memory = from.getMemory();
  const auto balances = from.getBalances();
  const auto positions = from.getPositions();
  if (memory.getBalancesAt().size() != balances.size() ||
      memory.getPositionsAt().size() != positions.size()) {
    throw Error(Fault::format, "an account whose entries are not those that it remembers");
  }
  for (unsigned i = 0; i < balances.size(); ++i) {
    Entry entry{Row(RowType::of<schema::AssetBalance>()), memory.getBalancesAt()[i]};
    entry.row.merge(capnp::toAny(balances[i]));
    balances_.insert_or_assign(text(balances[i].getAsset()), std::move(entry));
  }
  for (unsigned i = 0; i < positions.size(); ++i) {
    Entry entry{Row(RowType::of<schema::Position>()), memory.getPositionsAt()[i]};
    entry.row.merge(capnp::toAny(positions[i]));
    positions_.insert_or_assign(
        {text(positions[i].getSymbol()), text(positions[i].getPositionSide())}, std::move(entry));
  }
  for (const auto each : from.getFindings()) {
    auto finding = state::read(each);
    FindingKey key{finding.rule, finding.subject};
    findings_.insert_or_assign(std::move(key), std::move(finding));
  }
  for (const auto asset : memory.getHeld()) held_.insert(text(asset));
  restore(standing_, from);
  complete_ = from.getComplete();
  received_at_ = from.getReceivedAt();
  snapshot_at_ = from.getSnapshotAt();
  updates_ = from.getUpdates();
  hedge_mode_ = from.getHedgeMode();
  multi_assets_ = from.getMultiAssets();
  late_ = memory.getLate();
  session_ = memory.getSession();
  connection_ = memory.getConnection();
}

void VenueStatus::read(schema::VenueState::Reader from) {
  received_at_ = from.getReceivedAt();
  connections_lost_ = from.getConnectionsLost();
  lost_at_ = from.getLostAt();
  lost_cause_ = text(from.getLostCause());
  gaps_ = from.getGaps();
  notifications_ = from.getNotifications();
  notified_at_ = from.getNotifiedAt();
  const auto last = from.getNotification();
  last_.id = text(last.getId());
  last_.type = text(last.getType());
  last_.priority = text(last.getPriority());
  last_.note = text(last.getNote());
  last_.effective_at = last.getEffectiveAt();
  last_.expected_downtime_minutes = last.getExpectedDowntimeMinutes();
}

}  // namespace tape::state
