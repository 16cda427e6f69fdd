// What moved money in one account: its log, held together by balances, deposits, withdrawals and
// transfers, and the venue's margin calls.
#pragma once

#include <tape/state/row.h>
#include <tape/state/trust.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tape::state {

class Ledger {
 public:
  struct Flow {
    std::string source;  // accountLog, accountUpdate, fundFlow
    Row row;
    Moment moment;
  };
  struct Call {
    Row row;
    std::vector<Row> positions;
    Nanos exchange_at = 0;
    Moment moment;
  };
  /// An entry that does not begin with the balance that the one before ended with.
  struct Break {
    std::string subject;
    Decimal expected;
    Decimal found;
  };

  /// Entries in any order; those seen before say nothing.
  [[nodiscard]] std::vector<Break> apply(schema::AccountLog::Reader log, const Occasion& occasion);
  void apply(schema::FundFlows::Reader flows, const Occasion& occasion);
  void apply(schema::MarginCall::Reader call, const Occasion& occasion);
  /// A change of balance with the venue's reason.
  void changed(std::string_view reason, std::string_view asset, Decimal amount, Nanos at,
               const Occasion& occasion);

  [[nodiscard]] const std::deque<Flow>& flows() const { return flows_; }
  [[nodiscard]] const std::deque<Call>& calls() const { return calls_; }
  [[nodiscard]] Decimal logged_balance(const std::string& margin_account,
                                       const std::string& asset) const;

  void write(schema::AccountState::Builder out) const;
  void read(schema::AccountState::Reader in);

 private:
  struct Chain {
    std::uint64_t id = 0;
    Decimal balance;
    std::uint64_t entries = 0;
    Nanos received_at = 0;
  };
  void add(std::string_view source, schema::FundFlow::Reader flow, const Occasion& occasion);
  void add_entry(schema::AccountLogEntry::Reader entry, const Occasion& occasion);

  std::deque<Flow> flows_;
  std::deque<Call> calls_;
  std::map<std::pair<std::string, std::string>, Chain> chains_;  // by margin account, asset
};

}  // namespace tape::state
