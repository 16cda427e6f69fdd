// A venue with feeds of their own for orders, fills, positions and balances.
#include "state/wire.h"
#include "support/zst.h"
#include <random>

namespace tape::state {
namespace {

using schema::Trust;
using test::Wire;
using Lines = std::vector<std::string>;

const std::string kSeeds = std::string(TAPE_SOURCE_DIR) + "/samples/kraken_futures/seeds/";

std::string order(std::string_view id, std::string_view remaining, std::string_view filled,
                  int updated) {
  return R"({"instrument":"PI_XBTUSD","time":1,"last_update_time":)" + std::to_string(updated) +
         R"(,"qty":)" + std::string(remaining) + R"(,"filled":)" + std::string(filled) +
         R"(,"limit_price":100.0,"stop_price":0.0,"type":"limit","order_id":")" + std::string(id) +
         R"(","direction":0,"reduce_only":false})";
}
std::string orders(const std::string& list) {
  return R"({"feed":"open_orders_snapshot","account":"u","orders":[)" + list + "]}";
}
std::string change(const std::string& order, std::string_view reason, bool gone = false) {
  return R"({"feed":"open_orders","order":)" + order + R"(,"is_cancel":)" +
         (gone ? "true" : "false") + R"(,"reason":")" + std::string(reason) + "\"}";
}
std::string removal(std::string_view id, std::string_view reason) {
  return R"({"feed":"open_orders","order_id":")" + std::string(id) +
         R"(","is_cancel":true,"reason":")" + std::string(reason) + "\"}";
}
std::string fill(std::string_view id, std::string_view order, std::string_view quantity, Nanos at,
                 std::string_view side = "true", std::string_view type = "taker") {
  return R"({"instrument":"PI_XBTUSD","time":)" + std::to_string(at / kMillisecond) +
         R"(,"price":100.0,"seq":1,"buy":)" + std::string(side) + R"(,"qty":)" +
         std::string(quantity) + R"(,"order_id":")" + std::string(order) + R"(","fill_id":")" +
         std::string(id) + R"(","fill_type":")" + std::string(type) + "\"}";
}
std::string fills(const std::string& list, bool snapshot = false) {
  return std::string(R"({"feed":")") + (snapshot ? "fills_snapshot" : "fills") +
         R"(","account":"u","fills":[)" + list + "]}";
}
std::string answer_fill(std::string_view id, std::string_view order, std::string_view quantity,
                        Nanos at, std::string_view price = "100.0") {
  return R"({"fill_id":")" + std::string(id) +
         R"(","symbol":"pi_xbtusd","side":"buy","order_id":")" + std::string(order) +
         R"(","size":)" + std::string(quantity) + R"(,"price":)" + std::string(price) +
         R"(,"fillTime":")" + format_rfc3339(at) + R"(","fillType":"taker"})";
}
void answer_fills(Wire& wire, const std::string& list) {
  wire.answer("/derivatives/api/v3/fills", R"({"result":"success","fills":[)" + list + "]}");
}
std::string position(std::string_view symbol, std::string_view quantity) {
  return R"({"instrument":")" + std::string(symbol) + R"(","balance":)" + std::string(quantity) +
         R"(,"pnl":0.0,"entry_price":100.0,"mark_price":100.0,"index_price":100.0})";
}
void positions(Wire& wire, const std::string& list) {
  wire.send(R"({"feed":"open_positions","account":"u","positions":[)" + list + R"(],"timestamp":)" +
            std::to_string(wire.now / kMillisecond) + "}");
}

std::string quantity(const Wire& wire, std::string_view symbol) {
  return format_decimal(wire.account().position(symbol, "", "quantity"));
}

}  // namespace

TEST_CASE("open orders: a picture, changes, and the ways an order ends") {
  Wire wire("kraken-futures");
  wire.send(orders(order("a", "10", "0", 5) + "," + order("b", "7", "3", 5)));
  CHECK(wire.trust(PartKind::orders) == Trust::VERIFIED);
  CHECK(wire.account().orders().size() == 2);
  wire.send(change(order("c", "4", "0", 6), "new_placed_order_by_user"));
  CHECK(wire.trust(PartKind::orders) == Trust::UNVERIFIABLE);
  wire.send(change(order("c", "3", "1", 7), "partial_fill"));
  CHECK(format_decimal(wire.account().orders().decimal("c", "remaining")) == "3");
  // What is older than the record held is not taken.
  wire.send(change(order("c", "4", "0", 6), "new_placed_order_by_user"));
  CHECK(format_decimal(wire.account().orders().decimal("c", "filled")) == "1");
  CHECK(wire.account().late() == 1);

  wire.send(removal("a", "cancelled_by_user"));
  wire.send(change(order("c", "0", "4", 8), "full_fill", true));
  wire.send(removal("unheard-of", "dead_man_switch"));
  const auto& closed = wire.account().orders().closed();
  REQUIRE(closed.size() == 2);
  CHECK(closed[0].reason == "cancelled_by_user");
  CHECK(!closed[0].filled);
  CHECK(closed[1].reason == "full_fill");
  CHECK(closed[1].filled);
  CHECK(wire.account().orders().unknown_removals() == 1);
  CHECK(wire.account().orders().size() == 1);

  wire.send(orders(order("d", "1", "0", 9)));
  CHECK(wire.account().orders().size() == 1);
  CHECK(wire.account().orders().has("d"));
  CHECK(wire.account().orders().closed().back().reason == "not in the list of open orders");
  CHECK(wire.trust(PartKind::orders) == Trust::VERIFIED);
}

TEST_CASE("an answer that was asked for before an order came does not take it away") {
  Wire wire("kraken-futures");
  wire.send(orders(""));
  wire.send(change(order("new", "1", "0", 5), "new_placed_order_by_user"));
  const std::string none =
      R"({"result":"success","openOrders":[],"serverTime":"2023-11-14T22:13:20Z"})";
  wire.answer("/derivatives/api/v3/openorders", none, kSecond);
  CHECK(wire.account().orders().has("new"));
  wire.now += 2 * kSecond;
  wire.answer("/derivatives/api/v3/openorders", none, kSecond);
  CHECK(!wire.account().orders().has("new"));
}

TEST_CASE("more is filled and the remainder stays: the venue means something else by it") {
  Wire wire("kraken-futures");
  wire.send(orders(order("a", "10", "0", 5)));
  wire.send(change(order("a", "10", "2", 6), "partial_fill"));
  CHECK(wire.findings() == Lines{"order-remainder a: 8, 10"});
  CHECK(wire.trust(PartKind::orders) == Trust::SUSPECT);
}

TEST_CASE("an assigned fill by stream and answer is one, and confirmed") {
  Wire wire("kraken-futures");
  wire.send(tape_test::read_file(kSeeds + "kraken_ws_fills_assignee.repaired.json"));
  wire.answer("/derivatives/api/v3/fills",
              tape_test::read_file(kSeeds + "kraken_rest_fills_assignee.repaired.json"));
  const auto& all = wire.account().fills();
  CHECK(all.counts().seen == 1);
  CHECK(all.counts().confirmed == 1);
  CHECK(all.counts().doubled == 0);
  CHECK(all.types().at("assignee") == 1);
  CHECK(wire.findings().empty());
  // The same answer again says nothing new.
  wire.answer("/derivatives/api/v3/fills",
              tape_test::read_file(kSeeds + "kraken_rest_fills_assignee.repaired.json"));
  CHECK(all.counts().confirmed == 1);
}

TEST_CASE("a fill that only a repair could read is counted, and in doubt") {
  Wire wire("kraken-futures");
  wire.send(fills("", true));
  wire.local([](schema::Event::Builder event) {
    event.setDirection(schema::Direction::RECEIVED);
    event.setAccount("desk");
    event.setRepaired(true);
    auto fill = event.getBody().initFill().initItems(1)[0];
    fill.setFillId("f1");
    fill.setSide(schema::Side::BUY);
  });
  CHECK(wire.account().fills().counts().seen == 1);
  CHECK(wire.trust(PartKind::fills) == Trust::SUSPECT);
}

TEST_CASE(
    "a fill twice by one way is doubled; one that differs by two ways is told field by field") {
  Wire wire("kraken-futures");
  const Nanos at = wire.now;
  wire.send(fills(fill("f1", "o", "5", at)));
  wire.send(fills(fill("f1", "o", "5", at)));
  CHECK(wire.account().fills().counts().doubled == 1);
  answer_fills(wire, answer_fill("f1", "other", "5", at, "101.0"));
  CHECK(wire.findings() ==
        Lines{"fill-mismatch f1 orderId: o, other", "fill-mismatch f1 price: 100.0, 101.0"});
  CHECK(wire.account().fills().counts().mismatched == 1);
  CHECK(wire.account().fills().counts().confirmed == 0);
  CHECK(wire.trust(PartKind::fills) == Trust::SUSPECT);
}

TEST_CASE("a fill that the stream did not bring is missed until it does") {
  Wire wire("kraken-futures");
  wire.send(fills("", true));
  const Nanos at = wire.now + kSecond;
  wire.now += 10 * kSecond;
  answer_fills(wire, answer_fill("f1", "o", "5", at));
  CHECK(wire.account().fills().counts().missed == 1);
  wire.send(fills(fill("f2", "o", "5", wire.now)));
  wire.send(fills(fill("f1", "o", "5", at)));
  CHECK(wire.account().fills().counts().missed == 0);
  CHECK(wire.account().fills().counts().confirmed == 1);
  CHECK(wire.account().fills().counts().disordered == 0);
  wire.send(fills(fill("f3", "o", "5", at)));
  CHECK(wire.account().fills().counts().disordered == 1);
  CHECK(wire.account().fills().kept().back().disordered);
}

TEST_CASE("numbers of fills by market: what nobody showed is missing") {
  Wire wire("kraken-futures");
  const auto numbered = [&](std::string_view id, int number) {
    auto text = answer_fill(id, "o", "1", wire.now);
    text.insert(text.size() - 1, R"(,"sequence_id":)" + std::to_string(number));
    return text;
  };
  answer_fills(wire, numbered("b", 8) + "," + numbered("a", 7));
  CHECK(wire.findings().empty());
  answer_fills(wire, numbered("c", 11));
  CHECK(wire.findings() == Lines{"fill-number PI_XBTUSD: 9, 11"});
  CHECK(wire.account().fills().counts().missing == 2);
}

TEST_CASE("fills are bounded, their counts are not") {
  Wire wire("kraken-futures");
  wire.check_every = 500;
  wire.send(fills("", true));
  const Nanos at = wire.now;
  for (std::size_t i = 0; i < Fills::kKept + 200; ++i) {
    wire.send(
        fills(fill("f" + std::to_string(i), "o", "1", at + static_cast<Nanos>(i) * kMillisecond)));
  }
  CHECK(wire.account().fills().kept().size() == Fills::kKept);
  CHECK(wire.account().fills().counts().seen == Fills::kKept + 200);
  // One that was forgotten is not new.
  answer_fills(wire, answer_fill("f3", "o", "1", at + 3 * kMillisecond));
  CHECK(wire.account().fills().counts().seen == Fills::kKept + 200);
}

TEST_CASE(
    "fills add up to positions; a missing one shows, with bounds, and a late one explains it") {
  Wire wire("kraken-futures");
  wire.send(fills("", true));
  positions(wire, position("PI_XBTUSD", "10"));
  CHECK(wire.trust(PartKind::positions) == Trust::VERIFIED);
  wire.step = 500 * kMillisecond;
  wire.send(fills(fill("f1", "o", "4", wire.now)));
  positions(wire, position("PI_XBTUSD", "14"));
  positions(wire, position("PI_XBTUSD", "14"));
  wire.wait(3 * kSecond);
  CHECK(wire.findings().empty());
  // A position that begins is told first, its fill after it.
  positions(wire, position("PI_XBTUSD", "14") + "," + position("PI_ETHUSD", "-2"));
  auto eth = fill("f2", "o", "2", wire.now, "false");
  eth.replace(eth.find("PI_XBTUSD"), 9, "PI_ETHUSD");
  wire.send(fills(eth));
  wire.wait(3 * kSecond);
  CHECK(wire.findings().empty());

  const Nanos before = wire.now;
  wire.now += 5 * kSecond;
  const Nanos missed_at = wire.now;
  positions(wire, position("PI_XBTUSD", "20") + "," + position("PI_ETHUSD", "-2"));
  const auto ordinal = wire.ordinal;
  CHECK(wire.findings().empty());
  wire.wait(3 * kSecond);
  REQUIRE(wire.findings() == Lines{"position-fills PI_XBTUSD: 14, 20"});
  REQUIRE(wire.state.news().size() == 1);
  const Finding& finding = wire.state.news().front();
  CHECK(format_decimal(finding.difference) == "6");
  CHECK(finding.moment.ordinal == ordinal);
  CHECK(finding.from_at <= before);
  CHECK(finding.moment.received_at > missed_at);
  CHECK(wire.trust(PartKind::fills) == Trust::SUSPECT);
  CHECK(wire.trust(PartKind::positions) == Trust::SUSPECT);
  answer_fills(wire, answer_fill("f3", "o", "6", missed_at));
  wire.wait(3 * kSecond);
  CHECK(wire.findings().empty());
  CHECK(wire.trust(PartKind::fills) == Trust::VERIFIED);
}

TEST_CASE("fills add up to the filled part of their order") {
  Wire wire("kraken-futures");
  wire.send(fills("", true));
  wire.send(orders(""));
  wire.send(change(order("a", "10", "0", 5), "new_placed_order_by_user"));
  wire.send(fills(fill("f1", "a", "4", wire.now)));
  wire.send(change(order("a", "6", "4", 6), "partial_fill"));
  wire.wait(3 * kSecond);
  CHECK(wire.findings().empty());
  wire.send(change(order("a", "0", "10", 7), "full_fill", true));
  wire.wait(3 * kSecond);
  CHECK(wire.findings() == Lines{"order-fills a: 4, 10"});
}

TEST_CASE("a position that leaves the list is closing until fills or an answer confirm it") {
  Wire wire("kraken-futures");
  wire.send(fills("", true));
  positions(wire, position("PI_XBTUSD", "10"));
  positions(wire, "");
  CHECK(wire.account().closing("pi_xbtusd", ""));
  CHECK(quantity(wire, "PI_XBTUSD") == "10");
  SECTION("by fills") {
    wire.send(fills(fill("f1", "o", "10", wire.now, "false")));
    wire.wait(3 * kSecond);
    CHECK(wire.findings().empty());
  }
  SECTION("by an answer") {
    wire.answer("/derivatives/api/v3/openpositions",
                R"({"result":"success","openPositions":[],"serverTime":"2023-11-14T22:13:20Z"})");
  }
  CHECK(!wire.account().closing("PI_XBTUSD", ""));
  CHECK(quantity(wire, "PI_XBTUSD") == "0");
}

TEST_CASE("a position that comes back as it was: the lists do not name all") {
  Wire wire("kraken-futures");
  positions(wire, position("PI_XBTUSD", "10") + "," + position("PI_ETHUSD", "3"));
  positions(wire, position("PI_ETHUSD", "4"));
  positions(wire, position("PI_XBTUSD", "10"));
  CHECK(quantity(wire, "PI_XBTUSD") == "10");
  CHECK(wire.findings() == Lines{"position-list PI_XBTUSD: 0, 10"});
  positions(wire, position("PI_ETHUSD", "5"));
  CHECK(!wire.account().closing("PI_XBTUSD", ""));
  CHECK(quantity(wire, "PI_ETHUSD") == "5");
}

TEST_CASE("an answer names the side of a position apart, the stream signs it") {
  Wire wire("kraken-futures");
  wire.answer("/derivatives/api/v3/openpositions",
              R"({"result":"success","openPositions":[{"side":"short","symbol":"pi_xbtusd",)"
              R"("price":9392.7,"fillTime":"2020-07-22T14:39:12.376Z","size":5,)"
              R"("unrealizedFunding":0.1}],"serverTime":"2020-07-22T14:39:13Z"})");
  CHECK(quantity(wire, "PI_XBTUSD") == "-5");
  positions(wire, position("PI_XBTUSD", "-6"));
  CHECK(quantity(wire, "PI_XBTUSD") == "-6");
  CHECK(wire.account().position("PI_XBTUSD", "", "unrealizedFunding").mantissa == 1);
}

TEST_CASE("balances: a picture replaces, a change names what changed, numbers prove") {
  Wire wire("kraken-futures");
  wire.send(R"({"feed":"balances_snapshot","account":"u","holding":{"USD":5.5,"XBT":1.0},)"
            R"("futures":{"F-XBT:USD":{"name":"F-XBT:USD","pair":"XBT/USD","unit":"XBT",)"
            R"("portfolio_value":2.0,"balance":2.0,"maintenance_margin":0.1,"initial_margin":0.2,)"
            R"("available":1.8,"unrealized_funding":0.0,"pnl":0.0}},)"
            R"("flex_futures":{"currencies":{"USD":{"quantity":100.0,"value":100.0}},)"
            R"("balance_value":100.0,"initial_margin":7.0,"initial_margin_without_orders":6.0,)"
            R"("isolated":{"PF_ETHUSD":{"pnl":1.0}},"cross":{"pnl":2.0}},"timestamp":1,"seq":0})");
  const auto& wallets = wire.account().wallets();
  CHECK(format_decimal(wallets.holding("usd")) == "5.5");
  CHECK(format_decimal(wallets.collateral("", "initialMarginWithOrders")) == "7.0");
  wire.send(
      R"({"feed":"balances","account":"u","holding":{"USD":6.5},"futures":{},"timestamp":2,"seq":1})");
  CHECK(format_decimal(wallets.holding("USD")) == "6.5");
  CHECK(format_decimal(wallets.holding("XBT")) == "1.0");
  CHECK(format_decimal(wallets.wallet("F-XBT:USD", "balance")) == "2.0");
  CHECK(wire.trust(PartKind::balances) == Trust::VERIFIED);
  wire.send(
      R"({"feed":"balances","account":"u","flex_futures":{"currencies":{"EUR":{"quantity":3.0}},)"
      R"("isolated":{}},"timestamp":3,"seq":2})");
  CHECK(format_decimal(wallets.collateral("USD", "quantity")) == "100.0");
  CHECK(format_decimal(wallets.collateral("EUR", "quantity")) == "3.0");
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<schema::State>();
  wire.state.write(root);
  const auto collateral = root.asReader().getAccounts()[0].getMultiCollateral();
  CHECK(collateral.getIsolated().size() == 0);
  CHECK(event::get_decimal(collateral.getCross().getPnl()).mantissa == 20);

  wire.send(R"({"feed":"balances","account":"u","holding":{"USD":8.5},"timestamp":4,"seq":5})");
  CHECK(wire.trust(PartKind::balances) == Trust::SUSPECT);
  wire.send(
      R"({"feed":"balances_snapshot","account":"u","holding":{"USD":9.5},"futures":{},"timestamp":5,"seq":6})");
  CHECK(wire.trust(PartKind::balances) == Trust::VERIFIED);
  CHECK(wallets.holding("XBT").absent());
}

TEST_CASE("the account log holds together by its balances; transfers are flows of funds") {
  Wire wire("kraken-futures");
  const auto entry = [](int id, std::string_view info, std::string_view before,
                        std::string_view after) {
    return R"({"id":)" + std::to_string(id) +
           R"(,"date":"2019-07-11T08:00:00.000Z","asset":"bch","info":")" + std::string(info) +
           R"(","booking_uid":"u","margin_account":"f-bch:usd","old_balance":)" +
           std::string(before) + R"(,"new_balance":)" + std::string(after) + "}";
  };
  wire.send(R"({"feed":"account_log_snapshot","logs":[)" +
            entry(12, "cross-exchange transfer", "3.0", "5.0") + "," +
            entry(10, "funding rate change", "1.0", "3.0") + R"(],"account":"u"})");
  CHECK(wire.findings().empty());
  REQUIRE(wire.account().ledger().flows().size() == 1);
  CHECK(wire.trust(PartKind::log) == Trust::VERIFIED);
  wire.send(R"({"feed":"account_log","new_entry":)" + entry(13, "futures trade", "5.0", "4.0") +
            "}");
  CHECK(wire.findings().empty());
  CHECK(format_decimal(wire.account().ledger().logged_balance("f-bch:usd", "bch")) == "4.0");
  wire.send(R"({"feed":"account_log","new_entry":)" + entry(20, "futures trade", "3.5", "3.0") +
            "}");
  CHECK(wire.findings() == Lines{"log-chain f-bch:usd bch: 4.0, 3.5"});
  CHECK(wire.trust(PartKind::log) == Trust::SUSPECT);
  wire.answer("/api/history/v2/account-log",
              R"({"accountUid":"u","logs":[)" + entry(20, "futures trade", "3.5", "3.0") + "]}");
  CHECK(wire.account().ledger().flows().size() == 1);
}

TEST_CASE("what is lost concerns the feeds that are named, and stays as it was known") {
  Wire wire("kraken-futures");
  wire.send(orders(order("a", "10", "0", 5)));
  wire.send(fills("", true));
  const Nanos at = wire.now;
  wire.lose({"open_orders"});
  CHECK(wire.trust(PartKind::orders) == Trust::SUSPECT);
  CHECK(wire.trust(PartKind::fills) == Trust::VERIFIED);
  const auto& standing = wire.account().part(PartKind::orders).standing();
  CHECK(standing.stale_at() > at);
  CHECK(standing.since().ordinal == wire.ordinal);
  CHECK(standing.since().session == wire.session);
  CHECK(wire.account().orders().has("a"));
  wire.send(orders(order("a", "10", "0", 5)));
  CHECK(wire.trust(PartKind::orders) == Trust::VERIFIED);
  CHECK(standing.stale_at() == 0);
  wire.local([](schema::Event::Builder event) {
    auto stalled = event.getBody().initStalled();
    stalled.setWhat("silent");
    stalled.initConcerns(1)[0].setChannel("fills");
  });
  CHECK(wire.trust(PartKind::fills) == Trust::UNVERIFIABLE);
  CHECK(wire.trust(PartKind::orders) == Trust::VERIFIED);
  wire.lose();
  CHECK(wire.trust(PartKind::fills) == Trust::SUSPECT);
  CHECK(wire.account().standing().suspect());
}

TEST_CASE("a restart of the recorder: what changed since is not known until a picture") {
  Wire wire("kraken-futures");
  wire.send(orders(order("a", "10", "0", 5)));
  wire.session = 8;
  wire.ordinal = 0;
  wire.send(change(order("b", "1", "0", 6), "new_placed_order_by_user"));
  CHECK(wire.trust(PartKind::orders) == Trust::SUSPECT);
  CHECK(wire.account().part(PartKind::orders).standing().stale_at() != 0);
  CHECK(wire.account().orders().has("a"));
  // The answer to a question from before the doubt proves nothing.
  const std::string answer =
      R"({"result":"success","openOrders":[],"serverTime":"2023-11-14T22:13:20Z"})";
  wire.answer("/derivatives/api/v3/openorders", answer, kSecond);
  CHECK(wire.trust(PartKind::orders) == Trust::SUSPECT);
  wire.now += 3 * kSecond;
  wire.answer("/derivatives/api/v3/openorders", answer, kSecond);
  CHECK(wire.trust(PartKind::orders) == Trust::VERIFIED);
  CHECK(wire.account().orders().size() == 0);
}

TEST_CASE("random orders and fills, held against a plain model") {
  std::mt19937 random(20261125);
  Wire wire("kraken-futures");
  wire.check_every = 97;
  std::map<std::string, std::pair<int, int>> model;  // remaining, filled
  std::map<std::string, int> seen;
  wire.send(orders(""));
  wire.send(fills("", true));
  positions(wire, position("PI_XBTUSD", "0"));
  int held = 0;
  int updated = 10;
  for (int i = 0; i < 3000; ++i) {
    const auto id = "o" + std::to_string(random() % 12);
    const auto found = model.find(id);
    ++updated;
    if (found == model.end()) {
      const int size = 1 + static_cast<int>(random() % 9);
      model[id] = {size, 0};
      wire.send(change(order(id, std::to_string(size), "0", updated), "new_placed_order_by_user"));
    } else if (random() % 4 == 0) {
      model.erase(found);
      wire.send(removal(id, "cancelled_by_user"));
      // Its name is used again below: let the sums of the old one come to rest.
      wire.wait(3 * kSecond);
    } else {
      auto& [remaining, filled] = found->second;
      --remaining;
      ++filled;
      ++held;
      const auto name = "f" + std::to_string(i);
      ++seen[name];
      const auto told = fills(fill(name, id, "1", wire.now));
      if (random() % 2 == 0) wire.send(told);
      const bool done = remaining == 0;
      wire.send(change(order(id, std::to_string(remaining), std::to_string(filled), updated),
                       done ? "full_fill" : "partial_fill", done));
      wire.send(told);
      positions(wire, position("PI_XBTUSD", std::to_string(held)));
      if (done) {
        model.erase(found);
        wire.wait(3 * kSecond);
      }
    }
    REQUIRE(wire.account().orders().size() == model.size());
    for (const auto& [name, amounts] : model) {
      REQUIRE(format_decimal(wire.account().orders().decimal(name, "remaining")) ==
              std::to_string(amounts.first));
    }
  }
  wire.wait(3 * kSecond);
  CHECK(wire.findings().empty());
  CHECK(wire.account().fills().counts().seen == seen.size());
  CHECK(wire.account().fills().counts().doubled > 100);
  CHECK(quantity(wire, "PI_XBTUSD") == std::to_string(held));
}

}  // namespace tape::state
