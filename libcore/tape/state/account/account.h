// One account at one venue: what it holds, has open and did, merged from pictures and changes,
// checked by arithmetic after each.
#pragma once

#include <tape/state/account/fills.h>
#include <tape/state/account/ledger.h>
#include <tape/state/account/orders.h>
#include <tape/state/account/sums.h>
#include <tape/state/account/wallets.h>
#include <tape/state/part.h>
#include <tape/state/row.h>
#include <tape/state/shelf.h>
#include <tape/state/trust.h>

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tape::state {

/// The rules: an entry that a message does not have is unchanged, never zero; nothing is deleted
/// when it becomes zero; the margin type belongs to the symbol and goes to all its sides; an entry
/// older than the one held is not taken; of a picture of the whole account, what it lacks is flat.
/// Account feeds may have no sequence numbers: then a lost message shows by arithmetic alone.
/// Positions are signed, however the venue says it.
class Account {
 public:
  /// How much of what there is a list names.
  struct Extent {
    bool whole = false;
    std::string_view symbol;  // of the only one asked for; empty = all
  };

  Account();

  void apply(schema::AccountUpdate::Reader update, const Occasion& occasion);
  void apply(schema::Positions::Reader positions, Extent extent, const Occasion& occasion);
  void apply(schema::Balances::Reader balances, const Occasion& occasion);
  void apply(schema::AccountConfig::Reader config, const Occasion& occasion);
  void apply(schema::OpenOrders::Reader orders, Extent extent, const Occasion& occasion);
  void apply(schema::OrderUpdate::Reader update, const Occasion& occasion);
  void apply(schema::Fills::Reader fills, Extent extent, const Occasion& occasion);
  void apply(schema::AccountLog::Reader log, const Occasion& occasion);
  void apply(schema::FundFlows::Reader flows, const Occasion& occasion);
  /// Advice of the venue: nothing else changes.
  void apply(schema::MarginCall::Reader call, const Occasion& occasion);

  /// Compares fills with what they should have moved, where both have been quiet for a while.
  void settle(Nanos now);
  /// Nothing to settle before this.
  [[nodiscard]] Nanos due() const { return sums_.due(); }

  /// Of every part that is known.
  void doubt(std::string_view reason, const Moment& moment);
  [[nodiscard]] Part& part(PartKind kind) { return parts_[static_cast<std::size_t>(kind)]; }
  [[nodiscard]] const Part& part(PartKind kind) const {
    return parts_[static_cast<std::size_t>(kind)];
  }
  [[nodiscard]] std::array<Part, kPartNames.size()>& parts() { return parts_; }

  /// Of the part that is worst off.
  [[nodiscard]] const Standing& standing() const;
  [[nodiscard]] bool complete() const;
  /// What does not hold since the last picture of what it speaks of, by rule and subject.
  using FindingKey = std::pair<std::string, std::string>;
  [[nodiscard]] const std::map<FindingKey, Finding>& findings() const { return findings_; }
  /// What the last apply() or settle() found for the first time, or with another difference.
  [[nodiscard]] const std::vector<Finding>& news() const { return news_; }
  /// Entries that were not taken because they were older than the ones held.
  [[nodiscard]] std::uint64_t late() const { return late_ + orders_.late(); }

  [[nodiscard]] const Orders& orders() const { return orders_; }
  [[nodiscard]] const Fills& fills() const { return fills_; }
  [[nodiscard]] const Wallets& wallets() const { return wallets_; }
  [[nodiscard]] const Ledger& ledger() const { return ledger_; }
  /// Decimals of one entry by the schema's names ("walletBalance"; "quantity"); absent when there
  /// is no such entry.
  [[nodiscard]] Decimal balance(std::string_view asset, std::string_view field) const;
  [[nodiscard]] Decimal position(std::string_view symbol, std::string_view side,
                                 std::string_view field) const;
  /// The last list of open positions lacks it, and nothing confirms yet that it is flat.
  [[nodiscard]] bool closing(std::string_view symbol, std::string_view side) const;

  /// Everything but venue and account; `resume`: also what read() needs to go on from there.
  void write(schema::AccountState::Builder out, bool resume) const;
  /// Into a fresh account; lists may come in several pieces.
  void read(schema::AccountState::Reader in);

 private:
  using PositionKey = std::pair<std::string, std::string>;  // symbol in capitals, positionSide
  using Positions = std::map<PositionKey, Row>;

  void begin(const Occasion& occasion);
  void take(PartKind kind, Nature nature, const Occasion& occasion);
  void put_balance(schema::AssetBalance::Reader balance, Nanos at, std::string_view reason,
                   const Occasion& occasion);
  void put_position(schema::Position::Reader position, Nanos at, bool origin,
                    const Occasion& occasion);
  void spread_margin_type(const std::string& symbol, std::string_view type,
                          const Occasion& occasion);
  template <typename List>
  void flatten_others(List positions, const Occasion& occasion);
  template <typename List>
  void mark_closing(List positions, const Occasion& occasion);
  bool reopens(Row& row, schema::Position::Reader position, const Occasion& occasion);
  static void flatten(Row& row);
  void put_config(schema::AccountConfig::Reader config, const Occasion& occasion);

  void moved(const Orders::Effect& effect, bool origin, const Occasion& occasion);
  void see(schema::Fill::Reader fill, Fills::Way way, const Occasion& occasion);
  void place(Fills::Record& record, bool listed, const Occasion& occasion);
  [[nodiscard]] std::string position_side(const Row& fill, const std::string& symbol) const;
  void explain(const std::string& symbol, const std::string& side, Decimal amount, Nanos filled_at);
  [[nodiscard]] bool judge(const Sums::Key& key, const Sums::Sum& sum, Decimal expected);

  void check(const Moment& moment);
  void check_margin(const std::string& asset, const Row& row, Decimal isolated,
                    const Moment& moment);
  [[nodiscard]] std::map<std::string_view, Decimal> isolated_wallets() const;
  void check_sides(const Moment& moment);
  [[nodiscard]] std::string_view margin_asset(const Row& position) const;
  void report(std::string_view rule, std::string_view subject, Decimal expected, Decimal found,
              const Moment& moment);
  void report(Finding finding);
  void clear_findings(PartKind kind);

  std::array<Part, kPartNames.size()> parts_;
  std::map<std::string, Row, std::less<>> balances_;
  Positions positions_;
  Orders orders_;
  Fills fills_;
  Sums sums_;
  Wallets wallets_;
  Ledger ledger_;
  Shelf config_;
  Row totals_;
  bool has_totals_ = false;
  std::map<FindingKey, Finding> findings_;
  std::vector<Finding> news_;
  std::set<std::string, std::less<>>
      held_;  // assets whose margin identity held once, so that all its parts are known
  schema::Tri hedge_mode_ = schema::Tri::UNKNOWN;
  schema::Tri multi_assets_ = schema::Tri::UNKNOWN;
  bool partial_lists_ = false;
  bool in_picture_ = false;  // what is applied now says how things are, not what changed
  std::uint64_t updates_ = 0;
  std::uint64_t late_ = 0;
  Nanos received_at_ = 0;
};

}  // namespace tape::state
