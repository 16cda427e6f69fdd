#include <tape/venue/binance_usdm/classify.h>

#include <array>
#include <string_view>

namespace tape::venue::binance_usdm {
namespace {

struct Named {
  std::string_view name;
  Kind kind;
  std::optional<Kind> list = std::nullopt;  // when the message is an array of them
};

// The frequent ones first.
constexpr Named kEvents[] = {
    {"bookTicker", Kind::book_ticker},
    {"depthUpdate", Kind::depth_update},
    {"trade", Kind::trade},
    {"aggTrade", Kind::agg_trade},
    {"kline", Kind::kline},
    {"markPriceUpdate", Kind::mark_price, Kind::mark_prices},
    {"24hrTicker", Kind::ticker, Kind::tickers},
    {"24hrMiniTicker", Kind::mini_ticker, Kind::mini_tickers},
    {"forceOrder", Kind::force_order},
    {"ORDER_TRADE_UPDATE", Kind::order_trade_update},
    {"ACCOUNT_UPDATE", Kind::account_update},
    {"TRADE_LITE", Kind::trade_lite},
    {"continuous_kline", Kind::continuous_kline},
    {"assetIndexUpdate", Kind::asset_index, Kind::asset_indexes},
    {"compositeIndex", Kind::composite_index},
    {"contractInfo", Kind::contract_info},
    {"MARGIN_CALL", Kind::margin_call},
    {"ACCOUNT_CONFIG_UPDATE", Kind::account_config_update},
    {"listenKeyExpired", Kind::listen_key_expired},
    {"CONDITIONAL_ORDER_TRIGGER_REJECT", Kind::conditional_reject},
    {"STRATEGY_UPDATE", Kind::strategy_update},
    {"GRID_UPDATE", Kind::grid_update},
    {"ALGO_UPDATE", Kind::algo_update},
};

struct Endpoint {
  std::string_view name;  // what follows the version in the path
  std::optional<Kind> object = std::nullopt;
  std::optional<Kind> list = std::nullopt;
  bool may_be_empty =
      false;  // nothing in it says "there is none", instead of being a broken answer
};

constexpr Endpoint kEndpoints[] = {
    {"depth", Kind::depth},
    {"account", Kind::account},
    {"positionRisk", std::nullopt, Kind::position_risk, true},
    {"balance", std::nullopt, Kind::balance},
    {"openOrders", std::nullopt, Kind::open_orders, true},
    {"openOrder", Kind::order},
    {"order", Kind::order},
    {"allOrders", std::nullopt, Kind::all_orders, true},
    {"forceOrders", std::nullopt, Kind::all_orders, true},
    {"openAlgoOrders", std::nullopt, Kind::open_algo_orders, true},
    {"userTrades", std::nullopt, Kind::user_trades, true},
    {"income", std::nullopt, Kind::income, true},
    {"positionSide/dual", Kind::position_mode},
    {"multiAssetsMargin", Kind::multi_assets},
    {"accountConfig", Kind::account_settings},
    {"symbolConfig", std::nullopt, Kind::symbol_config},
    {"leverage", Kind::leverage},
    {"listenKey", Kind::listen_key, std::nullopt, true},
    {"countdownCancelAll", Kind::countdown},
    {"exchangeInfo", Kind::exchange_info},
    {"premiumIndex", Kind::premium_index, Kind::premium_indexes},
    {"openInterest", Kind::open_interest},
    {"trades", std::nullopt, Kind::trades},
    {"historicalTrades", std::nullopt, Kind::trades, true},
    {"aggTrades", std::nullopt, Kind::trades, true},
    {"time", Kind::server_time},
    {"ping", Kind::ping, std::nullopt, true},
};

/// A member that tells what a REST answer is when its target is not known; the first that is there
/// decides.
constexpr Named kObjectShapes[] = {
    {"totalWalletBalance", Kind::account},
    {"tradeGroupId", Kind::account_settings},
    {"dualSidePosition", Kind::position_mode},
    {"multiAssetsMargin", Kind::multi_assets},
    {"listenKey", Kind::listen_key},
    {"countdownTime", Kind::countdown},
    {"openInterest", Kind::open_interest},
    {"lastFundingRate", Kind::premium_index},
    {"lastUpdateId", Kind::depth},
};
constexpr Named kArrayShapes[] = {
    {"positionAmt", Kind::position_risk},       {"crossUnPnl", Kind::balance},
    {"commissionAsset", Kind::user_trades},     {"incomeType", Kind::income},
    {"algoStatus", Kind::open_algo_orders},     {"origQty", Kind::all_orders},
    {"lastFundingRate", Kind::premium_indexes}, {"isBuyerMaker", Kind::trades},
    {"isAutoAddMargin", Kind::symbol_config},
};

/// "btcusdt@depth5", "btcusdt@depth20@100ms": the best levels, whole each time.
/// "btcusdt@depth@100ms": changes.
bool is_partial_depth(std::string_view stream) {
  constexpr std::string_view kDepth = "@depth";
  const auto at = stream.find(kDepth);
  if (at == std::string_view::npos || at + kDepth.size() >= stream.size()) return false;
  const char next = stream[at + kDepth.size()];
  return next >= '0' && next <= '9';
}

/// Spot gives no transaction time and no pu.
bool is_spot_depth(Parser& parser) {
  static constexpr std::string_view kKeys[] = {"T", "pu", "b", "a"};
  const auto found = parser.first_of(kKeys);
  if (!found || found->key < 2) return false;
  return !parser.has("T") && !parser.has("pu");
}

std::optional<Kind> by_event(Parser& parser, std::string_view name, bool partial) {
  for (const auto& event : kEvents) {
    if (event.name != name) continue;
    if (event.list && parser.root() == Root::array) return event.list;
    if (event.kind != Kind::depth_update) return event.kind;
    if (partial) return Kind::depth_partial;
    return is_spot_depth(parser) ? Kind::depth_update_spot : Kind::depth_update;
  }
  return std::nullopt;
}

/// {"code": 200, "msg": "success"} says that something was done; other codes that it was not.
std::optional<Kind> by_code(Parser& parser) {
  const auto code = parser.text("code");
  if (!code) return std::nullopt;
  const bool done = *code == "200";
  if (!parser.has("msg")) return std::nullopt;
  return done ? Kind::done : Kind::error;
}

std::optional<Kind> by_shape(Parser& parser) {
  const auto root = parser.root();
  if (root == Root::array) {
    for (const auto& shape : kArrayShapes) {
      if (parser.has(shape.name)) return shape.kind;
    }
    return std::nullopt;
  }
  if (root != Root::object) return std::nullopt;
  if (const auto kind = by_code(parser)) return kind;
  for (const auto& shape : kObjectShapes) {
    if (parser.has(shape.name)) return shape.kind;
  }
  if (parser.has("orderId") && parser.has("origQty")) return Kind::order;
  if (parser.has("timezone") && parser.has("symbols")) return Kind::exchange_info;
  return std::nullopt;
}

/// "/fapi/v1/positionSide/dual?timestamp=1" -> "positionSide/dual".
std::string_view endpoint_of(std::string_view target) {
  target = target.substr(0, target.find_first_of("?#"));
  for (std::size_t at = target.find("/v"); at != std::string_view::npos;
       at = target.find("/v", at + 1)) {
    const auto rest = target.substr(at + 2);
    if (rest.size() > 2 && rest[0] >= '0' && rest[0] <= '9' && rest[1] == '/')
      return rest.substr(2);
  }
  return {};
}

std::optional<Kind> by_target(Parser& parser, std::string_view target) {
  const auto name = endpoint_of(target);
  for (const auto& endpoint : kEndpoints) {
    if (endpoint.name != name) continue;
    const auto root = parser.root();
    if (root != Root::object && root != Root::array) return std::nullopt;
    if (parser.empty() && !endpoint.may_be_empty) return std::nullopt;
    if (root == Root::array) return endpoint.list;
    if (const auto kind = by_code(parser)) return kind;
    return endpoint.object;
  }
  return std::nullopt;
}

std::optional<Kind> in_wrapper(Parser& parser, bool partial) {
  if (!parser.descend("data")) return std::nullopt;
  static constexpr std::string_view kKeys[] = {"e", "u", "lastUpdateId"};
  const auto found = parser.first_of(kKeys);
  if (!found) return std::nullopt;
  if (found->key == 0) return by_event(parser, found->text(), partial);
  // Spot: no event name in its bookTicker; COIN-M has it behind u.
  if (found->key == 1) {
    const auto name = parser.text("e");
    return name ? by_event(parser, *name, partial) : Kind::book_ticker;
  }
  return Kind::depth_partial_spot;
}

}  // namespace

std::optional<Kind> classify(Parser& parser, const event::Frame& frame) {
  if (frame.rest != nullptr) {
    if (const auto kind = by_target(parser, frame.rest->target)) return kind;
    return by_shape(parser);
  }
  enum First : std::size_t { stream, event, update, snapshot, method, result, error };
  static constexpr std::string_view kKeys[] = {"stream", "e",      "u",    "lastUpdateId",
                                               "method", "result", "error"};
  const auto found = parser.first_of(kKeys);
  if (!found) return by_shape(parser);
  switch (found->key) {
    case stream:
      return in_wrapper(parser, is_partial_depth(found->text()));
    case event:
      return by_event(parser, found->text(), false);
    case update: {
      const auto name = parser.text("e");
      if (name) return by_event(parser, *name, false);
      return parser.has("B") && parser.has("A") ? std::optional(Kind::book_ticker) : std::nullopt;
    }
    case snapshot:
      return Kind::depth;
    case method:
      return parser.has("id") || parser.has("params") ? std::optional(Kind::request) : std::nullopt;
    case result:
      return parser.has("id") ? std::optional(Kind::request_answer) : by_shape(parser);
    default:
      return found->text().starts_with('{') ? std::optional(Kind::error_nested) : by_shape(parser);
  }
}

}  // namespace tape::venue::binance_usdm
