#include <tape/net/transport.h>

#include <boost/asio/connect.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/verb.hpp>
#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace tape::net {
namespace {

namespace http = boost::beast::http;

// An address that does not answer holds up the next one, often of the other IP version, so long.
constexpr Nanos kAttempt = 2 * kSecond;
constexpr std::size_t kEvidence = std::size_t{64} << 10U;

const Url& check(const Url& url, const TlsOptions& tls) {
  check_transport(url, tls);
  return url;
}

/// By turns of the two IP versions, beginning with the resolver's choice.
std::vector<Tcp::endpoint> interleaved(const std::vector<Tcp::endpoint>& endpoints) {
  if (endpoints.empty()) return {};
  const bool six_first = endpoints.front().address().is_v6();
  std::vector<Tcp::endpoint> first;
  std::vector<Tcp::endpoint> second;
  for (const auto& endpoint : endpoints) {
    (endpoint.address().is_v6() == six_first ? first : second).push_back(endpoint);
  }
  std::vector<Tcp::endpoint> out;
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) out.push_back(first[i]);
    if (i < second.size()) out.push_back(second[i]);
  }
  return out;
}

}  // namespace

void Transport::close() {
  ErrorCode ignored;
  socket_.close(ignored);
}

bool Transport::quiet() {
  char byte = 0;
  const auto got = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

Dial::Dial(Loop& loop, const Url& url, const TlsOptions& tls)
    : loop_(loop.impl()),
      url_(check(url, tls)),
      proxy_(proxy_for(url_)),
      first_(proxy_ ? *proxy_ : url_),
      tls_(url_.secure() ? &loop_.tls_context(tls) : nullptr),
      resolver_(loop_.io.get_executor()),
      transport_(std::make_unique<Transport>(loop_.io.get_executor())),
      attempt_(loop_.io.get_executor()) {}

void Dial::start(Done done) {
  done_ = std::move(done);
  ErrorCode no_address;
  const auto literal = asio::ip::make_address(first_.host, no_address);
  if (!no_address) {
    asio::post(loop_.io, [self = shared_from_this(), literal] {
      self->resolved({Tcp::endpoint(literal, self->first_.port)});
    });
    return;
  }
  // Not for loopback: glibc counts no loopback address as configured.
  const auto flags = is_loopback(first_.host) ? asio::ip::resolver_base::flags()
                                              : asio::ip::resolver_base::address_configured;
  resolver_.async_resolve(
      first_.host, std::to_string(first_.port), flags | asio::ip::resolver_base::numeric_service,
      [self = shared_from_this()](const ErrorCode& error, const auto& results) {
        if (!self->done_) return;
        if (error) {
          return self->fail(fmt::format("the name {} cannot be resolved: {}", self->first_.host,
                                        one_line(error.message())));
        }
        std::vector<Tcp::endpoint> endpoints;
        for (const auto& result : results) endpoints.push_back(result.endpoint());
        self->resolved(endpoints);
      });
}

void Dial::cancel() {
  done_ = nullptr;
  resolver_.cancel();
  attempt_.cancel();
  if (transport_) transport_->close();
}

std::string Dial::waiting_for() const {
  switch (stage_) {
    case Closed::Stage::resolve:
      return fmt::format("the address of {}", first_.host);
    case Closed::Stage::connect:
      return fmt::format("a TCP connection to {}", address(first_));
    case Closed::Stage::proxy:
      return fmt::format("the answer of the proxy {}", address(first_));
    default:
      return fmt::format("the TLS handshake with {}", address(url_));
  }
}

void Dial::resolved(const std::vector<Tcp::endpoint>& endpoints) {
  if (!done_) return;
  stage_ = Closed::Stage::connect;
  endpoints_ = interleaved(endpoints);
  connect_next();
}

void Dial::connect_next() {
  attempt_expired_ = false;
  auto& socket = transport_->socket();
  transport_->close();
  const auto endpoint = endpoints_.at(tried_);
  ++tried_;
  if (tried_ < endpoints_.size()) {
    wait(attempt_, kAttempt, [self = shared_from_this(), now = tried_](const ErrorCode& error) {
      if (error || !self->done_ || self->tried_ != now) return;
      if (self->stage_ != Closed::Stage::connect) return;
      self->attempt_expired_ = true;
      self->transport_->close();
    });
  }
  socket.async_connect(endpoint, [self = shared_from_this()](ErrorCode error) {
    if (!self->done_) return;
    if (self->attempt_expired_) error = asio::error::timed_out;
    self->attempt_.cancel();
    if (!error) return self->connected();
    if (self->tried_ < self->endpoints_.size()) return self->connect_next();
    self->fail(fmt::format("{}{}: {}", self->proxy_ ? "proxy " : "", address(self->first_),
                           one_line(error.message())));
  });
}

void Dial::connected() {
  ErrorCode ignored;
  transport_->socket().set_option(Tcp::no_delay(true), ignored);
  transport_->socket().set_option(asio::socket_base::keep_alive(true), ignored);
  if (proxy_) return tunnel();
  secure();
}

void Dial::tunnel() {
  stage_ = Closed::Stage::proxy;
  const std::string target = address(url_);
  auto& call = proxy_call_;
  call.request.method(http::verb::connect);
  call.request.target(target);
  call.request.version(11);
  call.request.set(http::field::host, target);
  call.request.set(http::field::user_agent, user_agent());
  call.parser.emplace();
  call.parser->body_limit(kEvidence);
  exchange_header(*transport_, call, [self = shared_from_this()](const ErrorCode& error) {
    self->on_proxy_answer(error);
  });
}

void Dial::on_proxy_answer(const ErrorCode& error) {
  if (!done_) return;
  const auto name = "proxy " + address(*proxy_);
  if (error) return fail(fmt::format("{}: {}", name, exchange_cause(proxy_call_, error)));
  const auto status = static_cast<std::uint16_t>(proxy_call_.parser->get().result_int());
  if (status / 100 == 2) {
    // The server speaks second in TLS, HTTP and WebSocket: such bytes are none of its own.
    if (proxy_call_.buffer.size() > 0) return fail(name + " sent bytes of its own into the tunnel");
    return secure();
  }
  read_body(*transport_, proxy_call_, [self = shared_from_this(), name, status](const ErrorCode&) {
    if (!self->done_) return;
    auto& parser = *self->proxy_call_.parser;
    self->fail(fmt::format("{} refused the tunnel: HTTP {}", name, status_text(parser)), status,
               std::move(parser.get().body()));
  });
}

void Dial::secure() {
  if (tls_ == nullptr) return succeed();
  stage_ = Closed::Stage::tls;
  auto& stream = transport_->start_tls(*tls_);
  expect_host(stream, url_.host, check_);
  stream.async_handshake(asio::ssl::stream_base::client,
                         [self = shared_from_this()](const ErrorCode& error) {
                           if (!self->done_) return;
                           if (error) return self->fail(handshake_cause(*self->check_, error));
                           self->succeed();
                         });
}

void Dial::fail(std::string cause, std::uint16_t http_status, std::string http_body) {
  const auto done = std::exchange(done_, nullptr);
  transport_->close();
  Closed closed;
  closed.stage = stage_;
  closed.cause = std::move(cause);
  closed.http_status = http_status;
  closed.http_body = std::move(http_body);
  closed.certificate_refused = !check_->fault.empty();
  done(nullptr, std::move(closed));
}

void Dial::succeed() {
  const auto done = std::exchange(done_, nullptr);
  done(std::move(transport_), Closed{});
}

}  // namespace tape::net
