#include <tape/event/json.h>
#include <tape/venue/kraken_futures/exchange/names.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tape::venue::kraken_futures {
namespace {

constexpr auto kFeeds = std::to_array<FeedKind>({
    {"heartbeat", false, false, false, false},
    {"ticker", false, true, false, true},
    {"ticker_lite", false, true, false, true},
    {"trade", false, true, true, false},
    {"book", false, true, true, false},
    {"fills", true, false, true, false},
    {"open_orders", true, false, true, false},
    {"open_orders_verbose", true, false, true, false},
    {"open_positions", true, false, true, false},
    {"balances", true, false, true, false},
    {"account_log", true, false, true, false},
    {"notifications_auth", true, false, false, true},
    {"account_balances_and_margins", true, false, false, true},
});

constexpr auto kPublic =
    std::to_array<std::string_view>({"instruments", "instruments/status", "tickers", "orderbook",
                                     "history", "feeschedules", "status page"});

}  // namespace

const FeedKind* find_feed(std::string_view name) {
  const auto* const found = std::find_if(kFeeds.begin(), kFeeds.end(),
                                         [&](const FeedKind& feed) { return feed.name == name; });
  return found == kFeeds.end() ? nullptr : found;
}

std::string uuid(std::mt19937_64& random) {
  // Version 4, variant 1.
  const auto a = random();
  const auto b = random();
  return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", a >> 32U, (a >> 16U) & 0xFFFFU,
                     a & 0xFFFU, 0x8000U | ((b >> 48U) & 0x3FFFU), b & 0xFFFFFFFFFFFFU);
}

std::string capitals(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

std::string feed_name(const FeedKind& feed, std::string_view symbol, std::string_view account) {
  if (feed.account) return fmt::format("{} {}", feed.name, account);
  return feed.per_symbol ? fmt::format("{} {}", feed.name, capitals(symbol))
                         : std::string(feed.name);
}

std::string ack(std::string_view event, std::string_view feed, std::string_view symbol) {
  std::string text = fmt::format(R"({{"event":"{}","feed":)", event);
  event::append_json_string(feed, text);
  if (!symbol.empty()) {
    text += R"(,"product_ids":[)";
    event::append_json_string(symbol, text);
    text += ']';
  }
  return text += '}';
}

std::string error(std::string_view message) {
  std::string text = R"({"event":"error","message":)";
  event::append_json_string(message, text);
  return text += '}';
}

std::vector<std::string> asks(std::string_view event, std::string_view feed,
                              const std::vector<std::string>& symbols) {
  std::vector<std::string> all;
  all.reserve(symbols.size() + 1);
  for (const auto& symbol : symbols) {
    all.push_back(fmt::format("{} {} {}", event, feed, capitals(symbol)));
  }
  if (symbols.empty()) all.push_back(fmt::format("{} {} ", event, feed));
  return all;
}

std::string_view endpoint_of(std::string_view path) {
  constexpr std::string_view kRest = "/api/v3/";
  if (const auto at = path.find(kRest); at != std::string_view::npos) {
    return path.substr(at + kRest.size());
  }
  return path.ends_with("/summary.json") ? "status page" : "";
}

bool is_public(std::string_view endpoint) {
  if (endpoint.starts_with("tickers/") || endpoint.starts_with("instruments/")) return true;
  return std::find(kPublic.begin(), kPublic.end(), endpoint) != kPublic.end();
}

std::string question(std::string_view account, std::string_view endpoint, std::string_view query) {
  return fmt::format("{} {} {}", is_public(endpoint) ? "" : account, endpoint, query);
}

std::string server_time(Nanos moment) { return format_rfc3339(moment).substr(0, 23) + 'Z'; }

ExchangeReply rest_error(std::string_view code, Nanos moment, std::uint16_t status) {
  return {status, fmt::format(R"({{"result":"error","error":"{}","serverTime":"{}"}})", code,
                              server_time(moment))};
}

}  // namespace tape::venue::kraken_futures
