#include <tape/bus/publisher.h>
#include <tape/bus/subscriber.h>

#include <catch2/catch.hpp>
#include <support/folder.h>

#include <fstream>
#include <future>
#include <memory>
#include <optional>
#include <sstream>
#include <string>

namespace tape::bus {
namespace {

constexpr Nanos kLong = 60 * kSecond;

/// A publisher that goes without an end marker.
class Sender {
 public:
  Sender(const std::string& endpoint, Pattern pattern) {
    PublisherOptions options;
    options.endpoint = endpoint;
    options.pattern = pattern;
    publisher_.emplace(options, clock_, std::stop_token());
  }
  [[nodiscard]] const std::string& endpoint() const { return publisher_->endpoint(); }
  /// False when it did not.
  [[nodiscard]] bool send(unsigned messages) {
    bool sent = publisher_->wait_for(1, kLong);
    for (unsigned i = 1; sent && i <= messages; ++i)
      sent = publisher_->send("a/b/c/", as_bytes("payload"), {1, i, 1, i});
    return sent;
  }

 private:
  SystemClock clock_;
  std::optional<Publisher> publisher_;
};

SubscriberOptions from(const std::string& endpoint, Pattern pattern) {
  SubscriberOptions options;
  options.endpoint = endpoint;
  options.pull = pattern == Pattern::push;
  return options;
}

/// Whether that is so within a minute.
bool becomes_lost(Subscriber& subscriber, bool lost) {
  for (int i = 0; i < 1200; ++i) {
    if (subscriber.lost() == lost) return true;
    (void)subscriber.next(50 * kMillisecond);
  }
  return false;
}

/// Of the connections to this port of ours, how many the kernel asks whether they live
/// (/proc/net/tcp: st 01 is established, tr 02 the timer of keepalive).
int asked(std::string_view endpoint) {
  char port[8];
  std::snprintf(port, sizeof port, ":%04X",
                std::stoi(std::string(endpoint.substr(endpoint.rfind(':') + 1))));
  std::ifstream table("/proc/net/tcp");
  int found = 0;
  for (std::string line; std::getline(table, line);) {
    std::istringstream words(line);
    std::string slot, local, remote, state, queues, timer;
    words >> slot >> local >> remote >> state >> queues >> timer;
    found += (local.ends_with(port) || remote.ends_with(port)) && state == "01" &&
             timer.starts_with("02:");
  }
  return found;
}

}  // namespace

TEST_CASE("a subscriber learns that its sender is gone, after all that it sent") {
  const Folder folder;
  for (const auto pattern : {Pattern::pub, Pattern::push}) {
    for (const auto& where : {std::string("tcp://127.0.0.1:*"), folder.endpoint()}) {
      CAPTURE(where);
      auto sender = std::make_unique<Sender>(where, pattern);
      Subscriber subscriber(from(sender->endpoint(), pattern));
      CHECK_FALSE(subscriber.lost());
      REQUIRE(sender->send(2));
      REQUIRE(subscriber.next(kLong) != nullptr);
      CHECK_FALSE(subscriber.lost());
      REQUIRE(subscriber.next(kLong) != nullptr);
      sender.reset();
      CHECK(becomes_lost(subscriber, true));
      CHECK(subscriber.next(0) == nullptr);
    }
  }
}

TEST_CASE("a sender that is back is not lost, and is heard again") {
  const Folder folder;
  const auto where = folder.endpoint();
  auto sender = std::make_unique<Sender>(where, Pattern::pub);
  Subscriber subscriber(from(where, Pattern::pub));
  REQUIRE(sender->send(1));
  REQUIRE(subscriber.next(kLong) != nullptr);
  sender.reset();
  REQUIRE(becomes_lost(subscriber, true));
  sender = std::make_unique<Sender>(where, Pattern::pub);
  // The subscriber subscribes again while it waits.
  auto sending = std::async(std::launch::async, [&] { return sender->send(1); });
  CHECK(subscriber.next(kLong) != nullptr);
  CHECK_FALSE(subscriber.lost());
  CHECK(sending.get());
}

TEST_CASE("who was never there is not lost") {
  const Folder folder;
  Subscriber subscriber(from(folder.endpoint(), Pattern::pub));
  CHECK(subscriber.next(100 * kMillisecond) == nullptr);
  CHECK_FALSE(subscriber.lost());
}

TEST_CASE("both ends have the kernel ask whether the other host lives") {
  Sender sender("tcp://127.0.0.1:*", Pattern::pub);
  Subscriber subscriber(from(sender.endpoint(), Pattern::pub));
  REQUIRE(sender.send(1));
  REQUIRE(subscriber.next(kLong) != nullptr);
  // While something is on its way another timer runs.
  int both = 0;
  for (int i = 0; i < 1200 && both != 2; ++i) {
    (void)subscriber.next(50 * kMillisecond);
    both = asked(sender.endpoint());
  }
  CHECK(both == 2);
}

}  // namespace tape::bus
