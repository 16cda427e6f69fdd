#include <tape/base/diag.h>
#include <tape/serve/server_impl.h>

#include <fmt/format.h>

namespace tape::serve {

void Server::Impl::on_request(net::PeerId peer, net::WebRequest&& request) {
  called = true;
  look_ahead();
  breaker.on_call(peer, {request.method, request.target, request.body, request.headers});
  wake();
}

std::optional<net::WebReply> Server::Impl::on_upgrade(net::PeerId peer,
                                                      const net::WebRequest& request) {
  auto refusal =
      breaker.on_upgrade(peer, {request.method, request.target, request.body, request.headers});
  if (!refusal) return std::nullopt;
  return net::WebReply{refusal->status, refusal->content_type, std::move(refusal->headers),
                       std::move(refusal->body)};
}

void Server::Impl::on_open(net::PeerId peer) {
  open.insert(peer);
  ++served.clients;
  breaker.on_open(peer);
  wake();
}

void Server::Impl::on_message(net::PeerId peer, std::string_view message) {
  breaker.on_message(peer, message);
  wake();
}

void Server::Impl::on_gone(net::PeerId peer, std::string_view cause) {
  if (open.erase(peer) > 0) {
    if (cause.starts_with("too slow")) {
      ++served.slow;
      diag::warning(fmt::format("client {} is {}; it is cut off", peer, cause));
    } else {
      diag::note(fmt::format("client {} left: {}", peer, cause));
    }
  }
  breaker.on_gone(peer);
}

void Server::Impl::send(std::span<const venue::ClientId> clients, std::string_view text) {
  served.frames += clients.size();
  server.send(clients, text);
}

void Server::Impl::close(venue::ClientId client, std::uint16_t code, std::string_view reason) {
  server.close(client, code, reason);
}

void Server::Impl::reply(venue::ClientId client, venue::ExchangeReply reply) {
  if (reply.status == 0) return server.drop(client);
  server.reply(client, {reply.status, std::move(reply.content_type), std::move(reply.headers),
                        std::move(reply.body)});
}

std::string_view Server::Impl::frame() {
  return bytes.of(ahead != nullptr ? *ahead : *current).value_or("");
}

}  // namespace tape::serve
