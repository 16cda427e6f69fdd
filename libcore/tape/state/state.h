// What a consumer knows after some events: every book, account and market of every venue, and how
// far to trust each.
#pragma once

#include <tape/state/account/account.h>
#include <tape/state/book/book.h>
#include <tape/state/market.h>
#include <tape/state/status.h>

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace tape::state {

/// Which part of the state is wanted. Patterns as in the shell, the case of symbols is ignored;
/// none = all.
struct Scope {
  bool books = true;
  bool accounts = true;
  bool venues = true;
  bool markets = true;
  bool resume = true;  // what read() needs to go on from there; not wanted for a view
  LevelForm levels = LevelForm::runs;                           // with resume; a view has lists
  std::size_t depth = std::numeric_limits<std::size_t>::max();  // levels a side of a view
  std::vector<std::string> venue_patterns;
  std::vector<std::string> account_patterns;
  std::vector<std::string> symbol_patterns;  // of books and markets
};

/// Fed with typed Events in the order of a tape, live or replayed. It reads no frame, no clock, and
/// knows no venue. Memory follows what is held, not how much was fed.
class State {
 public:
  State();
  ~State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  /// `session` and `ordinal` as the reader resolved them. Throws Error{format} on a damaged
  /// message, whose event then may have been applied in part.
  void apply(schema::Event::Reader event, std::uint64_t session, std::uint64_t ordinal);

  /// Something of the tape before `moment` could not be read: every part is in doubt until it is
  /// proved again.
  void doubt_all(std::string_view reason, const Moment& moment);

  /// The last event applied.
  [[nodiscard]] const Moment& moment() const { return moment_; }
  /// What the last apply() found: rules that do not hold any more.
  [[nodiscard]] const std::vector<Finding>& news() const { return news_; }

  /// Null when nothing is known of it. Valid until the state goes.
  [[nodiscard]] const Book* book(std::string_view venue, std::string_view symbol) const;
  [[nodiscard]] const Account* account(std::string_view venue, std::string_view label) const;
  [[nodiscard]] const VenueStatus* venue(std::string_view venue) const;
  [[nodiscard]] const Market* market(std::string_view venue, std::string_view symbol) const;
  [[nodiscard]] std::size_t books() const { return books_.size(); }

  /// Sorted by venue and symbol or account, so that equal states are equal bytes.
  void write(schema::State::Builder out, const Scope& scope = {}) const;

  /// Into a fresh state: what write() wrote with everything in scope, in one piece or in several
  /// (the levels of a book, the entries of an account). It goes on as the one that was written.
  /// Throws Error{format} on a damaged message, Error{limit} when it holds too much.
  void read(schema::State::Reader in);

 private:
  enum class Loss : std::uint8_t { lost, dropped, silent };
  struct BookKey {
    std::string_view venue;
    std::string_view symbol;
    friend bool operator==(const BookKey&, const BookKey&) = default;
  };
  struct BookKeyHash {
    std::size_t operator()(const BookKey& key) const;
  };
  struct BookEntry;
  struct MarketEntry;

  BookEntry& book_of(std::string_view venue, std::string_view symbol);
  Account& account_of(std::string_view venue, std::string_view label);
  Market& market_of(std::string_view venue, std::string_view symbol);
  VenueStatus& status_of(std::string_view venue);
  void dispatch(schema::Event::Reader event, const Occasion& occasion);
  void apply_book(schema::Event::Reader event, const Occasion& occasion);
  bool apply_market(schema::Event::Reader event, const Occasion& occasion);
  void apply_ticker(std::string_view venue, std::string_view symbol, schema::Ticker::Reader ticker,
                    const Moment& moment);
  void apply_list(schema::Event::Reader event, const Occasion& occasion);
  bool apply_orders(schema::Event::Reader event, Account& account, const Occasion& occasion);
  bool apply_readable(schema::Event::Reader event, Account& account, const Occasion& occasion);
  void apply_account(schema::Event::Reader event, const Occasion& occasion);
  void apply_recorder(schema::Event::Reader event, const Occasion& occasion);
  void apply_loss(schema::Event::Reader event, const Occasion& occasion);
  void lose(schema::Event::Reader event, capnp::List<schema::Concerned>::Reader concerns,
            std::string_view reason, const Moment& moment, Loss loss);
  void lose_accounts(schema::Event::Reader event, capnp::List<schema::Concerned>::Reader concerns,
                     std::string_view reason, const Moment& moment, Loss loss);
  void leave_others(schema::Event::Reader event, const Moment& moment);
  void settle(Nanos now);
  void note_gap(schema::Event::Reader event, const Moment& moment);

  void write_books(schema::State::Builder out, const Scope& scope) const;
  void write_accounts(schema::State::Builder out, const Scope& scope) const;
  void write_markets(schema::State::Builder out, const Scope& scope) const;
  void write_venues(schema::State::Builder out, const Scope& scope) const;
  void read_parts(schema::State::Reader in);

  // The keys view texts inside the entries, which stay where they are.
  std::unordered_map<BookKey, std::unique_ptr<BookEntry>, BookKeyHash> books_;
  std::unordered_map<BookKey, std::unique_ptr<MarketEntry>, BookKeyHash> markets_;
  std::map<std::pair<std::string, std::string>, Account> accounts_;
  Nanos due_ = Sums::kNever;  // the earliest of the accounts
  std::map<std::string, VenueStatus, std::less<>> venues_;
  std::string last_venue_;
  VenueStatus* last_status_ = nullptr;
  MarketEntry* last_market_ = nullptr;
  Moment moment_;
  std::vector<Finding> news_;
};

}  // namespace tape::state
