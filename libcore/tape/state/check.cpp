#include <tape/state/check.h>

#include <algorithm>
#include <array>
#include <utility>

namespace tape::state {
namespace {

// Bookkeeping of the state, and what follows the market: a snapshot gives it anew by nature.
constexpr std::array<std::string_view, 50> kMoving{"receivedAt",
                                                   "exchangeAt",
                                                   "sequence",
                                                   "trust",
                                                   "reason",
                                                   "complete",
                                                   "updates",
                                                   "sinceAt",
                                                   "sinceSession",
                                                   "sinceOrdinal",
                                                   "snapshotAt",
                                                   "gaps",
                                                   "dropped",
                                                   "updatedAt",
                                                   "staleAt",
                                                   "late",
                                                   "unrealizedPnl",
                                                   "crossUnrealizedPnl",
                                                   "marginBalance",
                                                   "initialMargin",
                                                   "maintenanceMargin",
                                                   "positionInitialMargin",
                                                   "openOrderInitialMargin",
                                                   "initialMarginWithOrders",
                                                   "availableBalance",
                                                   "maxWithdraw",
                                                   "markPrice",
                                                   "indexPrice",
                                                   "liquidationPrice",
                                                   "notional",
                                                   "returnOnEquity",
                                                   "adlQuantile",
                                                   "isolatedMargin",
                                                   "unrealizedFunding",
                                                   "portfolioValue",
                                                   "available",
                                                   "liquidationThreshold",
                                                   "terminationThreshold",
                                                   "balanceValue",
                                                   "collateralValue",
                                                   "availableMargin",
                                                   "marginEquity",
                                                   "cashValue",
                                                   "unrealizedPnlCashValue",
                                                   "totalUnrealizedPnl",
                                                   "totalMarginBalance",
                                                   "totalInitialMargin",
                                                   "totalMaintenanceMargin",
                                                   "maxNotional",
                                                   "breakEvenPrice"};

// Lists in which the state keeps accounts of itself.
constexpr std::array<std::string_view, 3> kOwn{"findings", "parts", "flows"};

bool compared(const Difference& difference) {
  if (std::find(kMoving.begin(), kMoving.end(), difference.field) != kMoving.end()) return false;
  return std::none_of(kOwn.begin(), kOwn.end(), [&](std::string_view list) {
    return difference.entry.compare(0, list.size(), list) == 0;
  });
}

bool is_zero(const Difference& difference) {
  return difference.after.find_first_of("123456789") == std::string::npos;
}

std::string label(std::string_view kind, schema::Event::Reader event, std::string_view name) {
  std::string text(kind);
  for (const auto part : {event::view(event.getVenue()), name}) {
    if (part.empty()) continue;
    text += ' ';
    text += part;
  }
  return text;
}

}  // namespace

Checker::Subject Checker::subject_of(schema::Event::Reader event) {
  if (event.getDirection() == schema::Direction::SENT || event.getRepaired()) return Subject::none;
  const auto body = event.getBody();
  switch (body.which()) {
    case event::Kind::BOOK_SNAPSHOT:
      return body.getBookSnapshot().getPartial() || !event.hasSymbol() ? Subject::none
                                                                       : Subject::book;
    case event::Kind::ACCOUNT_UPDATE:
      return body.getAccountUpdate().getSnapshot() ? Subject::account : Subject::none;
    case event::Kind::POSITIONS:
      return body.getPositions().getSnapshot() ? Subject::account : Subject::none;
    case event::Kind::BALANCES:
      return body.getBalances().getSnapshot() ? Subject::account : Subject::none;
    case event::Kind::OPEN_ORDERS:
      return body.getOpenOrders().getSnapshot() ? Subject::account : Subject::none;
    default:
      return Subject::none;
  }
}

void Checker::before(const State& state, schema::Event::Reader event) {
  found_.clear();
  picture_.reset();
  subject_ = subject_of(event);
  rebuilt_ = state.moment();
  const auto venue = event::view(event.getVenue());
  if (subject_ == Subject::book) {
    const Book* book = state.book(venue, event::view(event.getSymbol()));
    if (book == nullptr || !book->complete()) return;
    picture_ = std::make_unique<capnp::MallocMessageBuilder>();
    book->write(picture_->initRoot<schema::BookState>(), SIZE_MAX);
  } else if (subject_ == Subject::account) {
    const Account* account = state.account(venue, event::view(event.getAccount()));
    if (account == nullptr) return;
    picture_ = std::make_unique<capnp::MallocMessageBuilder>();
    account->write(picture_->initRoot<schema::AccountState>(), false);
  }
}

const std::vector<Drift>& Checker::after(const State& state, schema::Event::Reader event) {
  add_findings(state, event);
  if (subject_ != Subject::none && !picture_) ++not_comparable_;
  if (!picture_) return found_;
  if (subject_ == Subject::book) {
    check_book(state, event);
  } else {
    check_account(state, event);
  }
  return found_;
}

void Checker::check_book(const State& state, schema::Event::Reader event) {
  const auto before = picture_->getRoot<schema::BookState>().asReader();
  const Book* book = state.book(event::view(event.getVenue()), event::view(event.getSymbol()));
  // The snapshot may count as a change itself.
  if (book == nullptr || book->updates() == before.getUpdates() ||
      book->sequence() - before.getSequence() > 1) {
    ++not_comparable_;
    return;
  }
  ++checked_;
  capnp::MallocMessageBuilder message;
  auto after = message.initRoot<schema::BookState>();
  book->write(after, SIZE_MAX);
  add(label("book", event, event::view(event.getSymbol())), differ_.diff(before, after.asReader()),
      true, state);
}

void Checker::check_account(const State& state, schema::Event::Reader event) {
  const auto before = picture_->getRoot<schema::AccountState>().asReader();
  const Account* account =
      state.account(event::view(event.getVenue()), event::view(event.getAccount()));
  if (account == nullptr) return;
  ++checked_;
  capnp::MallocMessageBuilder message;
  auto after = message.initRoot<schema::AccountState>();
  account->write(after, false);
  add(label("account", event, event::view(event.getAccount())),
      differ_.diff(before, after.asReader()), before.getComplete(), state);
}

/// `all`: what the state did not have should not be there either.
void Checker::add(const std::string& part, std::vector<Difference> differences, bool all,
                  const State& state) {
  for (auto& difference : differences) {
    if (!compared(difference)) continue;
    // Names and settings that were not known are news; amounts that were not there are drift.
    if (difference.before.empty() && (!all || is_zero(difference) || difference.entry.empty())) {
      continue;
    }
    if (difference.before.empty() && difference.field != "quantity" &&
        difference.field != "walletBalance" && difference.field != "amount") {
      continue;
    }
    found_.push_back({part, {}, std::move(difference), rebuilt_, state.moment()});
  }
}

void Checker::add_findings(const State& state, schema::Event::Reader event) {
  for (const Finding& finding : state.news()) {
    Difference what{
        finding.subject, {}, format_decimal(finding.expected), format_decimal(finding.found), {}};
    if (!finding.difference.absent()) what.change = finding.difference;
    const bool book = event.getBody().isBookDelta() || event.getBody().isBookSnapshot();
    found_.push_back(
        {book ? label("book", event, {}) : label("account", event, event::view(event.getAccount())),
         finding.rule, std::move(what), rebuilt_, finding.moment});
  }
}

}  // namespace tape::state
