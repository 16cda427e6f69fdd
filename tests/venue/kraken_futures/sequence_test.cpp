#include <tape/venue/kraken_futures/sequence.h>

#include <catch2/catch.hpp>

#include "support.h"

using namespace kraken;

namespace {

std::string book(std::uint64_t number, const std::string& product = "PI_XBTUSD") {
  return R"({"feed":"book","product_id":")" + product + R"(","side":"buy","seq":)" +
         std::to_string(number) + R"(,"price":1,"qty":1,"timestamp":1612269953629})";
}
std::string book_snapshot(std::uint64_t number, const std::string& product = "PI_XBTUSD") {
  return R"({"feed":"book_snapshot","product_id":")" + product + R"(","seq":)" +
         std::to_string(number) +
         R"(,"timestamp":1612269953629,"tickSize":null,"bids":[],"asks":[]})";
}
std::string trade(std::uint64_t number) {
  return R"({"feed":"trade","product_id":"PI_XBTUSD","uid":"u","side":"buy","type":"fill","seq":)" +
         std::to_string(number) + R"(,"time":1612266317519,"qty":1,"price":1})";
}
std::string balances(std::uint64_t number, const std::string& what = "") {
  return R"({"feed":"balances)" + what +
         R"(","account":"a","holding":{},"timestamp":1640995200000,"seq":)" +
         std::to_string(number) + "}";
}
std::string positions(const std::string& number) {
  return R"({"feed":"open_positions","account":"a","positions":[])" + number + "}";
}

/// What came before the frame's own event: "missing 3..5", "repeated 3..2", "reset 3..1",
/// "resynchronised 7".
std::string said(Wire& wire, const std::string& frame) {
  (void)wire.send(frame);
  std::string all;
  for (std::size_t i = 0; i + 1 < wire.count(); ++i) {
    const auto event = wire.at(i);
    if (!all.empty()) all += ", ";
    if (kind(event) == Kind::GAP) {
      all += body(event, "kind") + ' ' + body(event, "expected") + ".." + body(event, "got");
    } else {
      all += std::string(tape::event::kind_name(kind(event))) + ' ' + body(event, "sequence");
    }
  }
  return all;
}

}  // namespace

TEST_CASE("kraken futures sequence: a book rises by one from its snapshot on") {
  Wire wire;
  CHECK(said(wire, book_snapshot(100)).empty());
  CHECK(said(wire, book(101)).empty());
  CHECK(said(wire, book(102)).empty());
  CHECK(said(wire, book(105)) == "missing 103..105");
  CHECK(body(wire.at(0), "missing") == "2");
  CHECK(said(wire, book(106)).empty());
  CHECK(said(wire, book(106)) == "repeated 107..106");
  CHECK(said(wire, book(100)) == "repeated 107..100");
  CHECK(said(wire, book(107)).empty());
}

TEST_CASE("kraken futures sequence: products, feeds and connections count for themselves") {
  Wire wire;
  CHECK(said(wire, book_snapshot(100)).empty());
  CHECK(said(wire, book_snapshot(7, "PF_ETHUSD")).empty());
  CHECK(said(wire, trade(55)).empty());
  CHECK(said(wire, book(101)).empty());
  CHECK(said(wire, book(8, "PF_ETHUSD")).empty());
  CHECK(said(wire, trade(56)).empty());
  wire.connection = 2;
  CHECK(said(wire, book_snapshot(90)).empty());
  CHECK(said(wire, book(91)).empty());
  wire.connection = 1;
  CHECK(said(wire, book(102)).empty());
  // A new connection, or the loss of one, forgets its numbers and no other's.
  wire.protocol->on_connection(2);
  wire.connection = 2;
  CHECK(said(wire, book(500)).empty());
  wire.connection = 1;
  CHECK(said(wire, book(104)) == "missing 103..104");
}

TEST_CASE("kraken futures sequence: a snapshot closes a gap and says how long it was") {
  Wire wire;
  CHECK(said(wire, book_snapshot(100)).empty());
  CHECK(said(wire, book(103)) == "missing 101..103");
  wire.now += 2 * tape::kSecond;
  CHECK(said(wire, book(106)) == "missing 104..106");
  wire.now += tape::kSecond;
  CHECK(said(wire, book_snapshot(110)) == "resynchronised 110");
  CHECK(body(wire.at(0), "after") == std::to_string(3 * tape::kSecond));
  CHECK(said(wire, book_snapshot(110)).empty());
  CHECK(said(wire, book(111)).empty());
}

TEST_CASE("kraken futures sequence: numbers that begin anew") {
  Wire wire;
  CHECK(said(wire, book_snapshot(5'000'000)).empty());
  CHECK(said(wire, book(17)) == "reset 5000001..17");
  CHECK(said(wire, book(18)).empty());
  CHECK(said(wire, book(1)) == "reset 19..1");
  CHECK(said(wire, book_snapshot(9)) == "resynchronised 9");
  CHECK(said(wire, book_snapshot(3)) == "reset 10..3");
  CHECK(said(wire, book(4)).empty());
}

TEST_CASE("kraken futures sequence: trades follow the newest of their snapshot") {
  Wire wire;
  CHECK(
      said(
          wire,
          R"({"feed":"trade_snapshot","product_id":"PI_XBTUSD","trades":[{"seq":12,"time":1612266317519,"qty":1,"price":1},)"
          R"({"seq":11,"time":1612266317519,"qty":1,"price":1}]})")
          .empty());
  CHECK(said(wire, trade(13)).empty());
  CHECK(said(wire, trade(13)) == "repeated 14..13");
  CHECK(said(wire, trade(20)) == "missing 14..20");
  // REST answers have other numbers and break nothing.
  CHECK(
      said(
          wire,
          R"({"result":"success","history":[{"time":"2024-05-03T13:05:43.974Z","trade_id":1,"price":1,"size":1}]})")
          .empty());
  CHECK(said(wire, R"({"result":"success","orderBook":{"bids":[],"asks":[]}})").empty());
  CHECK(said(wire, trade(21)).empty());
}

TEST_CASE("kraken futures sequence: account feeds") {
  Wire wire;
  CHECK(said(wire, balances(0, "_snapshot")).empty());
  CHECK(said(wire, balances(1)).empty());
  CHECK(said(wire, balances(4)) == "missing 2..4");
  CHECK(said(wire, balances(0, "_snapshot")) == "reset 5..0, resynchronised 0");
  CHECK(said(wire, balances(1)).empty());

  CHECK(said(wire, positions("")).empty());
  CHECK(said(wire, positions(R"(,"seq":0)")).empty());
  CHECK(said(wire, positions(R"(,"seq":1)")).empty());
  CHECK(said(wire, positions(R"(,"seq":3)")) == "missing 2..3");
  CHECK(said(wire, positions(R"(,"seq":4)")).empty());

  // Numbers of fills are hints: a filter makes holes.
  const auto fill = [](int number) {
    return R"({"feed":"fills","fills":[{"instrument":"P","time":1600256910739,"price":1,"qty":1,"buy":true,"fill_id":"f",)"
           R"("fill_type":"maker","seq":)" +
           std::to_string(number) + "}]}";
  };
  CHECK(said(wire, fill(3)).empty());
  CHECK(said(wire, fill(9)).empty());
}

TEST_CASE("kraken futures sequence: a gap event stands in the frame's name, without bytes") {
  Wire wire;
  (void)wire.send(book_snapshot(100));
  (void)wire.send(book(103));
  REQUIRE(wire.count() == 2);
  const auto gap = wire.at(0);
  CHECK(gap.getReceivedAt() == kNow);
  CHECK(gap.getConnection() == 1);
  CHECK(gap.getDirection() == tape::schema::Direction::LOCAL);
  CHECK(gap.getTransport() == tape::schema::Transport::NONE);
  CHECK(gap.getRaw().isNone());
  CHECK(gap.getVenue() == "kraken-futures");
  CHECK(gap.getAccount() == "desk");
  CHECK(gap.getChannel() == "book");
  CHECK(gap.getSymbol() == "PI_XBTUSD");
  CHECK(body(gap, "concerns.venue") == "kraken-futures");
  CHECK(body(gap, "concerns.channel") == "book");
  CHECK(body(gap, "concerns.symbol") == "PI_XBTUSD");
  CHECK(kind(wire.at(1)) == Kind::BOOK_DELTA);
}
