#include <tape/venue/exchange/json_object.h>
#include <tape/venue/exchange/orders/account_now.h>
#include <tape/venue/kraken_futures/exchange/names.h>
#include <tape/venue/kraken_futures/exchange/orders/trading.h>

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace tape::venue::kraken_futures {
namespace {

constexpr std::array<std::string_view, 2> kFeeds = {"open_orders", "open_orders_verbose"};
constexpr std::size_t kMostOrders = 1000;     // of an account
constexpr std::int64_t kLongest = 1'000'000;  // seconds
// Clients and the tape number nothing alike.
constexpr std::uint64_t kSeed = 0x6F72646572730000;

std::string first_of(const Parameters& parameters, std::initializer_list<const char*> names) {
  for (const auto* const name : names) {
    if (auto value = parameters(name); !value.empty()) return value;
  }
  return {};
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

}  // namespace

Trading::Trading(const ExchangeOptions& options, const Feeds& feeds, ExchangeHost& host)
    : feeds_(feeds),
      host_(host),
      orders_(host),
      statuses_(orders_, host),
      random_(options.seed ^ kSeed) {}

ExchangeReply Trading::done(std::string_view member, std::string_view json) const {
  return {200, fmt::format(R"({{"result":"success","{}":{},"serverTime":"{}"}})", member, json,
                           server_time(host_.tape_now()))};
}

ExchangeReply Trading::failed(std::string_view code) const {
  return rest_error(code, host_.tape_now());
}

std::optional<ExchangeReply> Trading::on_call(const std::string& account, std::string_view endpoint,
                                              const ClientCall& call) {
  const Parameters parameters = [&](const char* name) {
    auto value = parameter(call.query(), name);
    return value.empty() ? parameter(call.body, name) : value;
  };
  const auto now = host_.tape_now();
  if (endpoint == "sendorder") {
    if (const auto wrong = wrong_order(parameters); !wrong.empty()) return failed(wrong);
    return done("sendStatus",
                order_status(send(account, parameters), "order_id", "receivedTime", "", now));
  }
  const auto id = first_of(parameters, {"order_id", "orderId", "cliOrdId"});
  if (endpoint == "editorder") {
    if (id.empty()) return failed("requiredArgumentMissing");
    if (const auto wrong = wrong_edit(parameters); !wrong.empty()) return failed(wrong);
    return done("editStatus",
                order_status(edit(account, parameters), "orderId", "receivedTime", "", now));
  }
  if (endpoint == "cancelorder") {
    if (id.empty()) return failed("requiredArgumentMissing");
    return done("cancelStatus",
                order_status(cancel(account, parameters), "order_id", "receivedTime", "", now));
  }
  if (endpoint == "cancelallorders") return cancel_all(account, capitals(parameters("symbol")));
  if (endpoint == "cancelallordersafter") return cancel_after(account, parameters("timeout"));
  if (endpoint == "orders/status") return statuses(account, call);
  if (endpoint == "batchorder") return batch(account, parameters("json"));
  return std::nullopt;
}

Ruling Trading::rule(const std::string& account, ClientOrder& order) const {
  const auto alone = check_order(order);
  if (!alone.rests()) return alone;
  auto market = market_now(host_, order.symbol);
  market.post_only = market.post_only || post_only_;
  if (order.reduce_only && market.known && !reduces(host_, account, order.symbol, order.side)) {
    return {"wouldNotReducePosition", "WOULD_NOT_REDUCE_POSITION"};
  }
  const bool trails = !order.trailing_deviation.absent() && order.stop_price.absent();
  const auto ruling = check_market(order, market);
  if (trails && ruling.rests()) order.stop_price = trailing_price(order, market);
  return ruling;
}

OrderStatus Trading::send(const std::string& account, const Parameters& parameters) {
  auto order = wanted_order(parameters);
  order.id = uuid(random_);
  order.created_at = order.updated_at = host_.tape_now();
  auto ruling = rule(account, order);
  if (ruling.rests() && orders_.find(account, "", order.client_id)) {
    ruling = {"clientOrderIdAlreadyExist", "CLIENT_ORDER_ID_IN_USE"};
  }
  if (ruling.rests() && orders_.own(account) >= kMostOrders) {
    ruling = {"tooManyOrders", "ORDER_LIMIT_EXCEEDED"};
  }
  OrderStatus status{ruling.status, order.id, order.client_id, {}};
  if (ruling.rests()) {
    status.events.push_back(place_event(order));
    orders_.put(account, order);
    tell(account, order, "new_placed_order_by_user");
    return status;
  }
  if (!ruling.reason.empty()) status.events.push_back(reject_event(order, ruling.reason));
  // Of all refusals the verbose feed shows these.
  if (ruling.status == "postWouldExecute") {
    publish(account, kFeeds[1],
            order_change(kFeeds[1], order, "post_order_failed_because_it_would_be_filled",
                         Standing::gone));
  }
  return status;
}

OrderStatus Trading::edit(const std::string& account, const Parameters& parameters) {
  const auto id = first_of(parameters, {"orderId", "order_id"});
  const auto old = orders_.find(account, id, parameters("cliOrdId"));
  if (!old) return {"orderForEditNotFound", id, parameters("cliOrdId"), {}};
  auto order = edited_order(*old, parameters);
  order.updated_at = host_.tape_now();
  const auto allowed = check_edit(*old, parameters);
  const auto ruling = allowed.rests() ? rule(account, order) : allowed;
  if (!ruling.rests()) {
    OrderStatus status{ruling.status, order.id, order.client_id, {}};
    if (!ruling.reason.empty()) status.events.push_back(reject_event(order, ruling.reason));
    return status;
  }
  orders_.put(account, order);
  tell(account, order, "edited_by_user");
  return {"edited", order.id, order.client_id, {edit_event(*old, order)}};
}

OrderStatus Trading::cancel(const std::string& account, const Parameters& parameters) {
  const auto id = first_of(parameters, {"order_id", "orderId"});
  const auto order = orders_.find(account, id, parameters("cliOrdId"));
  if (!order) return {"notFound", id, parameters("cliOrdId"), {}};
  remove(account, *order, "cancelled_by_user");
  return {"cancelled", order->id, order->client_id, {cancel_event(*order)}};
}

ExchangeReply Trading::cancel_all(const std::string& account, std::string_view symbol) {
  std::vector<std::string> cancelled;
  std::vector<std::string> events;
  for (const auto& order : orders_.all(account, symbol)) {
    remove(account, order, "cancelled_by_user");
    JsonObject names;
    names.text("order_id", order.id);
    if (!order.client_id.empty()) names.text("cliOrdId", order.client_id);
    cancelled.push_back(names.str());
    events.push_back(cancel_event(order));
  }
  JsonObject status;
  status.text("receivedTime", server_time(host_.tape_now()))
      .text("cancelOnly", symbol.empty() ? "all" : symbol)
      .text("status", cancelled.empty() ? "noOrdersToCancel" : "cancelled")
      .list("cancelledOrders", cancelled)
      .list("orderEvents", events);
  return done("cancelStatus", status.str());
}

/// The dead man's switch. The times are the tape's, as all that clients are told; it fires when so
/// many seconds have passed for the client.
ExchangeReply Trading::cancel_after(const std::string& account, std::string_view timeout) {
  if (timeout.empty()) return failed("requiredArgumentMissing");
  const auto seconds = whole_number(timeout);
  if (!seconds || *seconds > kLongest) return failed("invalidArgument");
  const auto now = host_.tape_now();
  JsonObject status;
  status.text("currentTime", server_time(now));
  if (*seconds == 0) {
    switches_.disarm(account);
    status.text("triggerTime", "0");
  } else {
    switches_.arm(account, host_.monotonic() + *seconds * kSecond);
    status.text("triggerTime", server_time(now + *seconds * kSecond));
  }
  return done("status", status.str());
}

ExchangeReply Trading::statuses(const std::string& account, const ClientCall& call) {
  const auto list = statuses_.list(account, call);
  return list.empty() ? failed("requiredArgumentMissing") : done("orders", list);
}

ExchangeReply Trading::batch(const std::string& account, std::string_view json) {
  if (json.empty()) return failed("requiredArgumentMissing");
  const auto message = ClientMessage::parse(json);
  if (!message) return failed("Json Parse Error");
  const auto elements = message->objects("batchOrder");
  if (!elements) return failed("requiredArgumentMissing");
  for (const auto& element : *elements) {
    const auto verb = element.text("order");
    if (verb != "send" && verb != "edit" && verb != "cancel") return failed("invalidArgument");
    const Parameters given = [&](const char* name) { return element.value(name); };
    const bool named = !first_of(given, {"order_id", "orderId", "cliOrdId"}).empty();
    if (verb != "send" && !named) return failed("requiredArgumentMissing");
    const auto wrong = verb == "send" ? wrong_order(given) : wrong_edit(given);
    if (!wrong.empty()) return failed(wrong);
  }
  std::vector<std::string> statuses;
  statuses.reserve(elements->size());
  for (const auto& element : *elements) statuses.push_back(batched(account, element));
  return done("batchStatus", json_list(statuses));
}

std::string Trading::batched(const std::string& account, const ClientMessage& element) {
  const Parameters given = [&](const char* name) { return element.value(name); };
  const auto verb = element.text("order");
  const auto status = verb == "send"   ? send(account, given)
                      : verb == "edit" ? edit(account, given)
                                       : cancel(account, given);
  return order_status(status, "order_id", "dateTimeReceived", element.value("order_tag"),
                      host_.tape_now());
}

void Trading::on_tick() {
  for (const auto& account : switches_.fire(host_.monotonic())) {
    for (const auto& order : orders_.all(account, "")) remove(account, order, "dead_man_switch");
  }
}

bool Trading::overruled(std::string_view account, schema::Event::Reader event) const {
  const auto body = event.getBody();
  return body.isOrderUpdate() &&
         orders_.overruled(std::string(account),
                           event::view(body.getOrderUpdate().getOrder().getOrderId()));
}

void Trading::remove(const std::string& account, const ClientOrder& order,
                     std::string_view reason) {
  orders_.cancel(account, order);
  statuses_.gone(account, order, reason);
  for (const auto feed : kFeeds) publish(account, feed, order_removal(feed, order, reason));
}

void Trading::tell(const std::string& account, const ClientOrder& order, std::string_view reason) {
  for (const auto feed : kFeeds) {
    publish(account, feed, order_change(feed, order, reason, Standing::open));
  }
}

void Trading::publish(const std::string& account, std::string_view feed, std::string_view text) {
  const auto clients = feeds_.subscribers(feed_name(*find_feed(feed), "", account));
  if (!clients.empty()) host_.send(clients, text);
}

}  // namespace tape::venue::kraken_futures
