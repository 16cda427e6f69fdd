#include <tape/venue/binance_usdm/protocol.h>

#include <catch2/catch.hpp>
#include <support/zst.h>

#include "support.h"
#include <string>

using namespace binance;

namespace {

std::string depth(std::string_view symbol, int first, int last, int previous) {
  return R"({"stream":"x@depth","data":{"e":"depthUpdate","E":1600000000005,"T":1600000000001,"s":")" +
         std::string(symbol) + R"(","U":)" + std::to_string(first) + R"(,"u":)" +
         std::to_string(last) + R"(,"pu":)" + std::to_string(previous) +
         R"(,"b":[["1.0","2"]],"a":[]}})";
}

constexpr std::string_view kBook =
    R"({"lastUpdateId":205,"E":1600000000005,"T":1600000000001,"bids":[["4.00","431"]],"asks":[["4.01","12"]]})";
constexpr std::string_view kTarget = "/fapi/v1/depth?symbol=BTCUSDT&limit=1000";

std::string opaque(tape::schema::Event::Reader event) {
  if (kind(event) != Kind::OPAQUE) return "understood";
  return body(event, "kind") + ": " + body(event, "reason");
}

}  // namespace

TEST_CASE(
    "a gap is told before the update that shows it, and the book that closes it before itself") {
  Wire wire;
  CHECK(kind(wire.send(depth("BTCUSDT", 157, 160, 149))) == Kind::BOOK_DELTA);
  CHECK(wire.count() == 1);
  wire.now = kNow + 5;
  const auto update = wire.send(depth("BTCUSDT", 200, 210, 190));
  CHECK(kind(update) == Kind::BOOK_DELTA);
  REQUIRE(wire.count() == 2);
  const auto gap = wire.at(0);
  REQUIRE(kind(gap) == Kind::GAP);
  CHECK(body(gap, "kind") == "missing");
  CHECK(body(gap, "expected") == "160");
  CHECK(body(gap, "got") == "190");
  CHECK(body(gap, "concerns.venue") == "binance-usdm");
  CHECK(body(gap, "concerns.channel") == "depth");
  CHECK(body(gap, "concerns.symbol") == "BTCUSDT");
  CHECK(gap.getReceivedAt() == kNow + 5);
  CHECK(gap.getConnection() == 1);
  CHECK(gap.getDirection() == tape::schema::Direction::LOCAL);
  CHECK(gap.getTransport() == tape::schema::Transport::NONE);
  CHECK(gap.getRaw().isNone());
  CHECK(std::string(gap.getVenue().cStr()) == "binance-usdm");
  CHECK(std::string(gap.getAccount().cStr()) == "desk");
  CHECK(channel(gap) == "depth");
  CHECK(symbol(gap) == "BTCUSDT");

  wire.now = kNow + 25;
  wire.connection = 2;
  const auto book = wire.answer(kTarget, kBook);
  CHECK(kind(book) == Kind::BOOK_SNAPSHOT);
  REQUIRE(wire.count() == 2);
  const auto found = wire.at(0);
  REQUIRE(kind(found) == Kind::RESYNCHRONISED);
  CHECK(body(found, "sequence") == "205");
  CHECK(body(found, "after") == "20");
  CHECK(body(found, "concerns.symbol") == "BTCUSDT");
  CHECK(found.getRaw().isNone());
  (void)wire.answer(kTarget, kBook);
  CHECK(wire.count() == 1);
}

TEST_CASE("repeats and resets are told as such; a new connection is neither") {
  Wire wire;
  (void)wire.send(depth("BTCUSDT", 157, 160, 149));
  (void)wire.send(depth("BTCUSDT", 157, 160, 149));
  REQUIRE(wire.count() == 2);
  CHECK(body(wire.at(0), "kind") == "repeated");
  CHECK(body(wire.at(0), "got") == "160");
  (void)wire.send(depth("BTCUSDT", 156, 170, 155));
  REQUIRE(wire.count() == 2);
  CHECK(body(wire.at(0), "kind") == "reset");
  wire.protocol->on_connection(1);
  (void)wire.send(depth("BTCUSDT", 900, 910, 890));
  CHECK(wire.count() == 1);
}

TEST_CASE("partial books and spot have no rule") {
  Wire wire;
  const std::string partial =
      R"({"stream":"btcusdt@depth5@100ms","data":{"e":"depthUpdate","E":1600000000005,"T":1600000000001,"s":"BTCUSDT","U":1,"u":)";
  for (const auto* const rest : {"9,\"pu\":1", "100,\"pu\":90", "5,\"pu\":4"}) {
    const auto event = wire.send(partial + rest + R"(,"b":[["7403.89","0.002"]],"a":[]}})");
    CHECK(kind(event) == Kind::BOOK_SNAPSHOT);
    CHECK(body(event, "partial") == "true");
    CHECK(wire.count() == 1);
  }
  for (const auto* const last : {"9", "100", "5"}) {
    const auto event = wire.send(
        R"({"stream":"dotusdt@depth@100ms","data":{"e":"depthUpdate","E":1617566591307,"s":"DOTUSDT","U":1,"u":)" +
        std::string(last) + R"(,"b":[],"a":[["43.5","7.0"]]}})");
    CHECK(kind(event) == Kind::BOOK_DELTA);
    CHECK(event.getExchangeAt() == 1617566591307 * tape::kMillisecond);
    CHECK(body(event, "previousUpdateId") == "0");
    CHECK(wire.count() == 1);
  }
}

TEST_CASE("a REST book gets its symbol from the request") {
  Wire wire;
  for (const std::string target : {"/fapi/v1/depth?symbol=BTCUSDT&limit=5",
                                   "https://fapi.binance.com/fapi/v1/depth?limit=5&symbol=BTCUSDT",
                                   "/api/v3/depth?xsymbol=ETHUSDT&symbol=BTCUSDT"}) {
    const auto event = wire.answer(target, kBook);
    CHECK(symbol(event) == "BTCUSDT");
    CHECK(anomalies(event).empty());
    CHECK(event.getSequence() == 205);
  }
  CHECK(symbol(wire.answer(
            "/dapi/v1/depth?symbol=X",
            R"({"lastUpdateId":1,"symbol":"BTCUSD_PERP","pair":"BTCUSD","bids":[],"asks":[]})")) ==
        "BTCUSD_PERP");
}

TEST_CASE(
    "a book that names no symbol is of the only one that its connection speaks of, or of none") {
  Wire wire;
  const auto unknown = wire.send(kBook);
  CHECK(symbol(unknown).empty());
  CHECK(anomalies(unknown) == "missingField symbol");
  (void)wire.send(depth("BTCUSDT", 157, 160, 149));
  const auto inferred = wire.send(kBook);
  CHECK(symbol(inferred) == "BTCUSDT");
  CHECK(anomalies(inferred) == "inferred symbol");
  CHECK(std::string(inferred.getAnomalies()[0].getDetail().cStr()) == "BTCUSDT");
  wire.connection = 2;
  CHECK(symbol(wire.send(kBook)).empty());
  wire.connection = 1;
  (void)wire.send(depth("ETHUSDT", 157, 160, 149));
  CHECK(symbol(wire.send(kBook)).empty());
  // Other anomalies stay beside it.
  wire.protocol->on_connection(1);
  (void)wire.send(depth("BTCUSDT", 157, 160, 149));
  const auto both = wire.send(R"({"lastUpdateId":205,"E":1600000000,"bids":[],"asks":[]})");
  CHECK(anomalies(both) == "unitChanged E\ninferred symbol");
}

TEST_CASE("what is not understood is recorded with the reason, or left to another venue") {
  Wire wire;
  const auto reason = [&](std::string_view text) { return opaque(wire.send(text)); };
  CHECK(reason(R"({"e":"somethingNew","E":1600000000005})") ==
        "unknownKind: no table knows this message");
  CHECK(reason(R"({"stream":"a@b","data":{"e":"somethingNew"}})") ==
        "unknownKind: no table knows this message");
  CHECK(reason(R"({"stream":"a@b","data":5})") == "unknownKind: no table knows this message");
  CHECK(reason(R"({"stream":"a@b"})") == "unknownKind: no table knows this message");
  CHECK(reason(R"([[1,2],[3,4]])") == "unknownKind: no table knows this message");
  CHECK(reason("{}") == "emptyJson: valid JSON without content");
  CHECK(reason("[]") == "emptyJson: valid JSON without content");
  CHECK(reason("null") == "emptyJson: valid JSON without content");
  CHECK(reason("") == "empty: no bytes");
  CHECK(reason("<html>502</html>") == "html: byte 0 begins markup, expected JSON");
  CHECK(reason(R"({"e":"trade","s":"BTC)").starts_with("truncated: byte "));
  CHECK(reason(R"({"stream":"btcusdt@trade","data":{"e":"trade","s":"B" "t":1}})")
            .starts_with("malformed: byte "));
  for (const auto* const text :
       {R"({"feed":"book","product_id":"PI_XBTUSD","seq":1})", R"({"event":"info","version":1})",
        R"({"result":"success","serverTime":"2016-02-25T09:45:53.818Z"})",
        R"({"result":"error","error":"apiLimitExceeded"})", R"([0,{"as":[]},"book","XBT/USD"])"}) {
    CHECK_FALSE(wire.offer(text, tape::venue::Unknown::decline));
    CHECK(wire.count() == 0);
  }
  CHECK(wire.offer(depth("BTCUSDT", 1, 2, 1), tape::venue::Unknown::decline));
}

TEST_CASE("an answer that lacks what it is asked for is never taken for nothing") {
  Wire wire;
  const auto reason = [&](std::string_view target, std::string_view text) {
    return opaque(wire.answer(target, text));
  };
  CHECK(reason("/fapi/v2/account", "{}") == "emptyJson: valid JSON without content");
  CHECK(reason("/fapi/v3/balance", "[]") == "emptyJson: valid JSON without content");
  CHECK(reason("/fapi/v2/account", R"({"assets":[]})") ==
        "missingField: account: member 'positions' is missing");
  CHECK(reason("/fapi/v1/depth", R"({"lastUpdateId":1,"bids":[]})") ==
        "missingField: REST depth: member 'asks' is missing");
  CHECK(reason("/fapi/v2/positionRisk", "{}") == "emptyJson: valid JSON without content");
  CHECK(reason("/fapi/v1/openOrders", "<html>") == "html: byte 0 begins markup, expected JSON");
  // Where the venue means it: no open orders.
  const auto none = wire.answer("/fapi/v1/openOrders", "[]");
  CHECK(kind(none) == Kind::OPEN_ORDERS);
  CHECK(body(none, "snapshot") == "true");
  CHECK(size(none, "items") == 0);
}

TEST_CASE("a level without a price, or none that is a number, makes the update opaque") {
  Wire wire;
  const auto reason = [&](std::string_view levels) {
    return opaque(wire.send(
        R"({"e":"depthUpdate","E":1600000000005,"T":1600000000001,"s":"BTCUSDT","U":1,"u":2,"pu":1,"b":)" +
        std::string(levels) + R"(,"a":[]})"));
  };
  CHECK(reason(R"([["1.0","2"]])") == "understood");
  CHECK(reason(R"([["1.0","2","extra"]])") == "understood");
  CHECK(reason(R"([[1.0,2]])") == "understood");
  CHECK(reason(R"([["1.0"]])") == "missingField: depthUpdate: 'b[][1]' is missing");
  CHECK(reason(R"([[]])") == "missingField: depthUpdate: 'b[][0]' is missing");
  CHECK(reason(R"([["x","2"]])") == "badValue: depthUpdate: 'b[][0]' is not of its form");
  CHECK(reason(R"([["","2"]])") == "badValue: depthUpdate: 'b[][0]' is not of its form");
  CHECK(reason(R"([[null,"2"]])") == "badValue: depthUpdate: 'b[][0]' is not of its form");
  CHECK(reason(R"([["1.0",[]]])") == "badValue: depthUpdate: 'b[][1]' is not of its form");
  CHECK(reason(R"([["99999999999999999999","1"]])") ==
        "badValue: depthUpdate: 'b[][0]' is not of its form");
  CHECK(reason(R"([5])") == "badValue: depthUpdate: 'b[]' is not of its form");
  CHECK(reason(R"([null])") == "badValue: depthUpdate: 'b[]' is not of its form");
  CHECK(reason(R"([{"price":"1"}])") == "badValue: depthUpdate: 'b[]' is not of its form");
  CHECK(reason("null") == "missingField: depthUpdate: member 'b' is missing");
  CHECK(reason("{}") == "badValue: depthUpdate: member 'b' is not of its form");
  CHECK(reason(R"([[01,"2"]])").starts_with("malformed: byte "));
  CHECK(reason(R"([["1.0","2"],])").starts_with("malformed: byte "));
}

TEST_CASE("keys are told apart by case, and an escaped value is what it means") {
  Wire wire;
  const auto event = wire.send(
      R"({"e":"trade","E":1600000000005,"T":1600000000001,"s":"BTC\u0055SDT","t":7,"p":"\u0031.50","q":"2","X":"MARKET","m":false})");
  CHECK(symbol(event) == "BTCUSDT");
  CHECK(body(event, "price") == "1.50");
  CHECK(body(event, "number") == "7");
  CHECK(event.getUnknownFields() == 0);
  const auto lower =
      wire.send(R"({"e":"trade","E":1600000000005,"t":7,"S":"BTCUSDT","p":"1","q":"2","m":false})");
  CHECK(opaque(lower) == "missingField: trade: member 's' is missing");
}

TEST_CASE("a member that no table knows is counted, an unknown value is kept and noted") {
  Wire wire;
  const auto event = wire.send(
      R"({"e":"ACCOUNT_UPDATE","E":1600000000005,"T":1600000000001,"zz":[{"a":1}],"a":{"m":"NEW_REASON","B":[],"P":[],"q":1}})");
  CHECK(kind(event) == Kind::ACCOUNT_UPDATE);
  CHECK(event.getUnknownFields() == 2);
  CHECK(body(event, "reason") == "NEW_REASON");
  CHECK(anomalies(event) == "unknownValue a.m");
  const auto bare = wire.send(
      R"({"e":"ACCOUNT_UPDATE","E":1600000000005,"T":1600000000001,"a":{"m":"DEPOSIT","B":null}})");
  CHECK(anomalies(bare) == "missingField a.B\nmissingField a.P");
}

TEST_CASE("published examples that are no JSON are opaque, with the byte") {
  Wire wire;
  const std::string folder = TAPE_SOURCE_DIR "/samples/binance_usdm/seeds/";
  struct Expected {
    const char* file;
    std::int64_t at;
  };
  // A comment in an array; typographic quotes around a Cyrillic key.
  for (const auto& [file, at] : {Expected{"binance_account_update_1_deposit_after.txt", 74},
                                 Expected{"binance_account_update_2_order_after.txt", 76},
                                 Expected{"binance_account_update_3_margin_type_after.txt", 76}}) {
    const auto event = wire.send(tape_test::read_file(folder + file));
    INFO(file);
    REQUIRE(kind(event) == Kind::OPAQUE);
    CHECK(body(event, "kind") == "malformed");
    CHECK(event.getBody().getOpaque().getAt() == at);
    CHECK(body(event, "reason").starts_with("byte " + std::to_string(at) + ": "));
    CHECK(event.getRaw().isText());
  }
}

TEST_CASE("published examples as they were meant") {
  Wire wire;
  const std::string folder = TAPE_SOURCE_DIR "/samples/binance_usdm/seeds/binance_account_update_";
  const auto before = wire.send(tape_test::read_file(folder + "2_order_before.txt"));
  CHECK(kind(before) == Kind::ACCOUNT_UPDATE);
  CHECK(size(before, "positions") > 2);
  CHECK(anomalies(before).empty());
  CHECK(before.getUnknownFields() == 0);

  const auto after = wire.send(tape_test::read_file(folder + "2_order_after.json"));
  CHECK(after.getExchangeAt() == 1603093588546 * tape::kMillisecond);
  CHECK(body(after, "updatedAt") == std::to_string(1603093588553 * tape::kMillisecond));
  CHECK(body(after, "reason") == "ORDER");
  CHECK(body(after, "snapshot") == "false");
  REQUIRE(size(after, "balances") == 2);
  CHECK(body(after, "balances[0].asset") == "USDT");
  CHECK(body(after, "balances[0].walletBalance") == "94.91428561");
  CHECK(body(after, "balances[0].crossWalletBalance") == "93.71241461");
  CHECK(body(after, "balances[0].change").empty());
  CHECK(body(after, "balances[1].crossWalletBalance") == "0");
  REQUIRE(size(after, "positions") == 2);
  CHECK(body(after, "positions[1].symbol") == "ETHUSDT");
  CHECK(body(after, "positions[1].positionSide") == "SHORT");
  CHECK(body(after, "positions[1].realizedPnl") == "-0.18750000");
  CHECK(body(after, "positions[1].entryPrice") == "0.00000");
  CHECK(body(after, "positions[1].marginType") == "cross");
  CHECK(body(after, "positions[1].breakEvenPrice").empty());

  const auto deposit = wire.send(tape_test::read_file(folder + "1_deposit_after.json"));
  CHECK(body(deposit, "reason") == "DEPOSIT");
  CHECK(size(deposit, "balances") == 1);
  CHECK(size(deposit, "positions") == 0);
  const auto margin = wire.send(tape_test::read_file(folder + "3_margin_type_after.json"));
  CHECK(body(margin, "reason") == "MARGIN_TYPE_CHANGE");
}
