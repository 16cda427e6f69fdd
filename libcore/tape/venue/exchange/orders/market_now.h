// What an order meets: the best prices of a market and what may be done there, by what the tape
// said last.
#pragma once

#include <tape/venue/exchange/exchange.h>

#include <string_view>

namespace tape::venue {

struct MarketNow {
  Decimal bid;  // absent: none, or not known
  Decimal ask;
  Decimal last;  // of the ticker, as the next two
  Decimal mark;
  Decimal index;
  bool known = false;  // a price, or that there is none
  bool suspended = false;
  bool post_only = false;
};

/// Prices are those of the book where it is proven, else of the last quote or ticker. It is
/// post-only by the market's own flag, else by what the venue said of all of them.
[[nodiscard]] MarketNow market_now(ExchangeHost& host, std::string_view symbol);

/// Whether the order would execute at once. A price that is absent is any price.
[[nodiscard]] bool crosses(const MarketNow& market, schema::Side side, Decimal price);

}  // namespace tape::venue
