// A book into the schema and back.
#include <tape/state/book/book.h>

#include <algorithm>

namespace tape::state {
namespace {

// So that a large book can be divided over several events.
constexpr std::uint32_t kRunLevels = 2048;

template <typename Init>
void write_runs(const Levels& levels, const Init& init) {
  event::LevelPacker packer(kRunLevels);
  for (const Level& level : levels.sorted()) packer.add(level.price, level.quantity);
  auto out = init(static_cast<unsigned>(packer.runs()));
  for (unsigned i = 0; i < out.size(); ++i) {
    const auto run = packer.run(i);
    out[i].setPriceExponent(run.price_exponent);
    out[i].setQuantityExponent(run.quantity_exponent);
    out[i].setCount(run.count);
    out[i].setLevels(capnp::Data::Reader(run.levels.data(), run.levels.size()));
  }
}

template <typename Init>
void write_list(const std::vector<Level>& levels, const Init& init) {
  auto out = init(static_cast<unsigned>(levels.size()));
  for (unsigned i = 0; i < out.size(); ++i) {
    event::set_decimal(out[i].getPrice(), levels[i].price);
    event::set_decimal(out[i].getQuantity(), levels[i].quantity);
  }
}

}  // namespace

void Book::write(schema::BookState::Builder out, std::size_t depth) const {
  write_list(bids_.sorted(depth), [&](unsigned size) { return out.initBids(size); });
  write_list(asks_.sorted(depth), [&](unsigned size) { return out.initAsks(size); });
  write_rest(out);
}

void Book::write_whole(schema::BookState::Builder out, LevelForm form) const {
  if (form == LevelForm::runs) {
    write_runs(bids_, [&](unsigned size) { return out.initBidRuns(size); });
    write_runs(asks_, [&](unsigned size) { return out.initAskRuns(size); });
  } else {
    write_list(bids_.sorted(), [&](unsigned size) { return out.initBids(size); });
    write_list(asks_.sorted(), [&](unsigned size) { return out.initAsks(size); });
  }
  write_rest(out);
  write_resume(out.initResume());
}

void Book::write_rest(schema::BookState::Builder out) const {
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
}

void Book::write_resume(schema::BookResume::Builder rest) const {
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
  kept_.write(rest);
}

void Book::read(schema::BookState::Reader in) {
  static_cast<void>(bids_.set(event::LevelsView(in.getBids())));
  static_cast<void>(asks_.set(event::LevelsView(in.getAsks())));
  for (const auto run : in.getBidRuns())
    static_cast<void>(bids_.set(event::LevelsView({}, true, run)));
  for (const auto run : in.getAskRuns())
    static_cast<void>(asks_.set(event::LevelsView({}, true, run)));
  last_ = in.getSequence();
  exchange_at_ = in.getExchangeAt();
  received_at_ = in.getReceivedAt();
  standing_.read(in);
  complete_ = in.getComplete();
  updates_ = in.getUpdates();
  snapshot_at_ = in.getSnapshotAt();
  gaps_ = in.getGaps();
  dropped_ = in.getDropped();
  if (in.hasResume()) read_resume(in.getResume());
}

void Book::read_resume(schema::BookResume::Reader in) {
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
  kept_.read(in);
}

}  // namespace tape::state
