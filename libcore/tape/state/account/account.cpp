#include <tape/state/account/account.h>
#include <tape/state/account/account_names.h>

#include <algorithm>
#include <cctype>

namespace tape::state {
namespace {

// What a hostile tape can make one account hold.
constexpr std::size_t kMaxEntries = 10'000;

std::string text(capnp::Text::Reader value) { return {value.begin(), value.size()}; }

}  // namespace

const AccountNames& account_names() {
  static const AccountNames kNames;
  return kNames;
}

MarginType margin_type(std::string_view text) {
  if (text.empty()) return MarginType::unknown;
  const char first = static_cast<char>(std::tolower(static_cast<unsigned char>(text.front())));
  if (first == 'c') return MarginType::cross;
  return first == 'i' ? MarginType::isolated : MarginType::unknown;
}

std::string side_of(std::string_view symbol, std::string_view side) {
  std::string name(symbol);
  if (side.empty()) return name;
  name += ' ';
  name += side;
  return name;
}

Account::Account()
    : config_(RowType::of<schema::AccountConfig>()),
      totals_(RowType::of<schema::AccountUpdate>()) {}

const Standing& Account::standing() const {
  const auto rank = [](const Part& part) {
    if (!part.known()) return 0;
    if (part.standing().suspect()) return 3;
    return part.standing().verified() ? 1 : 2;
  };
  const Part* worst = parts_.data();
  for (const Part& part : parts_) {
    const bool earlier =
        rank(part) == rank(*worst) && rank(part) == 3 &&
        part.standing().since().received_at < worst->standing().since().received_at;
    if (rank(part) > rank(*worst) || earlier) worst = &part;
  }
  return worst->standing();
}

bool Account::complete() const {
  return part(PartKind::balances).complete() && part(PartKind::positions).complete();
}

void Account::doubt(std::string_view reason, const Moment& moment) {
  for (Part& part : parts_) {
    if (part.known()) part.doubt(reason, moment);
  }
}

void Account::begin(const Occasion& occasion) {
  news_.clear();
  received_at_ = occasion.moment.received_at;
  ++updates_;
}

void Account::take(PartKind kind, Nature nature, const Occasion& occasion) {
  if (nature == Nature::picture) clear_findings(kind);
  part(kind).take(occasion, nature);
}

void Account::apply(schema::AccountUpdate::Reader update, const Occasion& occasion) {
  const bool picture = update.getSnapshot();
  const bool origin = part(PartKind::positions).complete();
  begin(occasion);
  in_picture_ = picture;
  take(PartKind::balances, picture ? Nature::picture : Nature::change, occasion);
  take(PartKind::positions, picture ? Nature::picture : Nature::change, occasion);
  if (update.getHedgeMode() != schema::Tri::UNKNOWN) hedge_mode_ = update.getHedgeMode();
  if (update.getMultiAssets() != schema::Tri::UNKNOWN) multi_assets_ = update.getMultiAssets();
  if (picture) {
    totals_.merge(capnp::toAny(update));
    has_totals_ = true;
  }
  // A picture stamps its entries one by one; a change has one time for all.
  const Nanos change_at = update.getUpdatedAt() != 0 ? update.getUpdatedAt() : occasion.exchange_at;
  const Nanos at = picture ? 0 : change_at;
  const auto reason = event::view(update.getReason());
  for (const auto balance : update.getBalances()) put_balance(balance, at, reason, occasion);
  for (const auto position : update.getPositions()) {
    put_position(position, at, origin, occasion);
  }
  if (picture) flatten_others(update.getPositions(), occasion);
  check(occasion.moment);
}

void Account::apply(schema::Positions::Reader positions, Extent extent, const Occasion& occasion) {
  begin(occasion);
  in_picture_ = true;
  const bool origin = part(PartKind::positions).complete();
  const bool lists_all = extent.whole && (occasion.answer || !partial_lists_);
  take(PartKind::positions, lists_all ? Nature::picture : Nature::piece, occasion);
  const Nanos at = occasion.answer ? 0 : occasion.exchange_at;
  for (const auto position : positions.getItems()) {
    put_position(position, at, origin && !occasion.answer, occasion);
  }
  if (lists_all && occasion.answer) {
    flatten_others(positions.getItems(), occasion);
  } else if (lists_all && !partial_lists_) {
    mark_closing(positions.getItems(), occasion);
  }
  check(occasion.moment);
}

void Account::apply(schema::Balances::Reader balances, const Occasion& occasion) {
  begin(occasion);
  in_picture_ = balances.getSnapshot();
  // An answer that lists assets proves the balances, not their margins elsewhere.
  take(PartKind::balances, balances.getSnapshot() ? Nature::picture : Nature::change, occasion);
  for (const auto balance : balances.getAssets()) put_balance(balance, 0, {}, occasion);
  wallets_.apply(balances, occasion);
  check(occasion.moment);
}

void Account::apply(schema::AccountConfig::Reader config, const Occasion& occasion) {
  begin(occasion);
  if (config.getHedgeMode() != schema::Tri::UNKNOWN) hedge_mode_ = config.getHedgeMode();
  if (config.getMultiAssets() != schema::Tri::UNKNOWN) multi_assets_ = config.getMultiAssets();
  if (config.getSymbol().size() != 0) put_config(config, occasion);
  for (const auto preference : config.getPreferences()) {
    capnp::MallocMessageBuilder message;
    auto one = message.initRoot<schema::AccountConfig>();
    one.setSymbol(preference.getSymbol());
    event::set_decimal(one.getMaxLeverage(), event::get_decimal(preference.getMaxLeverage()));
    one.setPnlCurrency(preference.getPnlCurrency());
    put_config(one.asReader(), occasion);
  }
}

void Account::put_config(schema::AccountConfig::Reader config, const Occasion& occasion) {
  const auto symbol = upper(event::view(config.getSymbol()));
  config_.put(symbol, capnp::toAny(config), occasion);
  const Decimal leverage = event::get_decimal(config.getLeverage());
  if (leverage.absent()) return;
  for (auto at = positions_.lower_bound({symbol, {}});
       at != positions_.end() && at->first.first == symbol; ++at) {
    at->second.set_decimal(account_names().leverage, leverage);
  }
}

void Account::put_balance(schema::AssetBalance::Reader balance, Nanos at, std::string_view reason,
                          const Occasion& occasion) {
  const auto& slots = account_names();
  if (balance.getUpdatedAt() != 0) at = balance.getUpdatedAt();
  auto found = balances_.find(event::view(balance.getAsset()));
  if (found == balances_.end()) {
    if (balances_.size() >= kMaxEntries) return;
    found = balances_.emplace(text(balance.getAsset()), Row(slots.balance)).first;
  } else if ((at != 0 && at < found->second.moment(slots.balance_at)) ||
             (at == 0 && newer(found->second.moment(slots.balance_received), occasion))) {
    ++late_;
    return;
  }
  Row& row = found->second;
  if (!reason.empty()) {
    Decimal amount = event::get_decimal(balance.getChange());
    const Decimal held = row.decimal(slots.wallet);
    const Decimal given = event::get_decimal(balance.getWalletBalance());
    if (amount.absent() && !held.absent() && !given.absent()) {
      amount = subtract(given, held).value_or(Decimal{});
    }
    ledger_.changed(reason, event::view(balance.getAsset()), amount, at, occasion);
  }
  row.merge(capnp::toAny(balance));
  row.set_moment(slots.balance_received, occasion.moment.received_at);
  if (at != 0) row.set_moment(slots.balance_at, at);
}

void Account::put_position(schema::Position::Reader position, Nanos at, bool origin,
                           const Occasion& occasion) {
  const auto& slots = account_names();
  if (position.getUpdatedAt() != 0) at = position.getUpdatedAt();
  PositionKey key{upper(event::view(position.getSymbol())), text(position.getPositionSide())};
  auto found = positions_.find(key);
  if (found == positions_.end()) {
    if (positions_.size() >= kMaxEntries) return;
    found = positions_.emplace(key, Row(slots.position)).first;
    const auto sibling = positions_.lower_bound({key.first, {}});
    if (sibling != positions_.end() && sibling != found && sibling->first.first == key.first) {
      found->second.set_text(slots.margin_type, sibling->second.text(slots.margin_type));
    }
  } else if ((at != 0 && at < found->second.moment(slots.position_at)) ||
             (at == 0 && newer(found->second.moment(slots.position_received), occasion))) {
    ++late_;
    return;
  }
  Row& row = found->second;
  if (row.bit(slots.closing) && reopens(row, position, occasion)) return;
  const auto type = event::view(position.getMarginType());
  if (!type.empty()) spread_margin_type(key.first, type, occasion);
  row.merge(capnp::toAny(position));
  if (position.getSide() != schema::Side::UNKNOWN) {
    Decimal quantity = event::get_decimal(position.getQuantity());
    if (position.getSide() == schema::Side::SELL) quantity = subtract({0, 0}, quantity).value();
    row.set_decimal(slots.quantity, quantity);
    row.set_number(slots.side, 0);
  }
  row.set_bit(slots.closing, false);
  row.set_moment(slots.position_received, occasion.moment.received_at);
  if (at != 0) row.set_moment(slots.position_at, at);
  sums_.state({Sums::Kind::position, key.first, key.second}, row.decimal(slots.quantity),
              at != 0 ? at : occasion.exchange_at, origin, occasion);
}

// It was not in the last list and is in this one, as it was: lists do not name all.
bool Account::reopens(Row& row, schema::Position::Reader position, const Occasion& occasion) {
  const auto& slots = account_names();
  const Decimal quantity = event::get_decimal(position.getQuantity());
  const bool same = !occasion.answer &&
                    std::is_eq(compare(row.decimal(slots.quantity), quantity)) &&
                    std::is_eq(compare(row.decimal(slots.entry_price),
                                       event::get_decimal(position.getEntryPrice())));
  if (!same) return false;
  partial_lists_ = true;
  report("position-list", event::view(position.getSymbol()), {0, 0}, quantity, occasion.moment);
  for (auto& [key, other] : positions_) {
    if (!other.bit(slots.closing)) continue;
    other.set_bit(slots.closing, false);
    sums_.state({Sums::Kind::position, key.first, key.second}, other.decimal(slots.quantity),
                occasion.exchange_at, false, occasion);
  }
  row.merge(capnp::toAny(position));
  row.set_moment(slots.position_received, occasion.moment.received_at);
  return true;
}

void Account::spread_margin_type(const std::string& symbol, std::string_view type,
                                 const Occasion& occasion) {
  const auto& slots = account_names();
  for (auto at = positions_.lower_bound({symbol, {}});
       at != positions_.end() && at->first.first == symbol; ++at) {
    Row& row = at->second;
    const auto held = margin_type(row.text(slots.margin_type));
    if (held == margin_type(type)) continue;
    // A venue lets the type change only while every side is flat.
    const Decimal quantity = row.decimal(slots.quantity);
    if (!in_picture_ && complete() && held != MarginType::unknown && !quantity.absent() &&
        !quantity.zero()) {
      report("margin-type-change", side_of(at->first.first, at->first.second), {0, 0}, quantity,
             occasion.moment);
    }
    row.set_text(slots.margin_type, type);
  }
}

void Account::flatten(Row& row) {
  const auto& slots = account_names();
  for (const auto* slot : {&slots.quantity, &slots.isolated_wallet, &slots.unrealized}) {
    const Decimal value = row.decimal(*slot);
    if (!value.absent() && !value.zero()) row.set_decimal(*slot, {0, value.exponent});
  }
  row.set_bit(slots.closing, false);
}

template <typename List>
void Account::flatten_others(List positions, const Occasion& occasion) {
  std::set<PositionKey> named;
  for (const auto position : positions) {
    named.emplace(upper(event::view(position.getSymbol())), text(position.getPositionSide()));
  }
  for (auto& [key, row] : positions_) {
    // What came while the answer was under way is newer than the answer.
    const bool later = newer(row.moment(account_names().position_received), occasion);
    if (later || named.contains(key)) continue;
    flatten(row);
    sums_.state({Sums::Kind::position, key.first, key.second}, {0, 0}, occasion.exchange_at, false,
                occasion);
  }
}

// A list of the stream lacks it: fills that sum up to nothing, or an answer, confirm that.
template <typename List>
void Account::mark_closing(List positions, const Occasion& occasion) {
  std::set<PositionKey> named;
  for (const auto position : positions) {
    named.emplace(upper(event::view(position.getSymbol())), text(position.getPositionSide()));
  }
  const auto& slots = account_names();
  for (auto& [key, row] : positions_) {
    const Decimal quantity = row.decimal(slots.quantity);
    if (named.contains(key) || quantity.mantissa == 0 || row.bit(slots.closing)) continue;
    row.set_bit(slots.closing, true);
    sums_.state({Sums::Kind::position, key.first, key.second}, {0, 0}, occasion.exchange_at, false,
                occasion);
  }
}

Decimal Account::balance(std::string_view asset, std::string_view field) const {
  const auto found = balances_.find(asset);
  if (found == balances_.end()) return {};
  return found->second.decimal(account_names().balance.slot(field));
}

Decimal Account::position(std::string_view symbol, std::string_view side,
                          std::string_view field) const {
  const auto found = positions_.find({upper(symbol), std::string(side)});
  if (found == positions_.end()) return {};
  return found->second.decimal(account_names().position.slot(field));
}

bool Account::closing(std::string_view symbol, std::string_view side) const {
  const auto found = positions_.find({upper(symbol), std::string(side)});
  return found != positions_.end() && found->second.bit(account_names().closing);
}

}  // namespace tape::state
