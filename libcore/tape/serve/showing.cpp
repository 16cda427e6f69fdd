#include <tape/serve/showing.h>

#include <capnp/message.h>

namespace tape::serve {
namespace {

void copy(const state::Levels& levels, std::size_t depth,
          std::vector<std::pair<Decimal, Decimal>>& out) {
  for (const auto& level : levels.sorted(depth)) out.emplace_back(level.price, level.quantity);
}

venue::PictureOf picture_of(venue::Shown what) {
  switch (what) {
    case venue::Shown::ticker:
      return venue::PictureOf::ticker;
    case venue::Shown::orders:
      return venue::PictureOf::orders;
    case venue::Shown::positions:
      return venue::PictureOf::positions;
    case venue::Shown::balances:
      return venue::PictureOf::balances;
    case venue::Shown::fills:
      return venue::PictureOf::fills;
    case venue::Shown::book:
      break;
  }
  return venue::PictureOf::book;
}

}  // namespace

std::optional<std::string> Showing::show(const state::State& state, venue::Shown what,
                                         std::string_view subject) {
  const bool market = what == venue::Shown::book || what == venue::Shown::ticker;
  if (what == venue::Shown::book && !book(state, subject, 0)) return std::nullopt;
  state::Scope scope;
  scope.books = what == venue::Shown::book;
  scope.markets = what == venue::Shown::ticker;
  scope.accounts = !market;
  scope.venues = scope.resume = false;
  scope.venue_patterns = {venue_};
  (market ? scope.symbol_patterns : scope.account_patterns) = {std::string(subject)};
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<schema::State>();
  state.write(root, scope);
  std::optional<std::string> text;
  writer_.write(root.asReader(), [&](const venue::PictureFrame& frame) {
    if (frame.of == picture_of(what)) text = frame.text;
  });
  return text;
}

std::optional<venue::BookView> Showing::book(const state::State& state, std::string_view symbol,
                                             std::size_t depth) const {
  const auto* const book = state.book(venue_, symbol);
  if (book == nullptr || !book->complete() || book->standing().suspect()) return std::nullopt;
  venue::BookView view;
  copy(book->bids(), depth, view.bids);
  copy(book->asks(), depth, view.asks);
  view.sequence = book->sequence();
  view.exchange_at = book->exchange_at();
  return view;
}

}  // namespace tape::serve
