#include <tape/state/account/orders.h>

#include <algorithm>
#include <array>
#include <set>

namespace tape::state {
namespace {

// What a hostile tape can make one account hold.
constexpr std::size_t kMaxOrders = 100'000;
constexpr std::size_t kClosedKept = 100;

struct Names {
  const RowType& order = RowType::of<schema::Order>();
  const event::Slot& symbol = order.slot("symbol");
  const event::Slot& side = order.slot("side");
  const event::Slot& position_side = order.slot("positionSide");
  const event::Slot& order_id = order.slot("orderId");
  const event::Slot& algo_id = order.slot("algoId");
  const event::Slot& quantity = order.slot("quantity");
  const event::Slot& filled = order.slot("filled");
  const event::Slot& remaining = order.slot("remaining");
  const event::Slot& updated_at = order.slot("updatedAt");
  const event::Slot& received_at = order.slot("receivedAt");
};

const Names& names() {
  static const Names kNames;
  return kNames;
}

// A conditional order has a number of its own, also once it became an order.
std::string key_of(std::string_view order_id, std::string_view algo_id, std::string_view symbol) {
  if (!algo_id.empty()) return "algo " + identity(algo_id, symbol);
  return order_id.empty() ? std::string() : identity(order_id, symbol);
}

std::string key_of(schema::Order::Reader order) {
  return key_of(event::view(order.getOrderId()), event::view(order.getAlgoId()),
                event::view(order.getSymbol()));
}

std::string key_of(const Row& row) {
  return key_of(row.text(names().order_id), row.text(names().algo_id), row.text(names().symbol));
}

// States that no order leaves, as venues spell them.
bool final_state(std::string_view status) {
  constexpr std::array<std::string_view, 8> kFinal{"FILLED",           "CANCELED", "CANCELLED",
                                                   "EXPIRED",          "REJECTED", "FINISHED",
                                                   "EXPIRED_IN_MATCH", "TRIGGERED"};
  return std::find(kFinal.begin(), kFinal.end(), upper(status)) != kFinal.end();
}

bool says_filled(schema::OrderUpdate::Reader update) {
  const auto status = upper(event::view(update.getOrder().getStatus()));
  return status == "FILLED" || event::view(update.getReason()) == "full_fill";
}

Decimal whole_of(const Row& row) {
  const auto& slots = names();
  const Decimal quantity = row.decimal(slots.quantity);
  if (!quantity.absent()) return quantity;
  const Decimal remaining = row.decimal(slots.remaining);
  const Decimal filled = row.decimal(slots.filled);
  if (remaining.absent() || filled.absent()) return {};
  return add(remaining, filled).value_or(Decimal{});
}

}  // namespace

Orders::Orders() = default;

std::optional<Orders::Effect> Orders::put(schema::Order::Reader order, const Occasion& occasion) {
  const auto& slots = names();
  Effect effect;
  effect.key = key_of(order);
  if (effect.key.empty()) return std::nullopt;
  auto found = open_.find(effect.key);
  if (found == open_.end()) {
    // Without a side it is a word about an order, not an order.
    if (order.getSide() == schema::Side::UNKNOWN || open_.size() >= kMaxOrders) return std::nullopt;
    found = open_.emplace(effect.key, Row(slots.order)).first;
    effect.fresh = true;
  } else {
    const Row& held = found->second;
    const Nanos at = order.getUpdatedAt();
    if ((at != 0 && at < held.moment(slots.updated_at)) ||
        newer(held.moment(slots.received_at), occasion)) {
      ++late_;
      return std::nullopt;
    }
  }
  Row& row = found->second;
  const Decimal filled = row.decimal(slots.filled);
  const Decimal remaining = row.decimal(slots.remaining);
  row.merge(capnp::toAny(order));
  row.set_moment(slots.received_at, occasion.moment.received_at);
  effect.filled = row.decimal(slots.filled);
  effect.remaining = row.decimal(slots.remaining);
  effect.venue_at = row.moment(slots.updated_at);
  const bool both = !filled.absent() && !remaining.absent() && !effect.filled.absent();
  if (both && std::is_gt(compare(effect.filled, filled))) {
    const auto more = subtract(effect.filled, filled);
    effect.should_remain = subtract(remaining, more.value_or(Decimal{})).value_or(Decimal{});
    effect.unmoved = std::is_eq(compare(effect.remaining, remaining));
  }
  return effect;
}

Orders::Effect Orders::apply(schema::OrderUpdate::Reader update, const Occasion& occasion) {
  const auto order = update.getOrder();
  const bool gone =
      update.getRemoved() == schema::Tri::YES ||
      (update.getRemoved() == schema::Tri::UNKNOWN && final_state(event::view(order.getStatus())));
  const std::string key = key_of(order);
  if (key.empty()) return {};
  const bool known = has(key);
  if (gone && !known) {
    // It was rejected at once, or its placing was missed.
    ++unknown_removals_;
    if (order.getSide() == schema::Side::UNKNOWN) return {};
  }
  Effect effect = put(order, occasion).value_or(Effect{});
  if (!gone) return effect;
  const auto found = open_.find(key);
  if (found == open_.end()) return {};
  const bool filled = says_filled(update);
  effect.key = key;
  effect.fresh = !known;
  effect.closed = true;
  effect.filled = filled ? whole_of(found->second) : found->second.decimal(names().filled);
  if (effect.venue_at == 0) effect.venue_at = occasion.exchange_at;
  std::string_view reason = event::view(update.getReason());
  if (reason.empty()) reason = event::view(order.getStatus());
  close(found, filled, reason, occasion);
  return effect;
}

void Orders::apply(schema::OpenOrders::Reader list, bool whole, std::string_view symbol,
                   const Occasion& occasion, const std::function<void(const Effect&)>& told) {
  std::set<std::string, std::less<>> named;
  bool algo = false;
  for (const auto order : list.getItems()) {
    // A list of all orders names the ended ones too.
    if (final_state(event::view(order.getStatus()))) continue;
    named.insert(key_of(order));
    algo |= order.getAlgoId().size() != 0;
    if (const auto effect = put(order, occasion)) told(*effect);
  }
  if (!whole) return;
  const auto wanted = upper(symbol);
  for (auto at = open_.begin(); at != open_.end();) {
    const auto next = std::next(at);
    const Row& row = at->second;
    // Conditional orders are listed by a question of their own.
    const bool same_list = occasion.answer ? algo == !row.text(names().algo_id).empty() : true;
    const bool asked = wanted.empty() || upper(row.text(names().symbol)) == wanted;
    if (same_list && asked && !named.contains(at->first) &&
        !newer(row.moment(names().received_at), occasion)) {
      Effect effect;
      effect.key = at->first;
      effect.closed = true;
      close(at, false, "not in the list of open orders", occasion);
      told(effect);
    }
    at = next;
  }
}

void Orders::close(Open::iterator at, bool filled, std::string_view reason,
                   const Occasion& occasion) {
  closed_.push_back({std::move(at->second), filled, std::string(reason), occasion.moment});
  open_.erase(at);
  if (closed_.size() > kClosedKept) closed_.pop_front();
}

Decimal Orders::decimal(std::string_view key, std::string_view field) const {
  const auto found = open_.find(key);
  if (found == open_.end()) return {};
  return found->second.decimal(names().order.slot(field));
}

std::string_view Orders::position_side(std::string_view key) const {
  const auto found = open_.find(key);
  if (found != open_.end()) return found->second.text(names().position_side);
  for (const Closed& closed : closed_) {
    if (key_of(closed.row) == key) return closed.row.text(names().position_side);
  }
  return {};
}

void Orders::write(schema::AccountState::Builder out) const {
  auto orders = out.initOrders(static_cast<unsigned>(open_.size()));
  unsigned index = 0;
  for (const auto& [key, row] : open_) row.write(capnp::toAny(orders[index++]));
  auto closed = out.initClosedOrders(static_cast<unsigned>(closed_.size()));
  index = 0;
  for (const Closed& one : closed_) {
    auto entry = closed[index++];
    one.row.write(capnp::toAny(entry.initOrder()));
    entry.setFilled(one.filled);
    if (!one.reason.empty()) entry.setReason(text_of(one.reason));
    entry.setClosedAt(one.moment.received_at);
    entry.setSession(one.moment.session);
    entry.setOrdinal(one.moment.ordinal);
  }
}

void Orders::read(schema::AccountState::Reader in) {
  for (const auto order : in.getOrders()) {
    if (open_.size() >= kMaxOrders) break;
    Row row(names().order);
    row.merge(capnp::toAny(order));
    const std::string key = key_of(order);
    if (!key.empty()) open_.insert_or_assign(key, std::move(row));
  }
  for (const auto entry : in.getClosedOrders()) {
    Row row(names().order);
    row.merge(capnp::toAny(entry.getOrder()));
    closed_.push_back({std::move(row),
                       entry.getFilled(),
                       entry.getReason().cStr(),
                       {entry.getClosedAt(), entry.getSession(), entry.getOrdinal()}});
    if (closed_.size() > kClosedKept) closed_.pop_front();
  }
  unknown_removals_ += in.getFillCounts().getUnknownRemovals();
}

}  // namespace tape::state
