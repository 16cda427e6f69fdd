#include <tape/venue/kraken_futures/live/plan.h>
#include <tape/venue/registry.h>

#include "support.h"

using namespace kraken_live;
using tape::venue::SessionOptions;
using tape::venue::kraken_futures::make_plan;

namespace {

/// The usage error's text; "accepted" where there is none.
std::string refusal(SessionOptions options) {
  try {
    (void)make_plan(std::move(options));
  } catch (const tape::Error& error) {
    REQUIRE(error.fault == tape::Fault::usage);
    return error.what();
  }
  return "accepted";
}

SessionOptions with(void (*change)(SessionOptions&)) {
  auto options = desk();
  change(options);
  return options;
}

}  // namespace

TEST_CASE("the venue is offered for live recording") {
  const auto* venue = tape::venue::find_venue("kraken-futures");
  REQUIRE(venue != nullptr);
  REQUIRE(venue->live != nullptr);
  CHECK(venue->live()->feeds.size() == 13);
  CHECK(venue->live()->polls.size() == 9);
  CHECK(venue->live()->endpoints.size() == 3);
  CHECK(venue->live()->make_session(desk()) != nullptr);
}

TEST_CASE("without names the feeds by default are recorded, those of accounts where there is one") {
  auto plan = make_plan(desk());
  CHECK(plan.public_feeds == std::vector<std::string_view>{"ticker", "trade", "book"});
  CHECK(plan.account_feeds == std::vector<std::string_view>{"fills", "open_orders_verbose",
                                                            "open_positions", "balances",
                                                            "account_log", "notifications_auth"});
  plan = make_plan(symbols({"PF_XBTUSD", "PF_XBTUSD"}));
  CHECK(plan.account_feeds.empty());
  CHECK(plan.symbols.size() == 1);
  SessionOptions account_only;
  add_account(account_only, "desk");
  plan = make_plan(std::move(account_only));
  CHECK(plan.public_feeds.empty());
  CHECK(plan.account_feeds.size() == 6);
}

TEST_CASE("feeds are those that are named") {
  auto options = desk();
  options.feeds = {"open_orders", "ticker_lite", "open_orders_verbose", "ticker_lite"};
  const auto plan = make_plan(std::move(options));
  CHECK(plan.public_feeds == std::vector<std::string_view>{"ticker_lite"});
  CHECK(plan.account_feeds == std::vector<std::string_view>{"open_orders", "open_orders_verbose"});
}

TEST_CASE("bad names are refused with those that there are") {
  auto text = refusal(with([](auto& options) { options.feeds = {"tickers"}; }));
  CHECK(has(text, "no feed 'tickers'"));
  CHECK(has(text, "heartbeat, ticker, ticker_lite, trade, book, fills"));
  text = refusal(with([](auto& options) { options.polls = {{"positions", kSecond}}; }));
  CHECK(has(text, "no poll 'positions'"));
  CHECK(has(text, "accounts, openpositions, openorders, fills, notifications"));
  text = refusal(with([](auto& options) { options.endpoints = {{"demo", "https://h"}}; }));
  CHECK(has(text, "no endpoint 'demo'"));
  CHECK(has(text, "websocket, rest, status_page"));
}

TEST_CASE("what cannot be asked for is refused") {
  CHECK(has(refusal({}), "nothing to record"));
  CHECK(has(refusal(with([](auto& options) { options.symbols = {"A\"B"}; })), "no symbol"));
  CHECK(has(refusal(with([](auto& options) { options.symbols = {""}; })), "no symbol"));
  auto options = symbols({"PF_XBTUSD"});
  options.feeds = {"fills"};
  auto text = refusal(std::move(options));
  CHECK(has(text, "feed fills needs an account"));
  options = {};
  options.feeds = {"book"};
  text = refusal(std::move(options));
  CHECK(has(text, "feed book needs symbols"));
  CHECK(has(refusal(with([](auto& o) { o.polls = {{"fills", kMillisecond}}; })), "too often"));
  CHECK(has(refusal(with([](auto& o) { o.polls = {{"fills", -kSecond}}; })), "too often"));
  CHECK(has(refusal(with([](auto& o) { o.endpoints = {{"rest", "wss://h"}}; })), "https://"));
  CHECK(has(refusal(with([](auto& o) { o.endpoints = {{"websocket", "https://h"}}; })), "wss://"));
  CHECK(has(refusal(with([](auto& o) { o.endpoints = {{"rest", "https://h/?a"}}; })), "no query"));
}

TEST_CASE("accounts are checked, and secrets not shown") {
  CHECK(has(refusal(with([](auto& options) { add_account(options, "desk"); })), "two accounts"));
  CHECK(has(refusal(with([](auto& options) { add_account(options, ""); })), "no label"));
  CHECK(has(refusal(with([](auto& options) { add_account(options, "b", ""); })),
            "account b: the key"));
  CHECK(has(refusal(with([](auto& o) { add_account(o, "b", "with\"quote"); })),
            "account b: the key"));
  const auto text = refusal(with([](auto& options) {
    options.accounts.front().secret = tape::Secret(std::string("hush hush"));
  }));
  CHECK(has(text, "account desk: the secret"));
  CHECK_FALSE(has(text, "hush"));
}

TEST_CASE("more than the venue's connections are refused") {
  SessionOptions options;
  for (int i = 0; i < 20'000; ++i) options.symbols.push_back("S" + std::to_string(i));
  auto same = symbols(options.symbols);
  auto text = refusal(std::move(options));
  CHECK(text == "accepted");
  add_account(same, "desk");
  text = refusal(std::move(same));
  CHECK(has(text, "101 connections of 100"));
}

TEST_CASE("addresses and polls are replaced one by one") {
  auto options = desk();
  options.endpoints = {{"rest", "http://127.0.0.1:1/derivatives/api/v3/"}};
  options.polls = {{"tickers", 5 * kSecond}, {"fills", 0}};
  const auto plan = make_plan(std::move(options));
  CHECK(plan.endpoints[0] == "wss://futures.kraken.com/ws/v1");
  CHECK(plan.endpoints[1] == "http://127.0.0.1:1/derivatives/api/v3");
  CHECK(plan.polls[0] == 60 * kSecond);
  CHECK(plan.polls[3] == 0);
  CHECK(plan.polls[7] == 5 * kSecond);
}
