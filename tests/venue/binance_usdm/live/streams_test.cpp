#include <tape/venue/binance_usdm/live/streams.h>

#include <catch2/catch.hpp>
#include <venue/binance_usdm/live/stage.h>

#include <set>
#include <string>

using namespace stage;

namespace {

std::vector<std::string> symbols(int count) {
  std::vector<std::string> all;
  for (int i = 0; i < count; ++i) all.push_back("S" + std::to_string(i) + "USDT");
  return all;
}

std::size_t streams_in(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '@'));
}

void quote(Stage& stage, LinkId link, std::string_view symbol) {
  stage.frame(link, "{\"stream\":\"x@bookTicker\",\"data\":{\"e\":\"bookTicker\",\"u\":1,\"s\":\"" +
                        std::string(symbol) +
                        "\",\"b\":\"1\",\"B\":\"1\",\"a\":\"2\",\"A\":\"1\",\"T\":1600000000000,"
                        "\"E\":1600000000000}}");
}

}  // namespace

TEST_CASE("each site has a connection, which subscribes when it stands, and again each time") {
  Stage stage(options({"BTCUSDT", "ETHUSDT"}));
  REQUIRE(stage.host.links.size() == 2);
  const auto book = stage.link("wss://fstream.binance.com/public/stream");
  const auto market = stage.link("wss://fstream.binance.com/market/stream");
  const auto& link = stage.host.links.at(book);
  CHECK(link.name == "public");
  CHECK(link.account.empty());
  CHECK(link.silence == kMinute);
  CHECK(link.ping_every == kMinute);
  CHECK(link.longest == 24 * kHour);
  CHECK(link.concerns.size() == 4);
  CHECK(link.concerns[0] == std::pair<std::string, std::string>("depth", "BTCUSDT"));
  stage.advance(kMinute);
  CHECK(stage.host.sent.empty());
  for (int round = 1; round < 4; ++round) {
    stage.open(market);
    REQUIRE(stage.host.sent.size() == 1);
    CHECK(stage.host.sent[0].first == market);
    CHECK(stage.host.sent[0].second ==
          R"({"method":"SUBSCRIBE","params":["btcusdt@aggTrade","ethusdt@aggTrade",)"
          R"("btcusdt@markPrice@1s","ethusdt@markPrice@1s","btcusdt@forceOrder",)"
          R"("ethusdt@forceOrder"],"id":)" +
              std::to_string(round) + "}");
    stage.acknowledge();
    stage.advance(20 * kSecond);
    CHECK(stage.host.sent.empty());
    stage.lose(market);
  }
  CHECK(stage.counter("subscriptions_sent") == 3);
  CHECK(stage.counter("subscriptions_repeated") == 0);
}

TEST_CASE("1024 streams a connection, at most 10 messages a second on each") {
  Stage stage(options(symbols(1025), {"trade"}));
  REQUIRE(stage.host.links.size() == 2);
  CHECK(stage.host.links.at(1).name == "market 1");
  CHECK(stage.host.links.at(2).name == "market 2");
  // Trades may be rare.
  CHECK(stage.host.links.at(1).silence == 10 * kMinute);
  stage.open(1);
  stage.open(2);
  std::size_t streams = 0;
  std::size_t most = 0;
  for (int second = 0; second < 10; ++second) {
    std::size_t on_first = 0;
    for (const auto& [link, text] : stage.host.sent) {
      streams += streams_in(text);
      if (link == 1) ++on_first;
    }
    most = std::max(most, on_first);
    stage.acknowledge();
    stage.advance(kSecond, 10 * kMillisecond);
  }
  CHECK(streams == 1025);
  CHECK(most <= 5);
  CHECK(stage.counter("subscriptions_sent") == 22);
  CHECK(stage.host.warnings.empty());
}

TEST_CASE("a subscription without an answer is told once and repeated ever later") {
  Stage stage(options({"BTCUSDT"}, {"trade"}));
  stage.open(1);
  CHECK(stage.host.sent.size() == 1);
  stage.advance(9'900 * kMillisecond);
  CHECK(stage.counter("subscriptions_unanswered") == 0);
  stage.live(kMinute);
  CHECK(stage.counter("subscriptions_unanswered") >= 2);
  CHECK(stage.warned("btcusdt@trade") == 1);
  CHECK(stage.warned("'market'") == 1);
  const auto before = stage.host.sent.size();
  stage.live(kHour);
  CHECK(stage.host.sent.size() - before >= 10);
  CHECK(stage.host.sent.size() - before <= 15);
  CHECK(stage.host.warnings.size() == 1);
  stage.acknowledge();
  stage.advance(kHour, kSecond);
  CHECK(stage.host.sent.empty());
}

TEST_CASE("one bad stream among many is found, told, and the others stand") {
  Stage stage(options(symbols(50), {"trade"}));
  stage.open(1);
  std::set<std::string> accepted;
  for (int second = 0; second < 60; ++second) {
    for (const auto& [link, text] : std::exchange(stage.host.sent, {})) {
      const auto id = Stage::id_of(text);
      if (text.find("\"s33usdt@trade\"") != std::string::npos) {
        stage.frame(link,
                    second % 2 == 0
                        ? "{\"code\":2,\"msg\":\"Invalid request\",\"id\":" + id + "}"
                        : "{\"error\":{\"code\":2,\"msg\":\"Invalid request\"},\"id\":" + id + "}");
      } else {
        accepted.insert(text);
        stage.frame(link, "{\"result\":null,\"id\":" + id + "}");
      }
    }
    stage.advance(kSecond);
  }
  std::size_t streams = 0;
  for (const auto& text : accepted) streams += streams_in(text);
  CHECK(streams == 49);
  CHECK(stage.host.warnings.size() == 1);
  CHECK(stage.warned("s33usdt@trade refused: Invalid request") == 1);
}

TEST_CASE("an error without a number is that of the oldest request; strange answers are nobody's") {
  Stage stage(options({"BTCUSDT"}, {"trade"}));
  stage.open(1);
  for (const auto* const text :
       {R"({"result":null,"id":77})", R"({"result":null})", R"({"result":null,"id":"x"})", "", "{",
        "[]", "null", "<html>", R"({"id":1,)", R"({"result":null,"id":99999999999999999999})"}) {
    stage.session->on_frame(1, text, stage.now, stage.host);
  }
  CHECK(stage.counter("subscriptions_refused") == 0);
  stage.session->on_frame(1, R"({"code":0,"msg":"Unknown property"})", stage.now, stage.host);
  CHECK(stage.counter("subscriptions_refused") == 1);
  CHECK(stage.warned("Unknown property") == 1);
  stage.session->on_frame(9, R"({"code":0,"msg":"of no link"})", stage.now, stage.host);
}

TEST_CASE("lively streams that stay silent are told and asked for again, seldom") {
  Stage stage(options({"BTCUSDT", "ETHUSDT"}, {"bookTicker"}));
  stage.open(1);
  stage.acknowledge();
  quote(stage, 1, "BTCUSDT");
  stage.live(49 * kSecond);
  CHECK(stage.host.warnings.empty());
  // Before the host gives up a connection that is silent as a whole.
  stage.live(4 * kSecond);
  REQUIRE(stage.host.sent.size() == 1);
  CHECK(stage.host.sent[0].second.find("\"params\":[\"ethusdt@bookTicker\"]") != std::string::npos);
  CHECK(stage.warned("silent: ethusdt@bookTicker;") == 1);
  for (int i = 0; i < 60; ++i) {
    stage.acknowledge();
    stage.live(kMinute);
  }
  stage.acknowledge();
  CHECK(stage.counter("subscriptions_sent") >= 10);
  CHECK(stage.counter("subscriptions_sent") <= 15);
  CHECK(stage.host.warnings.size() == 1);
  quote(stage, 1, "ETHUSDT");
  const auto before = stage.counter("subscriptions_sent");
  stage.advance(kHour, kSecond);
  CHECK(stage.counter("subscriptions_sent") == before);
}

TEST_CASE("before 24 hours a second connection takes over, without a moment between") {
  Stage stage(options({"BTCUSDT"}, {"depth@100ms"}));
  stage.open(1);
  stage.acknowledge();
  stage.change(1, "BTCUSDT", 1, 1000, 0);
  stage.live(23 * kHour - kMinute);
  REQUIRE(stage.host.links.size() == 1);
  stage.live(2 * kMinute);
  REQUIRE(stage.host.links.size() == 2);
  CHECK(stage.host.links.at(2).url == stage.host.links.at(1).url);
  CHECK(stage.host.links.at(2).concerns == stage.host.links.at(1).concerns);
  const auto snapshots = stage.answered["https://fapi.binance.com/fapi/v1/depth"];
  stage.open(2);
  REQUIRE(stage.host.sent.size() == 1);
  CHECK(stage.host.sent[0].first == 2);
  stage.live(kMinute);
  CHECK(stage.host.links.size() == 2);
  // Late acknowledgements are good; then its first change, from which the book is bridged again.
  stage.acknowledge();
  CHECK(stage.host.links.size() == 2);
  stage.change(1, "BTCUSDT", 1001, 1100, 1000);
  stage.change(2, "BTCUSDT", 900, 1100, 800);
  stage.live(kSecond);
  CHECK(stage.host.links.size() == 1);
  CHECK(stage.said("disconnect 1") == 1);
  CHECK(stage.answered["https://fapi.binance.com/fapi/v1/depth"] == snapshots + 1);
  CHECK(stage.counter("connections_replaced") == 1);
  stage.live(kHour);
  CHECK(stage.host.links.size() == 1);
}

TEST_CASE("connections of one start are not replaced at one moment") {
  Stage stage(options({"BTCUSDT"}));
  stage.open(1);
  stage.open(2);
  stage.acknowledge();
  stage.advance(23 * kHour + kMinute, kSecond);
  CHECK(stage.host.links.size() == 3);
  stage.advance(7 * kMinute, kSecond);
  CHECK(stage.host.links.size() == 4);
}

TEST_CASE("a connection lost while its replacement stands is not missed") {
  Stage stage(options({"BTCUSDT"}, {"trade"}));
  stage.open(1);
  stage.acknowledge();
  stage.advance(23 * kHour + kMinute, kSecond);
  stage.open(2);
  stage.lose(1);
  CHECK(stage.said("disconnect 1") == 1);
  REQUIRE(stage.host.links.size() == 1);
  stage.acknowledge();
  stage.advance(kHour, kSecond);
  CHECK(stage.host.links.count(2) == 1);
  CHECK(stage.host.links.size() == 1);
  CHECK(stage.host.sent.empty());
}

TEST_CASE("a connection lost before its replacement stands goes on alone") {
  Stage stage(options({"BTCUSDT"}, {"trade"}));
  stage.open(1);
  stage.acknowledge();
  stage.advance(23 * kHour + kMinute, kSecond);
  CHECK(stage.host.links.size() == 2);
  stage.lose(1);
  CHECK(stage.said("disconnect 2") == 1);
  stage.open(1);
  CHECK(stage.host.sent.size() == 1);
  stage.acknowledge();
  stage.advance(22 * kHour, kSecond);
  CHECK(stage.host.links.size() == 1);
}
