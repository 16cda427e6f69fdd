// Who is at the other end of a publisher's socket: connections, subscriptions, and who left.
#pragma once

#include <tape/bus/monitor.h>
#include <tape/bus/publisher.h>
#include <tape/bus/socket.h>

#include <cstdint>
#include <string_view>
#include <vector>

namespace tape::bus {

/// Follows a socket by its monitor, and an XPUB by the subscriptions that it receives.
class Peers {
 public:
  /// Before the socket binds or connects.
  Peers(const Context& context, const Socket& socket, Pattern pattern);
  ~Peers() = default;
  Peers(const Peers&) = delete;
  Peers& operator=(const Peers&) = delete;

  /// Takes in what happened since the last call.
  void update();

  /// Consumers that are there: subscribed to the run's topics, or connected workers.
  [[nodiscard]] unsigned count() const;
  /// From now on all that are there are expected to stay.
  void expect();
  /// Of those expected, and workers since, how many left.
  [[nodiscard]] unsigned left() const { return left_; }
  /// Bytes that the kernel holds for them: not acknowledged (tcp) or not read (ipc).
  [[nodiscard]] std::uint64_t in_kernel() const;

  /// Stops watching; before the socket is closed.
  void close() { monitor_.close(); }

  /// Every consumer is subscribed to everything.
  [[nodiscard]] bool take_all() const { return take_all_; }
  /// How many workers left in all.
  [[nodiscard]] std::uint64_t departures() const { return departures_; }
  /// Counts every subscription and connection: changes when something happened.
  [[nodiscard]] std::uint64_t changes() const { return changes_; }

 private:
  struct Peer {
    int fd = -1;
    bool subscribed = false;  // to anything, ever
    unsigned prefixes = 0;    // bit n: subscribed to the first n bytes of kRunTopics
    bool expected = false;
  };

  void read_monitor();
  void read_subscriptions();
  void subscribe(int fd, std::string_view prefix, bool on);
  void remove(int fd);
  [[nodiscard]] Peer* find(int fd);

  const Socket& socket_;
  Monitor monitor_;
  Pattern pattern_;
  std::vector<Peer> peers_;
  bool expecting_ = false;
  bool take_all_ = true;
  unsigned left_ = 0;
  std::uint64_t departures_ = 0;
  std::uint64_t changes_ = 0;
};

}  // namespace tape::bus
