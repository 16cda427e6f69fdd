#include <tape/state/account.h>

#include <algorithm>
#include <cctype>

namespace tape::state {
namespace {

constexpr std::string_view kNoSnapshot =
    "no snapshot yet: only what changed since the start is known";
constexpr std::string_view kNoSequence =
    "the feed has no sequence numbers: nothing proves that no change was missed";
// What a hostile tape can make one account hold.
constexpr std::size_t kMaxEntries = 10'000;

constexpr std::size_t kMaxSymbol = 64;

// The slots that the rules speak of.
struct Names {
  const RowType& balance = RowType::of<schema::AssetBalance>();
  const RowType& position = RowType::of<schema::Position>();
  const event::Slot& wallet = balance.slot("walletBalance");
  const event::Slot& cross_wallet = balance.slot("crossWalletBalance");
  const event::Slot& balance_at = balance.slot("updatedAt");
  const event::Slot& symbol = position.slot("symbol");
  const event::Slot& quantity = position.slot("quantity");
  const event::Slot& isolated_wallet = position.slot("isolatedWallet");
  const event::Slot& margin_type = position.slot("marginType");
  const event::Slot& margin_asset = position.slot("marginAsset");
  const event::Slot& unrealized = position.slot("unrealizedPnl");
  const event::Slot& leverage = position.slot("leverage");
  const event::Slot& position_at = position.slot("updatedAt");
};

const Names& names() {
  static const Names kNames;
  return kNames;
}

// "cross", "crossed" and "CROSSED" are one type.
enum class MarginType : std::uint8_t { unknown, cross, isolated };
MarginType margin_type(std::string_view text) {
  if (text.empty()) return MarginType::unknown;
  const char first = static_cast<char>(std::tolower(static_cast<unsigned char>(text.front())));
  if (first == 'c') return MarginType::cross;
  return first == 'i' ? MarginType::isolated : MarginType::unknown;
}

std::string text(capnp::Text::Reader value) { return {value.begin(), value.size()}; }

std::string side_of(std::string_view symbol, std::string_view side) {
  std::string name(symbol);
  name += ' ';
  name += side;
  return name;
}

// "BTCUSDT_250627": dated contracts carry a suffix behind the asset.
std::string_view without_date(std::string_view symbol) {
  const auto underscore = symbol.rfind('_');
  return underscore == std::string_view::npos ? symbol : symbol.substr(0, underscore);
}

}  // namespace

Account::Account() = default;

void Account::begin(const Occasion& occasion, bool picture) {
  news_.clear();
  if (!picture) {
    if (session_ != 0 && session_ != occasion.moment.session) {
      doubt("another recording goes on here: what happened between the two is not known",
            occasion.moment);
    }
    connection_ = occasion.connection;
  }
  session_ = occasion.moment.session;
  received_at_ = occasion.moment.received_at;
  in_picture_ = picture;
  ++updates_;
  if (picture) {
    complete_ = true;
    snapshot_at_ = received_at_;
    findings_.clear();
    standing_.verify(occasion.moment);
  } else {
    standing_.weaken(complete_ ? kNoSequence : kNoSnapshot, occasion.moment);
  }
}

void Account::apply(schema::AccountUpdate::Reader update, const Occasion& occasion) {
  const bool picture = update.getSnapshot();
  begin(occasion, picture);
  if (update.getHedgeMode() != schema::Tri::UNKNOWN) hedge_mode_ = update.getHedgeMode();
  if (update.getMultiAssets() != schema::Tri::UNKNOWN) multi_assets_ = update.getMultiAssets();
  // A picture stamps its entries one by one; a change has one time for all.
  const Nanos change_at = update.getUpdatedAt() != 0 ? update.getUpdatedAt() : occasion.exchange_at;
  const Nanos at = picture ? 0 : change_at;
  for (const auto balance : update.getBalances()) put_balance(balance, at, occasion);
  for (const auto position : update.getPositions()) put_position(position, at, occasion);
  if (picture) flatten_others(update.getPositions(), occasion);
  check(occasion.moment);
}

void Account::apply(schema::Positions::Reader positions, bool whole, const Occasion& occasion) {
  // A list of positions alone proves them, not the balances: it lifts no doubt.
  in_picture_ = true;
  news_.clear();
  received_at_ = occasion.moment.received_at;
  session_ = occasion.moment.session;
  ++updates_;
  for (const auto position : positions.getItems()) put_position(position, 0, occasion);
  if (whole) flatten_others(positions.getItems(), occasion);
  if (!complete_) standing_.weaken(kNoSnapshot, occasion.moment);
  check(occasion.moment);
}

void Account::apply(schema::Balances::Reader balances, const Occasion& occasion) {
  news_.clear();
  received_at_ = occasion.moment.received_at;
  session_ = occasion.moment.session;
  ++updates_;
  for (const auto balance : balances.getAssets()) put_balance(balance, 0, occasion);
  if (!complete_) standing_.weaken(kNoSnapshot, occasion.moment);
  check(occasion.moment);
}

void Account::apply(schema::AccountConfig::Reader config, const Occasion& occasion) {
  news_.clear();
  received_at_ = occasion.moment.received_at;
  ++updates_;
  if (config.getHedgeMode() != schema::Tri::UNKNOWN) hedge_mode_ = config.getHedgeMode();
  if (config.getMultiAssets() != schema::Tri::UNKNOWN) multi_assets_ = config.getMultiAssets();
  const auto symbol = event::view(config.getSymbol());
  const Decimal leverage = event::get_decimal(config.getLeverage());
  if (symbol.empty() || leverage.absent()) return;
  for (auto& [key, entry] : positions_) {
    if (key.first == symbol) entry.row.set_decimal(names().leverage, leverage);
  }
}

void Account::put_balance(schema::AssetBalance::Reader balance, Nanos at,
                          const Occasion& occasion) {
  const auto& slots = names();
  if (balance.getUpdatedAt() != 0) at = balance.getUpdatedAt();
  auto found = balances_.find(event::view(balance.getAsset()));
  if (found == balances_.end()) {
    if (balances_.size() >= kMaxEntries) return;
    found = balances_.emplace(text(balance.getAsset()), Entry{Row(slots.balance)}).first;
  } else if (at != 0 && at < found->second.row.moment(slots.balance_at)) {
    ++late_;
    return;
  }
  found->second.row.merge(capnp::toAny(balance));
  found->second.received_at = occasion.moment.received_at;
  if (at != 0) found->second.row.set_moment(slots.balance_at, at);
}

void Account::put_position(schema::Position::Reader position, Nanos at, const Occasion& occasion) {
  const auto& slots = names();
  if (position.getUpdatedAt() != 0) at = position.getUpdatedAt();
  PositionKey key{text(position.getSymbol()), text(position.getPositionSide())};
  auto found = positions_.find(key);
  if (found == positions_.end()) {
    if (positions_.size() >= kMaxEntries) return;
    found = positions_.emplace(key, Entry{Row(slots.position)}).first;
    const auto sibling = positions_.lower_bound({key.first, {}});
    if (sibling != positions_.end() && sibling != found && sibling->first.first == key.first) {
      found->second.row.set_text(slots.margin_type, sibling->second.row.text(slots.margin_type));
    }
  } else if (at != 0 && at < found->second.row.moment(slots.position_at)) {
    ++late_;
    return;
  }
  const auto type = event::view(position.getMarginType());
  if (!type.empty()) spread_margin_type(key.first, type, occasion);
  found->second.row.merge(capnp::toAny(position));
  found->second.received_at = occasion.moment.received_at;
  if (at != 0) found->second.row.set_moment(slots.position_at, at);
}

void Account::spread_margin_type(const std::string& symbol, std::string_view type,
                                 const Occasion& occasion) {
  const auto& slots = names();
  for (auto at = positions_.lower_bound({symbol, {}});
       at != positions_.end() && at->first.first == symbol; ++at) {
    Row& row = at->second.row;
    const auto held = margin_type(row.text(slots.margin_type));
    if (held == margin_type(type)) continue;
    // A venue lets the type change only while every side is flat.
    const Decimal quantity = row.decimal(slots.quantity);
    if (!in_picture_ && complete_ && held != MarginType::unknown && !quantity.absent() &&
        !quantity.zero()) {
      report("margin-type-change", side_of(at->first.first, at->first.second), {0, 0}, quantity,
             occasion.moment);
    }
    row.set_text(slots.margin_type, type);
  }
}

template <typename List>
void Account::flatten_others(List positions, const Occasion& occasion) {
  std::set<PositionKey> named;
  for (const auto position : positions) {
    named.emplace(text(position.getSymbol()), text(position.getPositionSide()));
  }
  const auto& slots = names();
  const Nanos asked_at = occasion.moment.received_at - occasion.latency;
  for (auto& [key, entry] : positions_) {
    // What came while the answer was under way is newer than the answer.
    const bool newer = occasion.latency != 0 && entry.received_at >= asked_at;
    if (newer || named.contains(key)) continue;
    for (const auto* slot : {&slots.quantity, &slots.isolated_wallet, &slots.unrealized}) {
      const Decimal value = entry.row.decimal(*slot);
      if (!value.absent() && !value.zero()) entry.row.set_decimal(*slot, {0, value.exponent});
    }
  }
}

void Account::check(const Moment& moment) {
  if (multi_assets_ != schema::Tri::YES) {
    const auto isolated = isolated_wallets();
    for (const auto& [asset, entry] : balances_) {
      const auto sum = isolated.find(asset);
      check_margin(asset, entry.row, sum == isolated.end() ? Decimal{0, 0} : sum->second, moment);
    }
  }
  check_sides(moment);
}

std::map<std::string_view, Decimal> Account::isolated_wallets() const {
  const auto& slots = names();
  std::map<std::string_view, Decimal> sums;
  for (const auto& [key, entry] : positions_) {
    if (margin_type(entry.row.text(slots.margin_type)) != MarginType::isolated) continue;
    Decimal& sum = sums[margin_asset(entry.row)];
    sum = add(sum, entry.row.decimal(slots.isolated_wallet)).value_or(Decimal{});
  }
  return sums;
}

// wallet - cross wallet = the wallets of the isolated positions margined in the asset. Where
// messages have no numbers this is what shows that one is missing.
void Account::check_margin(const std::string& asset, const Row& row, Decimal isolated,
                           const Moment& moment) {
  const auto& slots = names();
  const Decimal wallet = row.decimal(slots.wallet);
  const Decimal cross = row.decimal(slots.cross_wallet);
  if (wallet.absent() || cross.absent() || isolated.absent()) return;
  // An asset that is no margin has no cross wallet.
  if (cross.mantissa == 0 && wallet.mantissa > 0) return;
  const auto apart = subtract(wallet, cross);
  if (!apart) return;
  if (std::is_eq(compare(*apart, isolated))) {
    held_.insert(asset);
    return;
  }
  // Isolated wallets are never negative, so once the identity held, all of them are known. Before
  // that, and without a picture of the account, a difference only says that the recording began
  // later than the positions.
  if (!complete_ && !held_.contains(asset)) return;
  report("isolated-margin", asset, *apart, isolated, moment);
}

void Account::check_sides(const Moment& moment) {
  const auto& slots = names();
  for (const auto& [key, entry] : positions_) {
    const Decimal quantity = entry.row.decimal(slots.quantity);
    if (quantity.absent() || quantity.zero()) continue;
    const auto& [symbol, side] = key;
    const bool wrong = (side == "LONG" && quantity.mantissa < 0) ||
                       (side == "SHORT" && quantity.mantissa > 0) ||
                       (side == "BOTH" && hedge_mode_ == schema::Tri::YES);
    if (wrong) report("position-side", side_of(symbol, side), {0, 0}, quantity, moment);
    if (side != "BOTH") continue;
    for (const char* other : {"LONG", "SHORT"}) {
      const auto found = positions_.find({symbol, other});
      if (found == positions_.end()) continue;
      const Decimal held = found->second.row.decimal(slots.quantity);
      if (held.absent() || held.zero()) continue;
      report("position-mode", side_of(symbol, other), {0, 0}, held, moment);
    }
  }
}

std::string_view Account::margin_asset(const Row& position) const {
  const auto& slots = names();
  if (const auto given = position.text(slots.margin_asset); !given.empty()) return given;
  // The asset is the end of the symbol: the longest one that we know of.
  auto symbol = without_date(position.text(slots.symbol));
  if (symbol.size() > kMaxSymbol) symbol.remove_prefix(symbol.size() - kMaxSymbol);
  for (; !symbol.empty(); symbol.remove_prefix(1)) {
    const auto found = balances_.find(symbol);
    if (found != balances_.end()) return found->first;
  }
  return {};
}

void Account::report(std::string_view rule, std::string_view subject, Decimal expected,
                     Decimal found, const Moment& moment) {
  const auto difference = subtract(found, expected).value_or(Decimal{});
  FindingKey key{rule, subject};
  const auto known = findings_.find(key);
  if (known != findings_.end() && std::is_eq(compare(known->second.difference, difference))) return;
  Finding finding{key.first, key.second, expected, found, difference, moment};
  news_.push_back(finding);
  standing_.doubt(
      finding.rule + " of " + finding.subject + " is off by " + format_decimal(difference), moment);
  findings_.insert_or_assign(std::move(key), std::move(finding));
}

Decimal Account::balance(std::string_view asset, std::string_view field) const {
  const auto found = balances_.find(asset);
  if (found == balances_.end()) return {};
  return found->second.row.decimal(names().balance.slot(field));
}

Decimal Account::position(std::string_view symbol, std::string_view side,
                          std::string_view field) const {
  const auto found = positions_.find({std::string(symbol), std::string(side)});
  if (found == positions_.end()) return {};
  return found->second.row.decimal(names().position.slot(field));
}

void Account::write(schema::AccountState::Builder out) const {
  auto balances = out.initBalances(static_cast<unsigned>(balances_.size()));
  unsigned index = 0;
  for (const auto& [asset, entry] : balances_) {
    entry.row.write(capnp::toAny(balances[index++]));
  }
  auto positions = out.initPositions(static_cast<unsigned>(positions_.size()));
  index = 0;
  for (const auto& [key, entry] : positions_) {
    entry.row.write(capnp::toAny(positions[index++]));
  }
  auto findings = out.initFindings(static_cast<unsigned>(findings_.size()));
  index = 0;
  for (const auto& [key, finding] : findings_) state::write(finding, findings[index++]);
  out.setReceivedAt(received_at_);
  out.setTrust(standing_.trust());
  if (!standing_.reason().empty()) out.setReason(standing_.reason().c_str());
  out.setComplete(complete_);
  out.setSinceAt(standing_.since().received_at);
  out.setSinceSession(standing_.since().session);
  out.setSinceOrdinal(standing_.since().ordinal);
  out.setSnapshotAt(snapshot_at_);
  out.setUpdates(updates_);
  out.setHedgeMode(hedge_mode_);
  out.setMultiAssets(multi_assets_);
}

}  // namespace tape::state
