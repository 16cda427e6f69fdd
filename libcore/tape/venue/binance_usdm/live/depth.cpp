#include <tape/venue/binance_usdm/live/depth.h>

namespace tape::venue::binance_usdm::live {
namespace {

// A snapshot asked for before the first change is likely to be older than it; a book without any
// change is to be had all the same.
constexpr Nanos kFirstChangeWithin = 3 * kSecond;

}  // namespace

void Depth::subscribed(std::string_view symbol, LinkId link, Nanos now) {
  auto found = books_.find(symbol);
  if (found == books_.end()) {
    Book book;
    book.job = client_.add({Call::depth, Client::kNoAccount, std::string(symbol)}, 0);
    found = books_.emplace(symbol, book).first;
  }
  found->second.link = link;
  restart(found->second, now);
}

void Depth::lost(LinkId link) {
  for (auto& [symbol, book] : books_) {
    if (book.link != link) continue;
    book.link = 0;
    book.state = State::idle;
    client_.cancel(book.job);
  }
}

void Depth::gap(LinkId link, std::string_view symbol, Nanos now) {
  const auto found = books_.find(symbol);
  if (found != books_.end() && found->second.link == link) restart(found->second, now);
}

void Depth::change(LinkId link, std::string_view symbol, const Numbers& numbers, Nanos now) {
  const auto found = books_.find(symbol);
  if (found == books_.end() || found->second.link != link) return;
  auto& book = found->second;
  book.last = numbers.last;
  if (book.first == 0) {
    book.first = numbers.first;
    book.previous = numbers.previous;
  }
  if (book.state == State::waiting) ask(book, now);
  if (book.state == State::joining) join(book, now);
}

void Depth::snapshot(std::string_view symbol, std::uint64_t number, Nanos now) {
  const auto found = books_.find(symbol);
  if (found == books_.end()) return;
  auto& book = found->second;
  if (book.state == State::idle || book.state == State::joined) return;
  book.snapshot = number;
  book.state = State::joining;
  join(book, now);
}

void Depth::tick(Nanos now) {
  for (auto& [symbol, book] : books_) {
    if (book.state == State::waiting && now - book.since >= kFirstChangeWithin) ask(book, now);
  }
}

void Depth::restart(Book& book, Nanos now) {
  book.state = State::waiting;
  book.since = now;
  book.first = book.previous = book.last = book.snapshot = 0;
}

void Depth::ask(Book& book, Nanos now) {
  book.state = State::asked;
  book.since = now;
  ++asked_;
  client_.ask(book.job, now);
}

/// The venue's procedure: U <= lastUpdateId <= u for the first change that is applied. A change
/// whose predecessor ends at the snapshot joins it as well.
void Depth::join(Book& book, Nanos now) {
  if (book.first == 0) return;
  if (book.first > book.snapshot && book.previous != book.snapshot) {
    ++too_old_;
    ask(book, now);
    return;
  }
  if (book.last < book.snapshot) return;
  book.state = State::joined;
  client_.cancel(book.job);
  ++joined_;
}

void Depth::count(std::vector<Session::Counter>& counters) const {
  counters.push_back({"book_snapshots_wanted", {}, static_cast<double>(asked_)});
  counters.push_back({"book_snapshots_too_old", {}, static_cast<double>(too_old_)});
  counters.push_back({"books_joined", {}, static_cast<double>(joined_)});
}

}  // namespace tape::venue::binance_usdm::live
