// One link of a live recording and its connections, one after the other: connects again for ever,
// with growing pauses.
#pragma once

#include <tape/flow/live/arrivals.h>
#include <tape/net/backoff.h>
#include <tape/net/loop.h>
#include <tape/net/websocket.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace tape::flow {

class Line;

/// The wire as its lines see it. All of it belongs to the network thread.
class LineHost {
 public:
  LineHost() = default;
  LineHost(const LineHost&) = delete;
  LineHost& operator=(const LineHost&) = delete;
  virtual ~LineHost() = default;

  /// Of now; a step of the clock is told on the way.
  [[nodiscard]] virtual Stamp stamp() = 0;
  [[nodiscard]] virtual std::uint32_t next_connection() = 0;
  /// What happened, in order, with the bytes that belong to it.
  virtual void tell(Arrival&& arrival, std::string_view bytes) = 0;
  /// A message of a line; may be given up by its importance.
  virtual void frame(const Line& line, const net::WebSocket::Message& message, const Stamp& at) = 0;
  /// Sockets wait, as nobody takes what they bring.
  [[nodiscard]] virtual bool paused() const = 0;
  /// No line connects again.
  [[nodiscard]] virtual bool closing() const = 0;
  /// The line is over; it may be inside a callback of its own.
  virtual void ended(Line& line) = 0;
};

struct LineOptions {
  net::TlsOptions tls;
  net::BackoffPolicy backoff;
  bool deflate = true;
};

class Line final : public net::WebSocket::Handler {
 public:
  using Key = std::pair<std::uint16_t, venue::LinkId>;  // venue's index, link

  Line(net::Loop& loop, LineHost& host, const Clock& clock, LineOptions options,
       std::uint16_t venue, venue::Link link);

  [[nodiscard]] Key key() const { return {venue_, link_.id}; }
  [[nodiscard]] std::uint32_t connection() const { return connection_; }  // 0: not connected
  /// What it connects to the next time.
  void take(venue::Link link) { link_ = std::move(link); }

  void start();
  void send(std::string text);
  /// The connection, if there is one, ends; the line connects again.
  void restart(std::string why);
  /// For good. A line without a connection goes at once.
  void end(std::string why);
  void pause(bool on);
  /// Arrival::Kind::round_trip of the connection, if there is one.
  void tell_round_trip();

  // net::WebSocket::Handler
  void on_open() override;
  void on_message(const net::WebSocket::Message& message) override;
  void on_closed(const net::Closed& closed) override;

 private:
  [[nodiscard]] Arrival about(Arrival::Kind kind) const;

  net::Loop& loop_;
  LineHost& host_;
  const Clock& clock_;
  const LineOptions options_;
  const std::uint16_t venue_;
  venue::Link link_;
  net::Backoff backoff_;
  std::unique_ptr<net::WebSocket> socket_;
  net::Loop::Timer timer_;
  std::uint32_t connection_ = 0;
  Nanos opened_at_ = 0;  // monotonic
  Nanos lost_at_ = 0;
  Nanos last_frame_at_ = 0;  // UTC
  bool ending_ = false;
};

}  // namespace tape::flow
