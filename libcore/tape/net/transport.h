// A connected byte stream, plain or TLS, and the way to one: name, TCP, proxy, TLS.
#pragma once

#include <tape/net/asio.h>
#include <tape/net/http_io.h>
#include <tape/net/tls.h>
#include <tape/net/websocket.h>

#include <boost/beast/websocket/teardown.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace tape::net {

/// An AsyncStream in Beast's terms; one type for plain and TLS, so that templates over it are
/// compiled once.
class Transport {
 public:
  using executor_type = Executor;  // NOLINT(readability-identifier-naming): Asio asks for this name

  explicit Transport(const Executor& executor) : socket_(executor) {}
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  ~Transport() = default;

  [[nodiscard]] executor_type get_executor() { return socket_.get_executor(); }
  [[nodiscard]] Socket& socket() { return socket_; }
  /// From here on bytes go through TLS.
  TlsStream& start_tls(asio::ssl::context& context) { return tls_.emplace(socket_, context); }
  /// Drops the connection; operations under way end with operation_aborted.
  void close();
  /// Whether an idle connection can still be used: the peer neither ended it nor said anything.
  [[nodiscard]] bool quiet();

  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    if (tls_) {
      tls_->async_read_some(buffers, std::forward<Handler>(handler));
    } else {
      socket_.async_read_some(buffers, std::forward<Handler>(handler));
    }
  }
  template <class Buffers, class Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    if (tls_) {
      tls_->async_write_some(buffers, std::forward<Handler>(handler));
    } else {
      socket_.async_write_some(buffers, std::forward<Handler>(handler));
    }
  }

  /// Beast's hooks, found by argument: the end of a WebSocket's connection.
  template <class Handler>
  friend void async_teardown(boost::beast::role_type role, Transport& transport,
                             Handler&& handler) {
    if (transport.tls_) {
      transport.tls_->async_shutdown(std::forward<Handler>(handler));
    } else {
      boost::beast::websocket::async_teardown(role, transport.socket_,
                                              std::forward<Handler>(handler));
    }
  }
  friend void beast_close_socket(Transport& transport) { transport.close(); }

 private:
  Socket socket_;
  std::optional<TlsStream> tls_;  // refers to socket_
};

/// One attempt to connect. Kept alive by its operations; has no time-out of its own.
class Dial : public std::enable_shared_from_this<Dial> {
 public:
  /// The transport, or null and why.
  using Done = std::function<void(std::unique_ptr<Transport>, Closed&&)>;

  /// Throws Error{usage} as check_transport, proxy_for and Loop::Impl::tls_context do.
  Dial(Loop& loop, const Url& url, const TlsOptions& tls);

  /// `done` is called once, later.
  void start(Done done);
  /// `done` will not be called any more.
  void cancel();
  [[nodiscard]] Closed::Stage stage() const { return stage_; }
  /// What is being waited for, for the message of a time-out.
  [[nodiscard]] std::string waiting_for() const;

 private:
  void resolved(const std::vector<Tcp::endpoint>& endpoints);
  void connect_next();
  void connected();
  void tunnel();
  void on_proxy_answer(const ErrorCode& error);
  void secure();
  void fail(std::string cause, std::uint16_t http_status = 0, std::string http_body = {});
  void succeed();

  Loop::Impl& loop_;
  const Url url_;
  const std::optional<Url> proxy_;
  const Url& first_;  // the proxy or the server itself
  asio::ssl::context* const tls_;
  Closed::Stage stage_ = Closed::Stage::resolve;
  Done done_;
  asio::ip::basic_resolver<Tcp, Executor> resolver_;
  std::unique_ptr<Transport> transport_;
  std::vector<Tcp::endpoint> endpoints_;
  std::size_t tried_ = 0;
  SteadyTimer attempt_;
  bool attempt_expired_ = false;
  std::shared_ptr<PeerCheck> check_ = std::make_shared<PeerCheck>();
  HttpCall proxy_call_;
};

}  // namespace tape::net
