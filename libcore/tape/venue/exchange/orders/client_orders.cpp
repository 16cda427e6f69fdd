#include <tape/venue/exchange/orders/client_orders.h>

#include <capnp/message.h>

#include <algorithm>

namespace tape::venue {
namespace {

Decimal or_zero(Decimal value) { return value.absent() ? Decimal{0, 0} : value; }

}  // namespace

Decimal ClientOrder::remaining() const {
  return subtract(or_zero(quantity), filled).value_or(quantity);
}

ClientOrder read_order(schema::Order::Reader order) {
  const auto filled = or_zero(event::get_decimal(order.getFilled()));
  auto quantity = event::get_decimal(order.getQuantity());
  if (quantity.absent()) {
    quantity = add(or_zero(event::get_decimal(order.getRemaining())), filled).value_or(filled);
  }
  ClientOrder read;
  read.id = event::view(order.getOrderId());
  read.client_id = event::view(order.getClientOrderId());
  read.symbol = event::view(order.getSymbol());
  read.side = order.getSide();
  read.position_side = event::view(order.getPositionSide());
  read.type = event::view(order.getType());
  read.time_in_force = event::view(order.getTimeInForce());
  read.status = event::view(order.getStatus());
  read.limit_price = event::get_decimal(order.getLimitPrice());
  read.stop_price = event::get_decimal(order.getStopPrice());
  read.quantity = quantity;
  read.filled = filled;
  read.trigger = event::view(order.getTriggerSignal());
  read.activation_price = event::get_decimal(order.getActivationPrice());
  read.callback_rate = event::get_decimal(order.getCallbackRate());
  read.trailing_deviation = event::get_decimal(order.getTrailingDeviation());
  read.trailing_unit = event::view(order.getTrailingUnit());
  read.reduce_only = order.getReduceOnly() == schema::Tri::YES;
  read.created_at = order.getCreatedAt();
  read.updated_at = order.getUpdatedAt();
  return read;
}

void write_order(const ClientOrder& order, schema::Order::Builder out) {
  const auto text = [](const std::string& value) { return capnp::Text::Reader(value.c_str()); };
  out.setOrderId(text(order.id));
  if (!order.client_id.empty()) out.setClientOrderId(text(order.client_id));
  out.setSymbol(text(order.symbol));
  out.setSide(order.side);
  if (!order.position_side.empty()) out.setPositionSide(text(order.position_side));
  out.setType(text(order.type));
  out.setOriginalType(text(order.type));
  if (!order.time_in_force.empty()) out.setTimeInForce(text(order.time_in_force));
  if (!order.status.empty()) out.setStatus(text(order.status));
  event::set_decimal(out.getLimitPrice(), order.limit_price);
  event::set_decimal(out.getStopPrice(), order.stop_price);
  event::set_decimal(out.getQuantity(), order.quantity);
  event::set_decimal(out.getFilled(), or_zero(order.filled));
  event::set_decimal(out.getRemaining(), order.remaining());
  out.setReduceOnly(order.reduce_only ? schema::Tri::YES : schema::Tri::NO);
  if (!order.trigger.empty()) out.setTriggerSignal(text(order.trigger));
  event::set_decimal(out.getActivationPrice(), order.activation_price);
  event::set_decimal(out.getCallbackRate(), order.callback_rate);
  event::set_decimal(out.getTrailingDeviation(), order.trailing_deviation);
  if (!order.trailing_unit.empty()) out.setTrailingUnit(text(order.trailing_unit));
  out.setCreatedAt(order.created_at);
  out.setUpdatedAt(order.updated_at);
}

void ClientOrders::see(const std::string& account,
                       const std::function<void(schema::Order::Reader)>& take) const {
  host_.look(Part::account, account, [&](schema::State::Reader state) {
    for (const auto known : state.getAccounts()) {
      for (const auto order : known.getOrders()) {
        if (!overruled(account, event::view(order.getOrderId()))) take(order);
      }
    }
  });
}

std::vector<ClientOrder> ClientOrders::all(const std::string& account,
                                           std::string_view symbol) const {
  std::vector<ClientOrder> orders;
  const auto fits = [&](std::string_view of) { return symbol.empty() || of == symbol; };
  see(account, [&](schema::Order::Reader order) {
    if (!fits(event::view(order.getSymbol()))) return;
    orders.push_back(read_order(order));
    orders.back().of_tape = true;
  });
  const auto found = books_.find(account);
  if (found == books_.end()) return orders;
  std::copy_if(found->second.own.begin(), found->second.own.end(), std::back_inserter(orders),
               [&](const ClientOrder& order) { return fits(order.symbol); });
  return orders;
}

std::optional<ClientOrder> ClientOrders::find(const std::string& account, std::string_view id,
                                              std::string_view client_id) const {
  if (id.empty() && client_id.empty()) return std::nullopt;
  auto orders = all(account, "");
  const auto found = std::find_if(orders.begin(), orders.end(), [&](const ClientOrder& order) {
    return id.empty() ? order.client_id == client_id : order.id == id;
  });
  return found == orders.end() ? std::nullopt : std::optional(std::move(*found));
}

std::size_t ClientOrders::own(const std::string& account) const {
  const auto found = books_.find(account);
  return found == books_.end() ? 0 : found->second.own.size();
}

void ClientOrders::put(const std::string& account, ClientOrder order) {
  auto& book = books_[account];
  const auto found = std::find_if(book.own.begin(), book.own.end(),
                                  [&](const ClientOrder& known) { return known.id == order.id; });
  if (found != book.own.end()) {
    *found = std::move(order);
    return;
  }
  if (order.of_tape) book.overruled.insert(order.id);
  book.own.push_back(std::move(order));
}

void ClientOrders::cancel(const std::string& account, const ClientOrder& order) {
  auto& book = books_[account];
  std::erase_if(book.own, [&](const ClientOrder& known) { return known.id == order.id; });
  if (order.of_tape) book.overruled.insert(order.id);
}

bool ClientOrders::touched(const std::string& account) const { return books_.contains(account); }

bool ClientOrders::overruled(const std::string& account, std::string_view id) const {
  const auto found = books_.find(account);
  return found != books_.end() && found->second.overruled.contains(id);
}

void ClientOrders::write(const std::string& account, schema::OpenOrders::Builder out,
                         const std::function<void(schema::Order::Builder)>& edit) const {
  // Orders of the tape have more fields than ours: they are kept as they are.
  capnp::MallocMessageBuilder kept;
  std::vector<capnp::Orphan<schema::Order>> orders;
  see(account, [&](schema::Order::Reader order) {
    orders.push_back(kept.getOrphanage().newOrphanCopy(order));
  });
  const auto found = books_.find(account);
  const auto own = found == books_.end() ? 0 : found->second.own.size();
  auto items = out.initItems(static_cast<capnp::uint>(orders.size() + own));
  capnp::uint at = 0;
  for (auto& order : orders) items.setWithCaveats(at++, order.getReader());
  for (std::size_t i = 0; i < own; ++i) write_order(found->second.own[i], items[at++]);
  if (!edit) return;
  for (auto order : items) edit(order);
}

}  // namespace tape::venue
