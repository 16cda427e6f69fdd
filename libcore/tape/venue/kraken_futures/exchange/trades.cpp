#include <tape/base/time.h>
#include <tape/event/json.h>
#include <tape/venue/kraken_futures/exchange/trades.h>

#include <fmt/format.h>

#include <iterator>

namespace tape::venue::kraken_futures {
namespace {

void member(std::string_view name, std::string_view value, std::string& out) {
  if (value.empty()) return;
  out += ',';
  event::append_json_string(name, out);
  out += ':';
  event::append_json_string(value, out);
}

std::string rendered(std::string_view symbol, schema::Trade::Reader trade) {
  std::string out = R"({"feed":"trade")";
  member("product_id", symbol, out);
  member("uid", event::view(trade.getTradeId()), out);
  if (trade.getSide() != schema::Side::UNKNOWN) {
    member("side", trade.getSide() == schema::Side::BUY ? "buy" : "sell", out);
  }
  member("type", event::view(trade.getType()), out);
  fmt::format_to(std::back_inserter(out), R"(,"seq":{},"time":{},"qty":{},"price":{}}})",
                 trade.getSequence(), trade.getTradedAt() / kMillisecond,
                 format_decimal(event::get_decimal(trade.getQuantity())),
                 format_decimal(event::get_decimal(trade.getPrice())));
  return out;
}

}  // namespace

void Trades::add(std::string_view symbol, schema::Trade::Reader trade) {
  const auto found = trades_.find(symbol);
  if (found == trades_.end()) return;
  found->second.push_front(rendered(symbol, trade));
  if (found->second.size() > kKept) found->second.pop_back();
}

void Trades::take(std::string_view symbol, schema::TradeSnapshot::Reader snapshot) {
  std::deque<std::string> all;
  for (const auto trade : snapshot.getItems()) {
    if (all.size() < kKept) all.push_back(rendered(symbol, trade));
  }
  trades_.insert_or_assign(std::string(symbol), std::move(all));
}

std::optional<std::string> Trades::snapshot(std::string_view symbol) const {
  const auto found = trades_.find(symbol);
  if (found == trades_.end()) return std::nullopt;
  std::string out = R"({"feed":"trade_snapshot")";
  member("product_id", symbol, out);
  out += R"(,"trades":[)";
  for (const auto& trade : found->second) out.append(trade).append(1, ',');
  if (!found->second.empty()) out.pop_back();
  return out += "]}";
}

}  // namespace tape::venue::kraken_futures
