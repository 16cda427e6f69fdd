#include <tape/venue/kraken_futures/exchange/names.h>
#include <tape/venue/kraken_futures/exchange/orders/rules.h>

namespace tape::venue::kraken_futures {
namespace {

constexpr std::size_t kLongestId = 100;
constexpr Ruling kPlaced{"placed", ""};

Decimal decimal_of(const std::string& text) { return parse_decimal(text).value_or(Decimal()); }
bool positive(Decimal value) { return !value.absent() && value.mantissa > 0; }

bool conditional(std::string_view type) { return type == "stp" || type == "take_profit"; }
/// It is filled at once or not at all.
bool immediate(std::string_view type) { return type == "mkt" || type == "ioc" || type == "fok"; }
bool known(std::string_view type) {
  return type == "lmt" || type == "post" || conditional(type) || immediate(type);
}

schema::Side side_of(std::string_view text) {
  if (text == "buy") return schema::Side::BUY;
  return text == "sell" ? schema::Side::SELL : schema::Side::UNKNOWN;
}

}  // namespace

ClientOrder wanted_order(const Parameters& parameters) {
  ClientOrder order;
  order.type = parameters("orderType");
  order.symbol = capitals(parameters("symbol"));
  order.side = side_of(parameters("side"));
  order.quantity = decimal_of(parameters("size"));
  order.filled = Decimal{0, 0};
  order.limit_price = decimal_of(parameters("limitPrice"));
  order.stop_price = decimal_of(parameters("stopPrice"));
  order.client_id = parameters("cliOrdId");
  order.reduce_only = parameters("reduceOnly") == "true";
  if (conditional(order.type)) {
    order.trigger = parameters("triggerSignal");
    if (order.trigger.empty()) order.trigger = "last";
  }
  return order;
}

ClientOrder edited_order(const ClientOrder& old, const Parameters& parameters) {
  auto order = old;
  order.type = rest_type(old.type);
  if (const auto size = parameters("size"); !size.empty()) {
    const auto given = decimal_of(size);
    const bool absolute = parameters("qtyMode") == "ABSOLUTE";
    order.quantity = absolute || given.absent() ? given : add(given, old.filled).value_or(given);
  }
  if (const auto price = parameters("limitPrice"); !price.empty()) {
    order.limit_price = decimal_of(price);
  }
  if (const auto price = parameters("stopPrice"); !price.empty()) {
    order.stop_price = decimal_of(price);
  }
  return order;
}

bool complete_order(const Parameters& parameters) {
  for (const auto* const name : {"orderType", "symbol", "side", "size"}) {
    if (parameters(name).empty()) return false;
  }
  return true;
}

Ruling check_order(const ClientOrder& order) {
  if (!known(order.type)) return {"invalidOrderType", ""};
  if (order.side == schema::Side::UNKNOWN) return {"invalidSide", ""};
  if (!positive(order.quantity) || !positive(order.remaining())) {
    return {"invalidSize", "INVALID_QUANTITY"};
  }
  const bool priced = order.type != "mkt" && !conditional(order.type);
  if ((priced && !positive(order.limit_price)) ||
      (conditional(order.type) && !positive(order.stop_price))) {
    return {"invalidPrice", "INVALID_PRICE"};
  }
  if (order.client_id.size() > kLongestId) {
    return {"clientOrderIdTooLong", "CLIENT_ORDER_ID_TOO_LONG"};
  }
  return kPlaced;
}

Ruling check_market(const ClientOrder& order, const MarketNow& market) {
  if (market.suspended) return {"marketSuspended", "MARKET_SUSPENDED"};
  if (!market.known) return {"marketInactive", "MARKET_NOT_FOUND"};
  if (conditional(order.type)) return kPlaced;
  const bool would_cross = crosses(market, order.side, order.limit_price);
  if (order.type == "post") {
    return would_cross ? Ruling{"postWouldExecute", "POST_WOULD_EXECUTE"} : kPlaced;
  }
  const bool at_once = immediate(order.type);
  if (!at_once && !would_cross) return kPlaced;
  if (market.post_only) return {"marketIsPostOnly", "MARKET_IS_POST_ONLY"};
  if (at_once) return {"iocWouldNotExecute", "IOC_WOULD_NOT_EXECUTE"};
  return {"outsidePriceCollar", "PRICE_COLLAR"};
}

std::string_view rest_type(std::string_view type) {
  if (type == "limit") return "lmt";
  return type == "stop" ? "stp" : type;
}

std::string_view stream_type(std::string_view type) {
  if (type == "lmt" || type == "post") return "limit";
  return type == "stp" ? "stop" : type;
}

}  // namespace tape::venue::kraken_futures
