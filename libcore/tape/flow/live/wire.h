// The network side of a live recording: links kept connected, requests sent, on a thread of its
// own; what comes in goes to the inbox with its stamp.
#pragma once

#include <tape/base/clock.h>
#include <tape/flow/live/arrivals.h>
#include <tape/flow/live/shed.h>
#include <tape/net/backoff.h>
#include <tape/net/url.h>
#include <tape/venue/session.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

namespace tape::flow {

struct WireOptions {
  net::TlsOptions tls;
  net::BackoffPolicy backoff;
  ShedPolicy shed;
  bool deflate = true;
  std::string probe;    // URL of a neutral host; empty = none
  std::string metrics;  // ADDR:PORT where metrics are served; empty = nowhere
};

/// All calls come from the decoding thread; they are carried out on the network thread, in order.
class Wire {
 public:
  /// Starts the thread. `importance[venue]` tells what a frame of that source is worth. Throws
  /// Error{network} when the address for metrics cannot be bound, Error{usage} for a bad URL.
  Wire(const WireOptions& options,
       std::vector<venue::Importance (*)(std::string_view frame)> importance, Inbox& inbox,
       const Clock& clock);
  /// Drops all connections and ends the thread.
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  /// Throws Error{usage} for a URL that cannot be connected to: bad, or without TLS to a host that
  /// is not loopback.
  void connect(std::uint16_t venue, const venue::Link& link);
  void disconnect(std::uint16_t venue, venue::LinkId link, std::string_view why);
  void restart(std::uint16_t venue, venue::LinkId link, std::string_view why);
  void send(std::uint16_t venue, venue::LinkId link, std::string_view text);
  void request(std::uint16_t venue, const venue::Request& request);
  /// Asks for lag, round_trip of each connection, and a probe.
  void sample(bool probe);
  /// Everything in the inbox was taken: sockets that wait go on reading.
  void taken();
  /// What GET /metrics answers from now on.
  void show_metrics(std::string text);
  /// As bound; empty = none.
  [[nodiscard]] const std::string& metrics_address() const;
  /// Closes all links with a closing handshake and waits for that, two seconds at most.
  void close();

  /// Throws what ended the thread, if anything did.
  void check();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tape::flow
