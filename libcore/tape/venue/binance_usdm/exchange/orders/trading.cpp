#include <tape/venue/binance_usdm/exchange/access.h>
#include <tape/venue/binance_usdm/exchange/orders/forms.h>
#include <tape/venue/binance_usdm/exchange/orders/trading.h>
#include <tape/venue/binance_usdm/live/rest/answers.h>
#include <tape/venue/exchange/json_object.h>
#include <tape/venue/exchange/message.h>
#include <tape/venue/exchange/orders/account_now.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <compare>

namespace tape::venue::binance_usdm {
namespace {

// developers.binance.com, USD-M exchangeInfo "rateLimits" (read 2026-10).
constexpr std::uint32_t kOrders = 300;
constexpr Nanos kOrderWindow = 10 * kSecond;
constexpr std::size_t kMostOrders = 1000;          // of an account
constexpr std::int64_t kLongest = 86'400'000'000;  // milliseconds of a countdown
constexpr int kWouldTake = -5022;                  // the refusal of a maker-only order
constexpr std::size_t kMostPlaced = 5;             // of a batch
constexpr std::size_t kMostCancelled = 10;

struct Taken {
  std::string_view method;
  std::string_view endpoint;
};
constexpr auto kTaken = std::to_array<Taken>({
    {"POST", "order"},
    {"PUT", "order"},
    {"DELETE", "order"},
    {"POST", "batchOrders"},
    {"PUT", "batchOrders"},
    {"DELETE", "batchOrders"},
    {"DELETE", "allOpenOrders"},
    {"POST", "countdownCancelAll"},
});

ExchangeReply answer(const Ruling& ruling) { return rest_error(400, ruling.code, ruling.message); }

Parameters parameters_of(const ClientCall& call) {
  return [&call](const char* name) {
    auto value = parameter(call.query(), name);
    return value.empty() ? parameter(call.body, name) : value;
  };
}

std::string switch_of(std::string_view symbol, std::string_view account) {
  return fmt::format("{} {}", symbol, account);
}

/// Orders that a request counts as.
std::uint32_t orders_of(std::string_view method, std::string_view endpoint) {
  if (method != "POST" && method != "PUT") return 0;
  if (endpoint == "order") return 1;
  return endpoint == "batchOrders" ? 5 : 0;
}

/// One of them answers for itself, whatever becomes of the others.
ExchangeReply answers(const std::vector<ExchangeReply>& replies) {
  std::vector<std::string> bodies;
  bodies.reserve(replies.size());
  for (const auto& reply : replies) bodies.push_back(reply.body);
  return {200, json_list(bodies)};
}

Ruling invalid(std::string_view name) {
  return refused(-1130, fmt::format("Data sent for parameter '{}' is not valid.", name));
}

}  // namespace

Trading::Trading(const ExchangeOptions& options, ExchangeHost& host, Tell tell)
    : options_(options), host_(host), tell_(std::move(tell)), orders_(host) {}

bool Trading::takes(std::string_view method, std::string_view endpoint) {
  return std::any_of(kTaken.begin(), kTaken.end(), [&](const Taken& taken) {
    return taken.method == method && taken.endpoint == endpoint;
  });
}

ExchangeReply Trading::on_call(const std::string& account, std::string_view endpoint,
                               const ClientCall& call) {
  const auto count = orders_of(call.method, endpoint);
  if (count == 0) return act(account, endpoint, call);
  auto& budget = placed_.try_emplace(account, Budget(kOrders, kOrderWindow)).first->second;
  if (!budget.take(count, host_.monotonic())) {
    return rest_error(429, -1015,
                      "Too many new orders; current limit is 300 orders per 10 SECONDS.");
  }
  auto reply = act(account, endpoint, call);
  if (reply.status == 200) {
    reply.headers.emplace_back("X-MBX-ORDER-COUNT-10S",
                               std::to_string(budget.used(host_.monotonic())));
  }
  return reply;
}

ExchangeReply Trading::act(const std::string& account, std::string_view endpoint,
                           const ClientCall& call) {
  const auto parameters = parameters_of(call);
  if (endpoint == "countdownCancelAll") return count_down(account, parameters);
  if (endpoint == "allOpenOrders") return cancel_all(account, parameters("symbol"));
  const bool cancels = call.method == "DELETE";
  if (endpoint == "batchOrders") {
    return cancels ? cancel_batch(account, parameters) : batch(account, call);
  }
  if (cancels) return cancel(account, parameters);
  return call.method == "PUT" ? modify(account, parameters) : place(account, parameters);
}

Ruling Trading::fit(const std::string& account, const ClientOrder& order) const {
  auto ruling = check_order(order);
  if (ruling.kind != Ruling::Kind::rests) return ruling;
  ruling = check_market(order, market_now(host_, order.symbol));
  if (ruling.kind == Ruling::Kind::refused) return ruling;
  if (order.reduce_only && !reduces(host_, account, order.symbol, order.side)) {
    return refused(-2022, "ReduceOnly Order is rejected.");
  }
  return ruling;
}

Ruling Trading::rule(const std::string& account, const ClientOrder& order) const {
  auto ruling = fit(account, order);
  if (ruling.kind == Ruling::Kind::refused) return ruling;
  if (orders_.find(account, "", order.client_id)) {
    return refused(-4116, "ClientOrderId is duplicated.");
  }
  if (orders_.own(account) >= kMostOrders) return refused(-2025, "Reach max open order limit.");
  return ruling;
}

ExchangeReply Trading::place(const std::string& account, const Parameters& parameters) {
  const auto now = host_.tape_now();
  auto order = wanted_order(parameters);
  const auto ruling = rule(account, order);
  if (ruling.kind == Ruling::Kind::refused) return answer(ruling);
  order.id = std::to_string(++last_id_);
  if (order.client_id.empty()) order.client_id = "tape" + order.id;
  order.created_at = order.updated_at = now;
  tell_(account, order_update(order, "NEW", now));
  if (ruling.kind == Ruling::Kind::expires) {
    order.status = "EXPIRED";
    tell_(account, order_update(order, "EXPIRED", now));
  } else {
    orders_.put(account, order);
  }
  return {200, order_answer(order)};
}

/// Refused, it stays as it is; but the venue cancels a maker-only order that would not be one any
/// more, and one that has been filled to its new quantity.
ExchangeReply Trading::modify(const std::string& account, const Parameters& parameters) {
  const auto symbol = parameters("symbol");
  const auto id = parameters("orderId");
  const auto client_id = parameters("origClientOrderId");
  if (symbol.empty()) return answer(missing("symbol"));
  if (id.empty() && client_id.empty()) return answer(missing("orderId"));
  auto old = orders_.find(account, id, client_id);
  if (!old || old->symbol != symbol) return rest_error(400, -2013, "Order does not exist.");
  if (const auto wrong = check_modification(*old, parameters);
      wrong.kind == Ruling::Kind::refused) {
    return answer(wrong);
  }
  auto order = modified_order(*old, parameters);
  order.updated_at = host_.tape_now();
  const auto ruling = fit(account, order);
  if (ruling.kind == Ruling::Kind::refused) {
    if (ruling.code == kWouldTake) remove(account, std::move(*old));
    return answer(ruling);
  }
  if (std::is_lteq(compare(order.quantity, order.filled)) && !order.filled.zero()) {
    order.status = "CANCELED";
    ExchangeReply reply{200, order_answer(order)};
    remove(account, std::move(order));
    return reply;
  }
  orders_.put(account, order);
  tell_(account, order_update(order, "AMENDMENT", order.updated_at));
  return {200, order_answer(order)};
}

ExchangeReply Trading::batch(const std::string& account, const ClientCall& call) {
  const auto list = ClientMessage::parse_member(parameters_of(call)("batchOrders"), "batchOrders");
  const auto elements = list ? list->objects("batchOrders") : std::nullopt;
  if (!elements) return answer(missing("batchOrders"));
  if (elements->empty() || elements->size() > kMostPlaced) {
    return rest_error(400, -4082, "Invalid number of batch place orders.");
  }
  std::vector<ExchangeReply> replies;
  for (const auto& element : *elements) {
    const Parameters given = [&](const char* name) { return element.value(name); };
    replies.push_back(call.method == "PUT" ? modify(account, given) : place(account, given));
  }
  return answers(replies);
}

ExchangeReply Trading::cancel_batch(const std::string& account, const Parameters& parameters) {
  const auto symbol = parameters("symbol");
  if (symbol.empty()) return answer(missing("symbol"));
  const bool by_id = !parameters("orderIdList").empty();
  const auto* const name = by_id ? "orderIdList" : "origClientOrderIdList";
  const auto text = parameters(name);
  if (text.empty()) return answer(missing("orderIdList"));
  const auto list = ClientMessage::parse_member(text, name);
  const auto ids = list ? list->values(name) : std::nullopt;
  if (!ids || ids->empty() || ids->size() > kMostCancelled) return answer(invalid(name));
  std::vector<ExchangeReply> replies;
  for (const auto& id : *ids) {
    replies.push_back(cancel(account, [&](const char* asked) -> std::string {
      const std::string_view wanted = asked;
      if (wanted == "symbol") return std::string(symbol);
      return wanted == (by_id ? "orderId" : "origClientOrderId") ? id : "";
    }));
  }
  return answers(replies);
}

ExchangeReply Trading::cancel(const std::string& account, const Parameters& parameters) {
  const auto symbol = parameters("symbol");
  const auto id = parameters("orderId");
  const auto client_id = parameters("origClientOrderId");
  if (symbol.empty()) return answer(missing("symbol"));
  if (id.empty() && client_id.empty()) return answer(missing("orderId"));
  auto order = orders_.find(account, id, client_id);
  if (!order || order->symbol != symbol) return rest_error(400, -2011, "Unknown order sent.");
  order->updated_at = host_.tape_now();
  order->status = "CANCELED";
  ExchangeReply reply{200, order_answer(*order)};
  remove(account, std::move(*order));
  return reply;
}

ExchangeReply Trading::cancel_all(const std::string& account, const std::string& symbol) {
  if (symbol.empty()) return answer(missing("symbol"));
  for (auto& order : orders_.all(account, symbol)) remove(account, std::move(order));
  return {200, R"({"code":200,"msg":"The operation of cancel all open order is done."})"};
}

/// The dead man's switch of a symbol. It fires when so much time has passed for the client.
ExchangeReply Trading::count_down(const std::string& account, const Parameters& parameters) {
  const auto symbol = parameters("symbol");
  const auto text = parameters("countdownTime");
  if (symbol.empty() || symbol.find(' ') != std::string::npos) return answer(missing("symbol"));
  const auto time = live::parse_integer(text);
  if (!time || *time < 0 || *time > kLongest) return answer(missing("countdownTime"));
  const auto name = switch_of(symbol, account);
  if (*time == 0) {
    switches_.disarm(name);
  } else {
    switches_.arm(name, host_.monotonic() + *time * kMillisecond);
  }
  JsonObject json;
  json.text("symbol", symbol).text("countdownTime", std::to_string(*time));
  return {200, json.str()};
}

std::optional<ExchangeReply> Trading::look_up(const std::string& account, std::string_view endpoint,
                                              const ClientCall& call) const {
  const auto parameters = parameters_of(call);
  if (endpoint == "openOrders") {
    const bool known = orders_.touched(account) || !on_tape(options_, account) ||
                       complete(host_, account, "orders");
    if (!known) return std::nullopt;
    std::vector<std::string> list;
    for (const auto& order : orders_.all(account, parameters("symbol"))) {
      list.push_back(order_answer(order));
    }
    return ExchangeReply{200, json_list(list)};
  }
  if (endpoint != "openOrder" && endpoint != "order") return std::nullopt;
  const auto order = orders_.find(account, parameters("orderId"), parameters("origClientOrderId"));
  if (order) return ExchangeReply{200, order_answer(*order)};
  return rest_error(400, -2013, "Order does not exist.");
}

void Trading::on_tick() {
  for (const auto& name : switches_.fire(host_.monotonic())) {
    const auto blank = name.find(' ');
    const auto account = name.substr(blank + 1);
    for (auto& order : orders_.all(account, name.substr(0, blank))) {
      remove(account, std::move(order));
    }
  }
}

bool Trading::overruled(std::string_view account, schema::Event::Reader event) const {
  const auto body = event.getBody();
  return body.isOrderUpdate() &&
         orders_.overruled(std::string(account),
                           event::view(body.getOrderUpdate().getOrder().getOrderId()));
}

void Trading::remove(const std::string& account, ClientOrder order) {
  orders_.cancel(account, order);
  order.status = "CANCELED";
  order.updated_at = host_.tape_now();
  tell_(account, order_update(order, "CANCELED", order.updated_at));
}

}  // namespace tape::venue::binance_usdm
