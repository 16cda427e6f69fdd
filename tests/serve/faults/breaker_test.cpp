#include <tape/serve/faults/breaker.h>
#include <tape/venue/registry.h>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "events.h"

namespace tape::serve {
namespace {

constexpr Nanos kBegin = 1'791'518'718 * kSecond;
constexpr std::string_view kSubscribe =
    R"({"event":"subscribe","feed":"book","product_ids":["PI_XBTUSD"]})";

/// The sockets: everything that clients get, a line each.
class Sockets final : public venue::ExchangeHost {
 public:
  void send(std::span<const venue::ClientId> clients, std::string_view text) override {
    for (const auto client : clients) said.push_back(fmt::format("{}: {}", client, text));
  }
  void close(venue::ClientId client, std::uint16_t code, std::string_view /*reason*/) override {
    said.push_back(fmt::format("{} closed {}", client, code));
  }
  void ping(venue::ClientId client) override { said.push_back(fmt::format("{} pinged", client)); }
  void reply(venue::ClientId client, venue::ExchangeReply reply) override {
    said.push_back(fmt::format("{} answered {} {}", client, reply.status, reply.content_type));
    for (const auto& [name, value] : reply.headers)
      said.back() += fmt::format(" {}={}", name, value);
  }
  std::string_view frame() override { return bytes; }
  std::optional<std::string> show(venue::Shown, std::string_view) override { return std::nullopt; }
  std::optional<venue::BookView> book(std::string_view, std::size_t) override {
    return std::nullopt;
  }
  void look(venue::Part, std::string_view,
            const std::function<void(schema::State::Reader)>&) override {}
  bool running() const override { return true; }
  Nanos tape_now() const override { return now; }
  Nanos utc() const override { return now; }
  Nanos monotonic() const override { return wall; }

  /// Since it was asked last.
  std::vector<std::string> taken() { return std::exchange(said, {}); }

  std::vector<std::string> said;
  std::string bytes;
  Nanos now = kBegin;
  Nanos wall = kSecond;
};

/// A Kraken Futures with faults, two clients of which have the book.
struct Venue {
  explicit Venue(std::vector<FaultSpec> faults, const char* name = "kraken-futures")
      : breaker({std::move(faults), 0, [this](const std::string& line) { truth.push_back(line); }},
                sockets, [this](venue::ClientId client, bool on) {
                  sockets.said.push_back(fmt::format("{} {}", client, on ? "paused" : "heard"));
                }) {
    venue::ExchangeOptions options;
    options.any_key = true;
    options.labels = {"desk"};
    exchange = venue::find_venue(name)->exchange(std::move(options), breaker);
    breaker.attach(*exchange);
  }

  void come(venue::ClientId client) {
    CHECK_FALSE(breaker.on_upgrade(client, {"GET", "/ws/v1", {}, {}}));
    breaker.on_open(client);
    breaker.on_message(client, kSubscribe);
  }
  void both() {
    come(1);
    come(2);
    (void)sockets.taken();
  }
  /// All that is due by that second; then a frame there.
  void play(Nanos second, const std::string& bytes = "", const char* channel = "book") {
    SampleEvent event(channel, "PI_XBTUSD", static_cast<std::uint64_t>(second) + 1);
    const auto at = kBegin + second * kSecond;
    breaker.see(event.tape(), at);
    until(second);
    if (bytes.empty()) return;
    sockets.bytes = bytes;
    breaker.play(event.tape(), ++ordinal, at);
  }
  void until(Nanos second, Breaker::Tape tape = Breaker::Tape::runs) {
    while (const auto at = breaker.next(tape)) {
      if (*at > kBegin + second * kSecond) break;
      breaker.step(tape);
    }
    sockets.now = kBegin + second * kSecond;
  }
  void ask(venue::ClientId client, std::string_view path = "/derivatives/api/v3/nothing") {
    breaker.on_call(client, {"GET", path, {}, {}});
  }

  Sockets sockets;
  std::vector<std::string> truth;
  std::unique_ptr<venue::Exchange> exchange;
  Breaker breaker;
  std::uint64_t ordinal = 0;
};

FaultSpec fault(FaultKind kind, Nanos second, Nanos lasts = 0) {
  FaultSpec spec;
  spec.kind = kind;
  spec.at = kBegin + second * kSecond;
  spec.lasts = lasts * kSecond;
  return spec;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a frame is left out, sent twice, or sent by half, and all of it is told") {
  auto cut = fault(FaultKind::cut_frame, 3);
  Venue venue({fault(FaultKind::skip_seq, 1), fault(FaultKind::duplicate, 2), cut});
  venue.both();
  venue.play(0, "zero");
  CHECK(venue.sockets.taken() == Lines{"1: zero", "2: zero"});
  venue.play(1, "one");
  CHECK(venue.sockets.taken().empty());
  venue.play(2, "two");
  CHECK(venue.sockets.taken() == Lines{"1: two", "2: two", "1: two", "2: two"});
  venue.play(3, "12\u00e956");
  CHECK(venue.sockets.taken() == Lines{"1: 12", "2: 12"});
  venue.play(4, "four");
  CHECK(venue.sockets.taken() == Lines{"1: four", "2: four"});
  REQUIRE(venue.truth.size() == 3);
  CHECK(venue.truth[0] ==
        R"({"at":"2026-10-09T04:05:19.000000000Z","fault":"skip-seq","what":"frame",)"
        R"("session":"0000000000000007","ordinal":2,"connection":1,"kind":"bookSnapshot",)"
        R"("channel":"book","symbol":"PI_XBTUSD","sequence":2,"clients":2})");
}

TEST_CASE("what no client gets is not spoiled: the next frame is") {
  Venue venue({fault(FaultKind::skip_seq, 1)});
  venue.play(1, "one");
  venue.play(2, "two");
  CHECK(venue.truth.empty());
  venue.both();
  venue.play(3, "three");
  CHECK(venue.truth.size() == 1);
  venue.play(4, "four");
  CHECK(venue.sockets.taken() == Lines{"1: four", "2: four"});
}

TEST_CASE("a drop closes everyone, and nothing more comes") {
  auto drop = fault(FaultKind::drop, 2);
  drop.code = 1012;
  Venue venue({drop});
  venue.both();
  venue.play(2, "two");
  CHECK(venue.sockets.taken() == Lines{"1 closed 1012", "2 closed 1012"});
  CHECK(venue.exchange->clients() == 0);
  CHECK(venue.truth == Lines{R"({"at":"2026-10-09T04:05:20.000000000Z","fault":"drop",)"
                             R"("what":"once","code":1012,"clients":2})"});
}

TEST_CASE("in a silence nothing is said and nothing heard; what was asked is answered behind it") {
  Venue venue({fault(FaultKind::silence, 1, 2)});
  venue.both();
  venue.play(1, "one");
  CHECK(venue.sockets.taken() == Lines{"1 paused", "2 paused"});
  venue.breaker.on_message(1, R"({"event":"ping"})");
  venue.ask(9);
  venue.breaker.on_open(3);
  venue.breaker.ping(1);
  CHECK(venue.sockets.taken() == Lines{"3 paused"});
  venue.until(3);
  CHECK(venue.sockets.taken() == Lines{"1 heard", "2 heard", "3 heard", R"(1: {"event":"pong"})",
                                       "9 answered 200 application/json",
                                       R"(3: {"event":"info","version":1})"});
  CHECK_THAT(venue.truth.at(1), Catch::Contains(R"("what":"end","frames":2)"));
  venue.play(4, "four");
  CHECK(venue.sockets.taken() == Lines{"1: four", "2: four"});
}

TEST_CASE("requests fail in the chosen way, and are told without what is signed") {
  auto ban = fault(FaultKind::ban, 30, 9);
  ban.retry = 3 * kSecond / 2;
  Venue venue({fault(FaultKind::http502, 10, 5), fault(FaultKind::empty_body, 20, 5), ban});
  venue.until(10);
  venue.ask(9, "/derivatives/api/v3/openorders?secret=1");
  venue.until(20);
  venue.ask(9);
  venue.until(30);
  venue.ask(9);
  venue.until(40);
  venue.ask(9);
  CHECK(venue.sockets.taken() ==
        Lines{"9 answered 502 text/html", "9 answered 200 application/json",
              "9 answered 200 application/json Retry-After=2", "9 answered 200 application/json"});
  CHECK(venue.truth.at(1) ==
        R"({"at":"2026-10-09T04:05:28.000000000Z","fault":"http502","what":"request",)"
        R"("method":"GET","path":"/derivatives/api/v3/openorders","status":502})");
}

TEST_CASE("Binance bans by 418, and warns by 429 when that is asked for") {
  auto warning = fault(FaultKind::ban, 20, 5);
  warning.status = 429;
  Venue venue({fault(FaultKind::ban, 10, 5), warning}, "binance-usdm");
  venue.until(10);
  venue.ask(9, "/fapi/v1/time");
  venue.until(20);
  venue.ask(9, "/fapi/v1/time");
  const auto said = venue.sockets.taken();
  CHECK(said == Lines{"9 answered 418 application/json Retry-After=5",
                      "9 answered 429 application/json Retry-After=5"});
}

TEST_CASE("a maintenance is announced, closes and refuses") {
  auto maintenance = fault(FaultKind::maintenance, 10, 5);
  maintenance.lead = 5 * kSecond;
  maintenance.code = 1001;
  Venue venue({maintenance});
  venue.come(1);
  venue.breaker.on_message(1, R"({"event":"challenge","api_key":"k"})");
  venue.breaker.on_message(1, R"({"event":"subscribe","feed":"notifications_auth","api_key":"k"})");
  (void)venue.sockets.taken();
  venue.until(5);
  CHECK(venue.sockets.taken() ==
        Lines{R"(1: {"feed":"notifications_auth","notifications":[{"id":900000001,)"
              R"("type":"maintenance","priority":"high",)"
              R"("note":"The platform will be down for maintenance.",)"
              R"("effective_time":1791518728000,"expected_downtime_minutes":1}]})"});
  venue.until(10);
  CHECK(venue.sockets.taken() == Lines{"1 closed 1001"});
  const auto refused = venue.breaker.on_upgrade(2, {"GET", "/ws/v1", {}, {}});
  REQUIRE(refused);
  CHECK(refused->status == 503);
  venue.until(15);
  CHECK_FALSE(venue.breaker.on_upgrade(2, {"GET", "/ws/v1", {}, {}}));
}

TEST_CASE("late frames come by the tape's time, answers only if they are meant") {
  auto delay = fault(FaultKind::delay, 0, 10);
  delay.least = delay.latency = 2 * kSecond;
  delay.concerns = FaultSpec::Concerns::frames;
  Venue venue({delay});
  venue.both();
  venue.play(1, "one");
  venue.play(2, "two");
  CHECK(venue.sockets.taken().empty());
  venue.breaker.on_message(1, R"({"event":"ping"})");
  CHECK(venue.sockets.taken() == Lines{R"(1: {"event":"pong"})"});
  venue.until(3);
  CHECK(venue.sockets.taken() == Lines{"1: one", "2: one"});
  // The tape is over; what is on its way still comes, and what has begun ends.
  venue.until(20, Breaker::Tape::over);
  CHECK(venue.sockets.taken() == Lines{"1: two", "2: two"});
  CHECK_THAT(venue.truth.back(), Catch::Contains(R"("what":"end","frames":4,"answers":0)"));
}

TEST_CASE("the tape stands until as many subscriptions are back, or patience ends") {
  auto drop = fault(FaultKind::drop, 1);
  drop.wait = 10 * kSecond;
  Venue venue({drop});
  venue.both();
  CHECK_FALSE(venue.breaker.waits());
  venue.until(1);
  CHECK(venue.breaker.waits());
  venue.come(3);
  CHECK(venue.breaker.waits());
  venue.come(4);
  CHECK_FALSE(venue.breaker.waits());

  Venue lonely({drop});
  lonely.both();
  lonely.until(1);
  CHECK(lonely.breaker.waits());
  lonely.sockets.wall += 10 * kSecond;
  CHECK_FALSE(lonely.breaker.waits());
}

TEST_CASE("what never took place is told at the end") {
  Venue venue({fault(FaultKind::drop, 100)});
  venue.play(1, "one");
  venue.breaker.finish();
  CHECK(venue.truth ==
        Lines{R"({"at":"2026-10-09T04:05:19.000000000Z","fault":"drop","what":"never"})"});
}

}  // namespace tape::serve
