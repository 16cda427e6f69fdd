#include <tape/base/error.h>
#include <tape/state/state.h>
#include <tape/state/state_entries.h>

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace tape::state {
namespace {

// What a hostile tape can make us hold.
constexpr std::size_t kMaxBooks = 100'000;
constexpr std::size_t kMaxMarkets = 100'000;
constexpr std::size_t kMaxAccounts = 10'000;
constexpr std::size_t kMaxVenues = 1'000;

using event::Kind;

constexpr std::string_view kRepaired =
    "a frame could only be read after a repair; it was not applied";

Occasion occasion_of(schema::Event::Reader event, std::uint64_t session, std::uint64_t ordinal) {
  Occasion occasion;
  occasion.moment = {event.getReceivedAt(), session, ordinal};
  occasion.exchange_at = event.getExchangeAt();
  occasion.sequence = event.getSequence();
  occasion.connection = event.getConnection();
  occasion.venue = event::view(event.getVenue());
  occasion.symbol = event::view(event.getSymbol());
  occasion.channel = event::view(event.getChannel());
  occasion.answer = event.getTransport() == schema::Transport::REST;
  if (event.hasRest()) occasion.latency = std::max<Nanos>(0, event.getRest().getLatency());
  return occasion;
}

void take(std::string_view from, std::string& to) {
  if (to != from) to.assign(from);
}

// An answer to a question about one symbol is no list of everything.
Account::Extent extent_of(schema::Event::Reader event, bool snapshot) {
  Account::Extent extent{snapshot, {}};
  const auto target = event::view(event.getRest().getTarget());
  constexpr std::string_view kAsked = "symbol=";
  const auto at = target.find(kAsked);
  if (at != std::string_view::npos) {
    extent.symbol = target.substr(at + kAsked.size());
    extent.symbol = extent.symbol.substr(0, extent.symbol.find('&'));
  } else {
    extent.symbol = event::view(event.getSymbol());
  }
  return extent;
}

}  // namespace

State::State() = default;
State::~State() = default;

std::size_t State::BookKeyHash::operator()(const BookKey& key) const {
  const std::hash<std::string_view> hash;
  return hash(key.symbol) * 31 + hash(key.venue);
}

void State::apply(schema::Event::Reader event, std::uint64_t session, std::uint64_t ordinal) {
  news_.clear();
  // What was computed from the events before is no evidence.
  if (event.getBody().isCheckpoint()) return;
  moment_ = {event.getReceivedAt(), session, ordinal};
  if (moment_.received_at >= due_) settle(moment_.received_at);
  // What we sent asks for something; it says nothing about how things are.
  if (event.getDirection() == schema::Direction::SENT) return;
  try {
    dispatch(event, occasion_of(event, session, ordinal));
  } catch (const kj::Exception& damage) {
    throw Error(Fault::format, fmt::format("event {:016x}:{} is damaged: {}; check the tape with "
                                           "tape-verify",
                                           session, ordinal, damage.getDescription().cStr()));
  }
}

void State::settle(Nanos now) {
  due_ = Sums::kNever;
  for (auto& [key, account] : accounts_) {
    if (account.due() <= now) {
      account.settle(now);
      news_.insert(news_.end(), account.news().begin(), account.news().end());
    }
    due_ = std::min(due_, account.due());
  }
}

void State::dispatch(schema::Event::Reader event, const Occasion& occasion) {
  const auto venue = occasion.venue;
  if (!venue.empty()) status_of(venue).touch(event, occasion);
  switch (event.getBody().which()) {
    case Kind::BOOK_SNAPSHOT:
    case Kind::BOOK_DELTA:
      return apply_book(event, occasion);
    case Kind::ACCOUNT_UPDATE:
    case Kind::POSITIONS:
    case Kind::BALANCES:
    case Kind::ACCOUNT_CONFIG:
    case Kind::STREAM_EXPIRED:
    case Kind::FILL:
    case Kind::ORDER_UPDATE:
    case Kind::OPEN_ORDERS:
    case Kind::ACCOUNT_LOG:
    case Kind::FUND_FLOW:
    case Kind::MARGIN_CALL:
      return apply_account(event, occasion);
    case Kind::NOTIFICATION:
      return status_of(venue).apply(event.getBody().getNotification(), occasion.moment);
    default:
      if (!apply_market(event, occasion)) apply_recorder(event, occasion);
  }
}

void State::apply_book(schema::Event::Reader event, const Occasion& occasion) {
  // Of several symbols or of none: there is no such book.
  if (occasion.symbol.empty()) return;
  BookEntry& entry = book_of(occasion.venue, occasion.symbol);
  const auto body = event.getBody();
  if (event.getRepaired()) {
    entry.book.doubt(kRepaired, occasion.moment);
  } else if (body.isBookDelta()) {
    take(occasion.channel, entry.delta_channel);
    entry.book.apply(body.getBookDelta(), occasion);
  } else {
    if (!body.getBookSnapshot().getPartial()) take(occasion.channel, entry.snapshot_channel);
    entry.book.apply(body.getBookSnapshot(), occasion);
  }
  const bool crossed = entry.book.crossed().has_value();
  if (crossed && !entry.crossed) {
    news_.push_back(*entry.book.crossed());
    news_.back().subject = entry.symbol;
  }
  entry.crossed = crossed;
}

void State::apply_ticker(std::string_view venue, std::string_view symbol,
                         schema::Ticker::Reader ticker, const Moment& moment) {
  if (symbol.empty()) return;
  market_of(venue, symbol).apply(ticker, moment);
  status_of(venue).outage().flags(symbol, ticker.getPostOnly(), ticker.getSuspended(), moment);
}

// False: it is about no market.
bool State::apply_market(schema::Event::Reader event, const Occasion& occasion) {
  const auto venue = occasion.venue;
  const auto symbol = occasion.symbol;
  const auto body = event.getBody();
  switch (body.which()) {
    case Kind::TICKER:
      apply_ticker(venue, symbol, body.getTicker(), occasion.moment);
      return true;
    case Kind::BEST_QUOTE:
      if (!symbol.empty()) market_of(venue, symbol).apply(body.getBestQuote(), occasion.moment);
      return true;
    case Kind::MARK_PRICE:
      if (!symbol.empty()) market_of(venue, symbol).apply(body.getMarkPrice(), occasion.moment);
      return true;
    case Kind::TRADE:
      if (!symbol.empty()) market_of(venue, symbol).apply(body.getTrade(), occasion.moment);
      status_of(venue).outage().trade(occasion.moment);
      return true;
    case Kind::TICKERS:
    case Kind::MARK_PRICES:
    case Kind::INDEX_PRICE:
    case Kind::TRADE_SNAPSHOT:
      apply_list(event, occasion);
      return true;
    default:
      return false;
  }
}

void State::apply_list(schema::Event::Reader event, const Occasion& occasion) {
  const auto venue = occasion.venue;
  const auto whole = occasion.symbol;
  const auto body = event.getBody();
  const auto each = [&](auto items, const auto& apply) {
    for (const auto item : items) {
      auto symbol = event::view(item.getSymbol());
      if (symbol.empty()) symbol = whole;
      if (!symbol.empty()) apply(symbol, item);
    }
  };
  const auto to_market = [&](std::string_view symbol, auto item) {
    market_of(venue, symbol).apply(item, occasion.moment);
  };
  if (body.isTickers()) {
    each(body.getTickers().getItems(), [&](std::string_view symbol, auto item) {
      apply_ticker(venue, symbol, item, occasion.moment);
    });
  } else if (body.isMarkPrices()) {
    each(body.getMarkPrices().getItems(), to_market);
  } else if (body.isIndexPrice()) {
    each(body.getIndexPrice().getItems(), to_market);
  } else {
    each(body.getTradeSnapshot().getItems(), to_market);
  }
}

void State::apply_account(schema::Event::Reader event, const Occasion& occasion) {
  Account& account = account_of(event::view(event.getVenue()), event::view(event.getAccount()));
  if (event.getRepaired()) {
    // Fills stand for themselves; of all else it matters whether a value is missing.
    const bool fills = event.getBody().isFill();
    account.doubt(fills ? "a frame could only be read after a repair" : kRepaired, occasion.moment);
    if (!fills) return;
  }
  if (!apply_readable(event, account, occasion)) return;
  news_.insert(news_.end(), account.news().begin(), account.news().end());
  due_ = std::min(due_, account.due());
}

bool State::apply_readable(schema::Event::Reader event, Account& account,
                           const Occasion& occasion) {
  const auto body = event.getBody();
  switch (body.which()) {
    case Kind::ACCOUNT_UPDATE:
      account.apply(body.getAccountUpdate(), occasion);
      return true;
    case Kind::POSITIONS: {
      const auto extent = extent_of(event, body.getPositions().getSnapshot());
      account.apply(body.getPositions(), {extent.whole && extent.symbol.empty(), {}}, occasion);
      return true;
    }
    case Kind::BALANCES:
      account.apply(body.getBalances(), occasion);
      return true;
    case Kind::ACCOUNT_CONFIG:
      account.apply(body.getAccountConfig(), occasion);
      return true;
    case Kind::ACCOUNT_LOG:
      account.apply(body.getAccountLog(), occasion);
      return true;
    case Kind::FUND_FLOW:
      account.apply(body.getFundFlow(), occasion);
      return true;
    case Kind::MARGIN_CALL:
      account.apply(body.getMarginCall(), occasion);
      return true;
    default:
      return apply_orders(event, account, occasion);
  }
}

bool State::apply_orders(schema::Event::Reader event, Account& account, const Occasion& occasion) {
  const auto body = event.getBody();
  switch (body.which()) {
    case Kind::FILL:
      account.apply(body.getFill(), extent_of(event, body.getFill().getSnapshot()), occasion);
      return true;
    case Kind::ORDER_UPDATE:
      account.apply(body.getOrderUpdate(), occasion);
      return true;
    case Kind::OPEN_ORDERS:
      account.apply(body.getOpenOrders(), extent_of(event, body.getOpenOrders().getSnapshot()),
                    occasion);
      return true;
    default:
      break;
  }
  for (Part& part : account.parts()) {
    if (part.stream_at() == 0) continue;
    part.lose("the stream expired: changes do not come any more", occasion.moment);
  }
  return false;
}

namespace {

[[noreturn]] void too_many(std::string_view what, std::size_t limit) {
  throw Error(Fault::limit, fmt::format("more than {} {}: select some of the symbols into a tape "
                                        "of their own with tape-cat --symbol",
                                        limit, what));
}

}  // namespace

State::BookEntry& State::book_of(std::string_view venue, std::string_view symbol) {
  const auto found = books_.find({venue, symbol});
  if (found != books_.end()) return *found->second;
  if (books_.size() >= kMaxBooks) too_many("order books", kMaxBooks);
  auto entry = std::make_unique<BookEntry>();
  entry->venue = venue;
  entry->symbol = symbol;
  const BookKey kept{entry->venue, entry->symbol};
  return *books_.emplace(kept, std::move(entry)).first->second;
}

Market& State::market_of(std::string_view venue, std::string_view symbol) {
  // Most follow one of the same.
  if (last_market_ != nullptr && last_market_->symbol == symbol && last_market_->venue == venue) {
    return last_market_->market;
  }
  const auto found = markets_.find({venue, symbol});
  if (found != markets_.end()) {
    last_market_ = found->second.get();
    return last_market_->market;
  }
  if (markets_.size() >= kMaxMarkets) too_many("markets", kMaxMarkets);
  auto entry = std::make_unique<MarketEntry>();
  entry->venue = venue;
  entry->symbol = symbol;
  const BookKey kept{entry->venue, entry->symbol};
  return markets_.emplace(kept, std::move(entry)).first->second->market;
}

Account& State::account_of(std::string_view venue, std::string_view label) {
  std::pair<std::string, std::string> key{venue, label};
  const auto found = accounts_.find(key);
  if (found != accounts_.end()) return found->second;
  if (accounts_.size() >= kMaxAccounts) {
    throw Error(Fault::limit, fmt::format("more than {} accounts", kMaxAccounts));
  }
  return accounts_[std::move(key)];
}

VenueStatus& State::status_of(std::string_view venue) {
  if (last_status_ != nullptr && last_venue_ == venue) return *last_status_;
  auto found = venues_.find(venue);
  if (found == venues_.end()) {
    if (venues_.size() >= kMaxVenues) {
      throw Error(Fault::limit, fmt::format("more than {} venues", kMaxVenues));
    }
    found = venues_.try_emplace(std::string(venue)).first;
  }
  last_venue_.assign(venue);
  last_status_ = &found->second;
  return *last_status_;
}

const Book* State::book(std::string_view venue, std::string_view symbol) const {
  const auto found = books_.find({venue, symbol});
  return found == books_.end() ? nullptr : &found->second->book;
}

const Market* State::market(std::string_view venue, std::string_view symbol) const {
  const auto found = markets_.find({venue, symbol});
  return found == markets_.end() ? nullptr : &found->second->market;
}

const Account* State::account(std::string_view venue, std::string_view label) const {
  const auto found = accounts_.find({std::string(venue), std::string(label)});
  return found == accounts_.end() ? nullptr : &found->second;
}

const VenueStatus* State::venue(std::string_view venue) const {
  const auto found = venues_.find(venue);
  return found == venues_.end() ? nullptr : &found->second;
}

}  // namespace tape::state
