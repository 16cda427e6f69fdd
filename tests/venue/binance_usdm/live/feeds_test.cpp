#include <tape/base/error.h>
#include <tape/venue/binance_usdm/live/feeds.h>
#include <tape/venue/registry.h>

#include <catch2/catch.hpp>
#include <venue/binance_usdm/live/stage.h>

#include <set>
#include <string>

using namespace stage;
using tape::venue::binance_usdm::live::Call;
using tape::venue::binance_usdm::live::feeds;
using tape::venue::binance_usdm::live::make_plan;

namespace {

std::set<std::string> names(const std::vector<tape::venue::binance_usdm::live::Stream>& streams) {
  std::set<std::string> all;
  for (const auto& stream : streams) all.insert(stream.name);
  return all;
}

/// The message of the usage error that the options make.
std::string refusal(SessionOptions asked) {
  try {
    (void)make_plan(std::move(asked));
  } catch (const tape::Error& error) {
    CHECK(error.fault == tape::Fault::usage);
    return error.what();
  }
  FAIL("not refused");
  return {};
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("without feeds named, each symbol has the default ones, on the site of each") {
  const auto plan = make_plan(options({"BTCUSDT", "ethusdt", "BTCUSDT"}));
  CHECK(plan.symbols == std::vector<std::string>{"BTCUSDT", "ETHUSDT"});
  CHECK(names(plan.book) == std::set<std::string>{"btcusdt@depth@100ms", "btcusdt@bookTicker",
                                                  "ethusdt@depth@100ms", "ethusdt@bookTicker"});
  CHECK(names(plan.market) == std::set<std::string>{"btcusdt@aggTrade", "btcusdt@markPrice@1s",
                                                    "btcusdt@forceOrder", "ethusdt@aggTrade",
                                                    "ethusdt@markPrice@1s", "ethusdt@forceOrder"});
  CHECK_FALSE(plan.user_data);
  CHECK(plan.book_url == "wss://fstream.binance.com/public");
  CHECK(plan.market_url == "wss://fstream.binance.com/market");
}

TEST_CASE("user data is a default where there are accounts, and only then are they used") {
  CHECK(make_plan(options({}, {}, {"desk"})).user_data);
  const auto plan = make_plan(options({"BTCUSDT"}, {"trade"}, {"desk"}));
  CHECK_FALSE(plan.user_data);
  CHECK(plan.accounts.empty());
}

TEST_CASE("every feed makes a stream of its name") {
  for (const auto& feed : feeds()) {
    INFO(feed.name);
    CHECK_FALSE(feed.what.empty());
    const auto plan = make_plan(options({"BTCUSDT_260327"}, {std::string(feed.name)}, {"desk"}));
    if (feed.account) {
      CHECK(plan.user_data);
      continue;
    }
    REQUIRE(plan.book.size() + plan.market.size() == 1);
    const auto& stream = plan.book.empty() ? plan.market[0] : plan.book[0];
    CHECK(stream.name == (feed.per_symbol ? "btcusdt_260327@" : "") + std::string(feed.name));
    CHECK(stream.symbol == (feed.per_symbol ? "BTCUSDT_260327" : ""));
    const bool book = has(stream.name, "depth") || has(stream.name, "bookTicker");
    CHECK(stream.endpoint == (book ? "public" : "market"));
  }
}

TEST_CASE("addresses and polls are replaced by name") {
  auto asked = options({"BTCUSDT"}, {}, {"desk"});
  asked.endpoints = {{"rest", "http://127.0.0.1:1234/"}, {"private", "ws://127.0.0.1:1//"}};
  asked.polls = {{"account", 7 * kSecond}, {"time", 0}};
  const auto plan = make_plan(std::move(asked));
  CHECK(plan.rest_url == "http://127.0.0.1:1234");
  CHECK(plan.private_url == "ws://127.0.0.1:1");
  CHECK(plan.book_url == "wss://fstream.binance.com/public");
  CHECK(plan.every.at(static_cast<std::size_t>(Call::account)) == 7 * kSecond);
  CHECK(plan.every.at(static_cast<std::size_t>(Call::server_time)) == 0);
  CHECK(plan.every.at(static_cast<std::size_t>(Call::exchange_info)) == 6 * kHour);
}

TEST_CASE("what cannot be is refused with what can") {
  CHECK(has(refusal(options({"BTCUSDT"}, {"depht"})), "no feed 'depht'; there are: depth, "));
  CHECK(has(refusal(options({"BTC/USDT"})), "BTC/USDT"));
  CHECK(has(refusal(options({""})), "symbol"));
  CHECK(has(refusal(options({"BTC\"USDT"})), "symbol"));
  CHECK(has(refusal(options({"BTC\xffUSDT"})), "symbol"));
  CHECK(has(refusal(options({}, {"trade"})), "needs symbols"));
  CHECK(has(refusal(options({"BTCUSDT"}, {"userData"})), "needs an account"));
  CHECK(has(refusal(options({})), "nothing to record"));
  CHECK(has(refusal(options({"BTCUSDT"}, {"depth", "depth@500ms"})), "exclude"));
  CHECK(has(refusal(options({}, {}, {"desk", "desk"})), "label 'desk'"));
  CHECK(has(refusal(options({}, {}, {""})), "label"));
  auto asked = options({}, {}, {"desk"});
  asked.accounts[0].secret = tape::Secret();
  CHECK(has(refusal(std::move(asked)), "secret"));
}

TEST_CASE("addresses and polls that cannot be are refused with those that can") {
  const auto with_endpoint = [](std::string name, std::string url) {
    auto asked = options({"BTCUSDT"});
    asked.endpoints = {{std::move(name), std::move(url)}};
    return refusal(std::move(asked));
  };
  CHECK(has(with_endpoint("websocket", "wss://x"), "there are: rest, public, market, private"));
  CHECK(has(with_endpoint("rest", "wss://x"), "https://"));
  CHECK(has(with_endpoint("public", "https://x"), "wss://"));
  CHECK(has(with_endpoint("public", "wss://x?a=1"), "query"));
  const auto with_poll = [](std::string name, Nanos every) {
    auto asked = options({"BTCUSDT"});
    asked.polls = {{std::move(name), every}};
    return refusal(std::move(asked));
  };
  CHECK(has(with_poll("accounts", kMinute), "there are: account, positionRisk, openOrders"));
  CHECK(has(with_poll("account", 1), "every second"));
  CHECK(has(with_poll("account", -kSecond), "every second"));
}

TEST_CASE("symbols may have letters beyond ASCII") {
  const auto plan = make_plan(options({"币安usdt"}, {"trade"}));
  CHECK(plan.market.at(0).name == "币安usdt@trade");
  CHECK(plan.symbols.at(0) == "币安USDT");
}

TEST_CASE("the registry offers it") {
  const auto* const venue = tape::venue::find_venue("binance-usdm");
  REQUIRE(venue != nullptr);
  REQUIRE(venue->live != nullptr);
  const auto* const live = venue->live();
  CHECK(live->feeds.size() == feeds().size());
  CHECK(live->endpoints.size() == 4);
  CHECK(live->polls.size() == 7);
  CHECK(live->make_session(options({"BTCUSDT"})) != nullptr);
}

TEST_CASE("what may be given up first is known by a frame's first bytes") {
  using tape::venue::Importance;
  const auto* const live = tape::venue::find_venue("binance-usdm")->live();
  const auto of = [&](std::string_view stream) {
    return live->importance("{\"stream\":\"" + std::string(stream) + "\",\"data\":{}}");
  };
  for (const auto& feed : feeds()) {
    INFO(feed.name);
    if (feed.account) continue;
    const auto importance = of((feed.per_symbol ? "btcusdt_260327@" : "") + std::string(feed.name));
    const bool book = feed.name == "depth" || feed.name.starts_with("depth@");
    const bool market = has(std::string(feed.name), "rade") ||
                        has(std::string(feed.name), "force") || feed.name == "!contractInfo";
    CHECK(importance == (book     ? Importance::book
                         : market ? Importance::market
                                  : Importance::quote));
  }
  CHECK(of(kKeyOne) == Importance::account);
  CHECK(of("btcusdt@newFeed") == Importance::account);
  CHECK(of("") == Importance::account);
  CHECK(live->importance(R"({"e":"ORDER_TRADE_UPDATE"})") == Importance::account);
  CHECK(live->importance(R"({"result":null,"id":1})") == Importance::account);
  CHECK(live->importance("") == Importance::account);
  CHECK(live->importance("{\"stream\":\"btcusdt@dep") == Importance::account);
}
