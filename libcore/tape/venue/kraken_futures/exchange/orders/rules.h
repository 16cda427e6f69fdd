// What the venue says to an order: whether it rests, or why it is refused.
#pragma once

#include <tape/venue/exchange/orders/client_orders.h>
#include <tape/venue/exchange/orders/market_now.h>

#include <functional>
#include <string>
#include <string_view>

namespace tape::venue::kraken_futures {

/// A parameter of a request by its name; empty when it is not there.
using Parameters = std::function<std::string(const char* name)>;

/// The status of an answer, and the reason in its order event (docs.kraken.com, futures REST v3,
/// "send order", "edit order", "get specific orders' status"; read 2026-11).
struct Ruling {
  std::string_view status;
  std::string_view reason;  // empty: none
  [[nodiscard]] bool rests() const { return status == "placed"; }
};

/// Of a request to send an order: the error of the whole request; empty: there is none.
[[nodiscard]] std::string_view wrong_order(const Parameters& parameters);
/// The same of an edit.
[[nodiscard]] std::string_view wrong_edit(const Parameters& parameters);

/// An order as it is asked for; decimals are absent where they are missing or no numbers.
[[nodiscard]] ClientOrder wanted_order(const Parameters& parameters);
/// Of an edit: the order as it is to be. By default the size is what is left to be filled.
[[nodiscard]] ClientOrder edited_order(const ClientOrder& old, const Parameters& parameters);
/// What of an order may not be edited.
[[nodiscard]] Ruling check_edit(const ClientOrder& old, const Parameters& parameters);

/// Of the order alone, whatever the market.
[[nodiscard]] Ruling check_order(const ClientOrder& order);
/// There is no matching engine: what would execute is refused, in the order management period as
/// the venue does, else by the status of an order of its type that finds nothing to execute with.
[[nodiscard]] Ruling check_market(const ClientOrder& order, const MarketNow& market);
/// Where a trailing stop is placed, by the signal it trails or the best price where that is not
/// known; absent where it cannot be told. It stays there: nothing triggers.
[[nodiscard]] Decimal trailing_price(const ClientOrder& order, const MarketNow& market);

/// "lmt" of "limit", "stp" of "stop": REST and the socket name types differently.
[[nodiscard]] std::string_view rest_type(std::string_view type);
[[nodiscard]] std::string_view stream_type(std::string_view type);

}  // namespace tape::venue::kraken_futures
