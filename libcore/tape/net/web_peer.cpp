#include <tape/net/http_io.h>
#include <tape/net/web_peer.h>

#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <sys/socket.h>

#include <algorithm>

namespace tape::net {
namespace {

namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;

constexpr std::uint32_t kMaxHeader = std::uint32_t{16} << 10U;
constexpr Nanos kHandshake = 10 * kSecond;
constexpr Nanos kIdle = 75 * kSecond;
constexpr Nanos kTransfer = 30 * kSecond;
constexpr Nanos kClosing = 2 * kSecond;

std::string text_of(boost::beast::string_view text) { return {text.data(), text.size()}; }

std::string small_letters(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

}  // namespace

WebPeer::WebPeer(PeerId id, Socket&& socket, asio::ssl::context* tls,
                 const WebServerOptions& options, WebServer::Handler& handler, Left left)
    : id_(id),
      options_(options),
      handler_(handler),
      left_(std::move(left)),
      tls_(tls),
      transport_(socket.get_executor()),
      deadline_(socket.get_executor()) {
  transport_.socket() = std::move(socket);
}

void WebPeer::start() {
  ErrorCode ignored;
  transport_.socket().set_option(Tcp::no_delay(true), ignored);
  if (tls_ == nullptr) return read_request();
  limit(kHandshake, "no TLS handshake came");
  transport_.start_tls(*tls_).async_handshake(
      asio::ssl::stream_base::server, [self = shared_from_this()](const ErrorCode& error) {
        if (self->stage_ == Stage::gone) return;
        if (error) return self->leave("TLS: " + one_line(error.message()));
        self->read_request();
      });
}

void WebPeer::limit(Nanos timeout, std::string_view what) {
  wait(deadline_, timeout, [self = shared_from_this(), what](const ErrorCode& error) {
    if (!error) self->leave(what);
  });
}

void WebPeer::read_request() {
  stage_ = Stage::http;
  limit(kIdle, "idle");
  parser_.emplace();
  parser_->header_limit(kMaxHeader);
  parser_->body_limit(options_.max_message);
  http::async_read(transport_, buffer_, *parser_,
                   [self = shared_from_this()](const ErrorCode& error, std::size_t) {
                     self->on_request(error);
                   });
}

void WebPeer::on_request(const ErrorCode& error) {
  if (stage_ == Stage::gone) return;
  if (error) return leave(one_line(error.message()));
  const auto& message = parser_->get();
  WebRequest request;
  request.method = text_of(message.method_string());
  request.target = text_of(message.target());
  for (const auto& field : message) {
    request.headers.emplace_back(small_letters(text_of(field.name_string())),
                                 text_of(field.value()));
  }
  request.body = message.body();
  stage_ = Stage::asked;
  deadline_.cancel();
  const auto self = shared_from_this();
  if (websocket::is_upgrade(message)) {
    if (auto refusal = handler_.on_upgrade(id_, request)) return reply(std::move(*refusal));
    if (stage_ == Stage::asked) upgrade();
    return;
  }
  handler_.on_request(id_, std::move(request));
}

void WebPeer::reply(WebReply&& reply) {
  if (stage_ != Stage::asked) return;
  const auto& request = parser_->get();
  response_ = {};
  response_.version(request.version());
  response_.result(reply.status);
  response_.set(http::field::server, user_agent());
  response_.set(http::field::content_type, reply.content_type);
  for (const auto& [name, value] : reply.headers) response_.set(name, value);
  response_.keep_alive(request.keep_alive() && !websocket::is_upgrade(request));
  response_.body() = std::move(reply.body);
  response_.prepare_payload();
  if (request.method() == http::verb::head) response_.body().clear();
  limit(kTransfer, "an answer was not taken");
  http::async_write(transport_, response_,
                    [self = shared_from_this()](const ErrorCode& error, std::size_t) {
                      self->on_replied(error);
                    });
  stage_ = Stage::http;  // one answer to a request
}

void WebPeer::on_replied(const ErrorCode& error) {
  if (stage_ == Stage::gone) return;
  if (error) return leave(one_line(error.message()));
  if (!response_.keep_alive()) return leave("answered");
  read_request();
}

void WebPeer::upgrade() {
  stage_ = Stage::upgrading;
  limit(kHandshake, "the upgrade was not taken");
  corked_.emplace(transport_, weak_from_this(), [this](const ErrorCode& error) { on_sent(error); });
  auto& stream = stream_.emplace(*corked_);
  stream.read_message_max(options_.max_message);
  stream.auto_fragment(false);
  stream.text(true);
  stream.set_option(websocket::stream_base::decorator(
      [](websocket::response_type& response) { response.set(http::field::server, user_agent()); }));
  stream.control_callback([this](websocket::frame_type kind, boost::beast::string_view) {
    if (kind == websocket::frame_type::close) ended_ = true;
    if (!ended_ && stage_ == Stage::open) handler_.on_control(id_);
  });
  stream.async_accept(parser_->get(), [self = shared_from_this()](const ErrorCode& error) {
    self->on_upgraded(error);
  });
}

void WebPeer::on_upgraded(const ErrorCode& error) {
  if (stage_ == Stage::gone) return;
  if (error) return leave(one_line(error.message()));
  stage_ = Stage::open;
  deadline_.cancel();
  buffer_.clear();
  const auto self = shared_from_this();
  handler_.on_open(id_);
  if (stage_ == Stage::open) read();
}

void WebPeer::read() {
  if (reading_ || paused_ || stage_ != Stage::open) return;
  reading_ = true;
  stream_->async_read(buffer_, [self = shared_from_this()](const ErrorCode& error, std::size_t) {
    self->reading_ = false;
    self->on_read(error);
  });
}

void WebPeer::on_read(const ErrorCode& error) {
  if (stage_ == Stage::gone) return;
  if (error) {
    if (stage_ == Stage::closing && error == asio::error::operation_aborted) return;
    const bool closed = error == websocket::error::closed;
    return leave(closed ? "closed by the client" : one_line(error.message()));
  }
  if (stage_ != Stage::open) return;
  const auto self = shared_from_this();
  const auto data = buffer_.cdata();
  handler_.on_message(id_, {static_cast<const char*>(data.data()), data.size()});
  buffer_.consume(buffer_.size());
  read();
}

void WebPeer::pause(bool on) {
  paused_ = on;
  if (corked_) corked_->hold(on);
  if (!on) read();
}

std::size_t WebPeer::queued() const { return corked_ ? corked_->waiting() : 0; }

void WebPeer::send(const Corked::Shared& frame) {
  if (stage_ != Stage::open || ended_) return;
  if (queued() + frame->size() > options_.max_queue) {
    // Later: whoever sends may be in the middle of its clients.
    stage_ = Stage::closing;
    asio::post(transport_.get_executor(),
               [self = shared_from_this()] { self->leave("too slow: its queue is full"); });
    return;
  }
  corked_->push(frame);
}

void WebPeer::on_sent(const ErrorCode& error) {
  if (stage_ != Stage::open) return;
  if (!error) return handler_.on_drained(id_);
  // A read under way tells more of why.
  if (!reading_) leave(one_line(error.message()));
}

void WebPeer::ping() {
  if (stage_ != Stage::open || std::exchange(pinging_, true)) return;
  stream_->async_ping({},
                      [self = shared_from_this()](const ErrorCode&) { self->pinging_ = false; });
}

void WebPeer::close(std::uint16_t code, std::string_view reason) {
  if (stage_ == Stage::asked || stage_ == Stage::http) return drop();
  if (stage_ != Stage::open) return;
  pause(false);
  stage_ = Stage::closing;
  close_.code = code;
  close_.reason.assign(reason.data(), std::min<std::size_t>(reason.size(), 120));
  limit(kClosing, "closed");
  shake_hands();
}

void WebPeer::shake_hands() {
  if (close_.code == 0) {
    return corked_->when_sent([self = shared_from_this()] {
      ErrorCode ignored;
      self->transport_.socket().shutdown(Tcp::socket::shutdown_send, ignored);
    });
  }
  stream_->async_close(close_, [self = shared_from_this()](const ErrorCode&) {
    if (self->stage_ != Stage::gone) self->leave("closed");
  });
}

void WebPeer::drop() {
  if (stage_ == Stage::gone) return;
  stage_ = Stage::gone;
  deadline_.cancel();
  const auto self = shared_from_this();
  if (corked_) corked_->forget();
  const ::linger reset{1, 0};
  (void)::setsockopt(transport_.socket().native_handle(), SOL_SOCKET, SO_LINGER, &reset,
                     sizeof reset);
  transport_.close();
}

void WebPeer::leave(std::string_view cause) {
  if (stage_ == Stage::gone) return;
  const auto self = shared_from_this();
  const std::string why(cause);
  stage_ = Stage::gone;
  deadline_.cancel();
  if (corked_) corked_->forget();
  ErrorCode ignored;
  transport_.socket().shutdown(Tcp::socket::shutdown_both, ignored);
  transport_.close();
  left_(id_);
  handler_.on_gone(id_, why);
}

}  // namespace tape::net
