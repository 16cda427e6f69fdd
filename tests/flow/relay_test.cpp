#include <tape/base/error.h>
#include <tape/bus/publisher.h>
#include <tape/flow/relay.h>

#include <catch2/catch.hpp>
#include <flow/player_events.h>
#include <support/folder.h>

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>

namespace tape::flow {
namespace {

using Cut = Relayed::Cut;
using Catch::Matchers::Contains;

constexpr Nanos kLong = 60 * kSecond;

/// A player's side of a run; destroyed before finish() it is a player that was killed.
class Sender {
 public:
  Sender(const std::string& endpoint, std::uint64_t run) : run_(run) {
    bus::PublisherOptions options;
    options.endpoint = endpoint;
    publisher_ = std::make_unique<bus::Publisher>(options, clock_, std::stop_token());
  }
  void play(unsigned events) {
    REQUIRE(publisher_->wait_for(1, kLong));
    REQUIRE(publisher_->send(bus::kStartTopic, as_bytes("{}"), {run_, 1, 0, 0}));
    Events made;
    for (unsigned i = 1; i <= events; ++i) made.add({kSecond * i, 0});
    for (std::uint64_t number = 1; const auto* ref = made.next(); ++number) {
      const auto* data = reinterpret_cast<const std::uint8_t*>(ref->framed.data());
      REQUIRE(publisher_->send("v/c/s/", {data, ref->framed.size() * sizeof(capnp::word)},
                               {run_, number, ref->session, ref->ordinal}));
    }
  }
  void finish() {
    publisher_->finish(bus::kEndTopic, as_bytes(R"({"complete":true})"), {run_, 1, 0, 0});
  }

 private:
  SystemClock clock_;
  std::uint64_t run_;
  std::unique_ptr<bus::Publisher> publisher_;
};

/// A relay on a thread of its own, and how many events it took so far.
class Taker {
 public:
  explicit Taker(RelayOptions options) : options_(std::move(options)) {
    relayed_ = std::async(std::launch::async, [this] {
      const RelayHooks hooks{[this](const log::EventRef&) { ++taken_; }, {}};
      return relay(options_, hooks, stop_.get_token());
    });
  }
  /// Whether so many came within a minute.
  bool took(unsigned events) {
    for (int i = 0; i < 6000 && taken_ < events; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return taken_ == events;
  }
  void stop() { stop_.request_stop(); }
  Relayed result() { return relayed_.get(); }
  [[nodiscard]] const RelayOptions& options() const { return options_; }

 private:
  RelayOptions options_;
  std::stop_source stop_;
  std::atomic<unsigned> taken_ = 0;
  std::future<Relayed> relayed_;
};

RelayOptions from(const std::string& endpoint, Nanos away) {
  RelayOptions options;
  options.endpoint = endpoint;
  options.away = away;
  return options;
}

}  // namespace

TEST_CASE("a killed player ends the relay, which says what came and what did not") {
  const Folder folder;
  Taker taker(from(folder.endpoint(), 200 * kMillisecond));
  auto player = std::make_unique<Sender>(folder.endpoint(), 7);
  player->play(3);
  REQUIRE(taker.took(3));
  player.reset();
  const auto relayed = taker.result();
  CHECK(relayed.cut == Cut::lost);
  CHECK(relayed.events == 3);
  CHECK_FALSE(relayed.ended);
  const auto text = describe_failure(taker.options(), relayed);
  CHECK_THAT(text, Contains("end marker was expected"));
  CHECK_THAT(text, Contains("after 3 events"));
  CHECK_THAT(text, Contains("within 200ms"));
  CHECK_THAT(text, Contains("record the run again"));
}

TEST_CASE("a player that comes back is followed, and its run is a new one") {
  const Folder folder;
  Taker taker(from(folder.endpoint(), kLong));
  auto player = std::make_unique<Sender>(folder.endpoint(), 7);
  player->play(3);
  REQUIRE(taker.took(3));
  player.reset();
  player = std::make_unique<Sender>(folder.endpoint(), 8);
  player->play(2);
  player->finish();
  const auto relayed = taker.result();
  CHECK(relayed.events == 5);
  CHECK(relayed.ended);
  CHECK(relayed.complete);
  CHECK(relayed.holes == 0);
  CHECK(relayed.broken_runs == 1);
  CHECK_THAT(describe_failure(taker.options(), relayed), Contains("another one followed"));
}

TEST_CASE("a run to its end marker has nothing wrong, though its player is gone at once") {
  const Folder folder;
  Taker taker(from(folder.endpoint(), 0));
  {
    Sender player(folder.endpoint(), 7);
    player.play(3);
    player.finish();
  }
  const auto relayed = taker.result();
  CHECK(relayed.cut == Cut::none);
  CHECK(relayed.ended);
  CHECK(describe_failure(taker.options(), relayed).empty());
}

TEST_CASE("a limit and a stop are no failures, silence is one") {
  const Folder folder;
  auto options = from(folder.endpoint(), kLong);
  SECTION("limit") {
    options.limit = 2;
    Taker taker(options);
    Sender player(folder.endpoint(), 7);
    player.play(2);
    const auto relayed = taker.result();
    CHECK(relayed.cut == Cut::asked);
    CHECK(relayed.events == 2);
    CHECK(describe_failure(options, relayed).empty());
  }
  SECTION("stop") {
    Taker taker(options);
    Sender player(folder.endpoint(), 7);
    player.play(1);
    REQUIRE(taker.took(1));
    taker.stop();
    const auto relayed = taker.result();
    CHECK(relayed.cut == Cut::asked);
    CHECK(describe_failure(options, relayed).empty());
  }
  SECTION("silence") {
    options.timeout = 100 * kMillisecond;
    Taker taker(options);
    const auto relayed = taker.result();
    CHECK(relayed.cut == Cut::silent);
    CHECK_THAT(describe_failure(options, relayed), Contains("no end marker"));
  }
}

TEST_CASE("a publisher is recorded alone, at an address that can be one") {
  CHECK(is_publisher({"tcp://127.0.0.1:5555"}, ""));
  CHECK(is_publisher({"ipc:///tmp/s"}, ""));
  CHECK(is_publisher({"tcp://192.0.2.7:5555"}, "a key"));
  CHECK_FALSE(is_publisher({"day.ndjson", "-"}, ""));
  for (const auto& bad : std::vector<std::vector<std::string>>{{"tcp://127.0.0.1:1", "-"},
                                                               {"-", "ipc:///tmp/s"},
                                                               {"tcp://127.0.0.1"},
                                                               {"tcp://192.0.2.7:5555"}}) {
    try {
      (void)is_publisher(bad, "");
      FAIL("taken: " + bad.front());
    } catch (const Error& error) {
      CHECK(error.fault == Fault::usage);
    }
  }
}

}  // namespace tape::flow
