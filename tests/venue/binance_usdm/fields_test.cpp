// Every table: that it fits the schema, and that its members land where they belong.
#include <tape/venue/binance_usdm/fields.h>
#include <tape/venue/parser.h>

#include <catch2/catch.hpp>

#include "support.h"
#include <set>
#include <string>

using namespace binance;
namespace usdm = tape::venue::binance_usdm;

TEST_CASE("every table fits the schema and has a name of its own") {
  const auto tables = usdm::tables();
  REQUIRE(tables.size() == usdm::kKinds);
  std::set<std::string_view> names;
  for (const auto& table : tables) {
    INFO(table.name);
    CHECK_NOTHROW(tape::venue::compile(table));
    CHECK(names.insert(table.name).second);
    CHECK_FALSE(table.channel.empty());
  }
  // The order of Kind.
  const auto name = [&](usdm::Kind kind) { return tables[static_cast<std::size_t>(kind)].name; };
  CHECK(name(usdm::Kind::contract_info) == "contractInfo");
  CHECK(name(usdm::Kind::done) == "done");
  CHECK(name(usdm::Kind::account_update) == "ACCOUNT_UPDATE");
  CHECK(name(usdm::Kind::algo_update) == "ALGO_UPDATE");
  CHECK(name(usdm::Kind::account) == "account");
  CHECK(name(usdm::Kind::countdown) == "countdownCancelAll");
  CHECK(name(usdm::Kind::depth) == "REST depth");
  CHECK(name(usdm::Kind::ping) == "ping");
}

TEST_CASE("depth, changed and partial") {
  Wire wire;
  const std::string levels =
      R"("b":[["81219.20","4.037"],["81219.10","0.000"]],"a":[["81219.30","3.352"]],"st":1})";
  const std::string head =
      R"({"e":"depthUpdate","E":1789964483643,"T":1789964483642,"s":"BTCUSDT","ps":"BTCUSDT","U":11612554590971,"u":11612554599401,"pu":11612554590641,)";
  auto event = wire.send(head + levels);
  check(event, Kind::BOOK_DELTA, "depth", "BTCUSDT",
        {{"eventAt", at(1789964483643)},
         {"firstUpdateId", "11612554590971"},
         {"updateId", "11612554599401"},
         {"previousUpdateId", "11612554590641"},
         {"bids[0].price", "81219.20"},
         {"bids[0].quantity", "4.037"},
         {"bids[1].quantity", "0.000"},
         {"asks[0].price", "81219.30"}});
  CHECK(event.getExchangeAt() == 1789964483642 * kMs);
  CHECK(event.getSequence() == 11612554599401);
  CHECK(size(event, "bids") == 2);
  CHECK(size(event, "asks") == 1);

  event = wire.send(R"({"stream":"btcusdt@depth20@100ms","data":)" + head + levels + "}");
  check(event, Kind::BOOK_SNAPSHOT, "depth", "BTCUSDT",
        {{"partial", "true"}, {"updateId", "11612554599401"}, {"bids[1].price", "81219.10"}});
  event = wire.send(R"({"stream":"btcusdt@depth@100ms","data":)" + head + levels + "}");
  CHECK(kind(event) == Kind::BOOK_DELTA);

  event = wire.send(
      R"({"stream":"dotusdt@depth5","data":{"lastUpdateId":160,"bids":[["0.0024","10"]],"asks":[["0.0026","100"]]}})");
  REQUIRE(kind(event) == Kind::BOOK_SNAPSHOT);
  CHECK(body(event, "partial") == "true");
  CHECK(body(event, "updateId") == "160");
}

TEST_CASE("best quotes, with an event name and without") {
  Wire wire;
  auto event = wire.send(
      R"({"e":"bookTicker","u":400900217,"E":1568014460893,"T":1568014460891,"s":"BNBUSDT","ps":"BNBUSDT","b":"25.35190000","B":"31.21","a":"25.3652","A":"40.66","st":1})");
  check(event, Kind::BEST_QUOTE, "bookTicker", "BNBUSDT",
        {{"bid", "25.35190000"},
         {"bidQuantity", "31.21"},
         {"ask", "25.3652"},
         {"askQuantity", "40.66"},
         {"updateId", "400900217"},
         {"eventAt", at(1568014460893)}});
  CHECK(event.getExchangeAt() == 1568014460891 * kMs);
  const std::string spot =
      R"({"u":50093239212,"s":"BTCUSDT","b":"61837.63","B":"3.78","a":"61837.64","A":"1.54"})";
  for (const auto& frame : {spot, R"({"stream":"btcusdt@bookTicker","data":)" + spot + "}"}) {
    event = wire.send(frame);
    check(event, Kind::BEST_QUOTE, "bookTicker", "BTCUSDT",
          {{"ask", "61837.64"}, {"updateId", "50093239212"}});
    CHECK(event.getExchangeAt() == 0);
  }
  event = wire.send(
      R"({"stream":"x@bookTicker","data":{"u":1,"e":"bookTicker","s":"BCHUSD_PERP","ps":"BCHUSD","b":"1","B":"2","a":"3","A":"4","T":1626916403864,"E":1626916403871}})");
  check(event, Kind::BEST_QUOTE, "bookTicker", "BCHUSD_PERP", {{"bid", "1"}});
}

TEST_CASE("trades") {
  Wire wire;
  auto event = wire.send(
      R"({"e":"aggTrade","E":1789964483958,"a":3457881992,"s":"BTCUSDT","p":"81219.20","q":"0.153","nq":"0.15","f":8099546860,"l":8099546862,"T":1789964483807,"m":true,"st":1})");
  check(event, Kind::TRADE, "aggTrade", "BTCUSDT",
        {{"number", "3457881992"},
         {"firstNumber", "8099546860"},
         {"lastNumber", "8099546862"},
         {"side", "sell"},
         {"price", "81219.20"},
         {"quantity", "0.153"},
         {"normalQuantity", "0.15"},
         {"tradedAt", at(1789964483807)}});
  CHECK(event.getExchangeAt() == 1789964483958 * kMs);
  event = wire.send(
      R"({"e":"trade","E":1723161256300,"T":1723161256299,"s":"BTCUSDT","t":5223911,"p":"61800.10","q":"0.002","X":"MARKET","m":false})");
  check(event, Kind::TRADE, "trade", "BTCUSDT",
        {{"number", "5223911"},
         {"side", "buy"},
         {"type", "MARKET"},
         {"tradedAt", at(1723161256299)}});
}

TEST_CASE("mark prices, one and many") {
  Wire wire;
  const std::string one =
      R"({"e":"markPriceUpdate","E":1789964484000,"s":"BTCUSDT","p":"81219.20","ap":"81219.1","P":"81366.10141969","i":"81260.37847826","r":"0.00008574","T":1789977600000,"st":1})";
  auto event = wire.send(one);
  check(event, Kind::MARK_PRICE, "markPrice", "BTCUSDT",
        {{"price", "81219.20"},
         {"averagePrice", "81219.1"},
         {"settlePrice", "81366.10141969"},
         {"indexPrice", "81260.37847826"},
         {"fundingRate", "0.00008574"},
         {"nextFundingAt", at(1789977600000)}});
  CHECK(event.getExchangeAt() == 1789964484000 * kMs);
  // Delivery contracts have no funding.
  const std::string other =
      R"({"e":"markPriceUpdate","E":1789964484001,"s":"ETHUSDT_270326","p":"3","P":"4","i":"5","r":"","T":0})";
  for (const auto& frame : {"[" + one + "," + other + "]",
                            R"({"stream":"!markPrice@arr","data":[)" + one + "," + other + "]}"}) {
    event = wire.send(frame);
    check(event, Kind::MARK_PRICES, "markPrice", "",
          {{"items[0].symbol", "BTCUSDT"},
           {"items[0].eventAt", at(1789964484000)},
           {"items[1].symbol", "ETHUSDT_270326"},
           {"items[1].price", "3"},
           {"items[1].fundingRate", ""},
           {"items[1].nextFundingAt", "0"}});
    CHECK(size(event, "items") == 2);
  }
}

TEST_CASE("liquidations, klines") {
  Wire wire;
  auto event = wire.send(
      R"({"e":"forceOrder","E":1568014460893,"o":{"s":"BTCUSDT","S":"SELL","o":"LIMIT","f":"IOC","q":"0.014","p":"9910","ap":"9911","X":"FILLED","l":"0.010","z":"0.013","T":1568014460890}})");
  check(event, Kind::LIQUIDATION, "forceOrder", "BTCUSDT",
        {{"order.side", "sell"},
         {"order.type", "LIMIT"},
         {"order.timeInForce", "IOC"},
         {"order.quantity", "0.014"},
         {"order.limitPrice", "9910"},
         {"order.averagePrice", "9911"},
         {"order.status", "FILLED"},
         {"lastFillQuantity", "0.010"},
         {"order.filled", "0.013"},
         {"eventAt", at(1568014460893)}});
  CHECK(event.getExchangeAt() == 1568014460890 * kMs);
  const std::string k =
      R"("k":{"t":1638747660000,"T":1638747719999,"i":"1m","f":100,"L":200,"o":"0.0010","c":"0.0020","h":"0.0025","l":"0.0015","v":"1000","n":99,"x":true,"q":"1.0","V":"500","Q":"0.500","B":"0"}})";
  event = wire.send(R"({"e":"kline","E":1638747660001,"s":"BTCUSDT",)" + k);
  check(event, Kind::KLINE, "kline", "BTCUSDT",
        {{"openAt", at(1638747660000)},
         {"closeAt", at(1638747719999)},
         {"interval", "1m"},
         {"firstTrade", "100"},
         {"lastTrade", "200"},
         {"open", "0.0010"},
         {"close", "0.0020"},
         {"high", "0.0025"},
         {"low", "0.0015"},
         {"volume", "1000"},
         {"trades", "99"},
         {"closed", "true"},
         {"quoteVolume", "1.0"},
         {"takerVolume", "500"},
         {"takerQuoteVolume", "0.500"}});
  event = wire.send(
      R"({"e":"continuous_kline","E":1607443058651,"ps":"BTCUSDT","ct":"PERPETUAL",)" + k);
  check(event, Kind::KLINE, "continuousKline", "BTCUSDT",
        {{"contractType", "PERPETUAL"}, {"high", "0.0025"}});
}

TEST_CASE("tickers, full and mini, one and many") {
  Wire wire;
  const std::string full =
      R"({"e":"24hrTicker","E":1789964484807,"s":"BTCUSDT","ps":"BTCUSDT","p":"887.30","P":"1.105","w":"81016.65","c":"81219.30","Q":"0.005","o":"80332.00","h":"82099.90","l":"80127.60","v":"109464.437","q":"8868441884.51","O":1789878060000,"C":1789964484806,"F":8096992016,"L":8099546867,"n":2543857,"st":1})";
  check(wire.send(full), Kind::TICKER, "ticker", "BTCUSDT",
        {{"change", "887.30"},
         {"changePercent", "1.105"},
         {"weightedAverage", "81016.65"},
         {"last", "81219.30"},
         {"lastQuantity", "0.005"},
         {"open", "80332.00"},
         {"high", "82099.90"},
         {"low", "80127.60"},
         {"volume", "109464.437"},
         {"quoteVolume", "8868441884.51"},
         {"openAt", at(1789878060000)},
         {"closeAt", at(1789964484806)},
         {"firstTrade", "8096992016"},
         {"lastTrade", "8099546867"},
         {"trades", "2543857"}});
  check(wire.send("[" + full + "]"), Kind::TICKERS, "ticker", "",
        {{"items[0].symbol", "BTCUSDT"},
         {"items[0].last", "81219.30"},
         {"items[0].trades", "2543857"}});
  const std::string mini =
      R"({"e":"24hrMiniTicker","E":1789964483421,"s":"BTCUSDT","ps":"BTCUSDT","c":"81219.20","o":"80332.00","h":"82099.90","l":"80127.60","v":"109464.272","q":"8868428483.34","st":1})";
  check(wire.send(mini), Kind::TICKER, "miniTicker", "BTCUSDT",
        {{"last", "81219.20"}, {"change", ""}});
  check(wire.send(R"({"stream":"!miniTicker@arr","data":[)" + mini + "]}"), Kind::TICKERS,
        "miniTicker", "", {{"items[0].low", "80127.60"}, {"items[0].lastAt", at(1789964483421)}});
}

TEST_CASE("indexes and contracts") {
  Wire wire;
  const std::string index =
      R"({"e":"assetIndexUpdate","E":1686749230000,"s":"ADAUSD","i":"0.27462452","b":"0.10","a":"0.11","B":"0.24","A":"0.30","q":"0.05","g":"0.06","Q":"0.26","G":"0.28"})";
  const Values values = {{"items[0].symbol", "ADAUSD"},
                         {"items[0].price", "0.27462452"},
                         {"items[0].bidBuffer", "0.10"},
                         {"items[0].askBuffer", "0.11"},
                         {"items[0].bidRate", "0.24"},
                         {"items[0].askRate", "0.30"},
                         {"items[0].autoExchangeBidBuffer", "0.05"},
                         {"items[0].autoExchangeAskBuffer", "0.06"},
                         {"items[0].autoExchangeBidRate", "0.26"},
                         {"items[0].autoExchangeAskRate", "0.28"}};
  check(wire.send(index), Kind::INDEX_PRICE, "assetIndex", "ADAUSD", values);
  const auto many = wire.send("[" + index + "," + index + "]");
  check(many, Kind::INDEX_PRICE, "assetIndex", "", values);
  CHECK(size(many, "items") == 2);
  CHECK(body(many, "items[1].eventAt") == at(1686749230000));
  check(
      wire.send(
          R"({"e":"compositeIndex","E":1602310596000,"s":"DEFIUSDT","p":"554.41604065","C":"baseAsset","c":[{"b":"BAL","q":"USDT","w":"1.04","W":"0.01","i":"24.3"}]})"),
      Kind::INDEX_PRICE, "compositeIndex", "DEFIUSDT", {{"items[0].price", "554.41604065"}});
  check(
      wire.send(
          R"({"e":"contractInfo","E":1669356423908,"s":"IOTAUSDT","ps":"IOTAUSDT","ct":"PERPETUAL","dt":4133404800000,"ot":1569398400000,"cs":"TRADING","bks":[{"bs":1}]})"),
      Kind::INSTRUMENTS, "contractInfo", "IOTAUSDT",
      {{"items[0].symbol", "IOTAUSDT"},
       {"items[0].type", "PERPETUAL"},
       {"items[0].status", "TRADING"},
       {"items[0].lastTradingAt", at(4133404800000)},
       {"items[0].openingAt", at(1569398400000)}});
}

TEST_CASE("control frames and errors") {
  Wire wire;
  check(wire.send(R"({"method":"SUBSCRIBE","params":["btcusdt@depth","!ticker@arr"],"id":1})"),
        Kind::SUBSCRIPTION, "control", "",
        {{"event", "SUBSCRIBE"},
         {"streams[0]", "btcusdt@depth"},
         {"streams[1]", "!ticker@arr"},
         {"requestId", "1"}});
  check(wire.send(R"({"method":"SET_PROPERTY","params":["combined",true],"id":"x"})"),
        Kind::SUBSCRIPTION, "control", "",
        {{"streams[0]", "combined"}, {"streams[1]", "true"}, {"requestId", "x"}});
  check(wire.send(R"({"result":null,"id":312})"), Kind::SUBSCRIPTION, "control", "",
        {{"requestId", "312"}, {"result", ""}});
  check(wire.send(R"({"result":["btcusdt@aggTrade"],"id":3})"), Kind::SUBSCRIPTION, "control", "",
        {{"streams[0]", "btcusdt@aggTrade"}});
  check(wire.send(R"({"code":2,"msg":"Invalid request: unknown variant"})"), Kind::ERROR, "control",
        "", {{"code", "2"}, {"message", "Invalid request: unknown variant"}});
  check(wire.send(R"({"error":{"code":3,"msg":"Invalid JSON"},"id":7})"), Kind::ERROR, "control",
        "", {{"code", "3"}, {"message", "Invalid JSON"}, {"requestId", "7"}});
  check(wire.answer("/fapi/v2/account", R"({"code":-1121,"msg":"Invalid symbol."})"), Kind::ERROR,
        "control", "", {{"code", "-1121"}});
  check(wire.answer("/fapi/v1/positionSide/dual", R"({"code":200,"msg":"success"})"),
        Kind::SUBSCRIPTION, "control", "", {{"result", "200"}, {"message", "success"}});
}
