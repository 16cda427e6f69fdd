#include <tape/base/clock.h>
#include <tape/net/message_buffer.h>
#include <tape/net/transport.h>
#include <tape/net/websocket.h>
#include <tape/net/websocket_cause.h>

#include <boost/beast/http/field.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <deque>

namespace tape::net {
namespace {

namespace websocket = boost::beast::websocket;
namespace http = boost::beast::http;
using Stage = Closed::Stage;

constexpr Nanos kClosing = 2 * kSecond;
constexpr std::size_t kEvidence = std::size_t{64} << 10U;
// Smaller texts of ours (pings, subscriptions) gain nothing from compression.
constexpr std::size_t kDeflateFrom = 1024;

}  // namespace

struct WebSocket::Impl : std::enable_shared_from_this<WebSocket::Impl> {
  Impl(Loop& loop_to_use, WebSocketOptions wanted, Handler& handler);

  void start();
  void drop();
  void send(std::string text);
  void close(std::string why);
  void pause(bool on);
  [[nodiscard]] std::optional<TcpInfo> tcp_info() const;

 private:
  void upgrade(std::unique_ptr<Transport> connected);
  void on_upgraded(const ErrorCode& error);
  void on_control(websocket::frame_type kind, std::string_view payload);
  void read();
  void on_read(const ErrorCode& error, std::size_t size);
  void on_read_failed(const ErrorCode& error);
  void write();
  void on_written(const ErrorCode& error);
  void shake_hands();
  void schedule_ping();
  void watch_silence(Nanos delay);
  void await_end(std::string cause);
  void on_connect_timeout();
  void finish(Closed closed);
  void finish(std::string cause) { finish({Stage::established, std::move(cause), 0, 0, {}}); }

  using Stream = websocket::stream<Transport&>;

  Loop::Impl& loop_;
  const WebSocketOptions options_;
  Handler* handler_;  // null once it must not be called any more
  const SystemClock clock_{};
  SteadyTimer deadline_;  // of connecting, later of closing
  SteadyTimer ping_timer_;
  SteadyTimer silence_timer_;
  std::shared_ptr<Dial> dial_;
  std::unique_ptr<Transport> transport_;
  std::optional<Stream> stream_;  // refers to transport_
  websocket::response_type answer_;
  MessageBuffer message_;
  std::deque<std::string> queue_;  // the front is being written while writing_
  Nanos last_in_ = 0;
  std::string why_;          // what ended it on our side
  std::string peer_reason_;  // of its close frame
  bool peer_closing_ = false;
  bool open_ = false;
  bool closing_ = false;
  bool finished_ = false;
  bool paused_ = false;
  bool reading_ = false;
  bool writing_ = false;
  bool pinging_ = false;
};

WebSocket::Impl::Impl(Loop& loop_to_use, WebSocketOptions wanted, Handler& handler)
    : loop_(loop_to_use.impl()),
      options_(std::move(wanted)),
      handler_(&handler),
      deadline_(loop_.io.get_executor()),
      ping_timer_(loop_.io.get_executor()),
      silence_timer_(loop_.io.get_executor()),
      dial_(std::make_shared<Dial>(loop_to_use, options_.url, options_.tls)),
      message_(options_.max_message) {}

void WebSocket::Impl::start() {
  wait(deadline_, options_.connect_timeout, [self = shared_from_this()](const ErrorCode& error) {
    if (!error && !self->open_ && !self->finished_) self->on_connect_timeout();
  });
  dial_->start([self = shared_from_this()](std::unique_ptr<Transport> connected, Closed&& failed) {
    if (self->finished_) return;
    if (!connected) return self->finish(std::move(failed));
    self->upgrade(std::move(connected));
  });
}

void WebSocket::Impl::on_connect_timeout() {
  const auto after = format_duration(options_.connect_timeout);
  if (transport_) {
    finish({Stage::upgrade,
            fmt::format("timeout after {} waiting for the answer of {} to the WebSocket upgrade",
                        after, address(options_.url)),
            0,
            0,
            {}});
  } else {
    finish({dial_->stage(),
            fmt::format("timeout after {} waiting for {}", after, dial_->waiting_for()),
            0,
            0,
            {}});
  }
}

void WebSocket::Impl::upgrade(std::unique_ptr<Transport> connected) {
  transport_ = std::move(connected);
  auto& stream = stream_.emplace(*transport_);
  websocket::permessage_deflate deflate;
  deflate.client_enable = options_.deflate;
  deflate.msg_size_threshold = kDeflateFrom;
  stream.set_option(deflate);
  stream.set_option(websocket::stream_base::decorator([](websocket::request_type& request) {
    request.set(http::field::user_agent, user_agent());
  }));
  stream.read_message_max(0);  // MessageBuffer bounds it
  stream.auto_fragment(false);
  stream.text(true);
  // Owned by the stream, which this object owns.
  stream.control_callback([this](websocket::frame_type kind, boost::beast::string_view payload) {
    on_control(kind, {payload.data(), payload.size()});
  });
  stream.async_handshake(
      answer_, options_.url.authority(), options_.url.target,
      [self = shared_from_this()](const ErrorCode& error) { self->on_upgraded(error); });
}

void WebSocket::Impl::on_upgraded(const ErrorCode& error) {
  if (finished_) return;
  if (error) {
    Closed closed{Stage::upgrade, upgrade_cause(answer_, error), 0, 0, {}};
    if (is_answered(error)) {
      closed.http_status = static_cast<std::uint16_t>(answer_.result_int());
      closed.http_body = std::move(answer_.body());
      if (closed.http_body.size() > kEvidence) closed.http_body.resize(kEvidence);
    }
    return finish(std::move(closed));
  }
  open_ = true;
  deadline_.cancel();
  last_in_ = clock_.monotonic();
  if (options_.ping_every > 0) schedule_ping();
  if (options_.silence > 0) watch_silence(options_.silence);
  handler_->on_open();
  if (finished_) return;
  write();
  if (!paused_) read();
}

void WebSocket::Impl::on_control(websocket::frame_type kind, std::string_view payload) {
  last_in_ = clock_.monotonic();
  if (kind != websocket::frame_type::close) return;
  peer_closing_ = true;
  peer_reason_ = payload;
  // The read reports it once the connection is down, which the peer may put off for ever.
  if (!closing_) await_end({});
}

void WebSocket::Impl::read() {
  if (reading_ || finished_ || paused_) return;
  reading_ = true;
  const auto space = message_.space();
  stream_->async_read_some(asio::buffer(space.data(), space.size()),
                           [self = shared_from_this()](const ErrorCode& error, std::size_t size) {
                             self->reading_ = false;
                             self->on_read(error, size);
                           });
}

void WebSocket::Impl::on_read(const ErrorCode& error, std::size_t size) {
  if (finished_) return;
  if (error) return on_read_failed(error);
  last_in_ = clock_.monotonic();
  message_.commit(size);
  if (stream_->is_message_done()) {
    handler_->on_message(
        {message_.kept(), message_.total(), stream_->got_text(), message_.digest()});
    if (finished_) return;
    message_.clear();
  }
  read();
}

void WebSocket::Impl::on_read_failed(const ErrorCode& error) {
  // Our own closing takes the reading over; its end is told by shake_hands or the deadline.
  if (closing_ && error == asio::error::operation_aborted) return;
  if (closing_) return finish(why_);
  if (error == websocket::error::closed || peer_closing_) {
    return finish(peer_closed_cause(stream_->reason().code, peer_reason_));
  }
  finish(why_.empty() ? lost_cause(error) : why_);
}

void WebSocket::Impl::send(std::string text) {
  if (closing_ || finished_) return;
  queue_.push_back(std::move(text));
  if (open_) write();
}

void WebSocket::Impl::write() {
  if (writing_ || finished_ || queue_.empty()) return;
  writing_ = true;
  const auto& text = queue_.front();
  stream_->async_write(asio::buffer(text),
                       [self = shared_from_this()](const ErrorCode& error, std::size_t) {
                         self->writing_ = false;
                         self->on_written(error);
                       });
}

void WebSocket::Impl::on_written(const ErrorCode& error) {
  if (finished_ || peer_closing_) return;
  if (error) {
    // The peer's close frame may still be unread: the read knows the better reason.
    if (closing_) return finish(why_);
    if (!reading_) return finish(lost_cause(error));
    return await_end(lost_cause(error));
  }
  queue_.pop_front();
  if (!queue_.empty()) return write();
  if (closing_) shake_hands();
}

void WebSocket::Impl::close(std::string why) {
  if (closing_ || finished_) return;
  closing_ = true;
  why_ = std::move(why);
  if (!open_) {
    asio::post(loop_.io, [self = shared_from_this()] {
      const auto stage = self->transport_ ? Stage::upgrade : self->dial_->stage();
      self->finish({stage, self->why_, 0, 0, {}});
    });
    return;
  }
  await_end(why_);
  if (!writing_ && !peer_closing_) shake_hands();
}

void WebSocket::Impl::shake_hands() {
  stream_->async_close(websocket::close_code::normal,
                       [self = shared_from_this()](const ErrorCode&) { self->finish(self->why_); });
}

void WebSocket::Impl::await_end(std::string cause) {
  if (why_.empty()) why_ = std::move(cause);
  wait(deadline_, kClosing, [self = shared_from_this()](const ErrorCode& error) {
    if (error || self->finished_) return;
    if (!self->why_.empty()) return self->finish(self->why_);
    self->finish(peer_closed_cause(self->stream_->reason().code, self->peer_reason_));
  });
}

void WebSocket::Impl::pause(bool on) {
  if (paused_ == on) return;
  paused_ = on;
  if (on || !open_ || finished_) return;
  last_in_ = clock_.monotonic();
  // Later: a handler that lets go inside on_message still holds the buffer.
  asio::post(loop_.io, [self = shared_from_this()] {
    if (!self->closing_) self->read();
  });
}

void WebSocket::Impl::schedule_ping() {
  wait(ping_timer_, options_.ping_every, [self = shared_from_this()](const ErrorCode& error) {
    if (error || self->finished_ || self->closing_ || self->peer_closing_) return;
    self->schedule_ping();
    if (std::exchange(self->pinging_, true)) return;
    self->stream_->async_ping({}, [self](const ErrorCode&) { self->pinging_ = false; });
  });
}

void WebSocket::Impl::watch_silence(Nanos delay) {
  wait(silence_timer_, delay, [self = shared_from_this()](const ErrorCode& error) {
    if (error || self->finished_ || self->closing_) return;
    // Nothing can come in while we do not read.
    if (self->paused_) return self->watch_silence(self->options_.silence);
    const Nanos left = self->last_in_ + self->options_.silence - self->clock_.monotonic();
    if (left > 0) return self->watch_silence(left);
    self->finish(fmt::format("silent for {}", format_duration(self->options_.silence)));
  });
}

std::optional<TcpInfo> WebSocket::Impl::tcp_info() const {
  if (!open_ || finished_) return std::nullopt;
  struct ::tcp_info info {};
  socklen_t size = sizeof info;
  auto& socket = transport_->socket();
  if (::getsockopt(socket.native_handle(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0) {
    return std::nullopt;
  }
  return TcpInfo{info.tcpi_rtt * kMicrosecond, info.tcpi_total_retrans};
}

void WebSocket::Impl::drop() {
  handler_ = nullptr;
  finish(std::string());
}

void WebSocket::Impl::finish(Closed closed) {
  if (std::exchange(finished_, true)) return;
  deadline_.cancel();
  ping_timer_.cancel();
  silence_timer_.cancel();
  dial_->cancel();
  if (open_) {
    const auto& reason = stream_->reason();
    closed.close_code = static_cast<std::uint16_t>(reason.code);
    closed.close_reason.assign(reason.reason.data(), reason.reason.size());
  }
  if (transport_) transport_->close();
  if (auto* const handler = std::exchange(handler_, nullptr)) handler->on_closed(closed);
}

WebSocket::WebSocket(Loop& loop, WebSocketOptions options, Handler& handler)
    : impl_(std::make_shared<Impl>(loop, std::move(options), handler)) {
  impl_->start();
}
WebSocket::~WebSocket() { impl_->drop(); }
void WebSocket::send(std::string text) { impl_->send(std::move(text)); }
void WebSocket::close(std::string why) { impl_->close(std::move(why)); }
void WebSocket::pause(bool on) { impl_->pause(on); }
std::optional<TcpInfo> WebSocket::tcp_info() const { return impl_->tcp_info(); }

}  // namespace tape::net
