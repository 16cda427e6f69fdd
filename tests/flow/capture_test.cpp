#include <tape/flow/capture.h>

#include <catch2/catch.hpp>

#include <string>

using namespace tape;
using flow::Captured;
using flow::InputForm;
using schema::Direction;
using schema::Transport;

namespace {

/// Reads lines one by one through a reader that is kept.
class Lines {
 public:
  explicit Lines(InputForm form) : reader_(flow::make_capture_reader(form)) {}
  const Captured& read(std::string line) {
    line_ = std::move(line);
    const auto size = line_.size();
    line_.resize(size + event::kFramePadding);
    flow::Run run;
    run.bytes = {line_.data(), size};
    run.number = ++number_;
    reader_->read(run, Stamp{kSecond * 1000, 7}, out_);
    return out_;
  }

 private:
  std::unique_ptr<flow::CaptureReader> reader_;
  std::string line_;
  std::uint64_t number_ = 0;
  Captured out_;
};

}  // namespace

TEST_CASE("names of input forms", "[capture]") {
  CHECK(flow::input_form("ndjson") == InputForm::ndjson);
  CHECK(flow::input_form("cryptofeed") == InputForm::cryptofeed);
  CHECK_FALSE(flow::input_form("csv"));
  CHECK(flow::delimiter_of(InputForm::raw0) == '\0');
  CHECK_FALSE(flow::delimiter_of(InputForm::document));
}

TEST_CASE("plain frames take our own stamp", "[capture]") {
  Lines lines(InputForm::ndjson);
  const auto& got = lines.read(R"({"feed":"heartbeat"})");
  REQUIRE(got.kind == Captured::Kind::frame);
  CHECK(got.frame.text() == R"({"feed":"heartbeat"})");
  CHECK(got.frame.stamp.received_at == kSecond * 1000);
  CHECK(got.frame.stamp.clock_offset == 7);
  CHECK(got.frame.direction == Direction::RECEIVED);
  CHECK(got.frame.transport == Transport::PIPE);
}

TEST_CASE("a cryptofeed capture keeps its times, directions, connections and REST answers",
          "[capture]") {
  Lines lines(InputForm::cryptofeed);
  {
    const auto& got = lines.read(R"(configuration: {"l2_book":["BTC"]})");
    CHECK(got.kind == Captured::Kind::remark);
    CHECK(got.frame.direction == Direction::LOCAL);
    CHECK(got.frame.text() == R"(configuration: {"l2_book":["BTC"]})");
  }
  {
    const auto& got = lines.read("wss://futures.kraken.com/ws/v1 <-> 1626994927.139662");
    CHECK(got.kind == Captured::Kind::opened);
    CHECK(got.url == "wss://futures.kraken.com/ws/v1");
    CHECK(got.frame.stamp.received_at == 1626994927139662000);
    CHECK(got.frame.stamp.clock_offset == 0);
    CHECK(got.frame.connection == 1);
  }
  {
    const auto& got =
        lines.read(R"(wss://futures.kraken.com/ws/v1 <- 1626994927.582819: {"event":"subscribe"})");
    CHECK(got.kind == Captured::Kind::frame);
    CHECK(got.frame.direction == Direction::SENT);
    CHECK(got.frame.text() == R"({"event":"subscribe"})");
  }
  {
    const auto& got = lines.read(R"(1626994927.68928: {"event":"subscribed: yes"})");
    CHECK(got.kind == Captured::Kind::frame);
    CHECK(got.frame.stamp.received_at == 1626994927689280000);
    CHECK(got.frame.transport == Transport::WEBSOCKET);
    CHECK(got.frame.direction == Direction::RECEIVED);
    CHECK(got.frame.text() == R"({"event":"subscribed: yes"})");
  }
  {
    const auto& got = lines.read(
        R"(https://fapi.binance.com/fapi/v1/depth?symbol=BATUSDT&limit=1000 -> 1617647797.9072561: {"lastUpdateId":1})");
    CHECK(got.kind == Captured::Kind::frame);
    CHECK(got.frame.transport == Transport::REST);
    REQUIRE(got.frame.rest != nullptr);
    CHECK(got.frame.rest->target == "/fapi/v1/depth?symbol=BATUSDT&limit=1000");
    CHECK(got.frame.stamp.received_at == 1617647797907256100);
  }
  CHECK(lines.read("").kind == Captured::Kind::nothing);
  CHECK(lines.read("wss://other <-> 1626994927").frame.connection == 2);
}

TEST_CASE("a line that is no record names its number and keeps its bytes", "[capture]") {
  Lines lines(InputForm::cryptofeed);
  (void)lines.read("1.5: {}");
  for (const std::string line :
       {"garbage", "12345 no colon", "wss://x <- notatime: {}", "99999999999999: {}", "-5: {}"}) {
    const auto& got = lines.read(line);
    CHECK(got.kind == Captured::Kind::bad);
    CHECK(got.frame.text() == line);
    CHECK(got.frame.stamp.received_at ==
          1500000000);  // no time of its own: that of the record before
    CHECK(got.problem.find("line ") == 0);
  }
}

TEST_CASE("an hftbacktest capture", "[capture]") {
  Lines lines(InputForm::hftbacktest);
  {
    const auto& got = lines.read(R"(1723161255030314667 {"stream":"btcusdt@depth@0ms"})");
    CHECK(got.kind == Captured::Kind::frame);
    CHECK(got.frame.stamp.received_at == 1723161255030314667);
    CHECK(got.frame.transport == Transport::WEBSOCKET);
    CHECK(got.frame.text() == R"({"stream":"btcusdt@depth@0ms"})");
  }
  CHECK(lines.read(R"(1723161255030314668 {"lastUpdateId":5})").frame.transport == Transport::REST);
  CHECK(lines.read("1723161255030314668").kind == Captured::Kind::bad);
  CHECK(lines.read("99999999999999999999 {}").kind == Captured::Kind::bad);
}

TEST_CASE("frames handed in as JSON objects", "[capture]") {
  Lines lines(InputForm::json);
  {
    const auto& got = lines.read(R"({"raw":"{\"a\":\"\\u00e9\"}"})");
    REQUIRE(got.kind == Captured::Kind::frame);
    CHECK(got.frame.text() == R"({"a":"\u00e9"})");
    CHECK(got.frame.stamp.clock_offset == 7);
    CHECK_FALSE(got.dated);
  }
  {
    const auto& got = lines.read(
        R"({"receivedAtS":5.25,"receivedAt":"2026-11-22T10:00:03.217000001Z","direction":"sent","transport":"rest",)"
        R"("account":"desk-a","venue":"kraken-futures","rest":{"method":"POST","target":"/x?y=1","status":502,"latency":77},"raw":""})");
    REQUIRE(got.kind == Captured::Kind::frame);
    CHECK(got.frame.text().empty());
    CHECK(got.frame.direction == Direction::SENT);
    CHECK(got.frame.stamp.received_at == 1795341603217000001);
    CHECK(got.dated);
    CHECK(got.frame.account == "desk-a");
    CHECK(got.venue == "kraken-futures");
    REQUIRE(got.frame.rest != nullptr);
    CHECK(got.frame.rest->status == 502);
    CHECK(got.frame.rest->latency == 77);
  }
  {
    using namespace std::string_view_literals;
    CHECK(lines.read(R"({"rawHex":"00ff7b"})").frame.text() == "\0\xff{"sv);
  }
  CHECK(lines.read(R"({"kind":"session"})").kind == Captured::Kind::nothing);
  for (const auto* line :
       {R"({"direction":"sent"})", R"({"raw":5})", R"({"raw":"x","direction":"up"})", "[]", "{", "",
        R"({"raw":"x","rest":{"status":"ok"}})", R"({"raw":"x","receivedAt":"yesterday"})"}) {
    INFO(line);
    const auto& got = lines.read(line);
    CHECK(got.kind == Captured::Kind::bad);
    CHECK_FALSE(got.problem.empty());
  }
}
