#include <tape/venue/exchange/orders/market_now.h>

#include <compare>

namespace tape::venue {
namespace {

using Tri = schema::Tri;

void take(Decimal bid, Decimal ask, MarketNow& now) {
  if (!now.bid.absent() || !now.ask.absent()) return;
  now.bid = bid.zero() ? Decimal() : bid;
  now.ask = ask.zero() ? Decimal() : ask;
}

template <typename Prices>
void take_from(Prices prices, MarketNow& now) {
  take(event::get_decimal(prices.getBid()), event::get_decimal(prices.getAsk()), now);
}

void see_market(schema::MarketState::Reader market, MarketNow& now) {
  // The later of the two first.
  const bool quote = market.getQuoteAt() >= market.getTickerAt();
  if (quote) take_from(market.getQuote(), now);
  take_from(market.getTicker(), now);
  if (!quote) take_from(market.getQuote(), now);
  now.known = now.known || !now.bid.absent() || !now.ask.absent();
  now.last = event::get_decimal(market.getTicker().getLast());
  now.mark = event::get_decimal(market.getTicker().getMarkPrice());
  now.index = event::get_decimal(market.getTicker().getIndexPrice());
  now.suspended = market.getTicker().getSuspended() == Tri::YES;
}

void see_venue(schema::VenueState::Reader venue, std::string_view symbol, MarketNow& now) {
  const auto outage = venue.getOutage();
  now.post_only = outage.getStatus() == schema::OutageStatus::POST_ONLY;
  for (const auto product : outage.getProducts()) {
    if (event::view(product.getSymbol()) != symbol) continue;
    if (product.getPostOnly() != Tri::UNKNOWN) now.post_only = product.getPostOnly() == Tri::YES;
    if (product.getSuspended() != Tri::UNKNOWN) now.suspended = product.getSuspended() == Tri::YES;
  }
}

}  // namespace

MarketNow market_now(ExchangeHost& host, std::string_view symbol) {
  MarketNow now;
  if (const auto book = host.book(symbol, 1)) {
    now.known = true;
    if (!book->bids.empty()) now.bid = book->bids.front().first;
    if (!book->asks.empty()) now.ask = book->asks.front().first;
  }
  host.look(Part::market, symbol, [&](schema::State::Reader state) {
    for (const auto market : state.getMarkets()) see_market(market, now);
    for (const auto venue : state.getVenues()) see_venue(venue, symbol, now);
  });
  return now;
}

bool crosses(const MarketNow& market, schema::Side side, Decimal price) {
  const auto& other = side == schema::Side::BUY ? market.ask : market.bid;
  if (other.absent()) return false;
  if (price.absent()) return true;
  const auto order = compare(price, other);
  return side == schema::Side::BUY ? std::is_gteq(order) : std::is_lteq(order);
}

}  // namespace tape::venue
