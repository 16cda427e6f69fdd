// What the venue says to an order: whether it rests, or why it is refused.
#pragma once

#include <tape/venue/exchange/orders/client_orders.h>
#include <tape/venue/exchange/orders/market_now.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace tape::venue::binance_usdm {

/// A parameter of a request by its name; empty when it is not there.
using Parameters = std::function<std::string(const char* name)>;

/// An error code and its text (developers.binance.com, USD-M "Error Code"; read 2026-10).
struct Ruling {
  enum class Kind : std::uint8_t {
    rests,
    expires,  // taken, and over at once: there is nothing that it executes with
    refused,
  };
  Kind kind = Kind::rests;
  int code = 0;
  std::string message;
};
[[nodiscard]] Ruling refused(int code, std::string_view message);
/// "Mandatory parameter '...' was not sent, ...".
[[nodiscard]] Ruling missing(std::string_view name);

/// Decimals are absent where they are missing or no numbers.
[[nodiscard]] ClientOrder wanted_order(const Parameters& parameters);

/// Of a modification: the order as it is to be.
[[nodiscard]] ClientOrder modified_order(const ClientOrder& old, const Parameters& parameters);
/// What of it may not be, whatever the market (developers.binance.com, USD-M "Modify Order"; read
/// 2026-11).
[[nodiscard]] Ruling check_modification(const ClientOrder& old, const Parameters& parameters);

/// Of the order alone, whatever the market.
[[nodiscard]] Ruling check_order(const ClientOrder& order);
/// There is no matching engine: what would execute is refused.
[[nodiscard]] Ruling check_market(const ClientOrder& order, const MarketNow& market);

}  // namespace tape::venue::binance_usdm
