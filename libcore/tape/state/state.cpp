#include <tape/base/error.h>
#include <tape/event/pattern.h>
#include <tape/state/state.h>

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace tape::state {
namespace {

// What a hostile tape can make us hold.
constexpr std::size_t kMaxBooks = 100'000;
constexpr std::size_t kMaxAccounts = 10'000;
constexpr std::size_t kMaxVenues = 1'000;

using event::Kind;

bool matches(const std::vector<std::string>& patterns, std::string_view text, event::Case letters) {
  return patterns.empty() ||
         std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
           return event::glob_matches(pattern, text, letters);
         });
}

Occasion occasion_of(schema::Event::Reader event, std::uint64_t session, std::uint64_t ordinal) {
  Occasion occasion;
  occasion.moment = {event.getReceivedAt(), session, ordinal};
  occasion.exchange_at = event.getExchangeAt();
  occasion.sequence = event.getSequence();
  occasion.connection = event.getConnection();
  if (event.hasRest()) occasion.latency = std::max<Nanos>(0, event.getRest().getLatency());
  return occasion;
}

void take(std::string_view from, std::string& to) {
  if (to != from) to.assign(from);
}

}  // namespace

struct State::BookEntry {
  std::string venue;
  std::string symbol;
  std::string snapshot_channel;
  std::string delta_channel;
  Book book;
  bool crossed = false;  // reported already

  // Whether a recorder event about this channel (empty: about all) speaks of the book.
  [[nodiscard]] bool comes_by(std::string_view channel) const {
    return channel.empty() || channel == delta_channel || channel == snapshot_channel;
  }
};

struct State::AccountEntry {
  std::string channel;  // of the last change
  Account account;
};

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

void State::dispatch(schema::Event::Reader event, const Occasion& occasion) {
  const auto venue = event::view(event.getVenue());
  if (!venue.empty()) status_of(venue).touch(occasion.moment);
  switch (event.getBody().which()) {
    case Kind::BOOK_SNAPSHOT:
    case Kind::BOOK_DELTA:
      return apply_market(event, occasion);
    case Kind::ACCOUNT_UPDATE:
    case Kind::POSITIONS:
    case Kind::BALANCES:
    case Kind::ACCOUNT_CONFIG:
    case Kind::STREAM_EXPIRED:
      return apply_account(event, occasion);
    case Kind::NOTIFICATION:
      return status_of(venue).apply(event.getBody().getNotification(), occasion.moment);
    default:
      return apply_recorder(event, occasion);
  }
}

void State::apply_market(schema::Event::Reader event, const Occasion& occasion) {
  // Of several symbols or of none: there is no such book.
  if (!event.hasSymbol() || event.getSymbol().size() == 0) return;
  BookEntry& entry = book_of(event::view(event.getVenue()), event::view(event.getSymbol()));
  const auto body = event.getBody();
  if (event.getRepaired()) {
    entry.book.doubt("a frame could only be read after a repair; it was not applied",
                     occasion.moment);
  } else if (body.isBookDelta()) {
    take(event::view(event.getChannel()), entry.delta_channel);
    entry.book.apply(body.getBookDelta(), occasion);
  } else {
    if (!body.getBookSnapshot().getPartial()) {
      take(event::view(event.getChannel()), entry.snapshot_channel);
    }
    entry.book.apply(body.getBookSnapshot(), occasion);
  }
  const bool crossed = entry.book.crossed().has_value();
  if (crossed && !entry.crossed) {
    news_.push_back(*entry.book.crossed());
    news_.back().subject = entry.symbol;
  }
  entry.crossed = crossed;
}

void State::apply_account(schema::Event::Reader event, const Occasion& occasion) {
  AccountEntry& entry = account_of(event::view(event.getVenue()), event::view(event.getAccount()));
  const auto body = event.getBody();
  if (event.getRepaired()) {
    return entry.account.doubt("a frame could only be read after a repair; it was not applied",
                               occasion.moment);
  }
  switch (body.which()) {
    case Kind::ACCOUNT_UPDATE:
      if (!body.getAccountUpdate().getSnapshot())
        take(event::view(event.getChannel()), entry.channel);
      entry.account.apply(body.getAccountUpdate(), occasion);
      break;
    case Kind::POSITIONS: {
      // An answer to a question about one symbol is no list of everything.
      const bool one =
          event.getSymbol().size() != 0 ||
          (event.hasRest() &&
           event::view(event.getRest().getTarget()).find("symbol=") != std::string_view::npos);
      const auto positions = body.getPositions();
      entry.account.apply(positions, positions.getSnapshot() && !one, occasion);
      break;
    }
    case Kind::BALANCES:
      entry.account.apply(body.getBalances(), occasion);
      break;
    case Kind::ACCOUNT_CONFIG:
      entry.account.apply(body.getAccountConfig(), occasion);
      break;
    default:
      return entry.account.doubt("the stream expired: changes do not come any more",
                                 occasion.moment);
  }
  news_ = entry.account.news();
}

void State::apply_recorder(schema::Event::Reader event, const Occasion& occasion) {
  const auto body = event.getBody();
  const auto venue = event::view(event.getVenue());
  switch (body.which()) {
    case Kind::CONNECTION_LOST: {
      const auto lost = body.getConnectionLost();
      status_of(venue).apply(lost, occasion.moment);
      const auto cause = event::view(lost.getCause());
      lose(event, lost.getConcerns(),
           fmt::format("connection lost{}{}; the last known values stay", cause.empty() ? "" : ": ",
                       cause),
           occasion.moment);
      break;
    }
    case Kind::DROPPED:
      lose(event, body.getDropped().getConcerns(), "the recorder had to drop events",
           occasion.moment);
      break;
    case Kind::GAP:
      status_of(venue).apply(body.getGap());
      note_gap(event, occasion.moment);
      break;
    default:
      break;
  }
}

namespace {

// Whether a recorder event speaks of a feed: one of the channels, and the symbol where it names
// one.
template <typename Channel>
bool speaks_of(capnp::List<schema::Concerned>::Reader concerns, std::string_view symbol,
               const Channel& is_channel) {
  for (const auto one : concerns) {
    const auto named = event::view(one.getSymbol());
    if ((named.empty() || named == symbol) && is_channel(event::view(one.getChannel())))
      return true;
  }
  return false;
}

}  // namespace

// Without a word about what it concerns, a loss concerns everything that came by the same
// connection.
void State::lose(schema::Event::Reader event, capnp::List<schema::Concerned>::Reader concerns,
                 std::string_view reason, const Moment& moment) {
  const auto venue = event::view(event.getVenue());
  const auto connection = event.getConnection();
  const auto by_connection = [&](std::uint64_t session, std::uint32_t number) {
    return session == moment.session && (connection == 0 || number == connection);
  };
  for (auto& [key, entry] : books_) {
    if (!venue.empty() && entry->venue != venue) continue;
    const auto is_channel = [&book = *entry](std::string_view channel) {
      return book.comes_by(channel);
    };
    const bool hit = concerns.size() != 0
                         ? speaks_of(concerns, entry->symbol, is_channel)
                         : by_connection(entry->book.session(), entry->book.connection());
    if (hit) entry->book.doubt(reason, moment);
  }
  const auto label = event::view(event.getAccount());
  for (auto& [key, entry] : accounts_) {
    if (!venue.empty() && key.first != venue) continue;
    if (!label.empty() && key.second != label) continue;
    const auto is_channel = [&known = entry->channel](std::string_view channel) {
      return !channel.empty() && channel == known;
    };
    const bool same = by_connection(entry->account.session(), entry->account.connection()) &&
                      (concerns.size() == 0 || connection != 0);
    if (same || speaks_of(concerns, {}, is_channel)) entry->account.doubt(reason, moment);
  }
}

void State::doubt_all(std::string_view reason, const Moment& moment) {
  for (auto& [key, entry] : books_) entry->book.doubt(reason, moment);
  for (auto& [key, entry] : accounts_) entry->account.doubt(reason, moment);
}

void State::note_gap(schema::Event::Reader event, const Moment& moment) {
  const auto gap = event.getBody().getGap();
  const auto concerns = gap.getConcerns();
  const auto channel = event::view(
      gap.hasConcerns() && concerns.hasChannel() ? concerns.getChannel() : event.getChannel());
  const auto symbol = event::view(gap.hasConcerns() && concerns.hasSymbol() ? concerns.getSymbol()
                                                                            : event.getSymbol());
  const auto venue = event::view(gap.hasConcerns() && concerns.hasVenue() ? concerns.getVenue()
                                                                          : event.getVenue());
  const auto found = books_.find({venue, symbol});
  if (found != books_.end()) {
    BookEntry& entry = *found->second;
    if (entry.comes_by(channel)) {
      entry.book.note_gap(gap.getKind(), gap.getExpected(), gap.getGot(), moment);
    }
  }
  if (gap.getKind() == schema::GapKind::REPEATED) return;
  const auto label = event::view(event.getAccount());
  for (auto& [key, entry] : accounts_) {
    if (key.first != venue || entry->channel.empty() || entry->channel != channel) continue;
    if (!label.empty() && key.second != label) continue;
    entry->account.doubt(fmt::format("gap: expected {}, got {}", gap.getExpected(), gap.getGot()),
                         moment);
  }
}

State::BookEntry& State::book_of(std::string_view venue, std::string_view symbol) {
  const BookKey key{venue, symbol};
  const auto found = books_.find(key);
  if (found != books_.end()) return *found->second;
  if (books_.size() >= kMaxBooks) {
    throw Error(Fault::limit, fmt::format("more than {} order books: select some of the symbols "
                                          "into a tape of their own with tape-cat --symbol",
                                          kMaxBooks));
  }
  auto entry = std::make_unique<BookEntry>();
  entry->venue = key.venue;
  entry->symbol = key.symbol;
  const BookKey kept{entry->venue, entry->symbol};
  return *books_.emplace(kept, std::move(entry)).first->second;
}

State::AccountEntry& State::account_of(std::string_view venue, std::string_view label) {
  auto& entry = accounts_[{std::string(venue), std::string(label)}];
  if (!entry) {
    if (accounts_.size() > kMaxAccounts) {
      throw Error(Fault::limit, fmt::format("more than {} accounts", kMaxAccounts));
    }
    entry = std::make_unique<AccountEntry>();
  }
  return *entry;
}

VenueStatus& State::status_of(std::string_view venue) {
  if (last_status_ != nullptr && last_venue_ == venue) return *last_status_;
  auto found = venues_.find(venue);
  if (found == venues_.end()) {
    if (venues_.size() >= kMaxVenues) {
      throw Error(Fault::limit, fmt::format("more than {} venues", kMaxVenues));
    }
    found = venues_.emplace(std::string(venue), VenueStatus{}).first;
  }
  last_venue_.assign(venue);
  last_status_ = &found->second;
  return *last_status_;
}

const Book* State::book(std::string_view venue, std::string_view symbol) const {
  const auto found = books_.find({venue, symbol});
  return found == books_.end() ? nullptr : &found->second->book;
}

const Account* State::account(std::string_view venue, std::string_view label) const {
  const auto found = accounts_.find({std::string(venue), std::string(label)});
  return found == accounts_.end() ? nullptr : &found->second->account;
}

const VenueStatus* State::venue(std::string_view venue) const {
  const auto found = venues_.find(venue);
  return found == venues_.end() ? nullptr : &found->second;
}

void State::write(schema::State::Builder out, const Scope& scope) const {
  out.setStateAt(moment_.received_at);
  out.setSession(moment_.session);
  out.setOrdinal(moment_.ordinal);
  // What was not asked for is absent, which is not an empty list.
  if (scope.books) write_books(out, scope);
  if (scope.accounts) write_accounts(out, scope);
  if (!scope.venues) return;
  std::vector<decltype(venues_)::const_pointer> venues;
  for (const auto& venue : venues_) {
    if (matches(scope.venue_patterns, venue.first, event::Case::kept)) venues.push_back(&venue);
  }
  auto list = out.initVenues(static_cast<unsigned>(venues.size()));
  for (unsigned i = 0; i < venues.size(); ++i) {
    list[i].setVenue(venues[i]->first.c_str());
    venues[i]->second.write(list[i]);
  }
}

void State::write_books(schema::State::Builder out, const Scope& scope) const {
  std::vector<const BookEntry*> books;
  for (const auto& [key, entry] : books_) {
    // A book that only partial pictures named has nothing to show.
    if ((entry->book.updates() != 0 || scope.memory) &&
        matches(scope.venue_patterns, key.venue, event::Case::kept) &&
        matches(scope.symbol_patterns, key.symbol, event::Case::ignored)) {
      books.push_back(entry.get());
    }
  }
  std::sort(books.begin(), books.end(), [](const BookEntry* a, const BookEntry* b) {
    return std::tie(a->venue, a->symbol) < std::tie(b->venue, b->symbol);
  });
  auto list = out.initBooks(static_cast<unsigned>(books.size()));
  for (unsigned i = 0; i < books.size(); ++i) {
    list[i].setVenue(books[i]->venue.c_str());
    list[i].setSymbol(books[i]->symbol.c_str());
    books[i]->book.write(list[i], scope.depth);
    if (!scope.memory) continue;
    auto memory = list[i].initMemory();
    books[i]->book.write_memory(memory);
    memory.setCrossedTold(books[i]->crossed);
    memory.setSnapshotChannel(books[i]->snapshot_channel.c_str());
    memory.setDeltaChannel(books[i]->delta_channel.c_str());
  }
}

void State::write_accounts(schema::State::Builder out, const Scope& scope) const {
  std::vector<decltype(accounts_)::const_pointer> accounts;
  for (const auto& account : accounts_) {
    if (matches(scope.venue_patterns, account.first.first, event::Case::kept) &&
        matches(scope.account_patterns, account.first.second, event::Case::kept)) {
      accounts.push_back(&account);
    }
  }
  auto list = out.initAccounts(static_cast<unsigned>(accounts.size()));
  for (unsigned i = 0; i < accounts.size(); ++i) {
    list[i].setVenue(accounts[i]->first.first.c_str());
    list[i].setAccount(accounts[i]->first.second.c_str());
    accounts[i]->second->account.write(list[i]);
    if (!scope.memory) continue;
    auto memory = list[i].initMemory();
    accounts[i]->second->account.write_memory(memory);
    memory.setChannel(accounts[i]->second->channel.c_str());
  }
}

void State::read(schema::State::Reader from) {
  try {
    moment_ = {from.getStateAt(), from.getSession(), from.getOrdinal()};
    read_books(from);
    read_accounts(from);
    for (const auto venue : from.getVenues()) status_of(event::view(venue.getVenue())).read(venue);
  } catch (const kj::Exception& damage) {
    throw Error(Fault::format,
                fmt::format("a state that is damaged: {}", damage.getDescription().cStr()));
  }
}

void State::read_books(schema::State::Reader from) {
  for (const auto book : from.getBooks()) {
    BookEntry& entry = book_of(event::view(book.getVenue()), event::view(book.getSymbol()));
    entry.book.read(book);
    const auto memory = book.getMemory();
    entry.crossed = memory.getCrossedTold();
    entry.snapshot_channel = event::view(memory.getSnapshotChannel());
    entry.delta_channel = event::view(memory.getDeltaChannel());
  }
}

void State::read_accounts(schema::State::Reader from) {
  for (const auto account : from.getAccounts()) {
    AccountEntry& entry =
        account_of(event::view(account.getVenue()), event::view(account.getAccount()));
    entry.account.read(account);
    entry.channel = event::view(account.getMemory().getChannel());
  }
}

}  // namespace tape::state
