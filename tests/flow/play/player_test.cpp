#include <tape/base/error.h>
#include <tape/flow/play/player.h>

#include <catch2/catch.hpp>
#include <flow/player_events.h>

#include <cstring>
#include <limits>
#include <string>
#include <vector>

namespace tape::flow {
namespace {

constexpr Nanos kStart = 1'700'000'000 * kSecond;
constexpr Nanos kOffset = kStart - 500 * kSecond;

/// Keeps what was sent and when. A send may take its time.
class Recording final : public bus::Outlet {
 public:
  explicit Recording(ManualClock& clock, Nanos cost = 0)
      : clock_(clock), cost_(cost), zero_(clock.monotonic()) {}
  bool send(std::string_view topic, Bytes payload, const bus::Head& head) override {
    if (sent.size() == refuse_after) return false;
    sent.push_back(
        {std::string(topic), std::string(as_text(payload)), head, clock_.monotonic() - zero_});
    if (topic != bus::kStartTopic) clock_.advance(cost_);
    return true;
  }
  void tend() override { ++tended; }
  [[nodiscard]] std::vector<Nanos> times() const {
    std::vector<Nanos> out;
    for (std::size_t i = 1; i < sent.size(); ++i) out.push_back(sent[i].at);
    return out;
  }

  struct Sent {
    std::string topic;
    std::string payload;
    bus::Head head;
    Nanos at = 0;
  };
  std::vector<Sent> sent;
  int tended = 0;
  std::size_t refuse_after = SIZE_MAX;

 private:
  ManualClock& clock_;
  Nanos cost_;
  Nanos zero_;
};

struct Run {
  Events events;
  ManualClock clock{kStart};
  bus::Topics topics;
  std::stop_source stop;
  Recording outlet{clock};

  Played play(double speed, Payload payload = Payload::capnp) {
    return play_to(outlet, speed, payload);
  }
  Played play_to(Recording& to, double speed, Payload payload = Payload::capnp) {
    Player player({payload, speed, 99, bus::Pattern::pub}, events, topics, to, clock,
                  stop.get_token());
    player.on_damage = [&](const std::string& what) { damages.push_back(what); };
    const auto played = player.play();
    end = player.end_payload(kFinished);
    return played;
  }
  std::vector<std::string> damages;
  std::string end;
};

using Times = std::vector<Nanos>;

}  // namespace

TEST_CASE("events keep their distances at speed 1, scaled at others, none at max") {
  const double speed = GENERATE(1.0, 0.1, 2.0, 50.0, 0.0);
  Run run;
  const Times at{0, 10 * kMillisecond, 10 * kMillisecond, 5 * kSecond, 3600 * kSecond};
  for (const Nanos t : at) run.events.add({kStart + t, kOffset});
  CHECK(run.play(speed).events == at.size());
  Times expected;
  for (const Nanos t : at) {
    expected.push_back(speed == 0 ? 0 : static_cast<Nanos>(static_cast<double>(t) / speed));
  }
  CHECK(run.outlet.times() == expected);
}

TEST_CASE("the pace is anchored to the start: what sending costs does not add up") {
  Run run;
  Times expected;
  for (int i = 0; i < 1000; ++i) {
    run.events.add({kStart + i * 10 * kMillisecond, kOffset});
    expected.push_back(i * 10 * kMillisecond);
  }
  Recording slow(run.clock, 7 * kMillisecond);
  (void)run.play_to(slow, 1);
  CHECK(slow.times() == expected);
}

TEST_CASE("after a stall the player catches up to the tape's time") {
  Run run;
  for (int i = 0; i < 10; ++i) run.events.add({kStart + i * 10 * kMillisecond, kOffset});
  Recording stalling(run.clock, 15 * kMillisecond);
  (void)run.play_to(stalling, 1);
  CHECK(stalling.times()[9] == 135 * kMillisecond);
  CHECK(stalling.sent[10].head.ordinal == 10);
}

TEST_CASE("inside a session the monotonic clock is the pace, whatever the system's clock did") {
  Run run;
  run.events.add({kStart, kOffset});
  run.events.add({kStart + kSecond, kOffset});
  run.events.add(
      {kStart + 2 * kSecond - 3600 * kSecond, kOffset - 3600 * kSecond});  // set back an hour
  run.events.add({kStart + 3 * kSecond + 60 * kSecond, kOffset + 60 * kSecond});
  (void)run.play(1);
  CHECK(run.outlet.times() == Times{0, kSecond, 2 * kSecond, 3 * kSecond});
}

TEST_CASE("across sessions, and without a monotonic clock, the receive time is the pace") {
  Run run;
  run.events.add({kStart, kOffset, 1});
  run.events.add({kStart + kSecond, kOffset, 1});
  run.events.add({kStart + 5 * kSecond, 77 * kSecond, 2});  // another boot
  run.events.add({kStart + 6 * kSecond, kOffset, 1});       // merged
  run.events.add({kStart + 7 * kSecond, 77 * kSecond, 2});
  run.events.add({kStart + 9 * kSecond, 0, 3});
  run.events.add({kStart + 10 * kSecond, 0, 3});
  (void)run.play(1);
  CHECK(run.outlet.times() ==
        Times{0, kSecond, 5 * kSecond, 6 * kSecond, 7 * kSecond, 9 * kSecond, 10 * kSecond});
}

TEST_CASE("time that runs back does not hold events up, and order is kept") {
  Run run;
  for (const Nanos t : {3 * kSecond, 2 * kSecond, 4 * kSecond, 4 * kSecond})
    run.events.add({kStart + t, 0});
  (void)run.play(1);
  CHECK(run.outlet.times() == Times{0, 0, kSecond, kSecond});
  for (std::size_t i = 1; i < run.outlet.sent.size(); ++i)
    CHECK(run.outlet.sent[i].head.ordinal == i);
}

TEST_CASE("absurd stamps neither overflow nor stop the run at max") {
  constexpr Nanos kMost = std::numeric_limits<Nanos>::max();
  constexpr Nanos kLeast = std::numeric_limits<Nanos>::min();
  TapeTime time;
  event::Message message;
  for (const Nanos received : {kMost, kLeast, Nanos{0}, Nanos{1}}) {
    for (const Nanos offset : {kMost, kLeast, Nanos{0}, Nanos{1}}) {
      auto event = message.start();
      event.setReceivedAt(received);
      event.setClockOffset(offset);
      log::EventRef ref;
      ref.event = event.asReader();
      CHECK_NOTHROW(time.of(ref));
    }
  }
}

TEST_CASE("a long silence is slept in pieces that look after the consumers") {
  Run run;
  run.events.add({kStart, kOffset});
  run.events.add({kStart + 10 * kSecond, kOffset});
  (void)run.play(1);
  CHECK(run.outlet.tended >= 50);
}

TEST_CASE("a start marker comes first, numbers count within their topic") {
  Run run;
  for (const char* symbol : {"x", "y", "x", "x", "y"}) {
    run.events.add({kStart, kOffset, 7}, [&](auto event) { event.setSymbol(symbol); });
  }
  (void)run.play(0);
  const auto& sent = run.outlet.sent;
  REQUIRE(sent.size() == 6);
  CHECK(sent[0].topic == "tape/start/");
  CHECK(
      sent[0].payload ==
      R"({"version":1,"run":"0000000000000063","format":"capnp","pattern":"pub","speed":"max","batch":1})");
  CHECK(sent[0].head.number == 1);
  const std::vector<std::uint64_t> numbers{1, 1, 2, 3, 2};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    CHECK(sent[i + 1].head.number == numbers[i]);
    CHECK(sent[i + 1].head.run == 99);
    CHECK(sent[i + 1].head.session == 7);
    CHECK(sent[i + 1].head.ordinal == i + 1);
  }
  CHECK(sent[2].topic == "v/c/y/");
}

TEST_CASE("payloads are the stored message, its JSON, or the frame") {
  Run run;
  run.events.add({kStart, kOffset}, [](auto event) { event.getRaw().setText("{\"a\":1}"); });
  run.events.add({kStart, kOffset}, [](auto event) { event.getBody().initGap(); });
  SECTION("capnp") {
    (void)run.play(0, Payload::capnp);
    const auto& payload = run.outlet.sent[1].payload;
    std::vector<capnp::word> words(payload.size() / sizeof(capnp::word));
    std::memcpy(words.data(), payload.data(), payload.size());
    event::View view;
    view.reset(words);
    CHECK(event::raw_bytes(view.event()) == "{\"a\":1}");
  }
  SECTION("json") {
    (void)run.play(0, Payload::json);
    const auto& payload = run.outlet.sent[1].payload;
    CHECK(payload.front() == '{');
    CHECK(payload.back() == '}');
    CHECK(payload.find("\"ordinal\":1") != std::string::npos);
  }
  SECTION("raw") {
    (void)run.play(0, Payload::raw);
    CHECK(run.outlet.sent[1].payload == "{\"a\":1}");
    CHECK(run.outlet.sent[2].payload.empty());
    CHECK(run.outlet.sent[2].topic == "v/recorder/gap/");
  }
}

TEST_CASE("the end marker says what was sent") {
  Run run;
  for (const char* symbol : {"x", "y\"", "x"}) {
    run.events.add({kStart, kOffset}, [&](auto event) {
      event.setSymbol(symbol);
      event.getRaw().setText("12345");
    });
  }
  (void)run.play(0, Payload::raw);
  // Digests: xxh64sum of "12345\n" three times, twice, once.
  CHECK(
      run.end ==
      R"({"version":1,"run":"0000000000000063","complete":true,"reason":"finished","events":3,"bytes":15,)"
      R"("messages":3,"digest":"07685b85c4dcdde2","topics":{)"
      R"("v/c/x/":{"events":2,"bytes":10,"messages":2,"digest":"9a4ac8f9752d0b2b"},)"
      R"("v/c/y\"/":{"events":1,"bytes":5,"messages":1,"digest":"b767ac0bab05d26c"}}})");
}

TEST_CASE("a stop request ends the run between events, in a silence, and inside a send") {
  Run run;
  for (int i = 0; i < 10; ++i) run.events.add({kStart + i * kSecond, kOffset});
  SECTION("before it") {
    run.stop.request_stop();
    const auto played = run.play(GENERATE(0.0, 1.0));
    CHECK(played.stopped);
    CHECK(played.events == 0);
  }
  SECTION("in the source, which ends then") {
    class Ending final : public log::EventSource {
     public:
      explicit Ending(std::stop_source& stop) : stop_(stop) {}
      const log::EventRef* next() override {
        stop_.request_stop();
        return nullptr;
      }

     private:
      std::stop_source& stop_;
    };
    Ending source(run.stop);
    Player player({Payload::capnp, 0, 1, bus::Pattern::pub}, source, run.topics, run.outlet,
                  run.clock, run.stop.get_token());
    CHECK(player.play().stopped);
  }
  SECTION("inside a send") {
    run.outlet.refuse_after = 4;
    const auto played = run.play(1);
    CHECK(played.stopped);
    CHECK(played.events == 3);
    CHECK(run.topics.events() == 3);  // what was not sent is not counted
  }
}

TEST_CASE("an event whose pointers are damaged is left out and told") {
  Run run;
  class Damaged final : public log::EventSource {
   public:
    const log::EventRef* next() override {
      if (done_) return nullptr;
      done_ = true;
      // The venue's pointer leads out of the segment.
      event::Message message;
      message.start().setVenue("venue");
      words_.resize(message.framed_size() / sizeof(capnp::word));
      message.write(reinterpret_cast<std::uint8_t*>(words_.data()));
      for (std::size_t i = 2; i < words_.size(); ++i) {
        std::uint64_t word = 0;
        std::memcpy(&word, &words_[i], sizeof word);
        if ((word & 3U) == 1 && word >> 35U == 6) {  // a list of six bytes: "venue" and its NUL
          word += std::uint64_t{1} << 20U;
          std::memcpy(static_cast<void*>(&words_[i]), &word, sizeof word);
          found = true;
        }
      }
      view_.reset(words_);
      ref_.event = view_.event();
      ref_.framed = words_;
      ref_.session = 5;
      ref_.ordinal = 6;
      return &ref_;
    }
    bool found = false;

   private:
    bool done_ = false;
    std::vector<capnp::word> words_;
    event::View view_;
    log::EventRef ref_;
  };
  Damaged source;
  Player player({Payload::capnp, 0, 1, bus::Pattern::pub}, source, run.topics, run.outlet,
                run.clock, {});
  std::string told;
  player.on_damage = [&](const std::string& what) { told = what; };
  CHECK(player.play().events == 0);
  CHECK(source.found);
  CHECK(told.find("0000000000000005:6") != std::string::npos);
}

}  // namespace tape::flow
