// An account into the schema and back.
#include <tape/state/account/account.h>
#include <tape/state/account/account_names.h>

#include <algorithm>

namespace tape::state {
namespace {

template <typename Rows, typename List>
void write_rows(const Rows& rows, List out) {
  unsigned index = 0;
  for (const auto& [key, row] : rows) row.write(capnp::toAny(out[index++]));
}

}  // namespace

void Account::write(schema::AccountState::Builder out, bool resume) const {
  write_rows(balances_, out.initBalances(static_cast<unsigned>(balances_.size())));
  write_rows(positions_, out.initPositions(static_cast<unsigned>(positions_.size())));
  auto findings = out.initFindings(static_cast<unsigned>(findings_.size()));
  unsigned index = 0;
  for (const auto& [key, finding] : findings_) state::write(finding, findings[index++]);
  out.setReceivedAt(received_at_);
  standing().write(out);
  out.setComplete(complete());
  out.setSnapshotAt(
      std::min(part(PartKind::balances).snapshot_at(), part(PartKind::positions).snapshot_at()));
  out.setUpdates(updates_);
  out.setHedgeMode(hedge_mode_);
  out.setMultiAssets(multi_assets_);
  const auto known =
      std::count_if(parts_.begin(), parts_.end(), [](const Part& part) { return part.known(); });
  auto parts = out.initParts(static_cast<unsigned>(known));
  index = 0;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    if (parts_[i].known()) parts_[i].write(static_cast<PartKind>(i), parts[index++]);
  }
  if (part(PartKind::orders).known()) orders_.write(out);
  fills_.write(out, orders_.unknown_removals());
  wallets_.write(out);
  ledger_.write(out);
  if (has_totals_) totals_.write(capnp::toAny(out.initTotals()));
  if (!config_.empty()) config_.write(out.initConfig(config_.size()));
  out.setLate(late());
  out.setPartialLists(partial_lists_);
  if (!resume) return;
  auto rest = out.initResume();
  sums_.write(rest);
  fills_.write_resume(rest);
  auto assets = rest.initMarginAssets(static_cast<unsigned>(held_.size()));
  index = 0;
  for (const auto& asset : held_) assets.set(index++, text_of(asset));
}

void Account::read(schema::AccountState::Reader in) {
  const auto& slots = account_names();
  for (const auto balance : in.getBalances()) {
    Row row(slots.balance);
    row.merge(capnp::toAny(balance));
    balances_.insert_or_assign(balance.getAsset().cStr(), std::move(row));
  }
  for (const auto position : in.getPositions()) {
    Row row(slots.position);
    row.merge(capnp::toAny(position));
    positions_.insert_or_assign(
        {upper(event::view(position.getSymbol())), position.getPositionSide().cStr()},
        std::move(row));
  }
  for (const auto finding : in.getFindings()) {
    auto one = state::read(finding);
    findings_.insert_or_assign({one.rule, one.subject}, std::move(one));
  }
  received_at_ = std::max(received_at_, in.getReceivedAt());
  updates_ = std::max(updates_, in.getUpdates());
  late_ = std::max(late_, in.getLate());
  if (in.getHedgeMode() != schema::Tri::UNKNOWN) hedge_mode_ = in.getHedgeMode();
  if (in.getMultiAssets() != schema::Tri::UNKNOWN) multi_assets_ = in.getMultiAssets();
  for (const auto one : in.getParts()) {
    const auto name = std::find(kPartNames.begin(), kPartNames.end(), event::view(one.getPart()));
    if (name != kPartNames.end())
      parts_[static_cast<std::size_t>(name - kPartNames.begin())].read(one);
  }
  orders_.read(in);
  fills_.read(in);
  wallets_.read(in);
  ledger_.read(in);
  if (in.hasTotals()) {
    has_totals_ = true;
    totals_.merge(capnp::toAny(in.getTotals()));
  }
  for (const auto one : in.getConfig()) {
    config_.restore(upper(event::view(one.getSymbol())), capnp::toAny(one));
  }
  partial_lists_ |= in.getPartialLists();
  if (!in.hasResume()) return;
  sums_.read(in.getResume().getSums());
  for (const auto asset : in.getResume().getMarginAssets()) held_.insert(asset.cStr());
}

}  // namespace tape::state
