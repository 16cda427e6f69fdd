#include <tape/base/error.h>
#include <tape/flow/live/setup.h>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <cstdlib>

using namespace tape;
using Catch::Matchers::Contains;

namespace {

flow::LiveWishes wishes(std::vector<std::string> venues) {
  flow::LiveWishes wishes;
  wishes.venues = std::move(venues);
  return wishes;
}

}  // namespace

TEST_CASE("venues are live, files are not, and both together are refused") {
  CHECK(flow::are_live({"kraken-futures"}));
  CHECK(flow::are_live({"kraken-futures", "binance-usdm"}));
  CHECK_FALSE(flow::are_live({"-"}));
  CHECK_FALSE(flow::are_live({"capture.ndjson"}));
  CHECK_THROWS_WITH(flow::are_live({"kraken-futures", "-"}), Contains("together"));
}

TEST_CASE("with one venue everything is for it, comma lists are taken apart") {
  auto asked = wishes({"kraken-futures"});
  asked.symbols = {"PI_XBTUSD,PI_ETHUSD", "PF_XBTUSD"};
  asked.feeds = {"book,trade"};
  asked.endpoints = {"websocket=ws://127.0.0.1:1/x?a=b"};
  asked.polls = {"accounts=5s,fills=off"};
  const auto sources = flow::live_sources(asked);
  REQUIRE(sources.size() == 1);
  const auto& options = sources[0].options;
  CHECK(options.symbols == std::vector<std::string>{"PI_XBTUSD", "PI_ETHUSD", "PF_XBTUSD"});
  CHECK(options.feeds == std::vector<std::string>{"book", "trade"});
  CHECK(options.endpoints.at(0) ==
        std::pair<std::string, std::string>("websocket", "ws://127.0.0.1:1/x?a=b"));
  CHECK(options.polls.at(0) == std::pair<std::string, Nanos>("accounts", 5 * kSecond));
  CHECK(options.polls.at(1) == std::pair<std::string, Nanos>("fills", 0));
}

TEST_CASE("with several venues each entry says for which it is") {
  auto asked = wishes({"kraken-futures", "binance-usdm"});
  asked.symbols = {"kraken-futures:PI_XBTUSD", "binance-usdm:BTCUSDT,binance-usdm:ETHUSDT"};
  const auto sources = flow::live_sources(asked);
  CHECK(sources[0].options.symbols == std::vector<std::string>{"PI_XBTUSD"});
  CHECK(sources[1].options.symbols == std::vector<std::string>{"BTCUSDT", "ETHUSDT"});
  asked.symbols = {"PI_XBTUSD"};
  CHECK_THROWS_WITH(flow::live_sources(asked),
                    Contains("--symbol PI_XBTUSD") && Contains("of which venue"));
}

TEST_CASE("what cannot be is refused by name") {
  auto asked = wishes({"kraken-futures"});
  SECTION("a venue twice") {
    asked.venues.push_back("kraken-futures");
    CHECK_THROWS_WITH(flow::live_sources(asked), Contains("named twice"));
  }
  SECTION("a venue that is not recorded") {
    asked.symbols = {"binance-usdm:BTCUSDT"};
    CHECK_THROWS_WITH(flow::live_sources(asked), Contains("binance-usdm is not recorded"));
  }
  SECTION("an endpoint without an address") {
    asked.endpoints = {"websocket"};
    CHECK_THROWS_WITH(flow::live_sources(asked), Contains("NAME=URL"));
  }
  SECTION("a poll that is no duration") {
    asked.polls = {"accounts=soon"};
    CHECK_THROWS_WITH(flow::live_sources(asked), Contains("--poll accounts=soon"));
  }
}

TEST_CASE("accounts are loaded for their venue") {
  ::setenv("SETUP_TEST_KEY", "a-key-of-a-desk", 1);
  ::setenv("SETUP_TEST_SECRET", "c2VjcmV0", 1);
  auto asked = wishes({"kraken-futures", "binance-usdm"});
  asked.accounts = {flow::parse_live_account("binance-usdm:desk=env:SETUP_TEST")};
  const auto sources = flow::live_sources(asked);
  CHECK(sources[0].options.accounts.empty());
  REQUIRE(sources[1].options.accounts.size() == 1);
  CHECK(sources[1].options.accounts[0].label == "desk");
  CHECK(sources[1].options.accounts[0].key.reveal() == "a-key-of-a-desk");
  CHECK(std::getenv("SETUP_TEST_SECRET") == nullptr);
}

TEST_CASE("what there is to record names every feed, endpoint and poll") {
  const auto text = flow::list_feeds({"kraken-futures"});
  for (const auto* word : {"book", "open_orders_verbose", "websocket", "status_page", "accounts"})
    CHECK_THAT(text, Contains(word));
  CHECK_THAT(text, !Contains("bookTicker"));
  CHECK_THAT(flow::list_feeds({}), Contains("bookTicker"));
}

TEST_CASE("a dry run shows links, subscriptions and requests, and no secret") {
  ::setenv("SETUP_DRY_KEY", "canary-key-of-a-desk", 1);
  ::setenv("SETUP_DRY_SECRET", "Y2FuYXJ5LXNlY3JldA==", 1);
  auto asked = wishes({"kraken-futures"});
  asked.symbols = {"PI_XBTUSD"};
  asked.accounts = {flow::parse_live_account("desk=env:SETUP_DRY")};
  const SystemClock clock;
  const auto text = flow::describe_live(flow::live_sources(asked), clock);
  CHECK_THAT(text, Contains("connect public to wss://futures.kraken.com/ws/v1"));
  CHECK_THAT(text, Contains(R"("feed":"book","product_ids":["PI_XBTUSD"])"));
  CHECK_THAT(text, Contains("challenge"));
  CHECK_THAT(text, !Contains("canary-key"));
  CHECK_THAT(text, !Contains("Y2FuYXJ5"));
}
