// One accepted connection of a WebServer: requests one after another, and perhaps a WebSocket.
#pragma once

#include <tape/net/corked.h>
#include <tape/net/web_server.h>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tape::net {

/// Kept by its operations; whoever lets go of it calls drop().
class WebPeer : public std::enable_shared_from_this<WebPeer> {
 public:
  using Left = std::function<void(PeerId)>;

  WebPeer(PeerId id, Socket&& socket, asio::ssl::context* tls, const WebServerOptions& options,
          WebServer::Handler& handler, Left left);
  WebPeer(const WebPeer&) = delete;
  WebPeer& operator=(const WebPeer&) = delete;
  ~WebPeer() = default;

  void start();
  void reply(WebReply&& reply);
  /// A frame, as it goes over the wire.
  void send(const Corked::Shared& frame);
  void ping();
  void close(std::uint16_t code, std::string_view reason);
  void drop();
  void pause(bool on);
  [[nodiscard]] std::size_t queued() const;

 private:
  using Stream = boost::beast::websocket::stream<Corked&>;
  enum class Stage : std::uint8_t { http, asked, upgrading, open, closing, gone };

  void read_request();
  void on_request(const ErrorCode& error);
  void upgrade();
  void on_upgraded(const ErrorCode& error);
  void on_replied(const ErrorCode& error);
  void read();
  void on_read(const ErrorCode& error);
  void shake_hands();
  void limit(Nanos timeout, std::string_view what);
  void on_sent(const ErrorCode& error);
  void leave(std::string_view cause);

  const PeerId id_;
  const WebServerOptions& options_;
  WebServer::Handler& handler_;  // not called once gone
  Left left_;
  asio::ssl::context* const tls_;
  Transport transport_;
  std::optional<Corked> corked_;
  std::optional<Stream> stream_;
  SteadyTimer deadline_;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
  boost::beast::http::response<boost::beast::http::string_body> response_;
  boost::beast::websocket::close_reason close_;
  Stage stage_ = Stage::http;
  bool reading_ = false;
  bool paused_ = false;
  bool pinging_ = false;
  bool ended_ = false;  // a close frame came: nothing may follow the answer to it
};

}  // namespace tape::net
