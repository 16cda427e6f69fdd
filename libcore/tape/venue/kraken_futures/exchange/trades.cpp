#include <tape/venue/exchange/json_object.h>
#include <tape/venue/kraken_futures/exchange/names.h>
#include <tape/venue/kraken_futures/exchange/trades.h>

#include <vector>

namespace tape::venue::kraken_futures {

Trades::Known Trades::rendered(std::string_view symbol, schema::Trade::Reader trade) {
  const auto uid = event::view(trade.getTradeId());
  const auto type = event::view(trade.getType());
  const auto side = trade.getSide() == schema::Side::BUY ? "buy" : "sell";
  const auto price = event::get_decimal(trade.getPrice());
  const auto quantity = event::get_decimal(trade.getQuantity());
  const auto number = static_cast<std::int64_t>(trade.getSequence());
  JsonObject feed;
  feed.text("feed", "trade").text("product_id", symbol);
  JsonObject rest;
  rest.text("time", server_time(trade.getTradedAt()))
      .integer("trade_id", number)
      .number("price", price)
      .number("size", quantity);
  if (!uid.empty()) feed.text("uid", uid);
  if (trade.getSide() != schema::Side::UNKNOWN) {
    feed.text("side", side);
    rest.text("side", side);
  }
  if (!type.empty()) {
    feed.text("type", type);
    rest.text("type", type);
  }
  if (!uid.empty()) rest.text("uid", uid);
  feed.integer("seq", number)
      .integer("time", trade.getTradedAt() / kMillisecond)
      .number("qty", quantity)
      .number("price", price);
  return {trade.getTradedAt(), feed.str(), rest.str()};
}

void Trades::add(std::string_view symbol, schema::Trade::Reader trade) {
  const auto found = trades_.find(symbol);
  if (found == trades_.end()) return;
  found->second.push_front(rendered(symbol, trade));
  if (found->second.size() > kKept) found->second.pop_back();
}

void Trades::take(std::string_view symbol, schema::TradeSnapshot::Reader snapshot) {
  std::deque<Known> all;
  for (const auto trade : snapshot.getItems()) {
    if (all.size() < kKept) all.push_back(rendered(symbol, trade));
  }
  trades_.insert_or_assign(std::string(symbol), std::move(all));
}

std::optional<std::string> Trades::snapshot(std::string_view symbol) const {
  const auto found = trades_.find(symbol);
  if (found == trades_.end()) return std::nullopt;
  std::vector<std::string> trades;
  for (const auto& trade : found->second) trades.push_back(trade.on_feed);
  JsonObject out;
  out.text("feed", "trade_snapshot").text("product_id", symbol).list("trades", trades);
  return out.str();
}

std::optional<std::string> Trades::history(std::string_view symbol, Nanos before) const {
  const auto found = trades_.find(symbol);
  if (found == trades_.end()) return std::nullopt;
  std::vector<std::string> trades;
  for (const auto& trade : found->second) {
    if (before == 0 || trade.at < before) trades.push_back(trade.in_rest);
  }
  return json_list(trades);
}

}  // namespace tape::venue::kraken_futures
