#include <tape/state/account/account.h>
#include <tape/state/account/account_names.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tape::state {
namespace {

constexpr std::size_t kMaxSymbol = 64;
// What a hostile tape can make one account hold.
constexpr std::size_t kMaxFindings = 1000;

// "BTCUSDT_250627": dated contracts carry a suffix behind the asset.
std::string_view without_date(std::string_view symbol) {
  const auto underscore = symbol.rfind('_');
  return underscore == std::string_view::npos ? symbol : symbol.substr(0, underscore);
}

// What a rule speaks of, and so what a broken one puts in doubt and a picture proves again.
struct RuleParts {
  std::string_view rule;
  PartKind part;
  PartKind also;
};
constexpr std::array<RuleParts, 10> kRules{{
    {"isolated-margin", PartKind::balances, PartKind::positions},
    {"position-side", PartKind::positions, PartKind::positions},
    {"position-mode", PartKind::positions, PartKind::positions},
    {"position-list", PartKind::positions, PartKind::positions},
    {"margin-type-change", PartKind::positions, PartKind::positions},
    {"position-fills", PartKind::fills, PartKind::positions},
    {"order-fills", PartKind::fills, PartKind::orders},
    {"order-remainder", PartKind::orders, PartKind::orders},
    {"fill-mismatch", PartKind::fills, PartKind::fills},
    {"fill-number", PartKind::fills, PartKind::fills},
}};

RuleParts parts_of(std::string_view rule) {
  for (const auto& entry : kRules) {
    if (entry.rule == rule) return entry;
  }
  return {rule, PartKind::log, PartKind::log};
}

}  // namespace

void Account::check(const Moment& moment) {
  if (multi_assets_ != schema::Tri::YES) {
    const auto isolated = isolated_wallets();
    for (const auto& [asset, row] : balances_) {
      const auto sum = isolated.find(asset);
      check_margin(asset, row, sum == isolated.end() ? Decimal{0, 0} : sum->second, moment);
    }
  }
  check_sides(moment);
}

std::map<std::string_view, Decimal> Account::isolated_wallets() const {
  const auto& slots = account_names();
  std::map<std::string_view, Decimal> sums;
  for (const auto& [key, entry] : positions_) {
    if (margin_type(entry.text(slots.margin_type)) != MarginType::isolated) continue;
    Decimal& sum = sums[margin_asset(entry)];
    sum = add(sum, entry.decimal(slots.isolated_wallet)).value_or(Decimal{});
  }
  return sums;
}

// wallet - cross wallet = the wallets of the isolated positions margined in the asset. Where
// messages have no numbers this is what shows that one is missing.
void Account::check_margin(const std::string& asset, const Row& row, Decimal isolated,
                           const Moment& moment) {
  const auto& slots = account_names();
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
  if (!complete() && !held_.contains(asset)) return;
  report("isolated-margin", asset, *apart, isolated, moment);
}

void Account::check_sides(const Moment& moment) {
  const auto& slots = account_names();
  for (const auto& [key, entry] : positions_) {
    const Decimal quantity = entry.decimal(slots.quantity);
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
      const Decimal held = found->second.decimal(slots.quantity);
      if (held.absent() || held.zero()) continue;
      report("position-mode", side_of(symbol, other), {0, 0}, held, moment);
    }
  }
}

std::string_view Account::margin_asset(const Row& position) const {
  const auto& slots = account_names();
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
  report({std::string(rule),
          std::string(subject),
          expected,
          found,
          subtract(found, expected).value_or(Decimal{}),
          moment,
          {},
          {},
          0});
}

void Account::report(Finding finding) {
  FindingKey key{finding.rule, finding.subject};
  const auto known = findings_.find(key);
  if (known == findings_.end() && findings_.size() >= kMaxFindings) return;
  if (known != findings_.end() &&
      std::is_eq(compare(known->second.difference, finding.difference)) &&
      known->second.found_text == finding.found_text) {
    return;
  }
  const auto reason = finding.found_text.empty()
                          ? fmt::format("{} of {} is off by {}", finding.rule, finding.subject,
                                        format_decimal(finding.difference))
                          : fmt::format("{} of {}: {} and {}", finding.rule, finding.subject,
                                        finding.expected_text, finding.found_text);
  const auto parts = parts_of(finding.rule);
  part(parts.part).doubt(reason, finding.moment);
  if (parts.also != parts.part) part(parts.also).doubt(reason, finding.moment);
  news_.push_back(finding);
  findings_.insert_or_assign(std::move(key), std::move(finding));
}

void Account::clear_findings(PartKind kind) {
  std::erase_if(findings_,
                [&](const auto& entry) { return parts_of(entry.first.first).part == kind; });
}

}  // namespace tape::state
