// What an account holds at a venue that keeps wallets: holdings, margin wallets, and collateral of
// several currencies.
#pragma once

#include <tape/state/shelf.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tape::state {

/// A picture replaces what came by its way (stream or answer, which name wallets differently);
/// of a change, what is not named is unchanged, and a list that is not there is no list.
class Wallets {
 public:
  Wallets();

  void apply(schema::Balances::Reader balances, const Occasion& occasion);

  [[nodiscard]] Decimal holding(std::string_view asset) const;
  [[nodiscard]] Decimal wallet(std::string_view name, std::string_view field) const;
  /// Of the collateral of several currencies: one currency, or the whole where it is empty.
  [[nodiscard]] Decimal collateral(std::string_view currency, std::string_view field) const;

  void write(schema::AccountState::Builder out) const;
  void read(schema::AccountState::Reader in);

 private:
  using Amounts = std::vector<std::pair<std::string, Decimal>>;
  void put_wallets(capnp::List<schema::Wallet>::Reader wallets, bool picture, Shelf& shelf,
                   const Occasion& occasion);
  void put_collateral(schema::MultiCollateral::Reader given, bool picture,
                      const Occasion& occasion);
  static Amounts amounts_of(schema::Wallet::Reader wallet);
  void write_wallets(const Shelf& shelf, capnp::List<schema::Wallet>::Builder out) const;

  Shelf holding_;
  Shelf wallets_;
  Shelf margin_accounts_;
  std::map<std::string, Amounts, std::less<>> amounts_;  // of wallets that hold several assets
  Row collateral_;
  bool has_collateral_ = false;
  Row cross_;
  bool has_cross_ = false;
  std::map<std::string, Row, std::less<>> currencies_;
  std::map<std::string, Row, std::less<>> isolated_;
  bool isolated_given_ = false;
  Decimal cash_value_;
  Decimal unrealized_cash_value_;
};

}  // namespace tape::state
