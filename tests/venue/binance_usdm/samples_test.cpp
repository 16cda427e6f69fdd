// Every frame of the shipped captures becomes the event it should be: no member unknown, nothing
// odd that is not said here.
#include <catch2/catch.hpp>
#include <support/zst.h>

#include "support.h"
#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>

using namespace binance;

namespace {

const std::string kFolder = TAPE_SOURCE_DIR "/samples/binance_usdm/";

/// Counts events by kind and channel, and whatever is odd.
struct Tally {
  std::map<std::string, int> kinds;
  std::map<std::string, int> odd;

  void take(const Wire& wire) {
    for (std::size_t i = 0; i < wire.count(); ++i) {
      const auto event = wire.at(i);
      ++kinds[std::string(tape::event::kind_name(kind(event))) + '/' + channel(event)];
      if (event.getUnknownFields() != 0) ++odd["unknown members"];
      for (const auto anomaly : event.getAnomalies()) {
        ++odd[value_of(anomaly, "kind") + ' ' + anomaly.getPath().cStr()];
      }
    }
  }
};

using Counts = std::map<std::string, int>;

Tally capture(const std::string& text, bool cryptofeed) {
  Wire wire;
  Tally tally;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto at = line.find(cryptofeed ? ": " : " ");
    if (at == std::string::npos || line.starts_with("configuration")) continue;
    const auto json = line.substr(at + (cryptofeed ? 2 : 1));
    const auto arrow = cryptofeed ? line.find(" -> ") : std::string::npos;
    if (arrow < at) {
      (void)wire.answer(line.substr(0, arrow), json);
    } else {
      (void)wire.send(json);
    }
    tally.take(wire);
  }
  return tally;
}

Tally ndjson(const std::string& text) {
  Wire wire;
  Tally tally;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    (void)wire.send(line);
    tally.take(wire);
  }
  return tally;
}

}  // namespace

TEST_CASE("captures of public streams, 2021 and 2024") {
  auto tally = capture(tape_test::read_zst(kFolder + "cf_20210405_mixed.txt.zst"), true);
  CHECK(tally.kinds == Counts{{"bookDelta/depth", 4423},
                              {"bestQuote/bookTicker", 3424},
                              {"trade/aggTrade", 574},
                              {"bookSnapshot/depth", 5}});
  CHECK(tally.odd.empty());

  tally = capture(tape_test::read_zst(kFolder + "cf_20210722_ws.txt.zst"), true);
  CHECK(tally.kinds == Counts{{"bookDelta/depth", 764},
                              {"bestQuote/bookTicker", 613},
                              {"trade/aggTrade", 91},
                              {"kline/kline", 67}});
  CHECK(tally.odd.empty());

  tally = capture(tape_test::read_zst(kFolder + "hft_20240808_btcusdt.txt.zst"), false);
  CHECK(tally.kinds == Counts{{"bookDelta/depth", 6551},
                              {"bestQuote/bookTicker", 66089},
                              {"trade/trade", 21313},
                              {"bookSnapshot/depth", 1}});
  CHECK(tally.odd == Counts{{"inferred symbol", 1}});
}

TEST_CASE("captures of REST answers, 2021") {
  auto tally = capture(tape_test::read_file(kFolder + "cf_20210722_depth_rest.txt"), true);
  CHECK(tally.kinds == Counts{{"bookSnapshot/depth", 4}});
  CHECK(tally.odd.empty());
  tally = capture(tape_test::read_zst(kFolder + "cf_20210722_exchangeinfo_rest.txt.zst"), true);
  CHECK(tally.kinds == Counts{{"instruments/exchangeInfo", 1}});
  CHECK(tally.odd.empty());
}

TEST_CASE("captures of public streams, 2026") {
  auto tally = ndjson(tape_test::read_file(kFolder + "gct_20260921_um_public.ndjson"));
  CHECK(tally.kinds ==
        Counts{{"bestQuote/bookTicker", 4}, {"bookDelta/depth", 2}, {"bookSnapshot/depth", 2}});
  CHECK(tally.odd.empty());
  tally = ndjson(tape_test::read_file(kFolder + "gct_20260921_um_market.ndjson"));
  CHECK(tally.kinds == Counts{{"indexPrice/assetIndex", 4},
                              {"kline/continuousKline", 2},
                              {"kline/kline", 2},
                              {"liquidation/forceOrder", 2},
                              {"markPrice/markPrice", 2},
                              {"markPrices/markPrice", 2},
                              {"ticker/miniTicker", 2},
                              {"ticker/ticker", 2},
                              {"tickers/miniTicker", 2},
                              {"tickers/ticker", 2},
                              {"trade/aggTrade", 2}});
  CHECK(tally.odd.empty());
}

TEST_CASE("documented user events") {
  const auto tally = ndjson(tape_test::read_file(kFolder + "docs_user_events.ndjson"));
  CHECK(tally.kinds == Counts{{"streamExpired/userData", 3},
                              {"marginCall/userData", 1},
                              {"accountConfig/userData", 1},
                              {"accountUpdate/userData", 1}});
  CHECK(tally.odd.empty());
}

TEST_CASE("documented streams: request, answer and message") {
  const std::map<std::string, std::string> expected = {
      {"AccountUpdate", "accountUpdate/userData"},
      {"AggTrades", "trade/aggTrade"},
      {"AlgoOrderUpdate", "orderUpdate/userData"},
      {"AssetIndex", "indexPrice/assetIndex"},
      {"Book", "bookDelta/depth"},
      {"BookTicker", "bestQuote/bookTicker"},
      {"CompositIndex", "indexPrice/compositeIndex"},
      {"ConditionalTrigger", "orderUpdate/userData"},
      {"Concurrent", "kline/kline"},
      {"ContKlines", "kline/continuousKline"},
      {"GridUpdate", "orderUpdate/userData"},
      {"Klines", "kline/kline"},
      {"Leverage", "accountConfig/userData"},
      {"Liquidations", "liquidation/forceOrder"},
      {"MarginUpdate", "marginCall/userData"},
      {"MarkPrice", "markPrice/markPrice"},
      {"MiniTicker", "ticker/miniTicker"},
      {"MultiAssetMode", "accountConfig/userData"},
      {"OrderUpdate", "orderUpdate/userData"},
      {"PartialBook", "bookSnapshot/depth"},
      {"StrategyUpdate", "orderUpdate/userData"},
      {"SymbolUpdates", "instruments/contractInfo"},
      {"Ticker", "ticker/ticker"},
      {"TradeUpdate", "fill/userData"},
  };
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder + "fixtures_jkorf/ws")) {
    const auto name = entry.path().stem().string();
    INFO(name);
    ++files;
    auto text = tape_test::read_file(entry.path().string());
    for (const std::string id : {"|1|", "|*|", "|id|"}) {
      for (auto at = text.find(id); at != std::string::npos; at = text.find(id))
        text.replace(at, id.size(), "1");
    }
    // A mark at the start of a line begins a frame.
    std::vector<std::pair<char, std::string>> frames;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      if (!line.empty() && (line[0] == '>' || line[0] == '<' || line[0] == '=')) {
        frames.emplace_back(line[0], "");
        line.erase(0, line.size() > 1 && line[1] >= '0' && line[1] <= '9' ? 2 : 1);
      }
      if (!frames.empty()) frames.back().second += line + '\n';
    }
    REQUIRE(frames.size() >= 3);
    Wire wire;
    for (const auto& [mark, frame] : frames) {
      const auto event = wire.send(frame);
      INFO(frame);
      CHECK(wire.count() == 1);
      CHECK(event.getUnknownFields() == 0);
      const auto what = std::string(tape::event::kind_name(kind(event))) + '/' + channel(event);
      CHECK(what == (mark == '=' ? expected.at(name) : "subscription/control"));
      for (const auto anomaly : event.getAnomalies()) {
        // Invented times like 123456789.
        CHECK(anomaly.getKind() == AnomalyKind::UNIT_CHANGED);
        CHECK(frame.find(std::string(anomaly.getDetail().cStr())) != std::string::npos);
        CHECK(std::string_view(anomaly.getDetail().cStr()).size() <= 9);
      }
    }
  }
  CHECK(files == expected.size());
}

TEST_CASE("documented REST answers, with the request and without") {
  struct Expected {
    std::string with;
    std::string without;
  };
  const std::map<std::string, Expected> expected = {
      {"CancelAllOrdersAfterTimeout",
       {"deadMansSwitch/countdownCancelAll", "deadMansSwitch/countdownCancelAll"}},
      {"GetAccountConfiguration", {"accountConfig/accountConfig", "accountConfig/accountConfig"}},
      {"GetAccountInfo", {"accountUpdate/account", "accountUpdate/account"}},
      {"GetAccountInfoV3", {"accountUpdate/account", "accountUpdate/account"}},
      {"GetBalances", {"balances/balance", "balances/balance"}},
      // Which list of orders it is, only the request says.
      {"GetForcedOrders", {"openOrders/allOrders", "openOrders/allOrders"}},
      {"GetIncomeHistory", {"fundFlow/income", "fundFlow/income"}},
      {"GetMultiAssetsMode",
       {"accountConfig/multiAssetsMargin", "accountConfig/multiAssetsMargin"}},
      {"GetOpenOrders", {"openOrders/openOrders", "openOrders/allOrders"}},
      {"GetOrderRateLimit", {"opaque/", "opaque/"}},
      {"GetPositionAdlQuantileEstimation", {"opaque/", "opaque/"}},
      {"GetPositionInformation", {"positions/positionRisk", "positions/positionRisk"}},
      {"GetPositions", {"positions/positionRisk", "positions/positionRisk"}},
      {"GetUserTrades", {"fill/userTrades", "fill/userTrades"}},
      {"ModifyPositionMargin", {"subscription/control", "subscription/control"}},
      {"ModifyPositionMode", {"subscription/control", "subscription/control"}},
      {"PlaceOrder", {"orderAnswer/order", "orderAnswer/order"}},
  };
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder + "fixtures_jkorf/rest")) {
    const auto name = entry.path().stem().string();
    INFO(name);
    ++files;
    std::istringstream lines(tape_test::read_file(entry.path().string()));
    std::string method;
    std::string target;
    std::string is_signed;
    std::getline(lines, method);
    std::getline(lines, target);
    std::getline(lines, is_signed);
    while (!target.empty() && (target.back() == '\r' || target.back() == ' ')) target.pop_back();
    const std::string frame{std::istreambuf_iterator<char>(lines), {}};
    for (const bool with : {true, false}) {
      Wire wire;
      const auto event = with ? wire.answer(target + "?timestamp=1", frame) : wire.send(frame);
      const auto what = std::string(tape::event::kind_name(kind(event))) + '/' + channel(event);
      CHECK(what == (with ? expected.at(name).with : expected.at(name).without));
      CHECK(event.getUnknownFields() == 0);
      CHECK(anomalies(event).empty());
    }
  }
  CHECK(files == expected.size());
}
