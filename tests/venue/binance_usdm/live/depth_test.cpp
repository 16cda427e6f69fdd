#include <catch2/catch.hpp>
#include <venue/binance_usdm/live/stage.h>

using namespace stage;

namespace {

/// One symbol's changes are subscribed to and acknowledged.
struct BookStage : Stage {
  BookStage() : Stage(options({"BTCUSDT"}, {"depth@100ms"})) {
    book = link("/public");
    open(book);
    host.requests.clear();
    acknowledge();
  }
  void give(int number) {
    answer(take("/depth?symbol=BTCUSDT&limit=1000"), 200,
           "{\"lastUpdateId\":" + std::to_string(number) + ",\"bids\":[],\"asks\":[]}");
  }
  LinkId book = 0;
};

}  // namespace

TEST_CASE("a snapshot is asked for at the first change after the acknowledgement") {
  BookStage stage;
  stage.advance(kSecond);
  CHECK(stage.waiting("/depth") == 0);
  stage.change(stage.book, "BTCUSDT", 100, 110, 99);
  stage.tick(kMillisecond);
  CHECK(stage.waiting("/depth") == 1);
  stage.give(105);
  CHECK(stage.counter("books_joined") == 1);
  stage.advance(kMinute);
  CHECK(stage.waiting("/depth") == 0);
}

TEST_CASE("a book that does not move is asked for all the same") {
  BookStage stage;
  stage.advance(3 * kSecond + 200 * kMillisecond);
  REQUIRE(stage.waiting("/depth") == 1);
  stage.give(99);
  CHECK(stage.counter("books_joined") == 0);
  // Its first change follows the snapshot.
  stage.change(stage.book, "BTCUSDT", 100, 110, 99);
  CHECK(stage.counter("books_joined") == 1);
}

TEST_CASE("a snapshot newer than the changes is joined by those that come") {
  BookStage stage;
  stage.change(stage.book, "BTCUSDT", 100, 110, 99);
  stage.tick(kMillisecond);
  stage.give(130);
  stage.change(stage.book, "BTCUSDT", 111, 120, 110);
  CHECK(stage.counter("books_joined") == 0);
  stage.change(stage.book, "BTCUSDT", 121, 131, 120);
  CHECK(stage.counter("books_joined") == 1);
  stage.advance(kMinute);
  CHECK(stage.waiting("/depth") == 0);
}

TEST_CASE("a snapshot older than the first change is asked for again, not within 5 s") {
  BookStage stage;
  stage.change(stage.book, "BTCUSDT", 100, 110, 98);
  stage.tick(kMillisecond);
  for (int round = 0; round < 3; ++round) {
    stage.give(97);
    stage.advance(4 * kSecond);
    CHECK(stage.waiting("/depth") == 0);
    stage.advance(1'100 * kMillisecond);
    REQUIRE(stage.waiting("/depth") == 1);
  }
  CHECK(stage.counter("book_snapshots_too_old") == 3);
  stage.give(100);
  CHECK(stage.counter("books_joined") == 1);
}

TEST_CASE("a gap asks anew; a repetition and another symbol's gap do not") {
  BookStage stage;
  stage.change(stage.book, "BTCUSDT", 100, 110, 99);
  stage.tick(kMillisecond);
  stage.give(105);
  stage.change(stage.book, "BTCUSDT", 100, 110, 99);
  stage.change(stage.book, "ETHUSDT", 10, 20, 9);
  stage.change(stage.book, "ETHUSDT", 40, 50, 39);
  stage.advance(10 * kSecond);
  CHECK(stage.waiting("/depth") == 0);
  stage.change(stage.book, "BTCUSDT", 200, 210, 190);
  stage.tick(kMillisecond);
  REQUIRE(stage.waiting("/depth") == 1);
  // What is older than the change behind the gap mends nothing.
  stage.give(150);
  CHECK(stage.counter("books_joined") == 1);
  stage.advance(6 * kSecond);
  stage.give(205);
  CHECK(stage.counter("books_joined") == 2);
}

TEST_CASE("a reconnect asks anew, and what the lost connection wanted is forgotten") {
  BookStage stage;
  stage.change(stage.book, "BTCUSDT", 100, 110, 99);
  stage.tick(kMillisecond);
  const auto old = stage.take("/depth");
  stage.lose(stage.book);
  stage.answer(old, 500, "");
  stage.advance(kMinute);
  CHECK(stage.waiting("/depth") == 0);
  stage.open(stage.book);
  stage.acknowledge();
  stage.change(stage.book, "BTCUSDT", 300, 310, 290);
  stage.tick(kMillisecond);
  CHECK(stage.waiting("/depth") == 1);
}

TEST_CASE("a snapshot that fails or is none is asked for again") {
  BookStage stage;
  stage.change(stage.book, "BTCUSDT", 100, 110, 99);
  stage.tick(kMillisecond);
  for (const auto* const body : {"<html>", "", "{\"lastUpdateId\":", "{\"lastUpdateId\":\"x\"}",
                                 "{\"lastUpdateId\":-5}", "{}", "[]"}) {
    stage.answer(stage.take("/depth"), 200, body);
    int waited = 0;
    while (stage.waiting("/depth") == 0 && waited++ < 320) stage.tick(kSecond);
    INFO(body);
    CHECK(waited >= 5);
    CHECK(waited <= 301);
  }
  stage.give(105);
  CHECK(stage.counter("books_joined") == 1);
}
