// A server of HTTP and WebSocket on one address, plain or TLS, for many clients at once.
#pragma once

#include <tape/net/loop.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tape::net {

/// Number of an accepted connection, from 1; never used again.
using PeerId = std::uint64_t;

using Headers = std::vector<std::pair<std::string, std::string>>;

struct WebRequest {
  std::string method;
  std::string target;
  Headers headers;  // names in lower case
  std::string body;
};

struct WebReply {
  std::uint16_t status = 200;
  std::string content_type = "application/json";
  Headers headers;
  std::string body;
};

struct WebServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  std::string certificate;  // PEM files, the chain and its key; both or none
  std::string key;
  std::size_t max_peers = 1024;                       // further ones are dropped
  std::size_t max_message = std::size_t{256} << 10U;  // of a peer: 1009 ends it
  std::size_t max_queue = std::size_t{16} << 20U;     // unsent bytes: the peer is dropped
};

class WebServer {
 public:
  class Handler {
   public:
    Handler() = default;
    Handler(const Handler&) = delete;
    Handler& operator=(const Handler&) = delete;
    virtual ~Handler() = default;
    /// To be answered by reply(), at once or later; the next one of this peer waits for that.
    virtual void on_request(PeerId peer, WebRequest&& request) = 0;
    /// A WebSocket is wanted: nothing welcomes it, on_open follows.
    virtual std::optional<WebReply> on_upgrade(PeerId peer, const WebRequest& request) = 0;
    virtual void on_open(PeerId peer) = 0;
    /// A whole message, text or binary; valid during the call.
    virtual void on_message(PeerId peer, std::string_view message) = 0;
    /// A ping or pong frame; pings are answered already.
    virtual void on_control(PeerId peer) = 0;
    /// The last call about a peer; not for those that this side drops.
    virtual void on_gone(PeerId peer, std::string_view cause) = 0;
    /// All that was queued for the peer is with the kernel.
    virtual void on_drained(PeerId peer) = 0;
  };

  /// Listens at once. Throws Error{usage} for an address that cannot be, or certificate files that
  /// cannot be used, Error{network} where listening fails. The handler outlives the server.
  WebServer(Loop& loop, WebServerOptions options, Handler& handler);
  /// Drops all connections.
  ~WebServer();
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  [[nodiscard]] std::uint16_t port() const;

  // Of a peer that is gone, all of these do nothing.

  void reply(PeerId peer, WebReply reply);
  /// One text message, copied once for all of them.
  void send(std::span<const PeerId> peers, std::string_view text);
  void ping(PeerId peer);
  /// Closing handshake behind what is queued, for at most two seconds; on_gone follows. Code 0: the
  /// connection ends there, without a handshake.
  void close(PeerId peer, std::uint16_t code, std::string_view reason);
  /// No handshake, no answer: the connection is reset. on_gone does not follow.
  void drop(PeerId peer);
  /// Of a WebSocket nothing is read (no ping answered, no end seen) any more, or again.
  void pause(PeerId peer, bool on);
  /// Unsent bytes.
  [[nodiscard]] std::size_t queued(PeerId peer) const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace tape::net
