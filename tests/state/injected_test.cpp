// Faults injected into feeds that never lie: each is found, and nothing else is called suspect.
#include "state/wire.h"
#include <map>
#include <random>

namespace tape::state {
namespace {

using schema::Trust;
using test::Wire;

enum class Fault : std::uint8_t { none, drop, duplicate, swap };

/// `frames` with a fault at a place, which leaves room for its neighbours.
void inject(std::vector<std::string>& frames, Fault fault, std::size_t at) {
  const auto place = frames.begin() + static_cast<std::ptrdiff_t>(at);
  if (fault == Fault::drop) frames.erase(place);
  if (fault == Fault::duplicate) frames.insert(place, std::string(frames[at]));
  if (fault == Fault::swap) std::swap(frames[at], frames[at + 1]);
}

/// As a venue sends the feeds of several symbols: in turn, each in its order.
std::vector<std::string> interleave(std::map<std::string, std::vector<std::string>>& feeds,
                                    std::mt19937& random) {
  std::vector<std::string> all;
  std::map<std::string, std::size_t> next;
  std::vector<std::string> left;
  for (const auto& [symbol, frames] : feeds) left.push_back(symbol);
  while (!left.empty()) {
    const auto pick = random() % left.size();
    const auto& frames = feeds[left[pick]];
    auto& at = next[left[pick]];
    if (at < frames.size()) all.push_back(frames[at++]);
    if (at == frames.size()) left.erase(left.begin() + static_cast<std::ptrdiff_t>(pick));
  }
  return all;
}

std::string diff(const std::string& symbol, int number, std::mt19937& random) {
  const auto text = [](auto value) { return std::to_string(value); };
  return R"({"stream":"x@depth","data":{"e":"depthUpdate","E":)" +
         text(1'700'000'000'000 + number) + R"(,"T":)" + text(1'700'000'000'000 + number) +
         R"(,"s":")" + symbol + R"(","U":)" + text(number * 10 + 1) + R"(,"u":)" +
         text(number * 10 + 10) + R"(,"pu":)" + text(number * 10) + R"(,"b":[[")" +
         text(900 + random() % 50) + R"(.0",")" + text(random() % 5) + R"("]],"a":[[")" +
         text(1000 + random() % 50) + R"(.0",")" + text(random() % 5) + R"("]]}})";
}

struct Injected {
  Fault fault = Fault::none;
  std::size_t times = 0;
};

}  // namespace

TEST_CASE("several faults in the diffs of one tape: each book tells its own") {
  constexpr int kDiffs = 60;
  const std::map<std::string, Injected> symbols{
      {"CLEANUSDT", {}},
      {"DROPUSDT", {Fault::drop, 1}},
      {"DROPSUSDT", {Fault::drop, 3}},
      {"TWICEUSDT", {Fault::duplicate, 2}},
      {"SWAPUSDT", {Fault::swap, 2}},
      {"HEALEDUSDT", {Fault::drop, 2}},
  };
  for (unsigned seed = 1; seed <= 25; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    Wire wire("binance-usdm");
    wire.check_every = 97;
    std::map<std::string, std::vector<std::string>> feeds;
    for (const auto& [symbol, injected] : symbols) {
      auto& frames = feeds[symbol];
      for (int i = 0; i < kDiffs; ++i) frames.push_back(diff(symbol, i, random));
      // From behind, so that the places stay; apart, so that each fault is one.
      for (std::size_t k = injected.times; k-- > 0;) {
        inject(frames, injected.fault, 5 + k * 15 + random() % 10);
      }
    }
    const auto snapshot = [&](const std::string& symbol, int number) {
      wire.answer("/fapi/v1/depth?symbol=" + symbol + "&limit=1000",
                  R"({"lastUpdateId":)" + std::to_string(number * 10 + 5) +
                      R"(,"E":1,"T":1,"bids":[["899.0","1"]],"asks":[["1100.0","1"]]})");
    };
    for (const auto& [symbol, injected] : symbols) {
      // The snapshot falls into the first diff.
      wire.send(feeds[symbol].front());
      feeds[symbol].erase(feeds[symbol].begin());
      snapshot(symbol, 0);
      REQUIRE(wire.state.book("binance-usdm", symbol)->standing().verified());
    }
    for (const auto& frame : interleave(feeds, random)) wire.send(frame);
    snapshot("HEALEDUSDT", kDiffs - 1);
    for (const auto& [symbol, injected] : symbols) {
      CAPTURE(symbol);
      const Book& book = *wire.state.book("binance-usdm", symbol);
      const auto trust = book.standing().trust();
      switch (injected.fault) {
        case Fault::none:
          CHECK((trust == Trust::VERIFIED && book.gaps() == 0 && book.dropped() == 0));
          break;
        case Fault::drop:
          CHECK(book.gaps() == injected.times);
          CHECK(book.dropped() == 0);
          CHECK(trust == (symbol == "HEALEDUSDT" ? Trust::VERIFIED : Trust::SUSPECT));
          break;
        case Fault::duplicate:
          CHECK(book.gaps() == 0);
          CHECK(book.dropped() == injected.times);
          CHECK(trust == Trust::VERIFIED);
          break;
        case Fault::swap:
          // One came early, over a hole; the other one late; the next follows a hole again.
          CHECK(book.gaps() >= injected.times);
          CHECK(book.dropped() == injected.times);
          CHECK(trust == Trust::SUSPECT);
          break;
      }
      CHECK(book.sequence() == kDiffs * 10);
    }
  }
}

namespace {

std::string kraken_fill(const std::string& order, int number, Nanos at) {
  return R"({"feed":"fills","account":"u","fills":[{"instrument":"PI_XBTUSD","time":)" +
         std::to_string(at / kMillisecond) +
         R"(,"price":100.0,"seq":1,"buy":true,"qty":1,"order_id":")" + order + R"(","fill_id":")" +
         order + '-' + std::to_string(number) + R"(","fill_type":"taker"}]})";
}
std::string kraken_order(const std::string& order, int filled, Nanos at) {
  return R"({"feed":"open_orders","order":{"instrument":"PI_XBTUSD","time":1,"last_update_time":)" +
         std::to_string(at / kMillisecond) + R"(,"qty":)" + std::to_string(10 - filled) +
         R"(,"filled":)" + std::to_string(filled) +
         R"(,"limit_price":100.0,"stop_price":0.0,"type":"limit","order_id":")" + order +
         R"(","direction":0,"reduce_only":false},"is_cancel":false,"reason":"partial_fill"})";
}
std::string binance_fill(int order, int number, Nanos at) {
  const auto text = [](auto value) { return std::to_string(value); };
  const auto stamp = text(at / kMillisecond);
  return R"({"e":"ORDER_TRADE_UPDATE","E":)" + stamp + R"(,"T":)" + stamp +
         R"(,"o":{"s":"BTCUSDT","c":"c1","S":"BUY","o":"LIMIT","f":"GTC","q":"10","p":"100",)"
         R"("ap":"0","sp":"0","x":"TRADE","X":"PARTIALLY_FILLED","i":)" +
         text(order) + R"(,"l":"1","z":")" + text(number) + R"(","L":"100","T":)" + stamp +
         R"(,"t":)" + text(order * 100 + number) + R"(,"m":false,"R":false,"ps":"BOTH","rp":"0"}})";
}

/// A fault in the fills of an order.
struct Placed {
  Fault fault;
  int order;
  int fill;
};

}  // namespace

TEST_CASE("several faults in the fills of one account: every one has its finding or count") {
  for (unsigned seed = 1; seed <= 25; ++seed) {
    for (const std::string venue : {"kraken-futures", "binance-usdm"}) {
      CAPTURE(seed, venue);
      const bool kraken = venue == "kraken-futures";
      std::mt19937 random(seed);
      Wire wire(venue);
      wire.check_every = 41;
      if (kraken) {
        wire.send(R"({"feed":"fills_snapshot","account":"u","fills":[]})");
        wire.send(R"({"feed":"open_orders_snapshot","account":"u","orders":[]})");
      }
      // An order a fault, the first without one.
      const std::vector<Placed> faults{{Fault::none, 1, 0},
                                       {Fault::drop, 2, 1 + static_cast<int>(random() % 4)},
                                       {Fault::duplicate, 3, 1 + static_cast<int>(random() % 4)},
                                       {Fault::swap, 4, 1 + static_cast<int>(random() % 4)},
                                       {Fault::drop, 5, 1 + static_cast<int>(random() % 4)}};
      Nanos at = wire.now;
      for (const auto& [fault, order, place] : faults) {
        const auto id = "order" + std::to_string(order);
        std::vector<std::string> fills;
        for (int number = 1; number <= 6; ++number) {
          at += kSecond;
          fills.push_back(kraken ? kraken_fill(id, number, at) : binance_fill(order, number, at));
        }
        inject(fills, fault, static_cast<std::size_t>(place));
        if (kraken) wire.send(kraken_order(id, 0, at - 6 * kSecond));
        for (const auto& fill : fills) wire.send(fill);
        if (kraken) wire.send(kraken_order(id, 6, at));
      }
      wire.now = at;
      wire.wait(5 * kSecond);
      std::vector<std::string> wanted;
      for (const int order : {2, 5}) {
        const auto id =
            kraken ? "order" + std::to_string(order) : std::to_string(order) + "@BTCUSDT";
        wanted.push_back("order-fills " + id + ": 5, 6");
      }
      CHECK(wire.findings() == wanted);
      const auto& counts = wire.account().fills().counts();
      CHECK(counts.seen == 28);
      CHECK(counts.doubled == 1);
      CHECK(counts.disordered == 1);
      CHECK(counts.mismatched == 0);
      CHECK(wire.trust(PartKind::fills) == Trust::SUSPECT);
    }
  }
}

TEST_CASE("faults in numbered balances of one account leave the rest of it, and others, alone") {
  const auto change = [](int number) {
    return R"({"feed":"balances","account":"u","holding":{"USD":)" + std::to_string(number) +
           R"(.5},"futures":{},"timestamp":)" + std::to_string(number + 1) + R"(,"seq":)" +
           std::to_string(number) + "}";
  };
  for (const auto fault : {Fault::none, Fault::drop, Fault::duplicate, Fault::swap}) {
    for (std::size_t at = 2; at < 18; at += 3) {
      CAPTURE(static_cast<int>(fault), at);
      Wire wire("kraken-futures");
      wire.send(R"({"feed":"fills_snapshot","account":"u","fills":[]})");
      wire.send(R"({"feed":"open_orders_snapshot","account":"u","orders":[]})");
      wire.send(
          R"({"feed":"balances_snapshot","account":"u","holding":{"USD":0.5},"futures":{},"timestamp":1,"seq":0})");
      std::vector<std::string> frames;
      for (int number = 1; number <= 20; ++number) frames.push_back(change(number));
      inject(frames, fault, at);
      for (const auto& frame : frames) wire.send(frame);
      const bool found = fault == Fault::drop || fault == Fault::swap;
      CHECK(wire.trust(PartKind::balances) == (found ? Trust::SUSPECT : Trust::VERIFIED));
      CHECK(wire.trust(PartKind::fills) == Trust::VERIFIED);
      CHECK(wire.trust(PartKind::orders) == Trust::VERIFIED);
      CHECK(wire.findings().empty());
      CHECK(format_decimal(wire.account().wallets().holding("USD")) == "20.5");
    }
  }
}

TEST_CASE("another recording: what the one before knew is stale since its last event") {
  Wire wire("kraken-futures");
  const auto snapshot = [&](int number) {
    wire.send(
        R"({"feed":"book_snapshot","product_id":"PI_XBTUSD","timestamp":1,"seq":)" +
        std::to_string(number) +
        R"(,"tickSize":null,"bids":[{"price":10.0,"qty":1.0}],"asks":[{"price":11.0,"qty":1.0}]})");
  };
  const auto opened = [&] {
    wire.local([](schema::Event::Builder event) { event.getBody().initConnectionOpened(); });
  };
  const auto& standing = [&]() -> const Standing& {
    return wire.state.book("kraken-futures", "PI_XBTUSD")->standing();
  };
  opened();
  snapshot(5);
  const Nanos last = wire.now;
  opened();  // a second connection of the same recording
  CHECK(standing().verified());
  wire.session = 8;
  wire.now += 60 * kSecond;
  opened();
  CHECK(standing().suspect());
  CHECK(standing().stale_at() == last);
  CHECK(standing().since().received_at == wire.now);
  CHECK(wire.state.book("kraken-futures", "PI_XBTUSD")->bids().size() == 1);
  SECTION("until a snapshot") { snapshot(50); }
  SECTION("or until the numbers go on where they stood") {
    wire.send(
        R"({"feed":"book","product_id":"PI_XBTUSD","side":"buy","seq":6,"price":9.0,"qty":2.0,"timestamp":2})");
  }
  CHECK(standing().verified());
  CHECK(standing().stale_at() == 0);
}

}  // namespace tape::state
