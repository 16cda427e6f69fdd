#include <tape/base/error.h>
#include <tape/net/framer.h>
#include <tape/net/listen.h>
#include <tape/net/web_peer.h>
#include <tape/net/web_server.h>

#include <boost/asio/ssl/context.hpp>
#include <fmt/format.h>
#include <openssl/ssl.h>

#include <unordered_map>

namespace tape::net {
namespace {

// After a failed accept (no descriptors left), before the next.
constexpr Nanos kAcceptAgain = 100 * kMillisecond;

std::optional<asio::ssl::context> make_tls(const WebServerOptions& options) {
  if (options.certificate.empty()) return std::nullopt;
  std::optional<asio::ssl::context> tls(std::in_place, asio::ssl::context::tls_server);
  if (SSL_CTX_set_min_proto_version(tls->native_handle(), TLS1_2_VERSION) != 1) {
    throw Error(Fault::internal, "TLS 1.2 cannot be set as the lowest version");
  }
  ErrorCode error;
  tls->use_certificate_chain_file(options.certificate, error);
  if (error) {
    throw Error(Fault::usage, fmt::format("certificate {}: {}; a readable PEM file is wanted",
                                          options.certificate, error.message()));
  }
  tls->use_private_key_file(options.key, asio::ssl::context::pem, error);
  if (error) {
    throw Error(Fault::usage, fmt::format("key {}: {}; the PEM file of the key of {} is wanted",
                                          options.key, error.message(), options.certificate));
  }
  return tls;
}

}  // namespace

struct WebServer::Impl : std::enable_shared_from_this<WebServer::Impl> {
  Impl(Loop& loop, WebServerOptions given, Handler& to_call)
      : io(loop.impl().io),
        options(std::move(given)),
        handler(to_call),
        tls(make_tls(options)),
        framer(io.get_executor()),
        acceptor(io.get_executor()),
        again(io.get_executor()) {}

  void accept();
  void on_accepted(const ErrorCode& error, Socket socket);
  void stop();
  [[nodiscard]] WebPeer* find(PeerId id) const {
    const auto found = peers.find(id);
    return found == peers.end() ? nullptr : found->second.get();
  }

  asio::io_context& io;
  const WebServerOptions options;
  Handler& handler;
  std::optional<asio::ssl::context> tls;
  Framer framer;
  Acceptor acceptor;
  SteadyTimer again;
  std::unordered_map<PeerId, std::shared_ptr<WebPeer>> peers;
  PeerId last = 0;
  std::uint16_t port = 0;
  bool stopped = false;
};

void WebServer::Impl::accept() {
  acceptor.async_accept(io.get_executor(),
                        [self = shared_from_this()](const ErrorCode& error, Socket socket) {
                          self->on_accepted(error, std::move(socket));
                        });
}

void WebServer::Impl::on_accepted(const ErrorCode& error, Socket socket) {
  if (stopped) return;
  if (error) {
    return wait(again, kAcceptAgain, [self = shared_from_this()](const ErrorCode& cancelled) {
      if (!cancelled && !self->stopped) self->accept();
    });
  }
  if (peers.size() < options.max_peers) {
    const auto id = ++last;
    const auto peer =
        std::make_shared<WebPeer>(id, std::move(socket), tls ? &*tls : nullptr, options, handler,
                                  [weak = weak_from_this()](PeerId left) {
                                    if (const auto self = weak.lock()) self->peers.erase(left);
                                  });
    peers.emplace(id, peer);
    peer->start();
  }
  accept();
}

void WebServer::Impl::stop() {
  stopped = true;
  again.cancel();
  ErrorCode ignored;
  acceptor.close(ignored);
  for (const auto& [id, peer] : std::exchange(peers, {})) peer->drop();
}

WebServer::WebServer(Loop& loop, WebServerOptions options, Handler& handler)
    : impl_(std::make_shared<Impl>(loop, std::move(options), handler)) {
  impl_->port = listen_at(impl_->acceptor, impl_->options.host, impl_->options.port);
  impl_->accept();
}
WebServer::~WebServer() { impl_->stop(); }
std::uint16_t WebServer::port() const { return impl_->port; }

void WebServer::reply(PeerId peer, WebReply reply) {
  if (auto* const found = impl_->find(peer)) found->reply(std::move(reply));
}
void WebServer::send(std::span<const PeerId> peers, std::string_view text) {
  if (peers.empty()) return;
  const auto frame = impl_->framer.text(text);
  for (const auto peer : peers) {
    if (auto* const found = impl_->find(peer)) found->send(frame);
  }
}
void WebServer::ping(PeerId peer) {
  if (auto* const found = impl_->find(peer)) found->ping();
}
void WebServer::close(PeerId peer, std::uint16_t code, std::string_view reason) {
  if (auto* const found = impl_->find(peer)) found->close(code, reason);
}
void WebServer::drop(PeerId peer) {
  const auto found = impl_->peers.find(peer);
  if (found == impl_->peers.end()) return;
  const auto kept = found->second;
  impl_->peers.erase(found);
  kept->drop();
}
void WebServer::pause(PeerId peer, bool on) {
  if (auto* const found = impl_->find(peer)) found->pause(on);
}
std::size_t WebServer::queued(PeerId peer) const {
  const auto* const found = impl_->find(peer);
  return found == nullptr ? 0 : found->queued();
}

}  // namespace tape::net
