#include <tape/serve/showing.h>

#include <algorithm>

namespace tape::serve {
namespace {

void copy(const state::Levels& levels, std::size_t depth,
          std::vector<std::pair<Decimal, Decimal>>& out) {
  const auto count = std::min(depth, levels.size());
  out.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto level = levels[i];
    out.emplace_back(level.price, level.quantity);
  }
}

}  // namespace

std::optional<std::string> Showing::show(const state::State& /*state*/, venue::Shown /*what*/,
                                         std::string_view /*subject*/) const {
  return std::nullopt;
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
