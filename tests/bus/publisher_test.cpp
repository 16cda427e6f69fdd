#include <tape/base/error.h>
#include <tape/bus/publisher.h>
#include <tape/bus/subscriber.h>

#include <catch2/catch.hpp>
#include <support/folder.h>
#include <sys/stat.h>
#include <zmq.h>

#include <array>
#include <atomic>
#include <cstring>
#include <fstream>
#include <functional>
#include <future>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace tape::bus {
namespace {

constexpr Nanos kLong = 60 * kSecond;
constexpr std::uint64_t kRun = 77;

/// What one consumer saw until the end marker, or until nothing came any more.
struct Seen {
  std::map<std::string, std::uint64_t> last;  // by topic: its number
  std::map<std::string, std::uint64_t> first;
  std::vector<std::uint64_t> ordinals;
  std::uint64_t holes = 0;
  unsigned starts = 0;
  unsigned ends = 0;
  bool wrong_run = false;
  bool wrong_payload = false;
};

std::string payload_for(std::uint64_t ordinal, std::size_t size) {
  std::string text = std::to_string(ordinal) + ":";
  text.resize(std::max(text.size(), size), static_cast<char>('a' + ordinal % 26));
  return text;
}

void note(Seen& seen, const Received& message) {
  seen.wrong_run |= message.head.run != kRun;
  if (message.topic == kStartTopic) return void(++seen.starts);
  if (message.topic == kEndTopic) return void(++seen.ends);
  const std::string topic(message.topic);
  auto& last = seen.last[topic];
  if (last == 0) seen.first[topic] = message.head.number;
  seen.holes += last != 0 && message.head.number != last + 1;
  last = message.head.number;
  seen.ordinals.push_back(message.head.ordinal);
  seen.wrong_payload |=
      as_text(message.payload) != payload_for(message.head.ordinal, message.payload.size());
}

Seen collect(Subscriber& subscriber, Nanos patience = kLong) {
  Seen seen;
  while (seen.ends == 0) {
    const auto* message = subscriber.next(patience);
    if (message == nullptr) break;
    note(seen, *message);
  }
  return seen;
}

SubscriberOptions to(const std::string& endpoint, std::vector<std::string> filters = {""}) {
  SubscriberOptions options;
  options.endpoint = endpoint;
  options.filters = std::move(filters);
  return options;
}

SubscriberOptions worker(const std::string& endpoint) {
  auto options = to(endpoint);
  options.pull = true;
  return options;
}

/// A consumer on a thread; it is connected before the publisher waits for it.
std::future<Seen> consume(SubscriberOptions options) {
  return std::async(std::launch::async, [options] {
    Subscriber subscriber(options);
    return collect(subscriber);
  });
}

struct Sender {
  SystemClock clock;
  std::stop_source stop;
  PublisherOptions options;
  std::function<void()> watch;  // called while the publisher waits
  std::optional<Publisher> publisher;
  std::map<std::string, std::uint64_t> numbers{
      {"a/x/1/", 0}, {"a/y/1/", 0}, {"b/a-topic-longer-than-any-inline-message/1/", 0}};
  std::uint64_t ordinal = 0;

  explicit Sender(const std::string& endpoint = "tcp://127.0.0.1:*", Pattern pattern = Pattern::pub,
                  Nanos stall_timeout = kLong, int high_water = 1000) {
    options.endpoint = endpoint;
    options.pattern = pattern;
    options.stall_timeout = stall_timeout;
    options.high_water = high_water;
    options.watch = [this] {
      if (watch) watch();
    };
    publisher.emplace(options, clock, stop.get_token());
  }
  [[nodiscard]] const std::string& endpoint() const { return publisher->endpoint(); }

  bool send(std::size_t size = 40) {
    auto entry = numbers.begin();
    std::advance(entry, ordinal % numbers.size());
    const auto payload = payload_for(ordinal + 1, size);
    if (!publisher->send(entry->first, as_bytes(payload),
                         {kRun, entry->second + 1, 5, ordinal + 1}))
      return false;
    ++entry->second;
    ++ordinal;
    return true;
  }
  bool lend(Bytes payload, Slab& slab) {
    auto& [topic, number] = *numbers.begin();
    return publisher->lend(topic, payload, {kRun, ++number, 5, ++ordinal}, slab);
  }
  void run(std::uint64_t events, std::size_t size = 40) {
    REQUIRE(publisher->send(kStartTopic, as_bytes("{}"), {kRun, 1, 0, 0}));
    for (std::uint64_t i = 0; i < events; ++i) REQUIRE(send(size));
  }
  void finish() { publisher->finish(kEndTopic, as_bytes("{}"), {kRun, 1, 0, 0}); }
};

std::optional<Fault> fault_of(const std::function<void()>& what) {
  try {
    what();
  } catch (const Error& error) {
    return error.fault;
  }
  return std::nullopt;
}

void check_whole(const Seen& seen, std::uint64_t events) {
  CHECK(seen.ends == 1);
  CHECK(seen.starts == 1);
  CHECK(seen.holes == 0);
  CHECK_FALSE(seen.wrong_run);
  CHECK_FALSE(seen.wrong_payload);
  REQUIRE(seen.ordinals.size() == events);
  for (std::uint64_t i = 0; i < events; ++i) {
    if (seen.ordinals[i] != i + 1) FAIL("event " << i + 1 << " came as " << seen.ordinals[i]);
  }
}

}  // namespace

TEST_CASE("a waited-for subscriber gets every event once, in order, then the end marker") {
  const Folder folder;
  const std::string endpoint = GENERATE(true, false) ? "tcp://127.0.0.1:*" : folder.endpoint();
  Sender sender(endpoint);
  auto consumer = consume(to(sender.endpoint()));
  REQUIRE(sender.publisher->wait_for(1, kLong));
  sender.run(100'000);
  sender.finish();
  check_whole(consumer.get(), 100'000);
}

TEST_CASE("a slow subscriber makes the publisher wait and loses nothing") {
  const Folder folder;
  Sender sender(folder.endpoint(), Pattern::pub, kLong, 100);
  auto options = to(sender.endpoint());
  options.high_water = 100;
  auto slow = std::async(std::launch::async, [options] {
    Subscriber subscriber(options);
    Seen seen;
    while (seen.ends == 0) {
      const auto* message = subscriber.next(kLong);
      if (message == nullptr) break;
      note(seen, *message);
      if (seen.ordinals.size() % 2000 == 0)
        std::this_thread::sleep_for(std::chrono::milliseconds(3));
    }
    return seen;
  });
  auto fast = consume(to(sender.endpoint()));
  REQUIRE(sender.publisher->wait_for(2, kLong));
  sender.run(100'000, 200);
  sender.finish();
  check_whole(slow.get(), 100'000);
  check_whole(fast.get(), 100'000);
  CHECK(sender.publisher->stalls().count > 0);
  CHECK(sender.publisher->stalls().total >= sender.publisher->stalls().longest);
}

TEST_CASE("large payloads are bounded in bytes and arrive whole") {
  const Folder folder;
  Sender sender(folder.endpoint());
  auto consumer = consume(to(sender.endpoint()));
  REQUIRE(sender.publisher->wait_for(1, kLong));
  sender.run(60, std::size_t{1} << 20U);
  sender.run(1, std::size_t{16} << 20U);
  sender.finish();
  const auto seen = consumer.get();
  CHECK(seen.ordinals.size() == 61);
  CHECK(seen.holes == 0);
  CHECK_FALSE(seen.wrong_payload);
}

TEST_CASE("subscribers with different filters each see their topics without holes") {
  Sender sender;
  auto x = consume(to(sender.endpoint(), {"a/x/"}));
  auto both = consume(to(sender.endpoint(), {"a/", "b/"}));
  REQUIRE(sender.publisher->wait_for(2, kLong));
  sender.run(3000);
  sender.finish();
  const auto only_x = x.get();
  CHECK(only_x.last == std::map<std::string, std::uint64_t>{{"a/x/1/", 1000}});
  CHECK(only_x.holes == 0);
  CHECK(only_x.ends == 1);
  check_whole(both.get(), 3000);
}

TEST_CASE("payloads stay as they are for a stalled consumer that wants less meanwhile") {
  // The publisher's memory is used again as soon as the other consumer is done with it.
  constexpr int kWaiting = 100;
  const Folder folder;
  Sender sender(folder.endpoint(), Pattern::pub, kLong, kWaiting);
  auto fast = consume(to(sender.endpoint()));
  void* context = zmq_ctx_new();
  void* stalled = zmq_socket(context, ZMQ_XSUB);  // a SUB drops by itself what it wants no more
  const int least = 1;
  REQUIRE(zmq_setsockopt(stalled, ZMQ_RCVHWM, &least, sizeof least) == 0);
  REQUIRE(zmq_connect(stalled, sender.endpoint().c_str()) == 0);
  const auto ask = [&](std::string_view request) {
    REQUIRE(zmq_send(stalled, request.data(), request.size(), 0) >= 0);
  };
  ask("\1");
  ask("\1tape/");
  REQUIRE(sender.publisher->wait_for(2, kLong));
  sender.run(0);
  bool unsubscribed = false;
  std::uint64_t stands = 0;
  sender.watch = [&] {  // it stands still: the queue of the one that reads nothing is full
    if (!unsubscribed && sender.ordinal == stands) {
      ask(std::string_view("\0", 1));
      unsubscribed = true;
    }
    stands = sender.ordinal;
  };
  constexpr std::size_t kSize = 1000;
  constexpr std::uint64_t kEvents = 20'000;
  {
    Slabs slabs(16 * kSize);
    while (sender.ordinal < kEvents) {
      for (int i = 0; i < 16; ++i) {
        const auto payload = payload_for(sender.ordinal + 1 + static_cast<unsigned>(i), kSize);
        std::memcpy(slabs.bytes(kSize), payload.data(), kSize);
        slabs.use(kSize);
      }
      for (std::size_t i = 0; i < 16; ++i)
        REQUIRE(sender.lend({slabs.begin() + i * kSize, kSize}, *slabs.slab()));
      slabs.clear();
      slabs.turn();
    }
  }
  CHECK(unsubscribed);
  auto rest = std::async(std::launch::async, [&] { sender.finish(); });
  Seen seen;
  while (seen.ends == 0) {
    std::array<zmq_msg_t, 3> parts{};
    for (auto& part : parts) {
      REQUIRE(zmq_msg_init(&part) == 0);
      REQUIRE(zmq_msg_recv(&part, stalled, 0) >= 0);
    }
    const auto bytes = [&](std::size_t part) {
      return Bytes{static_cast<const std::uint8_t*>(zmq_msg_data(&parts[part])),
                   zmq_msg_size(&parts[part])};
    };
    note(seen, {as_text(bytes(0)), bytes(1), read_head(bytes(2).data())});
    for (auto& part : parts) zmq_msg_close(&part);
  }
  rest.get();
  zmq_close(stalled);
  zmq_ctx_term(context);
  CHECK_FALSE(seen.wrong_payload);
  CHECK(seen.ordinals.size() > kWaiting / 2);
  CHECK(seen.ordinals.size() < kEvents);
  check_whole(fast.get(), kEvents);
}

TEST_CASE("a subscriber that comes late sees by the numbers what it missed") {
  Sender sender;
  auto first = consume(to(sender.endpoint()));
  REQUIRE(sender.publisher->wait_for(1, kLong));
  sender.run(300);
  auto second = consume(to(sender.endpoint(), {"a/x/"}));
  while (sender.publisher->consumers() < 2) std::this_thread::yield();
  for (int i = 0; i < 300; ++i) REQUIRE(sender.send());
  sender.finish();
  const auto late = second.get();
  CHECK(late.first.at("a/x/1/") == 101);
  CHECK(late.last.at("a/x/1/") == 200);
  CHECK(first.get().ordinals.size() == 600);
}

TEST_CASE("a consumer counts once, and only when it takes part in the run") {
  Sender sender;
  auto& publisher = *sender.publisher;
  CHECK(publisher.consumers() == 0);
  {
    const Subscriber everything(to(sender.endpoint()));  // to "" and to tape/
    while (publisher.consumers() < 1) std::this_thread::yield();
    void* context = zmq_ctx_new();
    void* other = zmq_socket(context, ZMQ_SUB);
    REQUIRE(zmq_connect(other, sender.endpoint().c_str()) == 0);
    REQUIRE(zmq_setsockopt(other, ZMQ_SUBSCRIBE, "a/x/", 4) == 0);
    const Subscriber second(to(sender.endpoint(), {"b/"}));
    while (publisher.consumers() < 2) std::this_thread::yield();
    CHECK(publisher.wait_for(2, kLong));
    CHECK(publisher.consumers() == 2);
    zmq_close(other);
    zmq_ctx_term(context);
    CHECK_NOTHROW(publisher.tend());  // it was not one of those
  }
  while (publisher.consumers() > 0) std::this_thread::yield();
  CHECK(fault_of([&] { publisher.tend(); }) == Fault::network);
}

TEST_CASE("consumers that do not come in time end the wait") {
  const auto pattern = GENERATE(Pattern::pub, Pattern::push);
  Sender sender("tcp://127.0.0.1:*", pattern);
  CHECK(fault_of([&] { (void)sender.publisher->wait_for(1, 50 * kMillisecond); }) ==
        Fault::timeout);
  sender.stop.request_stop();
  CHECK_FALSE(sender.publisher->wait_for(1, kLong));
}

TEST_CASE("a subscriber that dies ends the run") {
  const std::size_t size = GENERATE(40, 20'000);  // while sending, and while waiting for it
  Sender sender("tcp://127.0.0.1:*", Pattern::pub, kLong);
  std::atomic<bool> stay{true};
  auto dying = std::async(std::launch::async, [&] {
    Subscriber subscriber(to(sender.endpoint()));
    bool came = true;
    for (int i = 0; came && i < 100; ++i) came = subscriber.next(kLong) != nullptr;
    return came;
  });
  REQUIRE(sender.publisher->wait_for(1, kLong));
  CHECK(fault_of([&] {
          for (;;) (void)sender.send(size);
        }) == Fault::network);
  CHECK(dying.get());
}

TEST_CASE("a subscriber that takes nothing ends the run after the stall timeout") {
  const Folder folder;
  Sender sender(folder.endpoint(), Pattern::pub, 200 * kMillisecond, 10);
  auto options = to(sender.endpoint());
  options.high_water = 10;
  const Subscriber idle(options);
  REQUIRE(sender.publisher->wait_for(1, kLong));

  SECTION("while events are sent") {
    CHECK(fault_of([&] {
            for (;;) (void)sender.send(1000);
          }) == Fault::timeout);
    sender.publisher->abandon(kEndTopic, as_bytes("{}"), {kRun, 1, 0, 0});
  }
  SECTION("at the end") {
    for (int i = 0; i < 18; ++i) REQUIRE(sender.send(400'000));
    CHECK(fault_of([&] { sender.finish(); }) == Fault::timeout);
  }
  SECTION("a stop request ends the waiting") {
    sender.watch = [&] { sender.stop.request_stop(); };
    bool sent = true;
    while (sent) sent = sender.send(1000);
    CHECK_FALSE(sent);
    CHECK(sender.publisher->stalls().count > 0);
  }
}

TEST_CASE("push gives every event to one worker and an end marker to each") {
  const Folder folder;
  const std::string endpoint = GENERATE(true, false) ? "tcp://127.0.0.1:*" : folder.endpoint();
  Sender sender(endpoint, Pattern::push, kLong, 50);
  std::vector<std::future<Seen>> workers;
  for (int i = 0; i < 3; ++i) {
    workers.push_back(
        std::async(std::launch::async, [options = worker(sender.endpoint()), i]() mutable {
          options.high_water = 50;
          Subscriber subscriber(options);
          Seen seen;
          while (seen.ends == 0) {
            const auto* message = subscriber.next(kLong);
            if (message == nullptr) break;
            note(seen, *message);
            // One of them is slow: its pipe is full when the events end.
            if (i == 0) std::this_thread::sleep_for(std::chrono::microseconds(500));
          }
          if (const auto* more = subscriber.next(300 * kMillisecond)) note(seen, *more);
          return seen;
        }));
  }
  REQUIRE(sender.publisher->wait_for(3, kLong));
  sender.run(20'000, 300);
  sender.finish();
  std::vector<bool> got(20'001, false);
  unsigned starts = 0;
  for (auto& future : workers) {
    const auto seen = future.get();
    CHECK(seen.ends == 1);
    CHECK_FALSE(seen.wrong_payload);
    CHECK_FALSE(seen.ordinals.empty());
    starts += seen.starts;
    std::uint64_t before = 0;
    for (const auto ordinal : seen.ordinals) {
      REQUIRE(ordinal > before);
      REQUIRE_FALSE(got.at(ordinal));
      got[ordinal] = true;
      before = ordinal;
    }
  }
  CHECK(starts == 1);
  CHECK(std::count(got.begin() + 1, got.end(), false) == 0);
}

TEST_CASE("workers that leave with their end marker do not cost others theirs") {
  for (int round = 0; round < 20; ++round) {
    Sender sender("tcp://127.0.0.1:*", Pattern::push);
    std::vector<std::future<Seen>> workers;
    for (int i = 0; i < 8; ++i) workers.push_back(consume(worker(sender.endpoint())));
    REQUIRE(sender.publisher->wait_for(8, kLong));
    sender.run(100);
    sender.finish();
    for (auto& future : workers) CHECK(future.get().ends == 1);
  }
}

TEST_CASE("a worker that dies ends the run") {
  Sender sender("tcp://127.0.0.1:*", Pattern::push);
  auto dying = std::async(std::launch::async, [&] {
    Subscriber subscriber(worker(sender.endpoint()));
    bool came = true;
    for (int i = 0; came && i < 100; ++i) came = subscriber.next(kLong) != nullptr;
    return came;
  });
  auto living = consume(worker(sender.endpoint()));
  REQUIRE(sender.publisher->wait_for(2, kLong));
  CHECK(fault_of([&] {
          for (;;) (void)sender.send();
        }) == Fault::network);
  CHECK(dying.get());
  sender.publisher->abandon(kEndTopic, as_bytes("{}"), {kRun, 1, 0, 0});
  CHECK(living.get().ends <= 1);
}

TEST_CASE("a publisher connects to a subscriber that binds") {
  const Folder folder;
  auto options = to(folder.endpoint());
  options.attach = Attach::bind;
  Sender sender("tcp://127.0.0.1:*");
  sender.options.endpoint = folder.endpoint();
  sender.options.attach = Attach::connect;
  sender.publisher.emplace(sender.options, sender.clock, sender.stop.get_token());
  auto consumer = consume(options);
  REQUIRE(sender.publisher->wait_for(1, kLong));
  sender.run(5000);
  sender.finish();
  check_whole(consumer.get(), 5000);
}

TEST_CASE("ipc sockets are for their owner alone and take no file's place") {
  const Folder folder;
  const auto path = folder.path + "/s";
  {
    const Sender sender(folder.endpoint());
    struct stat info {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777U) == 0600U);
    CHECK(fault_of([&] { const Sender second(folder.endpoint()); }) == Fault::network);
  }
  std::ofstream(path) << "a tape";
  CHECK(fault_of([&] { const Sender sender(folder.endpoint()); }) == Fault::io);
  std::string content;
  std::getline(std::ifstream(path), content);
  CHECK(content == "a tape");
}

TEST_CASE("a message of another form is refused") {
  Subscriber subscriber([] {
    auto options = to("tcp://127.0.0.1:*");
    options.attach = Attach::bind;
    options.pull = true;
    return options;
  }());
  void* context = zmq_ctx_new();
  void* socket = zmq_socket(context, ZMQ_PUSH);
  REQUIRE(zmq_connect(socket, subscriber.endpoint().c_str()) == 0);
  for (const std::size_t frames : {std::size_t{1}, std::size_t{2}, std::size_t{4}}) {
    for (std::size_t i = 0; i < frames; ++i)
      zmq_send(socket, "0123", 4, i + 1 < frames ? ZMQ_SNDMORE : 0);
    CHECK(fault_of([&] { (void)subscriber.next(kLong); }) == Fault::format);
  }
  zmq_close(socket);
  zmq_ctx_term(context);
}

}  // namespace tape::bus
