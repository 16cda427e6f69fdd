// One position of a failed liquidation, assigned to several accounts: what each is told adds up.
#include "venue/kraken_futures/exchange/support.h"
#include <cstdlib>
#include <fstream>
#include <iterator>

using namespace kraken_exchange;

namespace {

// The figures of the venue's own example: of 1,760,000 the book took 1,007,379.
constexpr std::int64_t kAssigned = 1'760'000 - 1'007'379;

Json seed(const std::string& name) {
  std::ifstream file(TAPE_SOURCE_DIR "/samples/kraken_futures/seeds/" + name);
  return Json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
}

/// The seed's fill, of another size.
std::string part(std::int64_t size, const std::string& id) {
  auto message = seed("kraken_ws_fills_assignee.repaired.json");
  message["fills"][0]["qty"] = size;
  message["fills"][0]["fill_id"] = id;
  message["fills"][0]["order_id"] = "order of " + id;
  return message.dump();
}

}  // namespace

TEST_CASE("kraken accounts: assignments reach the accounts that they are made to, and add up") {
  const std::vector<std::string> labels = {"one", "two", "three"};
  Venue venue(accounts(labels));
  std::map<std::string, ClientId> clients;
  for (const auto& label : labels) {
    venue.stage.play(R"({"feed":"fills_snapshot","account":")" + label + R"(","fills":[]})",
                     {label});
    clients[label] = venue.connect();
    venue.subscribe(clients[label], "fills", label);
    venue.stage.heard(clients[label]);
  }
  // The seed's own is the first.
  venue.stage.play(seed("kraken_ws_fills_assignee.repaired.json").dump(), {"one"});
  const auto own = seed("kraken_ws_fills_assignee.repaired.json")["fills"][0]["qty"].get<int>();
  venue.stage.play(part(300'000, "second"), {"two"});
  venue.stage.play(part(kAssigned - own - 300'000, "third"), {"three"});

  std::int64_t by_socket = 0;
  std::int64_t by_rest = 0;
  for (const auto& label : labels) {
    const auto heard = venue.stage.heard(clients[label]);
    REQUIRE(heard.size() == 1);
    const auto& fill = heard[0]["fills"].at(0);
    CHECK(fill["fill_type"] == "assignee");
    CHECK(fill["buy"] == true);
    by_socket += fill["qty"].get<std::int64_t>();
    const auto fills = venue.ask("GET", "fills", "", label)["fills"];
    REQUIRE(fills.size() == 1);
    CHECK(fills[0]["fillType"] == "assignee");
    CHECK(fills[0]["side"] == "buy");
    CHECK(fills[0]["fillTime"] == "2020-02-06T21:55:51.000Z");
    CHECK(fills[0]["fill_id"] == fill["fill_id"]);
    by_rest += fills[0]["size"].get<std::int64_t>();
  }
  // The page before the first fill is not the page of the last ones.
  CHECK(
      venue.ask("GET", "fills?lastFillTime=2020-02-06T21:55:51.000Z", "", "one")["fills"].empty());
  CHECK(by_socket == kAssigned);
  CHECK(by_rest == kAssigned);
}

TEST_CASE("kraken accounts: positions and balances of the state are as REST has them") {
  Venue venue(accounts({"desk"}));
  CHECK(venue.stage.ask("GET", "/derivatives/api/v3/openpositions").body.find("authentication") !=
        std::string::npos);
  venue.stage.play(
      R"({"feed":"open_positions","account":"desk","positions":[{"instrument":"PI_XBTUSD",)"
      R"("balance":-50.0,"entry_price":9000.5,"mark_price":9100.0,"pnl":-0.01},)"
      R"({"instrument":"PI_ETHUSD","balance":0.0,"entry_price":0.0}]})",
      {"desk"});
  const auto positions = venue.ask("GET", "openpositions")["openPositions"];
  REQUIRE(positions.size() == 1);
  CHECK(positions[0]["symbol"] == "PI_XBTUSD");
  CHECK(positions[0]["side"] == "short");
  CHECK(positions[0]["size"] == 50);
  CHECK(positions[0]["price"] == 9000.5);
  venue.stage.play(
      R"({"feed":"balances_snapshot","account":"desk","holding":{"USD":100.5},"futures":{},)"
      R"("timestamp":1600000000000,"seq":0})",
      {"desk"});
  const auto held = venue.ask("GET", "accounts")["accounts"];
  CHECK(held["cash"]["balances"]["USD"] == 100.5);
  CHECK(venue.ask("GET", "accounts")["result"] == "success");
  // The position can be made smaller, and not larger.
  venue.stage.play(kBook);
  const std::string order = "orderType=post&symbol=PI_XBTUSD&size=1&reduceOnly=true";
  CHECK(venue.status(order + "&side=buy&limitPrice=9000") == "placed");
  CHECK(venue.status(order + "&side=sell&limitPrice=11000") == "wouldNotReducePosition");
}
