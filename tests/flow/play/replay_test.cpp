#include <tape/base/error.h>
#include <tape/bus/subscriber.h>
#include <tape/flow/play/child.h>
#include <tape/flow/play/replay.h>

#include <catch2/catch.hpp>
#include <flow/player_events.h>
#include <sys/stat.h>

#include <cstdlib>
#include <future>
#include <map>
#include <optional>
#include <string>

namespace tape::flow {
namespace {

constexpr Nanos kLong = 60 * kSecond;

std::optional<Fault> fault_of(const std::function<void()>& what) {
  try {
    what();
  } catch (const Error& error) {
    return error.fault;
  }
  return std::nullopt;
}

void fill(Events& events, int count) {
  for (int i = 0; i < count; ++i) {
    events.add({kSecond + i, 0}, [&](auto event) { event.setSymbol(i % 2 == 0 ? "even" : "odd"); });
  }
}

std::future<std::map<std::string, std::string>> last_payloads(const std::string& endpoint,
                                                              bool pull = false) {
  return std::async(std::launch::async, [=] {
    bus::SubscriberOptions options;
    options.endpoint = endpoint;
    options.pull = pull;
    bus::Subscriber subscriber(options);
    std::map<std::string, std::string> last;
    while (last.count("tape/end/") == 0) {
      const auto* message = subscriber.next(kLong);
      if (message == nullptr) break;
      last[std::string(message->topic)] = as_text(message->payload);
    }
    return last;
  });
}

}  // namespace

TEST_CASE("speeds are positive numbers or max") {
  CHECK(parse_speed("max") == 0);
  CHECK(parse_speed("0.5") == 0.5);
  CHECK(parse_speed("100") == 100);
  for (const std::string text : {"", "0", "-1", "nan", "inf", "fast", "1x", "0x1", " 1"}) {
    INFO(text);
    CHECK(fault_of([&] { (void)parse_speed(text); }) == Fault::usage);
  }
}

TEST_CASE("a run starts when its consumer is there and ends with the totals") {
  Events events;
  fill(events, 1000);
  SystemClock clock;
  ReplayOptions options;
  options.endpoint = "tcp://127.0.0.1:*";
  options.speed = 0;
  options.payload = Payload::json;
  std::future<std::map<std::string, std::string>> consumer;
  ReplayHooks hooks;
  hooks.on_ready = [&](const std::string& endpoint) { consumer = last_payloads(endpoint); };
  std::uint64_t told = 0;
  hooks.on_event = [&](std::uint64_t count) { told = count; };
  const auto report = replay(options, events, clock, {}, hooks);
  CHECK(report.played.events == 1000);
  CHECK(told == 1000);
  const auto last = consumer.get();
  CHECK(last.at("tape/end/").find("\"complete\":true") != std::string::npos);
  CHECK(last.at("tape/end/").find("\"v/c/even/\":{\"events\":500,") != std::string::npos);
  CHECK(last.at("v/c/odd/").find("\"ordinal\":1000") != std::string::npos);
  CHECK(describe(report).find("1000 events") == 0);
}

TEST_CASE("a stopped run still ends in order") {
  Events events;
  fill(events, 1000);
  SystemClock clock;
  std::stop_source stop;
  ReplayOptions options;
  options.endpoint = "tcp://127.0.0.1:*";
  options.speed = 0;
  std::future<std::map<std::string, std::string>> consumer;
  ReplayHooks hooks;
  hooks.on_ready = [&](const std::string& endpoint) { consumer = last_payloads(endpoint); };
  hooks.on_event = [&](std::uint64_t count) {
    if (count == 500) stop.request_stop();
  };
  const auto report = replay(options, events, clock, stop.get_token(), hooks);
  CHECK(report.played.stopped);
  CHECK(report.played.events < 1000);
  const auto end = consumer.get().at("tape/end/");
  CHECK(end.find("\"complete\":false,\"reason\":\"stopped\"") != std::string::npos);
}

TEST_CASE("whoever listens learns of a failure") {
  class Failing final : public log::EventSource {
   public:
    const log::EventRef* next() override { throw Error(Fault::io, "the disk is gone"); }
  };
  Failing events;
  SystemClock clock;
  ReplayOptions options;
  options.endpoint = "tcp://127.0.0.1:*";
  std::future<std::map<std::string, std::string>> consumer;
  ReplayHooks hooks;
  hooks.on_ready = [&](const std::string& endpoint) { consumer = last_payloads(endpoint); };
  bool ended = false;
  hooks.on_end = [&](const ReplayReport&) { ended = true; };
  CHECK(fault_of([&] { (void)replay(options, events, clock, {}, hooks); }) == Fault::io);
  CHECK(ended);
  CHECK(consumer.get().at("tape/end/").find("\"reason\":\"failed\"") != std::string::npos);
}

TEST_CASE("a started consumer's failure is the run's") {
  Events events;
  fill(events, 10);
  SystemClock clock;
  ReplayOptions options;
  options.speed = 0;
  options.wait_timeout = kLong;
  SECTION("it fails before it subscribes") {
    options.exec = "exit 7";
    try {
      (void)replay(options, events, clock, {});
      FAIL("no failure");
    } catch (const Error& error) {
      CHECK(std::string(error.what()).find("status 7") != std::string::npos);
    }
  }
  SECTION("it ends without having subscribed") {
    options.exec = "true";
    CHECK(fault_of([&] { (void)replay(options, events, clock, {}); }) == Fault::network);
  }
  SECTION("it never subscribes") {
    options.exec = "exec sleep 1000";
    options.wait_timeout = 100 * kMillisecond;
    CHECK(fault_of([&] { (void)replay(options, events, clock, {}); }) == Fault::timeout);
  }
  SECTION("it does not end") {
    options.exec = "exec sleep 1000";
    options.wait = 0;
    options.stall_timeout = 200 * kMillisecond;
    CHECK(fault_of([&] { (void)replay(options, events, clock, {}); }) == Fault::timeout);
  }
}

TEST_CASE("a started consumer finds a private socket in its environment") {
  Events events;
  fill(events, 1);
  SystemClock clock;
  ReplayOptions options;
  options.speed = 0;
  options.wait = 1;  // it never subscribes, so the run stands still while it looks around
  options.exec =
      "path=${TAPE_ENDPOINT#ipc://}; [ -S \"$path\" ] && [ \"$(stat -c %a \"$path\")\" = 600 ] && "
      "[ \"$(stat -c %a \"$(dirname \"$path\")\")\" = 700 ] || exit 9";
  std::string endpoint;
  ReplayHooks hooks;
  hooks.on_ready = [&](const std::string& where) { endpoint = where; };
  std::string said;
  try {
    (void)replay(options, events, clock, {}, hooks);
  } catch (const Error& error) {
    said = error.what();
  }
  CHECK(said.find("status 0 before") != std::string::npos);
  struct stat info {};
  CHECK(::stat(endpoint.substr(6).c_str(), &info) != 0);
  CHECK(::stat(endpoint.substr(6, endpoint.rfind('/') - 6).c_str(), &info) != 0);
}

TEST_CASE("a child has a status, and is ended with its owner") {
  std::optional<Child> child(std::in_place, "exec sleep 1000", "x");
  CHECK_FALSE(child->status());
  CHECK_FALSE(child->wait(10 * kMillisecond));
  child.reset();
  Child failing("exit 5", "x");
  CHECK(failing.wait(kLong) == 5);
  Child killed("kill -9 $$", "x");
  CHECK(killed.wait(kLong) == 128 + 9);
  Child seeing("[ \"$TAPE_ENDPOINT\" = tcp://e ]", "tcp://e");
  CHECK(seeing.wait(kLong) == 0);
}

}  // namespace tape::flow
