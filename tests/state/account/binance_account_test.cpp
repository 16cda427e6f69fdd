// A venue with one stream for everything about an account, without numbers.
#include "state/wire.h"

namespace tape::state {
namespace {

using schema::Trust;
using test::Wire;
using Lines = std::vector<std::string>;

std::string order_event(Wire& wire, std::string_view action, std::string_view status,
                        std::string_view last, std::string_view filled, std::string_view trade,
                        std::string_view side = "BUY") {
  const auto at = std::to_string(wire.now / kMillisecond);
  return R"({"e":"ORDER_TRADE_UPDATE","E":)" + at + R"(,"T":)" + at +
         R"(,"o":{"s":"BTCUSDT","c":"c1","S":")" + std::string(side) +
         R"(","o":"LIMIT","f":"GTC","q":"10","p":"100","ap":"0","sp":"0","x":")" +
         std::string(action) + R"(","X":")" + std::string(status) + R"(","i":42,"l":")" +
         std::string(last) + R"(","z":")" + std::string(filled) + R"(","L":"100","T":)" + at +
         R"(,"t":)" + std::string(trade) + R"(,"m":false,"R":false,"ps":"BOTH","rp":"0"}})";
}
std::string account_event(Wire& wire, std::string_view reason, const std::string& balances,
                          const std::string& positions) {
  const auto at = std::to_string(wire.now / kMillisecond);
  return R"({"e":"ACCOUNT_UPDATE","E":)" + at + R"(,"T":)" + at + R"(,"a":{"m":")" +
         std::string(reason) + R"(","B":[)" + balances + R"(],"P":[)" + positions + "]}}";
}
std::string balance(std::string_view wallet, std::string_view change = "") {
  return R"({"a":"USDT","wb":")" + std::string(wallet) + R"(","cw":")" + std::string(wallet) + '"' +
         (change.empty() ? std::string() : R"(,"bc":")" + std::string(change) + '"') + "}";
}
std::string position(std::string_view amount) {
  return R"({"s":"BTCUSDT","pa":")" + std::string(amount) +
         R"(","ep":"100","cr":"0","up":"0","mt":"cross","iw":"0","ps":"BOTH"})";
}

}  // namespace

TEST_CASE("an order lives by its events and ends with a final status") {
  Wire wire("binance-usdm");
  wire.send(order_event(wire, "NEW", "NEW", "0", "0", "0"));
  CHECK(wire.account().orders().size() == 1);
  wire.send(order_event(wire, "TRADE", "PARTIALLY_FILLED", "4", "4", "7"));
  CHECK(format_decimal(wire.account().orders().decimal("42@BTCUSDT", "filled")) == "4");
  wire.send(order_event(wire, "TRADE", "FILLED", "6", "10", "8"));
  CHECK(wire.account().orders().size() == 0);
  REQUIRE(wire.account().orders().closed().size() == 1);
  CHECK(wire.account().orders().closed()[0].filled);
  CHECK(wire.account().fills().counts().seen == 2);
  // A late word about an order that is gone brings it not back as an open one.
  wire.send(order_event(wire, "CANCELED", "CANCELED", "0", "10", "0"));
  CHECK(wire.account().orders().size() == 0);
  wire.wait(3 * kSecond);
  CHECK(wire.findings().empty());
}

TEST_CASE("what is filled more than its trades show is a fill that was missed") {
  Wire wire("binance-usdm");
  wire.send(order_event(wire, "NEW", "NEW", "0", "0", "0"));
  wire.send(order_event(wire, "TRADE", "PARTIALLY_FILLED", "1", "5", "7"));
  wire.wait(3 * kSecond);
  CHECK(wire.findings() == Lines{"order-fills 42@BTCUSDT: 1, 5"});
  CHECK(wire.trust(PartKind::fills) == Trust::SUSPECT);
}

TEST_CASE("the short form of a trade and the order's event are one fill") {
  Wire wire("binance-usdm");
  const auto at = std::to_string(wire.now / kMillisecond);
  wire.send(order_event(wire, "NEW", "NEW", "0", "0", "0"));
  const auto lite =
      R"({"e":"TRADE_LITE","E":)" + at + R"(,"T":)" + at +
      R"(,"s":"BTCUSDT","q":"10","p":"0","m":false,"c":"c1","S":"BUY","L":"100","l":"4","t":7,"i":42})";
  wire.now = (wire.now / kMillisecond) * kMillisecond - kMillisecond;
  wire.send(lite);
  wire.now -= kMillisecond;
  auto full = order_event(wire, "TRADE", "PARTIALLY_FILLED", "4", "4", "7");
  for (auto from = full.find(R"("T":)"); from != std::string::npos;
       from = full.find(R"("T":)", from + 1)) {
    full.replace(from + 4, at.size(), at);
  }
  wire.send(full);
  CHECK(wire.account().fills().counts().seen == 1);
  CHECK(wire.account().fills().counts().confirmed == 1);
  CHECK(wire.account().fills().counts().doubled == 0);
  wire.send(lite);
  CHECK(wire.account().fills().counts().doubled == 1);
  CHECK(wire.findings().empty());
}

TEST_CASE("fills and the position that they make: in either order right, missing found") {
  Wire wire("binance-usdm");
  wire.step = 5 * kMillisecond;
  wire.send(order_event(wire, "NEW", "NEW", "0", "0", "0"));
  wire.send(account_event(wire, "ORDER", balance("100"), position("0")));
  // The position that is told first has the fill in it already.
  wire.send(account_event(wire, "ORDER", balance("100"), position("4")));
  wire.send(order_event(wire, "TRADE", "PARTIALLY_FILLED", "4", "4", "7"));
  wire.wait(3 * kSecond);
  wire.send(order_event(wire, "TRADE", "PARTIALLY_FILLED", "1", "5", "8"));
  wire.send(account_event(wire, "ORDER", balance("100"), position("5")));
  wire.wait(3 * kSecond);
  CHECK(wire.findings().empty());
  wire.send(account_event(wire, "ORDER", balance("100"), position("8")));
  wire.wait(3 * kSecond);
  CHECK(wire.findings() == Lines{"position-fills BTCUSDT BOTH: 5, 8"});
}

TEST_CASE("a position alone is not held against fills that no feed brings") {
  Wire wire("binance-usdm");
  wire.send(account_event(wire, "ORDER", balance("100"), position("4")));
  wire.send(account_event(wire, "ORDER", balance("100"), position("9")));
  wire.wait(3 * kSecond);
  CHECK(wire.findings().empty());
}

TEST_CASE("deposits and transfers are flows of funds, once each, also when no change is given") {
  Wire wire("binance-usdm");
  wire.send(account_event(wire, "DEPOSIT", balance("100", "50"), ""));
  wire.send(account_event(wire, "ORDER", balance("99"), ""));
  wire.send(account_event(wire, "WITHDRAW", balance("59"), ""));
  const auto& flows = wire.account().ledger().flows();
  REQUIRE(flows.size() == 2);
  const auto amount = [&](std::size_t i) {
    return format_decimal(flows[i].row.decimal(RowType::of<schema::FundFlow>().slot("amount")));
  };
  CHECK(amount(0) == "50");
  CHECK(amount(1) == "-40");
}

TEST_CASE("a margin call is advice: kept, and nothing moves") {
  Wire wire("binance-usdm");
  wire.send(account_event(wire, "ORDER", balance("100"), position("4")));
  wire.send(
      R"({"e":"MARGIN_CALL","E":1587727187525,"cw":"3.16812045","p":[{"s":"BTCUSDT",)"
      R"("ps":"BOTH","pa":"1.327","mt":"CROSSED","iw":"0","mp":"187.17127","up":"-1.16","mm":"1.6"}]})");
  CHECK(wire.account().ledger().calls().size() == 1);
  CHECK(format_decimal(wire.account().position("BTCUSDT", "BOTH", "quantity")) == "4");
  CHECK(format_decimal(wire.account().balance("USDT", "crossWalletBalance")) == "100");
}

TEST_CASE("the leverage of a symbol goes to its positions and into the configuration") {
  Wire wire("binance-usdm");
  wire.send(account_event(wire, "ORDER", balance("100"), position("4")));
  wire.send(
      R"({"e":"ACCOUNT_CONFIG_UPDATE","E":1611646737479,"T":1611646737476,"ac":{"s":"BTCUSDT","l":25}})");
  wire.send(R"({"e":"ACCOUNT_CONFIG_UPDATE","E":1611646737479,"T":1611646737476,"ai":{"j":true}})");
  CHECK(format_decimal(wire.account().position("BTCUSDT", "BOTH", "leverage")) == "25");
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<schema::State>();
  wire.state.write(root);
  const auto account = root.asReader().getAccounts()[0];
  CHECK(account.getMultiAssets() == schema::Tri::YES);
  REQUIRE(account.getConfig().size() == 1);
}

TEST_CASE("an answer about one symbol replaces its orders and no others") {
  Wire wire("binance-usdm");
  wire.send(order_event(wire, "NEW", "NEW", "0", "0", "0"));
  wire.now += 60 * kSecond;
  wire.answer("/fapi/v1/openOrders?symbol=ETHUSDT", "[]", kSecond);
  CHECK(wire.account().orders().size() == 1);
  wire.answer(
      "/fapi/v1/openOrders?symbol=BTCUSDT",
      R"([{"avgPrice":"0","clientOrderId":"n","cumQuote":"0","executedQty":"0","orderId":43,)"
      R"("origQty":"3","origType":"LIMIT","price":"9","reduceOnly":false,"side":"BUY",)"
      R"("positionSide":"BOTH","status":"NEW","stopPrice":"0","closePosition":false,)"
      R"("symbol":"BTCUSDT","time":1579276756075,"timeInForce":"GTC","type":"LIMIT",)"
      R"("updateTime":1579276756075,"workingType":"CONTRACT_PRICE","priceProtect":false}])",
      kSecond);
  CHECK(wire.account().orders().size() == 1);
  CHECK(wire.account().orders().has("43@BTCUSDT"));
  CHECK(!wire.account().part(PartKind::orders).complete());
}

TEST_CASE("an expired stream leaves every part of it stale") {
  Wire wire("binance-usdm");
  wire.send(account_event(wire, "ORDER", balance("100"), position("4")));
  wire.send(R"({"e":"listenKeyExpired","E":"1736996475556","listenKey":"K"})");
  CHECK(wire.trust(PartKind::balances) == Trust::SUSPECT);
  CHECK(wire.account().part(PartKind::positions).standing().stale_at() != 0);
}

}  // namespace tape::state
