// Orders, fills and the log of an account, and what they say about each other.
#include <tape/state/account/account.h>
#include <tape/state/account/account_names.h>

#include <algorithm>

namespace tape::state {
namespace {

struct FillNames {
  const RowType& fill = RowType::of<schema::Fill>();
  const event::Slot& order_id = fill.slot("orderId");
  const event::Slot& symbol = fill.slot("symbol");
  const event::Slot& side = fill.slot("side");
  const event::Slot& position_side = fill.slot("positionSide");
  const event::Slot& quantity = fill.slot("quantity");
  const event::Slot& filled_at = fill.slot("filledAt");
};

const FillNames& names() {
  static const FillNames kNames;
  return kNames;
}

// A list of fills proves all since its oldest one.
bool reaches_back(schema::Fills::Reader fills, const Part& part) {
  const auto items = fills.getItems();
  if (items.size() == 0 || !part.complete()) return true;
  Nanos oldest = INT64_MAX;
  for (const auto fill : items) oldest = std::min(oldest, fill.getFilledAt());
  return oldest <= part.standing().since().received_at;
}

bool carries_fill(schema::OrderUpdate::Reader update) {
  const auto id = event::view(update.getFillId());
  return !id.empty() && id != "0" && event::get_decimal(update.getLastFillQuantity()).mantissa > 0;
}

void fill_of(schema::OrderUpdate::Reader update, schema::Fill::Builder out) {
  const auto order = update.getOrder();
  out.setFillId(update.getFillId());
  out.setOrderId(order.getOrderId());
  out.setClientOrderId(order.getClientOrderId());
  out.setSymbol(order.getSymbol());
  out.setSide(order.getSide());
  out.setMaker(update.getMaker());
  // What is no trade of an order placed by the account says so by its action.
  if (event::view(update.getAction()) != "TRADE") out.setFillType(update.getAction());
  out.setOrderType(order.getType());
  out.setPositionSide(order.getPositionSide());
  event::set_decimal(out.getPrice(), event::get_decimal(update.getLastFillPrice()));
  event::set_decimal(out.getQuantity(), event::get_decimal(update.getLastFillQuantity()));
  event::set_decimal(out.getFee(), event::get_decimal(update.getFee()));
  event::set_decimal(out.getRealizedPnl(), event::get_decimal(update.getRealizedPnl()));
  out.setFeeCurrency(update.getFeeCurrency());
  out.setFilledAt(update.getFilledAt());
}

}  // namespace

void Account::apply(schema::OpenOrders::Reader orders, Extent extent, const Occasion& occasion) {
  begin(occasion);
  const bool all = extent.whole && extent.symbol.empty();
  const bool origin = part(PartKind::orders).complete() && !occasion.answer;
  take(PartKind::orders, all ? Nature::picture : Nature::piece, occasion);
  orders_.apply(orders, extent.whole, extent.symbol, occasion,
                [&](const Orders::Effect& effect) { moved(effect, origin, occasion); });
}

void Account::apply(schema::OrderUpdate::Reader update, const Occasion& occasion) {
  begin(occasion);
  const bool origin = part(PartKind::orders).complete();
  take(PartKind::orders, Nature::change, occasion);
  // A feed that says how much was filled last brings the fills.
  const bool with_fills = !event::get_decimal(update.getLastFillQuantity()).absent();
  if (with_fills) take(PartKind::fills, Nature::change, occasion);
  const auto effect = orders_.apply(update, occasion);
  if (!effect.key.empty()) moved(effect, origin, occasion);
  if (!carries_fill(update)) return;
  capnp::MallocMessageBuilder message;
  auto fill = message.initRoot<schema::Fill>();
  fill_of(update, fill);
  see(fill.asReader(), Fills::Way::order_stream, occasion);
}

void Account::moved(const Orders::Effect& effect, bool origin, const Occasion& occasion) {
  if (effect.unmoved) {
    report("order-remainder", effect.key, effect.should_remain, effect.remaining, occasion.moment);
  }
  const Sums::Key key{Sums::Kind::order, effect.key, {}};
  sums_.state(key, effect.filled, effect.venue_at, origin && effect.fresh, occasion);
  if (!effect.closed) return;
  const auto* sum = sums_.find(key);
  if (sum != nullptr && !sum->pending) sums_.erase(key);
}

void Account::apply(schema::Fills::Reader fills, Extent extent, const Occasion& occasion) {
  begin(occasion);
  const bool listed = fills.getSnapshot();
  const bool all =
      extent.whole && extent.symbol.empty() && reaches_back(fills, part(PartKind::fills));
  const Nature partial = listed ? Nature::piece : Nature::change;
  take(PartKind::fills, all ? Nature::picture : partial, occasion);
  auto way = listed ? Fills::Way::picture : Fills::Way::fill_stream;
  if (occasion.answer) way = Fills::Way::answer;
  for (const auto& hole : fills_.holes(fills)) {
    report("fill-number", hole.symbol, {static_cast<std::int64_t>(hole.expected), 0},
           {static_cast<std::int64_t>(hole.found), 0}, occasion.moment);
  }
  // Lists may begin with the newest; fills are counted as they happened.
  const auto items = fills.getItems();
  const bool newest_first =
      items.size() > 1 && items[0].getFilledAt() > items[items.size() - 1].getFilledAt();
  for (unsigned i = 0; i < items.size(); ++i) {
    see(items[newest_first ? items.size() - 1 - i : i], way, occasion);
  }
}

void Account::see(schema::Fill::Reader fill, Fills::Way way, const Occasion& occasion) {
  // An execution that does not say whose side was ours tells nothing of the account.
  if (fill.getSide() == schema::Side::UNKNOWN && fill.getOrderId().size() == 0) return;
  const bool listed = way == Fills::Way::picture || way == Fills::Way::answer;
  const auto sighting = fills_.see(fill, way, part(PartKind::fills).stream_at(), occasion);
  if (sighting.record == nullptr) return;
  for (const auto& difference : sighting.differences) {
    Finding finding{"fill-mismatch",
                    identity(event::view(fill.getFillId()), event::view(fill.getSymbol())) + ' ' +
                        difference.field,
                    difference.held,
                    difference.given,
                    subtract(difference.given, difference.held).value_or(Decimal{}),
                    occasion.moment,
                    difference.held_text,
                    difference.given_text,
                    0};
    report(std::move(finding));
  }
  Fills::Record& record = *sighting.record;
  if (sighting.fresh) {
    const auto& slots = names();
    const auto key = identity(record.row.text(slots.order_id), record.row.text(slots.symbol));
    if (!record.row.text(slots.order_id).empty()) {
      sums_.fill({Sums::Kind::order, key, {}}, record.row.decimal(slots.quantity),
                 record.row.moment(slots.filled_at), listed, occasion);
    }
  }
  if (!record.placed) place(record, listed, occasion);
}

std::string Account::position_side(const Row& fill, const std::string& symbol) const {
  const auto& slots = names();
  if (const auto given = fill.text(slots.position_side); !given.empty()) return std::string(given);
  const auto first = positions_.lower_bound({symbol, {}});
  if (first == positions_.end() || first->first.first != symbol || first->first.second.empty()) {
    return {};
  }
  const auto by_order =
      orders_.position_side(identity(fill.text(slots.order_id), fill.text(slots.symbol)));
  return by_order.empty() ? "?" : std::string(by_order);
}

void Account::place(Fills::Record& record, bool listed, const Occasion& occasion) {
  const auto& slots = names();
  const auto symbol = upper(record.row.text(slots.symbol));
  const auto side = position_side(record.row, symbol);
  const auto direction = record.row.number(slots.side);
  // Of which side it is, another sighting of the fill will say.
  if (symbol.empty() || side == "?" || direction == 0) return;
  Decimal amount = record.row.decimal(slots.quantity);
  if (direction == static_cast<std::uint16_t>(schema::Side::SELL)) {
    amount = subtract({0, 0}, amount).value();
  }
  const Nanos at = record.row.moment(slots.filled_at);
  const Sums::Key key{Sums::Kind::position, symbol, side};
  if (sums_.find(key) == nullptr && part(PartKind::positions).complete()) {
    // What the list of all positions does not name is flat.
    sums_.state(key, {0, 0}, 0, false, occasion);
  }
  const auto counted = sums_.fill(key, amount, at, listed, occasion);
  if (counted == Sums::Counted::unknown) return;
  record.placed = true;
  if (counted == Sums::Counted::within_base) explain(symbol, side, amount, at);
}

// A fill that comes late may be the one that was found missing.
void Account::explain(const std::string& symbol, const std::string& side, Decimal amount,
                      Nanos filled_at) {
  const auto found = findings_.find({"position-fills", side_of(symbol, side)});
  if (found == findings_.end()) return;
  Finding& finding = found->second;
  if (filled_at != 0 && filled_at > finding.moment.received_at) return;
  finding.expected = add(finding.expected, amount).value_or(Decimal{});
  finding.difference = subtract(finding.found, finding.expected).value_or(Decimal{});
  if (finding.difference.mantissa == 0) findings_.erase(found);
}

void Account::settle(Nanos now) {
  news_.clear();
  sums_.settle(now, [this](const Sums::Key& key, const Sums::Sum& sum, Decimal expected) {
    return judge(key, sum, expected);
  });
}

bool Account::judge(const Sums::Key& key, const Sums::Sum& sum, Decimal expected) {
  const bool position = key.kind == Sums::Kind::position;
  const bool keep = position || orders_.has(key.key);
  const bool holds = std::is_eq(compare(expected, sum.stated));
  const auto found = position ? positions_.find({key.key, key.side}) : positions_.end();
  if (found != positions_.end() && found->second.bit(account_names().closing) && holds &&
      sum.stated.mantissa == 0) {
    flatten(found->second);
  }
  // Without both feeds there is nothing to compare.
  const Part& other = part(position ? PartKind::positions : PartKind::orders);
  if (holds || part(PartKind::fills).stream_at() == 0 || other.stream_at() == 0) return keep;
  Finding finding{position ? "position-fills" : "order-fills",
                  position ? side_of(key.key, key.side) : key.key,
                  expected,
                  sum.stated,
                  subtract(sum.stated, expected).value_or(Decimal{}),
                  sum.moment,
                  {},
                  {},
                  sum.from_at};
  report(std::move(finding));
  return keep;
}

void Account::apply(schema::AccountLog::Reader log, const Occasion& occasion) {
  begin(occasion);
  // Entries hold each other: a chain without a break proves that none is missing.
  take(PartKind::log, log.getSnapshot() ? Nature::picture : Nature::change, occasion);
  for (const auto& broken : ledger_.apply(log, occasion)) {
    report("log-chain", broken.subject, broken.expected, broken.found, occasion.moment);
  }
}

void Account::apply(schema::FundFlows::Reader flows, const Occasion& occasion) {
  begin(occasion);
  ledger_.apply(flows, occasion);
}

void Account::apply(schema::MarginCall::Reader call, const Occasion& occasion) {
  begin(occasion);
  ledger_.apply(call, occasion);
}

}  // namespace tape::state
