// One account at one venue: balances and positions, merged from pictures and changes, checked by
// arithmetic after each.
#pragma once

#include <tape/state/row.h>
#include <tape/state/trust.h>

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
/// Account feeds may have no sequence numbers: then a lost message shows by arithmetic alone
/// (check()).
class Account {
 public:
  Account();

  void apply(schema::AccountUpdate::Reader update, const Occasion& occasion);
  /// `whole`: the list names every open position.
  void apply(schema::Positions::Reader positions, bool whole, const Occasion& occasion);
  void apply(schema::Balances::Reader balances, const Occasion& occasion);
  void apply(schema::AccountConfig::Reader config, const Occasion& occasion);
  void doubt(std::string_view reason, const Moment& moment) { standing_.doubt(reason, moment); }

  [[nodiscard]] const Standing& standing() const { return standing_; }
  [[nodiscard]] bool complete() const { return complete_; }
  /// What does not hold since the last picture of the whole account, by rule and subject.
  using FindingKey = std::pair<std::string, std::string>;
  [[nodiscard]] const std::map<FindingKey, Finding>& findings() const { return findings_; }
  /// What the last apply() found for the first time, or with another difference.
  [[nodiscard]] const std::vector<Finding>& news() const { return news_; }
  /// Entries that were not taken because they were older than the ones held.
  [[nodiscard]] std::uint64_t late() const { return late_; }
  [[nodiscard]] std::uint64_t session() const { return session_; }
  /// Of the stream of changes; 0 = none yet.
  [[nodiscard]] std::uint32_t connection() const { return connection_; }

  /// Decimals of one entry by the schema's names ("walletBalance"; "quantity"); absent when there
  /// is no such entry.
  [[nodiscard]] Decimal balance(std::string_view asset, std::string_view field) const;
  [[nodiscard]] Decimal position(std::string_view symbol, std::string_view side,
                                 std::string_view field) const;

  /// Everything but venue and account.
  void write(schema::AccountState::Builder out) const;
  /// What besides it an account needs to go on; both together are all of it.
  void write_memory(schema::AccountMemory::Builder out) const;
  /// Into a new account.
  void read(schema::AccountState::Reader from);

 private:
  using PositionKey = std::pair<std::string, std::string>;  // symbol, positionSide
  struct Entry {
    Row row;
    Nanos received_at = 0;
  };

  void begin(const Occasion& occasion, bool picture);
  void put_balance(schema::AssetBalance::Reader balance, Nanos at, const Occasion& occasion);
  void put_position(schema::Position::Reader position, Nanos at, const Occasion& occasion);
  void spread_margin_type(const std::string& symbol, std::string_view type,
                          const Occasion& occasion);
  template <typename List>
  void flatten_others(List positions, const Occasion& occasion);
  void check(const Moment& moment);
  void check_margin(const std::string& asset, const Row& row, Decimal isolated,
                    const Moment& moment);
  [[nodiscard]] std::map<std::string_view, Decimal> isolated_wallets() const;
  void check_sides(const Moment& moment);
  [[nodiscard]] std::string_view margin_asset(const Row& position) const;
  void report(std::string_view rule, std::string_view subject, Decimal expected, Decimal found,
              const Moment& moment);

  std::map<std::string, Entry, std::less<>> balances_;
  std::map<PositionKey, Entry> positions_;
  std::map<FindingKey, Finding> findings_;
  std::vector<Finding> news_;
  std::set<std::string, std::less<>>
      held_;  // assets whose margin identity held once, so that all its parts are known
  Standing standing_;
  schema::Tri hedge_mode_ = schema::Tri::UNKNOWN;
  schema::Tri multi_assets_ = schema::Tri::UNKNOWN;
  bool complete_ = false;
  bool in_picture_ = false;  // what is applied now says how things are, not what changed
  std::uint64_t updates_ = 0;
  std::uint64_t late_ = 0;
  Nanos received_at_ = 0;
  Nanos snapshot_at_ = 0;
  std::uint64_t session_ = 0;
  std::uint32_t connection_ = 0;
};

}  // namespace tape::state
