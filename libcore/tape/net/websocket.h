// A WebSocket client connection over TLS or plain TCP: frames in, frames out, and why it ended.
#pragma once

#include <tape/base/digest.h>
#include <tape/base/time.h>
#include <tape/net/loop.h>
#include <tape/net/url.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tape::net {

struct WebSocketOptions {
  Url url;  // ws or wss
  TlsOptions tls;
  Nanos connect_timeout = 15 * kSecond;  // name, TCP, proxy, TLS and upgrade together
  Nanos ping_every = 0;                  // ping control frames; 0 = none
  Nanos silence = 0;    // nothing at all came in for so long: closed with cause "silent for ..."
  bool deflate = true;  // offer permessage-deflate
  std::size_t max_message = (std::size_t{16} << 20U) + 1;  // larger ones are handed over cut
};

/// What the kernel knows of a connection (TCP_INFO).
struct TcpInfo {
  Nanos round_trip = 0;
  std::uint32_t retransmits = 0;  // in all
};

/// How a connection ended, or why it never stood.
struct Closed {
  enum class Stage : std::uint8_t {
    resolve,
    connect,
    proxy,
    tls,  // handshake or certificate
    upgrade,
    established,
  };
  Stage stage = Stage::established;
  std::string cause;                 // one line for people, without secrets
  std::uint16_t close_code = 0;      // of the peer's close frame; 0 = none came
  std::uint16_t http_status = 0;     // stage upgrade (or proxy): what was answered instead of 101
  std::string http_body;             // of that answer, at most 64 KiB: evidence
  bool certificate_refused = false;  // stage tls: retrying will not mend it
  std::string close_reason{};        // of the peer's close frame
};

class WebSocket {
 public:
  /// A whole message; `bytes` are writable and followed by event::kFramePadding readable ones.
  struct Message {
    std::span<char> bytes;
    std::size_t total = 0;  // larger than `bytes` when it exceeded max_message: its front is there
    bool text = true;
    std::optional<Sha256Sum> sum;  // SHA-256 of all of it, then
  };

  class Handler {
   public:
    Handler() = default;
    Handler(const Handler&) = delete;
    Handler& operator=(const Handler&) = delete;
    virtual ~Handler() = default;
    virtual void on_open() = 0;
    /// Valid during the call. Called right after the read from the socket that completed it.
    virtual void on_message(const Message& message) = 0;
    /// Once, also for a connection that never stood; the last call.
    virtual void on_closed(const Closed& closed) = 0;
  };

  /// Starts connecting. Throws Error{usage} as check_transport and proxy_for do, and for a CA file
  /// that cannot be read (the loop keeps what it read once). The handler outlives the socket.
  /// Deleting a WebSocket drops the connection without a call to the handler; it may be done inside
  /// a callback.
  WebSocket(Loop& loop, WebSocketOptions options, Handler& handler);
  ~WebSocket();
  WebSocket(const WebSocket&) = delete;
  WebSocket& operator=(const WebSocket&) = delete;

  /// Queues a text message. Ignored once closing.
  void send(std::string text);
  /// Closing handshake, for at most two seconds, then on_closed with `why` as the cause.
  void close(std::string why);
  /// Stops or goes on reading: back pressure reaches the peer through TCP. Inside on_message no
  /// further call comes before pause(false); elsewhere one more may, of a read under way. Silence
  /// does not count meanwhile.
  void pause(bool on);

  /// Nothing while not connected.
  [[nodiscard]] std::optional<TcpInfo> tcp_info() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;  // kept alive by operations under way
};

}  // namespace tape::net
