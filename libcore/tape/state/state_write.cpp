// A State into the schema and back.
#include <tape/base/error.h>
#include <tape/state/state.h>
#include <tape/state/state_entries.h>

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace tape::state {
namespace {

template <typename Entries>
void sort(Entries& entries) {
  std::sort(entries.begin(), entries.end(), [](const auto* a, const auto* b) {
    return std::tie(a->venue, a->symbol) < std::tie(b->venue, b->symbol);
  });
}

}  // namespace

void State::write(schema::State::Builder out, const Scope& scope) const {
  out.setStateAt(moment_.received_at);
  out.setSession(moment_.session);
  out.setOrdinal(moment_.ordinal);
  // What was not asked for is absent, which is not an empty list.
  if (scope.books) write_books(out, scope);
  if (scope.accounts) write_accounts(out, scope);
  if (scope.venues) write_venues(out, scope);
  if (scope.markets) write_markets(out, scope);
}

void State::write_venues(schema::State::Builder out, const Scope& scope) const {
  std::vector<decltype(venues_)::const_pointer> venues;
  for (const auto& venue : venues_) {
    if (matches(scope.venue_patterns, venue.first, event::Case::kept)) venues.push_back(&venue);
  }
  auto list = out.initVenues(static_cast<unsigned>(venues.size()));
  for (unsigned i = 0; i < venues.size(); ++i) {
    list[i].setVenue(text_of(venues[i]->first));
    venues[i]->second.write(list[i]);
  }
}

void State::write_books(schema::State::Builder out, const Scope& scope) const {
  std::vector<const BookEntry*> books;
  for (const auto& [key, entry] : books_) {
    // A book that only partial pictures named has nothing to show.
    const bool shown = entry->book.updates() != 0 || scope.resume;
    if (shown && matches(scope.venue_patterns, key.venue, event::Case::kept) &&
        matches(scope.symbol_patterns, key.symbol, event::Case::ignored)) {
      books.push_back(entry.get());
    }
  }
  sort(books);
  auto list = out.initBooks(static_cast<unsigned>(books.size()));
  for (unsigned i = 0; i < books.size(); ++i) {
    const BookEntry& entry = *books[i];
    list[i].setVenue(text_of(entry.venue));
    list[i].setSymbol(text_of(entry.symbol));
    if (!scope.resume) {
      entry.book.write(list[i], scope.depth);
      continue;
    }
    entry.book.write_whole(list[i], scope.levels);
    auto rest = list[i].getResume();
    rest.setSnapshotChannel(text_of(entry.snapshot_channel));
    rest.setDeltaChannel(text_of(entry.delta_channel));
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
    list[i].setVenue(text_of(accounts[i]->first.first));
    list[i].setAccount(text_of(accounts[i]->first.second));
    accounts[i]->second.write(list[i], scope.resume);
  }
}

void State::write_markets(schema::State::Builder out, const Scope& scope) const {
  std::vector<const MarketEntry*> markets;
  for (const auto& [key, entry] : markets_) {
    if (matches(scope.venue_patterns, key.venue, event::Case::kept) &&
        matches(scope.symbol_patterns, key.symbol, event::Case::ignored)) {
      markets.push_back(entry.get());
    }
  }
  sort(markets);
  auto list = out.initMarkets(static_cast<unsigned>(markets.size()));
  for (unsigned i = 0; i < markets.size(); ++i) {
    list[i].setVenue(text_of(markets[i]->venue));
    list[i].setSymbol(text_of(markets[i]->symbol));
    markets[i]->market.write(list[i]);
  }
}

void State::read(schema::State::Reader in) {
  try {
    read_parts(in);
  } catch (const kj::Exception& damage) {
    throw Error(Fault::format, fmt::format("a recorded state is damaged: {}; check the tape with "
                                           "tape-verify",
                                           damage.getDescription().cStr()));
  }
}

void State::read_parts(schema::State::Reader in) {
  if (in.getOrdinal() != 0) moment_ = {in.getStateAt(), in.getSession(), in.getOrdinal()};
  for (const auto one : in.getBooks()) {
    BookEntry& entry = book_of(event::view(one.getVenue()), event::view(one.getSymbol()));
    entry.book.read(one);
    entry.crossed = entry.book.crossed().has_value();
    if (!one.hasResume()) continue;
    entry.snapshot_channel = event::view(one.getResume().getSnapshotChannel());
    entry.delta_channel = event::view(one.getResume().getDeltaChannel());
  }
  for (const auto one : in.getAccounts()) {
    Account& account = account_of(event::view(one.getVenue()), event::view(one.getAccount()));
    account.read(one);
    due_ = std::min(due_, account.due());
  }
  for (const auto one : in.getVenues()) status_of(event::view(one.getVenue())).read(one);
  for (const auto one : in.getMarkets()) {
    market_of(event::view(one.getVenue()), event::view(one.getSymbol())).read(one);
  }
}

}  // namespace tape::state
