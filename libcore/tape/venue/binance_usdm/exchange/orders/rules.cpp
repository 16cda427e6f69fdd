#include <tape/venue/binance_usdm/exchange/orders/rules.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <compare>

namespace tape::venue::binance_usdm {
namespace {

constexpr std::size_t kLongestId = 36;
constexpr auto kConditional =
    std::to_array<std::string_view>({"STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET"});
constexpr std::string_view kTrailing = "TRAILING_STOP_MARKET";
constexpr Decimal kLeastRate{1, -1};  // percent
constexpr Decimal kMostRate{10, 0};
constexpr auto kTimes = std::to_array<std::string_view>({"GTC", "GTD", "IOC", "FOK", "GTX"});

template <typename List>
bool among(const List& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

bool positive(Decimal value) { return !value.absent() && value.mantissa > 0; }
bool trailing(const ClientOrder& order) { return order.type == kTrailing; }
bool conditional(const ClientOrder& order) {
  return among(kConditional, order.type) || trailing(order);
}
bool limited(const ClientOrder& order) {
  return order.type == "LIMIT" || order.type == "STOP" || order.type == "TAKE_PROFIT";
}

Decimal decimal_of(const std::string& text) { return parse_decimal(text).value_or(Decimal()); }

Ruling check_trailing(const ClientOrder& order) {
  if (order.callback_rate.absent()) return missing("callbackRate");
  if (std::is_lt(compare(order.callback_rate, kLeastRate)) ||
      std::is_gt(compare(order.callback_rate, kMostRate))) {
    return refused(-2007, "Invalid callBack rate.");
  }
  const bool given = !order.activation_price.absent();
  return given && !positive(order.activation_price) ? refused(-4135, "Invalid activation price.")
                                                    : Ruling{};
}

}  // namespace

Ruling refused(int code, std::string_view message) {
  return {Ruling::Kind::refused, code, std::string(message)};
}

Ruling missing(std::string_view name) {
  return refused(
      -1102,
      fmt::format("Mandatory parameter '{}' was not sent, was empty/null, or malformed.", name));
}

ClientOrder wanted_order(const Parameters& parameters) {
  ClientOrder order;
  order.symbol = parameters("symbol");
  const auto side = parameters("side");
  if (side == "BUY") order.side = schema::Side::BUY;
  if (side == "SELL") order.side = schema::Side::SELL;
  order.type = parameters("type");
  order.time_in_force = parameters("timeInForce");
  order.quantity = decimal_of(parameters("quantity"));
  order.filled = Decimal{0, 0};
  order.limit_price = decimal_of(parameters("price"));
  order.stop_price = decimal_of(parameters("stopPrice"));
  if (trailing(order)) {
    order.stop_price = Decimal();
    order.callback_rate = decimal_of(parameters("callbackRate"));
    order.activation_price = decimal_of(parameters("activationPrice"));
  }
  order.client_id = parameters("newClientOrderId");
  order.reduce_only = parameters("reduceOnly") == "true";
  order.position_side = parameters("positionSide");
  if (order.position_side.empty()) order.position_side = "BOTH";
  order.trigger = parameters("workingType");
  if (order.trigger.empty()) order.trigger = "CONTRACT_PRICE";
  order.status = "NEW";
  if (conditional(order) && order.time_in_force.empty()) order.time_in_force = "GTC";
  return order;
}

ClientOrder modified_order(const ClientOrder& old, const Parameters& parameters) {
  auto order = old;
  order.quantity = decimal_of(parameters("quantity"));
  order.limit_price = decimal_of(parameters("price"));
  return order;
}

Ruling check_modification(const ClientOrder& old, const Parameters& parameters) {
  for (const auto* const name : {"side", "quantity", "price"}) {
    if (parameters(name).empty()) return missing(name);
  }
  if (old.type != "LIMIT") return refused(-5025, "Only limit order is supported.");
  const bool buy = old.side == schema::Side::BUY;
  if (parameters("side") != (buy ? "BUY" : "SELL")) return refused(-1117, "Invalid side.");
  const auto order = modified_order(old, parameters);
  const bool same = std::is_eq(compare(order.quantity, old.quantity)) &&
                    std::is_eq(compare(order.limit_price, old.limit_price));
  return same ? refused(-5027, "No need to modify the order.") : Ruling{};
}

Ruling check_order(const ClientOrder& order) {
  if (order.symbol.empty()) return missing("symbol");
  if (order.side == schema::Side::UNKNOWN) return refused(-1117, "Invalid side.");
  if (order.type != "LIMIT" && order.type != "MARKET" && !conditional(order)) {
    return refused(-1116, "Invalid orderType.");
  }
  if (order.type == "LIMIT" && order.time_in_force.empty()) return missing("timeInForce");
  if (order.type == "LIMIT" && !among(kTimes, order.time_in_force)) {
    return refused(-1115, "Invalid timeInForce.");
  }
  if (order.quantity.absent()) return missing("quantity");
  if (!positive(order.quantity)) return refused(-4003, "Quantity less than or equal to zero.");
  if (limited(order) && order.limit_price.absent()) return missing("price");
  if (limited(order) && !positive(order.limit_price)) {
    return refused(-4001, "Price less than 0.");
  }
  if (trailing(order)) {
    auto ruling = check_trailing(order);
    if (ruling.kind != Ruling::Kind::rests) return ruling;
  } else if (conditional(order) && !positive(order.stop_price)) {
    return missing("stopPrice");
  }
  if (order.client_id.size() > kLongestId) {
    return refused(-4015, "Client order id is not valid.");
  }
  return {};
}

Ruling check_market(const ClientOrder& order, const MarketNow& market) {
  if (!market.known) return refused(-1121, "Invalid symbol.");
  // "The activation price of a buy should be smaller than the latest price", of a sell larger.
  if (trailing(order) && !order.activation_price.absent() &&
      crosses(market, order.side, order.activation_price)) {
    return refused(-2021, "Order would immediately trigger.");
  }
  if (conditional(order)) return {};
  constexpr std::string_view kRejected = "NEW_ORDER_REJECTED";
  if (order.type == "MARKET") return refused(-2010, kRejected);
  if (order.time_in_force == "IOC") return {Ruling::Kind::expires, 0, {}};
  if (order.time_in_force == "FOK") {
    return refused(-5021,
                   "Due to the order could not be filled immediately, the FOK order has been "
                   "rejected. The order will not be recorded in the order history.");
  }
  if (!crosses(market, order.side, order.limit_price)) return {};
  if (order.time_in_force == "GTX") {
    return refused(-5022,
                   "Due to the order could not be executed as maker, the Post Only order will be "
                   "rejected. The order will not be recorded in the order history.");
  }
  return refused(-2010, kRejected);
}

}  // namespace tape::venue::binance_usdm
