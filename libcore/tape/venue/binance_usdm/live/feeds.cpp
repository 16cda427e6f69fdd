#include <tape/base/bytes.h>
#include <tape/base/error.h>
#include <tape/venue/binance_usdm/live/feeds.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace tape::venue::binance_usdm::live {
namespace {

constexpr Nanos kMinute = 60 * kSecond;

struct Feed {
  FeedInfo info;
  std::string_view channel;
  Site site = Site::market;
  bool lively = false;
  bool book = false;
};

constexpr Feed book_changes(std::string_view name, bool by_default, std::string_view what) {
  return {{name, false, by_default, true, what}, "depth", Site::book, true, true};
}
constexpr Feed best_levels(std::string_view name, std::string_view what) {
  return {{name, false, false, true, what}, "depth", Site::book, true};
}
constexpr Feed candles(std::string_view name) {
  return {{name, false, false, true, "candles, four times a second"}, "kline", Site::market};
}

// Streams of developers.binance.com, USD-M "Websocket Market Streams", in copies of 2025-05 to
// 2026-03. How they are spread over the sites: its notice of 2026-03-06.
constexpr Feed kTable[] = {
    book_changes("depth", false, "changes of the order book, four times a second"),
    book_changes("depth@100ms", true, "changes of the order book, ten times a second"),
    book_changes("depth@500ms", false, "changes of the order book, twice a second"),
    best_levels("depth5", "the 5 best levels, four times a second"),
    best_levels("depth10", "the 10 best levels, four times a second"),
    best_levels("depth20", "the 20 best levels, four times a second"),
    best_levels("depth5@100ms", "the 5 best levels, ten times a second"),
    best_levels("depth10@100ms", "the 10 best levels, ten times a second"),
    best_levels("depth20@100ms", "the 20 best levels, ten times a second"),
    {{"bookTicker", false, true, true, "best bid and ask"}, "bookTicker", Site::book, true},
    {{"aggTrade", false, true, true, "trades, of one order and price together"},
     "aggTrade",
     Site::market},
    {{"trade", false, false, true, "single trades (undocumented)"}, "trade", Site::market},
    {{"markPrice", false, false, true, "mark price and funding rate, every 3 s"},
     "markPrice",
     Site::market,
     true},
    {{"markPrice@1s", false, true, true, "mark price and funding rate, every second"},
     "markPrice",
     Site::market,
     true},
    {{"forceOrder", false, true, true, "liquidations, the latest of each second"},
     "forceOrder",
     Site::market},
    candles("kline_1m"),
    candles("kline_3m"),
    candles("kline_5m"),
    candles("kline_15m"),
    candles("kline_30m"),
    candles("kline_1h"),
    candles("kline_2h"),
    candles("kline_4h"),
    candles("kline_6h"),
    candles("kline_8h"),
    candles("kline_12h"),
    candles("kline_1d"),
    candles("kline_3d"),
    candles("kline_1w"),
    candles("kline_1M"),
    {{"ticker", false, false, true, "statistics of 24 hours"}, "ticker", Site::market},
    {{"miniTicker", false, false, true, "short statistics of 24 hours"},
     "miniTicker",
     Site::market},
    {{"!bookTicker", false, false, false, "best bid and ask of all symbols"},
     "bookTicker",
     Site::book,
     true},
    {{"!markPrice@arr", false, false, false, "mark prices of all symbols, every 3 s"},
     "markPrice",
     Site::market,
     true},
    {{"!markPrice@arr@1s", false, false, false, "mark prices of all symbols, every second"},
     "markPrice",
     Site::market,
     true},
    {{"!ticker@arr", false, false, false, "statistics of 24 hours of all symbols"},
     "ticker",
     Site::market,
     true},
    {{"!miniTicker@arr", false, false, false, "short statistics of 24 hours of all symbols"},
     "miniTicker",
     Site::market,
     true},
    {{"!forceOrder@arr", false, false, false, "liquidations of all symbols"},
     "forceOrder",
     Site::market},
    {{"!contractInfo", false, false, false, "contracts listed, settled, delisted"},
     "contractInfo",
     Site::market},
    {{"!assetIndex@arr", false, false, false, "asset indexes of multi-assets mode"},
     "assetIndex",
     Site::market,
     true},
    {{"userData", true, true, false, "orders, fills, positions, balances of each account"},
     "userData",
     Site::account},
};

constexpr auto kFeeds = [] {
  std::array<FeedInfo, std::size(kTable)> infos{};
  for (std::size_t i = 0; i < infos.size(); ++i) infos[i] = kTable[i].info;
  return infos;
}();

constexpr EndpointInfo kEndpoints[] = {
    {"rest", "https://fapi.binance.com", "REST: snapshots, listen keys, polls"},
    {"public", "wss://fstream.binance.com/public", "streams of order books and best quotes"},
    {"market", "wss://fstream.binance.com/market", "all other streams of the market"},
    {"private", "wss://fstream.binance.com/private", "user data of accounts", true},
};
enum EndpointIndex : std::size_t { rest, book, market, accounts };

struct Poll {
  PollInfo info;
  Call call = Call::server_time;
};

constexpr Poll kPollTable[] = {
    {{"account", 5 * kMinute, true, "balances and positions; also at every connection"},
     Call::account},
    {{"positionRisk", 5 * kMinute, true, "positions with leverage; also at every connection"},
     Call::position_risk},
    {{"openOrders", 5 * kMinute, true, "open orders; also at every connection"}, Call::open_orders},
    {{"positionSide/dual", 30 * kMinute, true, "one-way or hedge mode; also at every connection"},
     Call::position_mode},
    {{"multiAssetsMargin", 30 * kMinute, true, "single or multi-assets; also at every connection"},
     Call::multi_assets},
    {{"exchangeInfo", 360 * kMinute, false, "contracts, and the request weight allowed"},
     Call::exchange_info},
    {{"time", 5 * kMinute, false, "the venue's clock"}, Call::server_time},
};

constexpr auto kPolls = [] {
  std::array<PollInfo, std::size(kPollTable)> infos{};
  for (std::size_t i = 0; i < infos.size(); ++i) infos[i] = kPollTable[i].info;
  return infos;
}();

template <typename Infos>
std::string names_of(const Infos& infos) {
  std::string names;
  for (const auto& info : infos) names += fmt::format("{}{}", names.empty() ? "" : ", ", info.name);
  return names;
}

[[noreturn]] void refuse(std::string_view text) {
  throw Error(Fault::usage, fmt::format("binance-usdm: {}", text));
}

/// ASCII only: the few letters beyond it in symbols have no case.
std::string in_case(std::string_view text, char from, int by) {
  std::string out(text);
  for (char& c : out) {
    if (c >= from && c <= from + 25) c = static_cast<char>(c + by);
  }
  return out;
}
std::string upper(std::string_view text) { return in_case(text, 'a', 'A' - 'a'); }
std::string lower(std::string_view text) { return in_case(text, 'A', 'a' - 'A'); }

/// BTCUSDT, BTCUSDT_260327, 1000PEPEUSDT.
std::string checked_symbol(std::string_view text) {
  constexpr std::size_t kLongest = 47;
  auto symbol = upper(text);
  const bool good = std::all_of(symbol.begin(), symbol.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
  });
  if (!good || symbol.empty() || symbol.size() > kLongest ||
      utf8_valid_prefix(symbol) != symbol.size()) {
    refuse(fmt::format("no symbol: '{}'; symbols are like BTCUSDT or BTCUSDT_260327", text));
  }
  return symbol;
}

std::vector<std::string> checked_symbols(const std::vector<std::string>& texts) {
  std::vector<std::string> symbols;
  for (const auto& text : texts) {
    auto symbol = checked_symbol(text);
    if (std::find(symbols.begin(), symbols.end(), symbol) == symbols.end()) {
      symbols.push_back(std::move(symbol));
    }
  }
  return symbols;
}

std::vector<const Feed*> checked_feeds(const SessionOptions& options) {
  std::vector<const Feed*> chosen;
  for (const auto& name : options.feeds) {
    const auto* const feed =
        std::find_if(std::begin(kTable), std::end(kTable),
                     [&](const Feed& entry) { return entry.info.name == name; });
    if (feed == std::end(kTable)) {
      refuse(fmt::format("no feed '{}'; there are: {}", name, names_of(kFeeds)));
    }
    if (feed->info.account && options.accounts.empty()) {
      refuse(fmt::format("feed '{}' needs an account with its keys", name));
    }
    if (feed->info.per_symbol && options.symbols.empty()) {
      refuse(fmt::format("feed '{}' needs symbols, such as BTCUSDT", name));
    }
    if (std::find(chosen.begin(), chosen.end(), feed) == chosen.end()) chosen.push_back(feed);
  }
  if (!options.feeds.empty()) return chosen;
  for (const auto& feed : kTable) {
    if (!feed.info.by_default) continue;
    if (feed.info.account ? !options.accounts.empty() : !options.symbols.empty()) {
      chosen.push_back(&feed);
    }
  }
  if (chosen.empty()) refuse("nothing to record: name symbols, feeds or an account");
  return chosen;
}

void add_streams(Plan& plan, const Feed& feed) {
  if (feed.info.account) {
    plan.user_data = true;
    return;
  }
  const bool is_book = feed.site == Site::book;
  auto& streams = is_book ? plan.book : plan.market;
  const auto endpoint = kEndpoints[is_book ? book : market].name;
  if (!feed.info.per_symbol) {
    streams.push_back(
        {std::string(feed.info.name), endpoint, feed.channel, {}, feed.lively, feed.book});
    return;
  }
  for (const auto& symbol : plan.symbols) {
    streams.push_back({fmt::format("{}@{}", lower(symbol), feed.info.name), endpoint, feed.channel,
                       symbol, feed.lively, feed.book});
  }
}

void check_accounts(const std::vector<Account>& accounts) {
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    const auto& account = accounts[i];
    if (account.label.empty()) refuse("an account needs a label");
    if (account.key.empty() || account.secret.empty()) {
      refuse(fmt::format("account '{}' needs both its API key and its secret", account.label));
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (accounts[j].label == account.label) {
        refuse(fmt::format("two accounts have the label '{}'", account.label));
      }
    }
  }
}

std::array<std::string, std::size(kEndpoints)> checked_urls(const SessionOptions& options) {
  std::array<std::string, std::size(kEndpoints)> urls;
  for (std::size_t i = 0; i < urls.size(); ++i) urls[i] = kEndpoints[i].url;
  for (const auto& [name, url] : options.endpoints) {
    std::size_t i = 0;
    while (i < urls.size() && kEndpoints[i].name != name) ++i;
    if (i == urls.size()) {
      refuse(fmt::format("no endpoint '{}'; there are: {}", name, names_of(kEndpoints)));
    }
    const std::string_view scheme = i == rest ? "http" : "ws";
    if (!url.starts_with(fmt::format("{}s://", scheme)) &&
        !url.starts_with(fmt::format("{}://", scheme))) {
      refuse(fmt::format("endpoint '{}' begins with {}s:// or {}://", name, scheme, scheme));
    }
    if (url.find_first_of("?# ") != std::string::npos) {
      refuse(
          fmt::format("endpoint '{}' is an address without query, to which paths are added", name));
    }
    urls[i] = url.substr(0, url.find_last_not_of('/') + 1);
  }
  return urls;
}

std::vector<Nanos> checked_polls(const SessionOptions& options) {
  std::vector<Nanos> every(static_cast<std::size_t>(Call::exchange_info) + 1, 0);
  for (const auto& poll : kPollTable) every[static_cast<std::size_t>(poll.call)] = poll.info.every;
  for (const auto& asked : options.polls) {
    const auto& name = asked.first;
    const auto interval = asked.second;
    const auto* const poll =
        std::find_if(std::begin(kPollTable), std::end(kPollTable),
                     [&](const Poll& entry) { return entry.info.name == name; });
    if (poll == std::end(kPollTable)) {
      refuse(fmt::format("no poll '{}'; there are: {}", name, names_of(kPolls)));
    }
    if (interval != 0 && interval < kSecond) {
      refuse(fmt::format("poll '{}': every second at most, or off", name));
    }
    every[static_cast<std::size_t>(poll->call)] = interval;
  }
  return every;
}

}  // namespace

std::span<const FeedInfo> feeds() { return kFeeds; }
std::span<const EndpointInfo> endpoints() { return kEndpoints; }
std::span<const PollInfo> polls() { return kPolls; }

Plan make_plan(SessionOptions options) {
  check_accounts(options.accounts);
  const auto chosen = checked_feeds(options);
  const auto books =
      std::count_if(chosen.begin(), chosen.end(), [](const Feed* feed) { return feed->book; });
  // Their numbers run side by side on one connection, and each would look like gaps of the other.
  if (books > 1) refuse("depth, depth@100ms and depth@500ms exclude each other; name one");
  Plan plan;
  plan.symbols = checked_symbols(options.symbols);
  for (const auto* const feed : chosen) add_streams(plan, *feed);
  auto urls = checked_urls(options);
  plan.rest_url = std::move(urls[rest]);
  plan.book_url = std::move(urls[book]);
  plan.market_url = std::move(urls[market]);
  plan.private_url = std::move(urls[accounts]);
  plan.every = checked_polls(options);
  if (plan.user_data) plan.accounts = std::move(options.accounts);
  return plan;
}

}  // namespace tape::venue::binance_usdm::live
