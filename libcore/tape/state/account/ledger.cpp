#include <tape/state/account/ledger.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace tape::state {
namespace {

constexpr std::size_t kFlowsKept = 500;
constexpr std::size_t kCallsKept = 20;
constexpr std::size_t kMaxChains = 10'000;
constexpr unsigned kMaxCalled = 1000;

struct Names {
  const RowType& flow = RowType::of<schema::FundFlow>();
  const event::Slot& id = flow.slot("id");
  const event::Slot& asset = flow.slot("asset");
  const event::Slot& at = flow.slot("flowAt");
  const RowType& call = RowType::of<schema::MarginCall>();
  const RowType& position = RowType::of<schema::Position>();
};

const Names& names() {
  static const Names kNames;
  return kNames;
}

// Both venues have open sets of reasons; money that comes in, goes out or changes its wallet has
// one of these words in it.
bool moves_funds(std::string_view reason) {
  constexpr std::array<std::string_view, 4> kWords{"DEPOSIT", "WITHDRAW", "TRANSFER", "COIN_SWAP"};
  const auto text = upper(reason);
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](std::string_view word) { return text.find(word) != std::string::npos; });
}

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? value : 0;
}

}  // namespace

std::vector<Ledger::Break> Ledger::apply(schema::AccountLog::Reader log, const Occasion& occasion) {
  std::vector<schema::AccountLogEntry::Reader> entries;
  for (const auto entry : log.getItems()) entries.push_back(entry);
  std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    return number(event::view(a.getId())) < number(event::view(b.getId()));
  });
  std::vector<Break> breaks;
  for (const auto& entry : entries) {
    const auto id = number(event::view(entry.getId()));
    std::pair<std::string, std::string> key{event::view(entry.getMarginAccount()),
                                            event::view(entry.getAsset())};
    if (chains_.size() >= kMaxChains && !chains_.contains(key)) continue;
    Chain& chain = chains_[key];
    // Logs overlap: what was seen is in the balance.
    if (chain.entries != 0 && id != 0 && id <= chain.id) continue;
    const Decimal before = event::get_decimal(entry.getOldBalance());
    if (!chain.balance.absent() && !before.absent() &&
        !std::is_eq(compare(chain.balance, before))) {
      breaks.push_back(
          {key.first.empty() ? key.second : key.first + ' ' + key.second, chain.balance, before});
    }
    const Decimal after = event::get_decimal(entry.getNewBalance());
    if (!after.absent()) chain.balance = after;
    chain.id = id;
    ++chain.entries;
    chain.received_at = occasion.moment.received_at;
    if (moves_funds(event::view(entry.getInfo()))) add_entry(entry, occasion);
  }
  return breaks;
}

void Ledger::add_entry(schema::AccountLogEntry::Reader entry, const Occasion& occasion) {
  capnp::MallocMessageBuilder message;
  auto flow = message.initRoot<schema::FundFlow>();
  flow.setId(entry.getId());
  flow.setType(entry.getInfo());
  flow.setAsset(entry.getAsset());
  flow.setSymbol(entry.getContract());
  flow.setInfo(entry.getMarginAccount());
  flow.setFlowAt(entry.getLoggedAt());
  const auto amount = subtract(event::get_decimal(entry.getNewBalance()),
                               event::get_decimal(entry.getOldBalance()));
  event::set_decimal(flow.getAmount(), amount.value_or(Decimal{}));
  add("accountLog", flow.asReader(), occasion);
}

void Ledger::apply(schema::FundFlows::Reader flows, const Occasion& occasion) {
  for (const auto flow : flows.getItems()) {
    // A list of income names profit and fees as well.
    if (moves_funds(event::view(flow.getType()))) add("fundFlow", flow, occasion);
  }
}

void Ledger::changed(std::string_view reason, std::string_view asset, Decimal amount, Nanos at,
                     const Occasion& occasion) {
  if (!moves_funds(reason) || amount.mantissa == 0) return;
  capnp::MallocMessageBuilder message;
  auto flow = message.initRoot<schema::FundFlow>();
  flow.setType(std::string(reason));
  flow.setAsset(std::string(asset));
  flow.setFlowAt(at);
  event::set_decimal(flow.getAmount(), amount);
  add("accountUpdate", flow.asReader(), occasion);
}

void Ledger::add(std::string_view source, schema::FundFlow::Reader flow, const Occasion& occasion) {
  const auto& slots = names();
  const auto id = event::view(flow.getId());
  for (const Flow& held : flows_) {
    if (held.source != source || held.row.text(slots.id) != id) continue;
    // Without an identity, an entry of the same time and asset is the same.
    const bool same = !id.empty() || (held.row.moment(slots.at) == flow.getFlowAt() &&
                                      held.row.text(slots.asset) == event::view(flow.getAsset()));
    if (same) return;
  }
  Flow entry{std::string(source), Row(slots.flow), occasion.moment};
  entry.row.merge(capnp::toAny(flow));
  flows_.push_back(std::move(entry));
  if (flows_.size() > kFlowsKept) flows_.pop_front();
}

void Ledger::apply(schema::MarginCall::Reader call, const Occasion& occasion) {
  Call entry{Row(names().call), {}, occasion.exchange_at, occasion.moment};
  entry.row.merge(capnp::toAny(call));
  for (const auto position : call.getPositions()) {
    if (entry.positions.size() >= kMaxCalled) break;
    entry.positions.emplace_back(names().position).merge(capnp::toAny(position));
  }
  calls_.push_back(std::move(entry));
  if (calls_.size() > kCallsKept) calls_.pop_front();
}

Decimal Ledger::logged_balance(const std::string& margin_account, const std::string& asset) const {
  const auto found = chains_.find({margin_account, asset});
  return found == chains_.end() ? Decimal{} : found->second.balance;
}

void Ledger::write(schema::AccountState::Builder out) const {
  unsigned index = 0;
  if (!calls_.empty()) {
    auto calls = out.initMarginCalls(static_cast<unsigned>(calls_.size()));
    for (const Call& call : calls_) {
      auto entry = calls[index++];
      auto body = entry.initCall();
      call.row.write(capnp::toAny(body));
      auto positions = body.initPositions(static_cast<unsigned>(call.positions.size()));
      for (unsigned i = 0; i < positions.size(); ++i) {
        call.positions[i].write(capnp::toAny(positions[i]));
      }
      entry.setExchangeAt(call.exchange_at);
      entry.setReceivedAt(call.moment.received_at);
      entry.setSession(call.moment.session);
      entry.setOrdinal(call.moment.ordinal);
    }
  }
  if (!flows_.empty()) {
    auto flows = out.initFlows(static_cast<unsigned>(flows_.size()));
    index = 0;
    for (const Flow& flow : flows_) {
      auto entry = flows[index++];
      entry.setSource(text_of(flow.source));
      flow.row.write(capnp::toAny(entry.initFlow()));
      entry.setReceivedAt(flow.moment.received_at);
      entry.setSession(flow.moment.session);
      entry.setOrdinal(flow.moment.ordinal);
    }
  }
  if (chains_.empty()) return;
  auto chains = out.initChains(static_cast<unsigned>(chains_.size()));
  index = 0;
  for (const auto& [key, chain] : chains_) {
    auto entry = chains[index++];
    if (!key.first.empty()) entry.setMarginAccount(text_of(key.first));
    entry.setAsset(text_of(key.second));
    entry.setId(chain.id);
    event::set_decimal(entry.getBalance(), chain.balance);
    entry.setEntries(chain.entries);
    entry.setReceivedAt(chain.received_at);
  }
}

void Ledger::read(schema::AccountState::Reader in) {
  for (const auto entry : in.getMarginCalls()) {
    Call call{Row(names().call),
              {},
              entry.getExchangeAt(),
              {entry.getReceivedAt(), entry.getSession(), entry.getOrdinal()}};
    call.row.merge(capnp::toAny(entry.getCall()));
    for (const auto position : entry.getCall().getPositions()) {
      if (call.positions.size() >= kMaxCalled) break;
      call.positions.emplace_back(names().position).merge(capnp::toAny(position));
    }
    calls_.push_back(std::move(call));
    if (calls_.size() > kCallsKept) calls_.pop_front();
  }
  for (const auto entry : in.getFlows()) {
    Flow flow{entry.getSource().cStr(),
              Row(names().flow),
              {entry.getReceivedAt(), entry.getSession(), entry.getOrdinal()}};
    flow.row.merge(capnp::toAny(entry.getFlow()));
    flows_.push_back(std::move(flow));
    if (flows_.size() > kFlowsKept) flows_.pop_front();
  }
  for (const auto entry : in.getChains()) {
    if (chains_.size() >= kMaxChains) break;
    chains_[{entry.getMarginAccount().cStr(), entry.getAsset().cStr()}] = {
        entry.getId(), event::get_decimal(entry.getBalance()), entry.getEntries(),
        entry.getReceivedAt()};
  }
}

}  // namespace tape::state
