#include <tape/venue/binance_usdm/exchange/orders/forms.h>
#include <tape/venue/exchange/json_object.h>

namespace tape::venue::binance_usdm {
namespace {

std::string_view side_of(const ClientOrder& order) {
  return order.side == schema::Side::BUY ? "BUY" : "SELL";
}

/// An id of the venue: a number, where it is one.
std::string id_of(std::string_view text) {
  const bool number = !text.empty() && text.find_first_not_of("0123456789") == text.npos;
  return number ? std::string(text) : "0";
}

}  // namespace

std::string order_answer(const ClientOrder& order) {
  JsonObject json;
  json.json("orderId", id_of(order.id))
      .text("symbol", order.symbol)
      .text("status", order.status)
      .text("clientOrderId", order.client_id)
      .quoted("price", order.limit_price)
      .text("avgPrice", "0.00")
      .quoted("origQty", order.quantity)
      .quoted("executedQty", order.filled)
      .quoted("cumQty", order.filled)
      .text("cumQuote", "0")
      .text("timeInForce", order.time_in_force)
      .text("type", order.type)
      .flag("reduceOnly", order.reduce_only)
      .flag("closePosition", false)
      .text("side", side_of(order))
      .text("positionSide", order.position_side)
      .quoted("stopPrice", order.stop_price)
      .text("workingType", order.trigger)
      .flag("priceProtect", false)
      .text("origType", order.type)
      .text("priceMatch", "NONE")
      .text("selfTradePreventionMode", "NONE")
      .integer("goodTillDate", 0)
      .integer("time", order.created_at / kMillisecond)
      .integer("updateTime", order.updated_at / kMillisecond);
  if (!order.callback_rate.absent()) {
    json.quoted("activatePrice", order.activation_price).quoted("priceRate", order.callback_rate);
  }
  return json.str();
}

std::string order_update(const ClientOrder& order, std::string_view execution, Nanos now) {
  const auto moment = now / kMillisecond;
  JsonObject json;
  json.text("s", order.symbol)
      .text("c", order.client_id)
      .text("S", side_of(order))
      .text("o", order.type)
      .text("f", order.time_in_force)
      .quoted("q", order.quantity)
      .quoted("p", order.limit_price)
      .text("ap", "0")
      .quoted("sp", order.stop_price)
      .text("x", execution)
      .text("X", order.status)
      .json("i", id_of(order.id))
      .text("l", "0")
      .quoted("z", order.filled)
      .text("L", "0")
      .integer("T", moment)
      .integer("t", 0)
      .text("b", "0")
      .text("a", "0")
      .flag("m", false)
      .flag("R", order.reduce_only)
      .text("wt", order.trigger)
      .text("ot", order.type)
      .text("ps", order.position_side)
      .flag("cp", false)
      .flag("pP", false)
      .text("rp", "0")
      .text("V", "NONE")
      .text("pm", "NONE")
      .integer("gtd", 0);
  if (!order.callback_rate.absent()) {
    json.quoted("AP", order.activation_price).quoted("cr", order.callback_rate);
  }
  JsonObject update;
  update.text("e", "ORDER_TRADE_UPDATE").integer("E", moment).integer("T", moment);
  update.json("o", json.str());
  return update.str();
}

std::string trade_answer(schema::Fill::Reader fill) {
  const bool buy = fill.getSide() == schema::Side::BUY;
  JsonObject json;
  json.text("symbol", event::view(fill.getSymbol()))
      .json("id", id_of(event::view(fill.getFillId())))
      .json("orderId", id_of(event::view(fill.getOrderId())))
      .text("side", buy ? "BUY" : "SELL")
      .quoted("price", event::get_decimal(fill.getPrice()))
      .quoted("qty", event::get_decimal(fill.getQuantity()))
      .quoted("realizedPnl", event::get_decimal(fill.getRealizedPnl()))
      .quoted("commission", event::get_decimal(fill.getFee()))
      .text("commissionAsset", event::view(fill.getFeeCurrency()))
      .integer("time", fill.getFilledAt() / kMillisecond)
      .text("positionSide", event::view(fill.getPositionSide()))
      .flag("buyer", buy)
      .flag("maker", fill.getMaker() == schema::Tri::YES);
  return json.str();
}

}  // namespace tape::venue::binance_usdm
