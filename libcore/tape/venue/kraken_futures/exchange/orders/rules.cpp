#include <tape/venue/kraken_futures/exchange/names.h>
#include <tape/venue/kraken_futures/exchange/orders/rules.h>

#include <compare>

namespace tape::venue::kraken_futures {
namespace {

constexpr std::size_t kLongestId = 100;
constexpr Ruling kPlaced{"placed", ""};

Decimal decimal_of(const std::string& text) { return parse_decimal(text).value_or(Decimal()); }
bool positive(Decimal value) { return !value.absent() && value.mantissa > 0; }

constexpr std::string_view kTrailing = "trailing_stop";
constexpr std::string_view kPercent = "percent";
constexpr Decimal kLeastPercent{1, -1};
constexpr Decimal kMostPercent{50, 0};

bool conditional(std::string_view type) { return type == "stp" || type == "take_profit"; }
bool waits(std::string_view type) { return conditional(type) || type == kTrailing; }
/// It is filled at once or not at all.
bool immediate(std::string_view type) { return type == "mkt" || type == "ioc" || type == "fok"; }
bool known(std::string_view type) {
  return type == "lmt" || type == "post" || waits(type) || immediate(type);
}

schema::Side side_of(std::string_view text) {
  if (text == "buy") return schema::Side::BUY;
  return text == "sell" ? schema::Side::SELL : schema::Side::UNKNOWN;
}

/// As order feeds spell it; empty: none such.
std::string unit_of(std::string_view text) {
  if (text == "PERCENT") return std::string(kPercent);
  return text == "QUOTE_CURRENCY" ? "quote_currency" : "";
}

void put_trailing(const Parameters& parameters, ClientOrder& order) {
  const auto deviation = parameters("trailingStopMaxDeviation");
  const auto unit = parameters("trailingStopDeviationUnit");
  if (!deviation.empty()) order.trailing_deviation = decimal_of(deviation);
  if (!unit.empty()) order.trailing_unit = unit_of(unit);
  if (!deviation.empty() || !unit.empty()) order.stop_price = Decimal();  // anew
}

/// Nothing where it does not fit.
Decimal share(Decimal whole, Decimal percent) {
  Decimal part;
  if (__builtin_mul_overflow(whole.mantissa, percent.mantissa, &part.mantissa)) return Decimal();
  part.exponent = static_cast<std::int8_t>(whole.exponent + percent.exponent - 2);
  for (; part.mantissa % 10 == 0 && part.mantissa != 0 && part.exponent < 0; ++part.exponent) {
    part.mantissa /= 10;
  }
  return part;
}

Decimal reference(const ClientOrder& order, const MarketNow& market) {
  const auto& signal = order.trigger == "mark"   ? market.mark
                       : order.trigger == "spot" ? market.index
                                                 : market.last;
  if (!signal.absent()) return signal;
  const bool buy = order.side == schema::Side::BUY;
  const auto& own = buy ? market.ask : market.bid;
  return own.absent() ? (buy ? market.bid : market.ask) : own;
}

Ruling check_trailing(const ClientOrder& order) {
  if (!positive(order.trailing_deviation)) return {"invalidPrice", "INVALID_PRICE"};
  if (order.trailing_unit != kPercent) return kPlaced;
  if (std::is_lt(compare(order.trailing_deviation, kLeastPercent))) {
    return {"invalidPrice", "TRAILING_STOP_MAX_DEVIATION_TOO_SMALL"};
  }
  if (std::is_gt(compare(order.trailing_deviation, kMostPercent))) {
    return {"invalidPrice", "TRAILING_STOP_MAX_DEVIATION_TOO_LARGE"};
  }
  return kPlaced;
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
  if (order.type == kTrailing) put_trailing(parameters, order);
  if (waits(order.type)) {
    order.trigger = parameters("triggerSignal");
    if (order.trigger.empty()) order.trigger = "last";
    if (order.trigger == "index") order.trigger = "spot";
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
  if (order.type == kTrailing) put_trailing(parameters, order);
  if (const auto price = parameters("limitPrice"); !price.empty()) {
    order.limit_price = decimal_of(price);
  }
  if (const auto price = parameters("stopPrice"); !price.empty()) {
    order.stop_price = decimal_of(price);
  }
  return order;
}

std::string_view wrong_order(const Parameters& parameters) {
  constexpr std::string_view kMissing = "requiredArgumentMissing";
  for (const auto* const name : {"orderType", "symbol", "side", "size"}) {
    if (parameters(name).empty()) return kMissing;
  }
  if (parameters("orderType") != kTrailing) return {};
  for (const auto* const name : {"trailingStopMaxDeviation", "trailingStopDeviationUnit"}) {
    if (parameters(name).empty()) return kMissing;
  }
  const bool priced = !parameters("limitPrice").empty() || !parameters("stopPrice").empty();
  return priced ? "invalidArgument" : wrong_edit(parameters);
}

std::string_view wrong_edit(const Parameters& parameters) {
  const auto deviation = parameters("trailingStopMaxDeviation");
  const auto unit = parameters("trailingStopDeviationUnit");
  const bool wrong = (!deviation.empty() && decimal_of(deviation).absent()) ||
                     (!unit.empty() && unit_of(unit).empty());
  return wrong ? "invalidArgument" : std::string_view();
}

Ruling check_edit(const ClientOrder& old, const Parameters& parameters) {
  if (old.type != kTrailing) return kPlaced;
  if (!parameters("stopPrice").empty()) {
    return {"cannotEditTriggerPriceOfTrailingStop", "CANNOT_EDIT_TRIGGER_PRICE_OF_TRAILING_STOP"};
  }
  if (!parameters("limitPrice").empty()) {
    return {"cannotEditLimitPriceOfTrailingStop", "CANNOT_EDIT_LIMIT_PRICE_OF_TRAILING_STOP"};
  }
  return kPlaced;
}

Ruling check_order(const ClientOrder& order) {
  if (!known(order.type)) return {"invalidOrderType", ""};
  if (order.side == schema::Side::UNKNOWN) return {"invalidSide", ""};
  if (!positive(order.quantity) || !positive(order.remaining())) {
    return {"invalidSize", "INVALID_QUANTITY"};
  }
  const bool priced = order.type != "mkt" && !waits(order.type);
  if ((priced && !positive(order.limit_price)) ||
      (conditional(order.type) && !positive(order.stop_price))) {
    return {"invalidPrice", "INVALID_PRICE"};
  }
  if (order.client_id.size() > kLongestId) {
    return {"clientOrderIdTooLong", "CLIENT_ORDER_ID_TOO_LONG"};
  }
  return order.type == kTrailing ? check_trailing(order) : kPlaced;
}

Ruling check_market(const ClientOrder& order, const MarketNow& market) {
  if (market.suspended) return {"marketSuspended", "MARKET_SUSPENDED"};
  if (!market.known) return {"marketInactive", "MARKET_NOT_FOUND"};
  if (order.type == kTrailing && trailing_price(order, market).absent()) {
    return {"marketInactive",
            "NO_REFERENCE_PRICE_AVAILABLE_FOR_CALCULATING_TRAILING_STOP_TRIGGER_PRICE"};
  }
  if (waits(order.type)) return kPlaced;
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

Decimal trailing_price(const ClientOrder& order, const MarketNow& market) {
  const auto from = reference(order, market);
  const auto away = order.trailing_unit == kPercent && !from.absent()
                        ? share(from, order.trailing_deviation)
                        : order.trailing_deviation;
  if (from.absent() || away.absent()) return {};
  const bool buy = order.side == schema::Side::BUY;
  const auto price = buy ? add(from, away) : subtract(from, away);
  return price && positive(*price) ? *price : Decimal();
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
