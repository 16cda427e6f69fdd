#include <tape/venue/exchange/json_object.h>
#include <tape/venue/kraken_futures/exchange/names.h>
#include <tape/venue/kraken_futures/exchange/orders/forms.h>
#include <tape/venue/kraken_futures/exchange/orders/rules.h>

namespace tape::venue::kraken_futures {
namespace {

bool conditional(const ClientOrder& order) { return !order.trigger.empty(); }
std::string_view side_of(const ClientOrder& order) {
  return order.side == schema::Side::BUY ? "buy" : "sell";
}

/// What stands behind id and type in every form of REST but that of a trigger.
void put_terms(const ClientOrder& order, JsonObject& json) {
  json.text("symbol", order.symbol)
      .text("side", side_of(order))
      .number("quantity", order.quantity)
      .number("filled", order.filled)
      .number("limitPrice", order.limit_price)
      .flag("reduceOnly", order.reduce_only)
      .text("timestamp", server_time(order.created_at))
      .text("lastUpdateTimestamp", server_time(order.updated_at));
}

std::string plain(const ClientOrder& order) {
  JsonObject json;
  json.text("orderId", order.id)
      .text_or_null("cliOrdId", order.client_id)
      .text("type", rest_type(order.type));
  put_terms(order, json);
  return json.str();
}

/// Stops sell below the market, what takes a profit sells above.
bool above(const ClientOrder& order) {
  return (order.side == schema::Side::BUY) == (rest_type(order.type) != "take_profit");
}

std::string trigger(const ClientOrder& order) {
  JsonObject json;
  json.text("uid", order.id)
      .text_or_null("clientId", order.client_id)
      .text("type", rest_type(order.type))
      .text("symbol", order.symbol)
      .text("side", side_of(order))
      .number("quantity", order.quantity)
      .number("limitPrice", order.limit_price)
      .number("triggerPrice", order.stop_price)
      .text("triggerSide", above(order) ? "trigger_above" : "trigger_below")
      .text("triggerSignal", order.trigger + "_price")
      .flag("reduceOnly", order.reduce_only)
      .text("timestamp", server_time(order.created_at))
      .text("lastUpdateTimestamp", server_time(order.updated_at));
  return json.str();
}

void put_order(const ClientOrder& order, JsonObject& json) {
  if (conditional(order)) {
    json.json("orderTrigger", trigger(order));
  } else {
    json.json("order", plain(order));
  }
}

std::string on_feed(const ClientOrder& order) {
  JsonObject json;
  json.text("instrument", order.symbol)
      .integer("time", order.created_at / kMillisecond)
      .integer("last_update_time", order.updated_at / kMillisecond)
      .number("qty", order.remaining())
      .number("filled", order.filled);
  if (!order.limit_price.absent()) json.number("limit_price", order.limit_price);
  json.number("stop_price", order.stop_price.absent() ? Decimal{0, -1} : order.stop_price)
      .text("type", stream_type(order.type))
      .text("order_id", order.id);
  if (!order.client_id.empty()) json.text("cli_ord_id", order.client_id);
  json.integer("direction", order.side == schema::Side::BUY ? 0 : 1)
      .flag("reduce_only", order.reduce_only);
  if (conditional(order)) json.text("triggerSignal", order.trigger);
  if (!order.trailing_deviation.absent()) {
    JsonObject options;
    options.number("max_deviation", order.trailing_deviation).text("unit", order.trailing_unit);
    json.json("trailing_stop_options", options.str());
  }
  return json.str();
}

}  // namespace

std::string order_status(const OrderStatus& status, std::string_view id_name,
                         std::string_view time_name, std::string_view tag, Nanos now) {
  JsonObject json;
  if (!tag.empty()) json.text("order_tag", tag);
  json.text("status", status.status);
  if (!status.id.empty()) json.text(id_name, status.id);
  if (!status.client_id.empty()) json.text("cliOrdId", status.client_id);
  json.text(time_name, server_time(now)).list("orderEvents", status.events);
  return json.str();
}

std::string place_event(const ClientOrder& order) {
  JsonObject json;
  json.text("type", "PLACE");
  put_order(order, json);
  if (!conditional(order)) json.json("reducedQuantity", "null");
  return json.str();
}

std::string edit_event(const ClientOrder& from, const ClientOrder& to) {
  JsonObject json;
  json.text("type", "EDIT")
      .json("old", plain(from))
      .json("new", plain(to))
      .json("reducedQuantity", "null");
  return json.str();
}

std::string cancel_event(const ClientOrder& order) {
  JsonObject json;
  json.text("type", "CANCEL").text("uid", order.id);
  put_order(order, json);
  return json.str();
}

std::string reject_event(const ClientOrder& order, std::string_view reason) {
  JsonObject json;
  json.text("type", "REJECT").text("uid", order.id).text("reason", reason);
  put_order(order, json);
  return json.str();
}

std::string order_details(const ClientOrder& order, std::string_view gone) {
  const bool waits = conditional(order);
  JsonObject json;
  json.text("type", waits ? "TRIGGER_ORDER" : "ORDER")
      .text("orderId", order.id)
      .text_or_null("cliOrdId", order.client_id);
  put_terms(order, json);
  if (waits) {
    JsonObject options;
    options.number("triggerPrice", order.stop_price)
        .text("triggerSide", above(order) ? "TRIGGER_ABOVE" : "TRIGGER_BELOW")
        .text("triggerSignal", capitals(order.trigger) + "_PRICE")
        .json("triggerTime", "null");
    json.json("priceTriggerOptions", options.str());
  } else {
    json.json("priceTriggerOptions", "null");
  }
  const std::string_view open = waits ? "TRIGGER_PLACED" : "ENTERED_BOOK";
  JsonObject details;
  details.json("order", json.str())
      .text("status", gone.empty() ? open : "CANCELLED")
      .text_or_null("updateReason", gone)
      .json("error", "null");
  return details.str();
}

std::string order_change(std::string_view feed, const ClientOrder& order, std::string_view reason,
                         Standing standing) {
  JsonObject json;
  json.text("feed", feed)
      .json("order", on_feed(order))
      .flag("is_cancel", standing == Standing::gone)
      .text("reason", reason);
  return json.str();
}

std::string order_removal(std::string_view feed, const ClientOrder& order,
                          std::string_view reason) {
  JsonObject json;
  json.text("feed", feed).text("order_id", order.id);
  if (!order.client_id.empty()) json.text("cli_ord_id", order.client_id);
  json.flag("is_cancel", true).text("reason", reason);
  return json.str();
}

}  // namespace tape::venue::kraken_futures
