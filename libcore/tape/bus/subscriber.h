// The receiving end of the bus: whole three-frame messages, checked.
#pragma once

#include <tape/base/clock.h>
#include <tape/bus/endpoint.h>
#include <tape/bus/topic.h>

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace tape::bus {

struct SubscriberOptions {
  std::string endpoint;
  Attach attach = Attach::connect;
  /// Topic prefixes; "" is everything. kRunTopics is subscribed to besides, last, so that a waiting
  /// publisher starts only when the others stand. Ignored when `pull`.
  std::vector<std::string> filters = {""};
  bool pull = false;             // a worker of a push publisher
  std::string curve_server_key;  // Z85: the publisher's public key; empty = plain
  int high_water = 1000;
};

/// One message; its views hold until the next call of next().
struct Received {
  std::string_view topic;
  Bytes payload;  // 8-byte aligned
  Head head;
};

/// Not thread-safe. Throws Error{network}; {format} on a message that is not of the three-frame
/// form.
class Subscriber {
 public:
  explicit Subscriber(const SubscriberOptions& options);
  ~Subscriber();
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;

  /// The next message; null when none came within `timeout` or stop was requested.
  [[nodiscard]] const Received* next(Nanos timeout, const std::stop_token& stop = {});
  /// A sender was there, and none is now; what it sent may still be waiting for next(). A sender's
  /// host that dies without a word counts as gone after half a minute (tcp).
  [[nodiscard]] bool lost();
  /// As bound.
  [[nodiscard]] const std::string& endpoint() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tape::bus
