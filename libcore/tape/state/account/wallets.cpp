#include <tape/state/account/wallets.h>

#include <algorithm>

namespace tape::state {
namespace {

constexpr std::size_t kMaxEntries = 10'000;

struct Names {
  const RowType& amount = RowType::of<schema::AssetAmount>();
  const RowType& wallet = RowType::of<schema::Wallet>();
  const RowType& collateral = RowType::of<schema::MultiCollateral>();
  const RowType& currency = RowType::of<schema::CollateralCurrency>();
  const RowType& figures = RowType::of<schema::MarginFigures>();
  const event::Slot& wallet_type = wallet.slot("type");
  const event::Slot& collateral_received = collateral.slot("receivedAt");
};

const Names& names() {
  static const Names kNames;
  return kNames;
}

using Rows = std::map<std::string, Row, std::less<>>;

template <typename List, typename Key>
void merge_rows(List given, const RowType& type, Rows& rows, const Key& key_of) {
  for (const auto one : given) {
    const std::string key = key_of(one);
    auto found = rows.find(key);
    if (found == rows.end()) {
      if (rows.size() >= kMaxEntries) continue;
      found = rows.emplace(key, Row(type)).first;
    }
    found->second.merge(capnp::toAny(one));
  }
}

template <typename List>
void write_rows(const Rows& rows, List out) {
  unsigned index = 0;
  for (const auto& [key, row] : rows) row.write(capnp::toAny(out[index++]));
}

const auto kAsset = [](auto one) { return upper(event::view(one.getAsset())); };
const auto kSymbol = [](auto one) { return upper(event::view(one.getSymbol())); };

void take(Decimal given, Decimal& held) {
  if (!given.absent()) held = given;
}

}  // namespace

Wallets::Wallets()
    : holding_(names().amount),
      wallets_(names().wallet),
      margin_accounts_(names().wallet),
      collateral_(names().collateral),
      cross_(names().figures) {}

void Wallets::apply(schema::Balances::Reader balances, const Occasion& occasion) {
  const bool picture = balances.getSnapshot();
  if (balances.hasHolding()) {
    Shelf::Names named;
    for (const auto one : balances.getHolding()) {
      const auto key = upper(event::view(one.getAsset()));
      named.insert(key);
      holding_.put(key, capnp::toAny(one), occasion);
    }
    if (picture) holding_.keep(named, occasion);
  }
  if (balances.hasWallets()) put_wallets(balances.getWallets(), picture, wallets_, occasion);
  if (balances.hasMarginAccounts()) {
    put_wallets(balances.getMarginAccounts(), picture, margin_accounts_, occasion);
  }
  if (balances.hasMultiCollateral()) {
    put_collateral(balances.getMultiCollateral(), picture, occasion);
  }
  take(event::get_decimal(balances.getCashValue()), cash_value_);
  take(event::get_decimal(balances.getUnrealizedPnlCashValue()), unrealized_cash_value_);
}

Wallets::Amounts Wallets::amounts_of(schema::Wallet::Reader wallet) {
  Amounts amounts;
  for (const auto amount : wallet.getBalances()) {
    amounts.emplace_back(amount.getAsset().cStr(), event::get_decimal(amount.getAmount()));
  }
  std::sort(amounts.begin(), amounts.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  return amounts;
}

void Wallets::put_wallets(capnp::List<schema::Wallet>::Reader wallets, bool picture, Shelf& shelf,
                          const Occasion& occasion) {
  Shelf::Names named;
  for (const auto one : wallets) {
    const std::string key(event::view(one.getName()));
    named.insert(key);
    if (shelf.put(key, capnp::toAny(one), occasion) == nullptr) continue;
    if (one.hasBalances()) amounts_[key] = amounts_of(one);
  }
  if (!picture) return;
  // Only answers say of which type a wallet is, and they call it by another name than the stream.
  for (const auto& [key, row] : shelf.rows()) {
    if (row.text(names().wallet_type).empty() == occasion.answer) named.insert(key);
  }
  shelf.keep(named, occasion);
  if (&shelf == &wallets_) {
    std::erase_if(amounts_, [&](const auto& entry) { return shelf.find(entry.first) == nullptr; });
  }
}

void Wallets::put_collateral(schema::MultiCollateral::Reader given, bool picture,
                             const Occasion& occasion) {
  if (newer(collateral_.moment(names().collateral_received), occasion)) return;
  has_collateral_ = true;
  collateral_.merge(capnp::toAny(given));
  collateral_.set_moment(names().collateral_received, occasion.moment.received_at);
  if (picture && given.hasCurrencies()) currencies_.clear();
  merge_rows(given.getCurrencies(), names().currency, currencies_, kAsset);
  if (given.hasCross()) {
    has_cross_ = true;
    cross_.merge(capnp::toAny(given.getCross()));
  }
  // A closed isolated position must vanish: the list, where it is given, names all.
  if (!given.getIsolatedGiven()) return;
  isolated_given_ = true;
  isolated_.clear();
  merge_rows(given.getIsolated(), names().figures, isolated_, kSymbol);
}

Decimal Wallets::holding(std::string_view asset) const {
  const Row* row = holding_.find(upper(asset));
  return row == nullptr ? Decimal{} : row->decimal(names().amount.slot("amount"));
}

Decimal Wallets::wallet(std::string_view name, std::string_view field) const {
  const Row* row = wallets_.find(name);
  if (row == nullptr) row = margin_accounts_.find(name);
  return row == nullptr ? Decimal{} : row->decimal(names().wallet.slot(field));
}

Decimal Wallets::collateral(std::string_view currency, std::string_view field) const {
  if (currency.empty()) return collateral_.decimal(names().collateral.slot(field));
  const auto found = currencies_.find(upper(currency));
  if (found == currencies_.end()) return {};
  return found->second.decimal(names().currency.slot(field));
}

void Wallets::write_wallets(const Shelf& shelf, capnp::List<schema::Wallet>::Builder out) const {
  unsigned index = 0;
  for (const auto& [key, row] : shelf.rows()) {
    auto wallet = out[index++];
    row.write(capnp::toAny(wallet));
    const auto found = amounts_.find(key);
    if (found == amounts_.end() || &shelf != &wallets_) continue;
    auto amounts = wallet.initBalances(static_cast<unsigned>(found->second.size()));
    for (unsigned i = 0; i < amounts.size(); ++i) {
      amounts[i].setAsset(text_of(found->second[i].first));
      event::set_decimal(amounts[i].getAmount(), found->second[i].second);
    }
  }
}

void Wallets::write(schema::AccountState::Builder out) const {
  if (!holding_.empty()) holding_.write(out.initHolding(holding_.size()));
  if (!wallets_.empty()) write_wallets(wallets_, out.initWallets(wallets_.size()));
  if (!margin_accounts_.empty()) {
    write_wallets(margin_accounts_, out.initMarginAccounts(margin_accounts_.size()));
  }
  event::set_decimal(out.getCashValue(), cash_value_);
  event::set_decimal(out.getUnrealizedPnlCashValue(), unrealized_cash_value_);
  if (!has_collateral_) return;
  auto collateral = out.initMultiCollateral();
  collateral_.write(capnp::toAny(collateral));
  write_rows(currencies_, collateral.initCurrencies(static_cast<unsigned>(currencies_.size())));
  write_rows(isolated_, collateral.initIsolated(static_cast<unsigned>(isolated_.size())));
  collateral.setIsolatedGiven(isolated_given_);
  if (has_cross_) cross_.write(capnp::toAny(collateral.initCross()));
}

void Wallets::read(schema::AccountState::Reader in) {
  for (const auto one : in.getHolding()) {
    holding_.restore(upper(event::view(one.getAsset())), capnp::toAny(one));
  }
  for (const auto one : in.getWallets()) {
    wallets_.restore(one.getName().cStr(), capnp::toAny(one));
    if (one.hasBalances()) amounts_[one.getName().cStr()] = amounts_of(one);
  }
  for (const auto one : in.getMarginAccounts()) {
    margin_accounts_.restore(one.getName().cStr(), capnp::toAny(one));
  }
  take(event::get_decimal(in.getCashValue()), cash_value_);
  take(event::get_decimal(in.getUnrealizedPnlCashValue()), unrealized_cash_value_);
  if (!in.hasMultiCollateral()) return;
  const auto collateral = in.getMultiCollateral();
  has_collateral_ = true;
  collateral_.merge(capnp::toAny(collateral));
  merge_rows(collateral.getCurrencies(), names().currency, currencies_, kAsset);
  merge_rows(collateral.getIsolated(), names().figures, isolated_, kSymbol);
  isolated_given_ |= collateral.getIsolatedGiven();
  if (!collateral.hasCross()) return;
  has_cross_ = true;
  cross_.merge(capnp::toAny(collateral.getCross()));
}

}  // namespace tape::state
