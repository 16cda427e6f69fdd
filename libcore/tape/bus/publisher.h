// The sending end of the bus: messages to subscribers or workers, none ever dropped.
#pragma once

#include <tape/base/clock.h>
#include <tape/bus/endpoint.h>
#include <tape/bus/slab.h>
#include <tape/bus/topic.h>

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

namespace tape::bus {

/// Where a run goes. An interface, so that players are tested without sockets.
class Outlet {
 public:
  Outlet() = default;
  Outlet(const Outlet&) = delete;
  Outlet& operator=(const Outlet&) = delete;
  virtual ~Outlet() = default;

  /// Sends one message; waits where consumers do not keep up. `topic` stays in memory as long as
  /// the outlet lives; `payload` is copied. False when a stop was requested before it could be
  /// sent.
  [[nodiscard]] virtual bool send(std::string_view topic, Bytes payload, const Head& head) = 0;
  /// The same of a payload that stands in `slab`, which is not written to while someone uses it:
  /// without a copy where the outlet can.
  [[nodiscard]] virtual bool lend(std::string_view topic, Bytes payload, const Head& head,
                                  Slab& slab);
  /// Looks after the consumers while there is nothing to send; throws like send().
  virtual void tend() = 0;
};

enum class Pattern : std::uint8_t {
  pub,   // everyone gets what he subscribed to
  push,  // every message to one worker, in turn
};

/// What happens to a message for a consumer whose queue is full.
enum class Slow : std::uint8_t {
  wait,  // the sender waits: nothing is lost
  drop,  // that consumer misses it, and sees so by the numbers: the sender has something better to
         // do
};

struct PublisherOptions {
  std::string endpoint;
  Attach attach = Attach::bind;
  Pattern pattern = Pattern::pub;
  Slow slow = Slow::wait;  // drop: with Pattern::pub only
  int high_water = 1000;   // messages that wait for one consumer before the sender does
  Nanos stall_timeout = 60 * kSecond;
  std::string curve_secret;  // Z85: consumers must know the public key of it; empty = plain
  /// Called a few times a second while the publisher waits for something; may throw to end that.
  std::function<void()> watch;
};

/// How often and how long the sender had to wait for a consumer.
struct Stalls {
  std::uint64_t count = 0;
  Nanos total = 0;
  Nanos longest = 0;
};

/// Not thread-safe. Failures throw Error: {usage} a bad endpoint, {network} a socket or a consumer
/// that is gone, {timeout} a consumer that takes nothing for stall_timeout.
///
/// pub: a consumer counts when it subscribes to kRunTopics or to everything, however often.
/// Consumers that are there when wait_for() returns must stay until finish(). push: a worker counts
/// when it is connected, and must stay.
class Publisher final : public Outlet {
 public:
  /// Binds or connects. The clock measures waiting.
  Publisher(const PublisherOptions& options, const Clock& clock, std::stop_token stop);
  /// Drops what was not sent unless finish() was called.
  ~Publisher() override;

  /// Such as "tcp://127.0.0.1:49152": with the port that was chosen for "tcp://127.0.0.1:*".
  [[nodiscard]] const std::string& endpoint() const;

  /// Waits until `consumers` are there. Throws Error{timeout}. False when stop was requested.
  [[nodiscard]] bool wait_for(unsigned consumers, Nanos timeout);
  /// How many are there now.
  [[nodiscard]] unsigned consumers();

  bool send(std::string_view topic, Bytes payload, const Head& head) override;
  bool lend(std::string_view topic, Bytes payload, const Head& head, Slab& slab) override;
  void tend() override;

  /// The last message of the run, for every consumer: waits until all before it was taken, sends it
  /// (to each worker one), waits until it was taken, and closes. Progress is awaited no longer than
  /// stall_timeout. Works after a stop was requested.
  void finish(std::string_view topic, Bytes payload, const Head& head);
  /// After a failure: the same as far as it goes at once, without waiting. Does not throw.
  void abandon(std::string_view topic, Bytes payload, const Head& head);

  [[nodiscard]] const Stalls& stalls() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tape::bus
