#include <tape/venue/kraken_futures/classify.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

namespace tape::venue::kraken_futures {
namespace {

using Name = std::string_view;

struct Feed {
  Name name;
  Kind kind;
};

// The busiest first. Those whose kind depends on another member are told apart below.
constexpr auto kFeeds = std::to_array<Feed>({
    {"book", Kind::book},
    {"trade", Kind::trade},
    {"ticker", Kind::ticker},
    {"ticker_lite", Kind::ticker_lite},
    {"heartbeat", Kind::heartbeat},
    {"book_snapshot", Kind::book_snapshot},
    {"trade_snapshot", Kind::trade_snapshot},
    {"open_orders", Kind::open_orders_update},
    {"open_orders_verbose", Kind::open_orders_verbose_update},
    {"open_orders_snapshot", Kind::open_orders_snapshot},
    {"open_orders_verbose_snapshot", Kind::open_orders_verbose_snapshot},
    {"fills", Kind::fills},
    {"fills_snapshot", Kind::fills_snapshot},
    {"open_positions", Kind::open_positions},
    {"balances", Kind::balances},
    {"balances_snapshot", Kind::balances_snapshot},
    {"account_log", Kind::account_log},
    {"account_log_snapshot", Kind::account_log_snapshot},
    {"notifications_auth", Kind::notifications_auth},
    {"account_balances_and_margins", Kind::account_balances_and_margins},
});

constexpr auto kControlEvents = std::to_array<Name>(
    {"subscribed", "subscribe", "unsubscribed", "unsubscribe", "subscribed_failed",
     "unsubscribed_failed", "info", "ping", "pong", "challenge", "alert"});

struct Endpoint {
  Name path;  // how the path ends
  Kind kind;
};

constexpr auto kEndpoints = std::to_array<Endpoint>({
    {"/notifications", Kind::rest_notifications},
    {"/fills", Kind::rest_fills},
    {"/openpositions", Kind::rest_open_positions},
    {"/accounts", Kind::rest_accounts},
    {"/openorders", Kind::rest_open_orders},
    {"/instruments", Kind::rest_instruments},
    {"/tickers", Kind::rest_tickers},
    {"/instruments/status", Kind::rest_instruments_status},
    {"/cancelallordersafter", Kind::rest_dead_mans_switch},
    {"/api/v3/history", Kind::rest_history},
    {"/orderbook", Kind::rest_order_book},
    {"/sendorder", Kind::rest_send_order},
    {"/cancelorder", Kind::rest_cancel_order},
    {"/cancelallorders", Kind::rest_cancel_all_orders},
    {"/editorder", Kind::rest_edit_order},
    {"/batchorder", Kind::rest_batch_order},
    {"/orders/status", Kind::rest_orders_status},
    {"/account-log", Kind::rest_account_log},
    {"/leveragepreferences", Kind::rest_leverage_preferences},
    {"/pnlpreferences", Kind::rest_pnl_preferences},
});

struct Shape {
  Name member;
  Kind kind;
};

// What an answer is about, where its path is not known. The first in the frame decides.
constexpr auto kShapes = std::to_array<Shape>({
    {"fills", Kind::rest_fills},
    {"openPositions", Kind::rest_open_positions},
    {"openOrders", Kind::rest_open_orders},
    {"accounts", Kind::rest_accounts},
    {"notifications", Kind::rest_notifications},
    {"instruments", Kind::rest_instruments},
    {"tickers", Kind::rest_tickers},
    {"ticker", Kind::rest_ticker},
    {"instrumentStatus", Kind::rest_instruments_status},
    {"experiencingDislocation", Kind::rest_instrument_status},
    {"isExperiencingDislocation", Kind::rest_instrument_status},
    {"orderBook", Kind::rest_order_book},
    {"history", Kind::rest_history},
    {"sendStatus", Kind::rest_send_order},
    {"cancelStatus", Kind::rest_cancel_order},
    {"editStatus", Kind::rest_edit_order},
    {"batchStatus", Kind::rest_batch_order},
    {"orderEvents", Kind::rest_order_events},
    {"elements", Kind::rest_executions},
    {"logs", Kind::rest_account_log},
    {"leveragePreferences", Kind::rest_leverage_preferences},
});

constexpr auto kShapeNames = [] {
  std::array<Name, kShapes.size()> names;
  std::transform(kShapes.begin(), kShapes.end(), names.begin(),
                 [](const Shape& shape) { return shape.member; });
  return names;
}();

/// Documented samples have blanks behind the word.
Name trimmed(Name text) {
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::optional<Kind> control_of(Name event) {
  event = trimmed(event);
  if (event == "error") return Kind::error;
  const bool known =
      std::find(kControlEvents.begin(), kControlEvents.end(), event) != kControlEvents.end();
  return known ? std::optional(Kind::control) : std::nullopt;
}

std::optional<Kind> feed_of(Parser& parser, Name feed) {
  const auto found = std::find_if(kFeeds.begin(), kFeeds.end(),
                                  [&](const Feed& known) { return known.name == feed; });
  if (found == kFeeds.end()) return std::nullopt;
  switch (found->kind) {
    case Kind::open_orders_update:
      return parser.has("order") ? found->kind : Kind::open_orders_removal;
    case Kind::open_orders_verbose_update:
      return parser.has("order") ? found->kind : Kind::open_orders_verbose_removal;
    case Kind::account_log_snapshot:
      return parser.has("log") ? Kind::account_log_snapshot_singular : found->kind;
    default:
      return found->kind;
  }
}

std::optional<Kind> endpoint_of(const event::RestInfo& rest) {
  const auto path = rest.target.substr(0, rest.target.find_first_of("?#"));
  const auto found = std::find_if(kEndpoints.begin(), kEndpoints.end(), [&](const Endpoint& known) {
    return path.ends_with(known.path);
  });
  if (path.ends_with("/executions")) {
    const bool market = path.find("/market/") != Name::npos;
    return market ? Kind::rest_market_executions : Kind::rest_executions;
  }
  if (found == kEndpoints.end()) return std::nullopt;
  const bool preference =
      found->kind == Kind::rest_leverage_preferences || found->kind == Kind::rest_pnl_preferences;
  if (preference && rest.method == "PUT") return Kind::rest_preference_set;
  return found->kind;
}

std::optional<Kind> shape_of(Parser& parser) {
  if (parser.has("page")) {
    constexpr auto kParts =
        std::to_array<Name>({"status", "components", "incidents", "scheduled_maintenances"});
    return parser.first_of(kParts) ? std::optional(Kind::status_page) : std::nullopt;
  }
  if (const auto found = parser.first_of(kShapeNames)) {
    const auto kind = kShapes[found->key].kind;
    if (kind == Kind::rest_executions && !parser.has("accountUid"))
      return Kind::rest_market_executions;
    return kind;
  }
  if (!parser.has("result")) return std::nullopt;
  // Names that are less telling count in an answer of this venue only.
  constexpr auto kVague = std::to_array<Shape>({
      {"status", Kind::rest_dead_mans_switch},
      {"orders", Kind::rest_orders_status},
      {"preferences", Kind::rest_pnl_preferences},
  });
  for (const auto& shape : kVague) {
    if (parser.has(shape.member)) return shape.kind;
  }
  return std::nullopt;
}

std::optional<Kind> rest_of(Parser& parser, const event::Frame& frame) {
  if (frame.rest != nullptr && frame.direction == schema::Direction::SENT) return std::nullopt;
  constexpr auto kOutcome = std::to_array<Name>({"result", "errors"});
  const auto outcome = parser.first_of(kOutcome);
  if (outcome && (outcome->key == 1 || outcome->text() == "error")) return Kind::rest_error;
  if (frame.rest != nullptr) {
    if (const auto kind = endpoint_of(*frame.rest)) return kind;
  }
  return shape_of(parser);
}

std::optional<Kind> kind_of(Parser& parser, const event::Frame& frame) {
  constexpr auto kFirst = std::to_array<Name>({"feed", "event"});
  const auto first = parser.first_of(kFirst);
  if (!first) return rest_of(parser, frame);
  if (first->key == 1) return control_of(first->text());
  if (mentions_event(frame.text())) {
    if (const auto event = parser.text("event")) return control_of(*event);
    return feed_of(parser, parser.text("feed").value_or(""));
  }
  return feed_of(parser, first->text());
}

}  // namespace

bool mentions_event(std::string_view bytes) {
  constexpr std::string_view kWord = "\"event\"";
  if (bytes.empty()) return false;
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  // 'v' is rare in the frames that come most.
  while ((at = static_cast<const char*>(
              std::memchr(at, 'v', static_cast<std::size_t>(end - at)))) != nullptr) {
    const auto place = static_cast<std::size_t>(at - bytes.data());
    if (place >= 2 && bytes.substr(place - 2, kWord.size()) == kWord) return true;
    ++at;
  }
  return false;
}

bool is_feed(const event::Frame& frame) {
  return frame.rest == nullptr && !mentions_event(frame.text());
}

std::optional<std::size_t> classify(Parser& parser, const event::Frame& frame) {
  const auto kind = kind_of(parser, frame);
  return kind ? std::optional(static_cast<std::size_t>(*kind)) : std::nullopt;
}

}  // namespace tape::venue::kraken_futures
