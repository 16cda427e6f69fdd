#include <tape/flow/live/line.h>

#include <random>

namespace tape::flow {
namespace {

std::string_view stage_name(net::Closed::Stage stage) {
  switch (stage) {
    case net::Closed::Stage::resolve:
      return "resolve";
    case net::Closed::Stage::connect:
      return "connect";
    case net::Closed::Stage::proxy:
      return "proxy";
    case net::Closed::Stage::tls:
      return "tls";
    case net::Closed::Stage::upgrade:
      return "upgrade";
    case net::Closed::Stage::established:
      return "established";
  }
  return "";
}

}  // namespace

Line::Line(net::Loop& loop, LineHost& host, const Clock& clock, LineOptions options,
           std::uint16_t venue, venue::Link link)
    : loop_(loop),
      host_(host),
      clock_(clock),
      options_(std::move(options)),
      venue_(venue),
      link_(std::move(link)),
      backoff_(options_.backoff, std::random_device{}()) {}

void Line::start() {
  net::WebSocketOptions options;
  options.url = net::parse_url(link_.url);
  options.tls = options_.tls;
  options.deflate = options_.deflate;
  options.ping_every = link_.ping_every;
  options.silence = link_.silence;
  socket_ = std::make_unique<net::WebSocket>(loop_, options, *this);
}

void Line::send(std::string text) {
  if (connection_ != 0) socket_->send(std::move(text));
}

void Line::restart(std::string why) {
  if (connection_ != 0) socket_->close(std::move(why));
}

void Line::end(std::string why) {
  ending_ = true;
  if (connection_ != 0) {
    socket_->close(std::move(why));
  } else {
    host_.ended(*this);
  }
}

void Line::pause(bool on) {
  if (connection_ != 0) socket_->pause(on);
}

void Line::tell_round_trip() {
  if (connection_ == 0) return;
  const auto info = socket_->tcp_info();
  if (!info) return;
  auto arrival = about(Arrival::Kind::round_trip);
  arrival.detail->text = link_.name;
  arrival.detail->latency = info->round_trip;
  arrival.detail->retransmits = info->retransmits;
  host_.tell(std::move(arrival), {});
}

void Line::on_open() {
  connection_ = host_.next_connection();
  opened_at_ = clock_.monotonic();
  last_frame_at_ = 0;
  auto arrival = about(Arrival::Kind::opened);
  arrival.detail->attempt = backoff_.attempts() + 1;
  arrival.detail->lasted = lost_at_ == 0 ? 0 : opened_at_ - lost_at_;
  host_.tell(std::move(arrival), {});
  if (host_.paused()) socket_->pause(true);
}

void Line::on_message(const net::WebSocket::Message& message) {
  const auto now = host_.stamp();
  last_frame_at_ = now.received_at;
  host_.frame(*this, message, now);
}

void Line::on_closed(const net::Closed& closed) {
  const bool stood = connection_ != 0;
  auto arrival = about(stood ? Arrival::Kind::lost : Arrival::Kind::failed);
  auto& detail = *arrival.detail;
  detail.text = closed.cause;
  detail.stage = stage_name(closed.stage);
  detail.close_code = closed.close_code;
  detail.close_reason = closed.close_reason;
  detail.status = closed.http_status;
  detail.last_frame_at = last_frame_at_;
  detail.refused = closed.certificate_refused;
  if (stood) {
    lost_at_ = clock_.monotonic();
    detail.lasted = lost_at_ - opened_at_;
    backoff_.ended(detail.lasted);
  }
  const bool again = !ending_ && !host_.closing();
  detail.ended = !again;
  if (again) detail.delay = backoff_.next();
  detail.attempt = backoff_.attempts();
  const Nanos delay = detail.delay;
  host_.tell(std::move(arrival), closed.http_body);
  connection_ = 0;
  if (!again) {
    host_.ended(*this);
    return;
  }
  timer_ = loop_.after(delay, [this] { start(); });
}

Arrival Line::about(Arrival::Kind kind) const {
  Arrival arrival;
  arrival.kind = kind;
  arrival.venue = venue_;
  arrival.link = link_.id;
  arrival.connection = connection_;
  arrival.detail = std::make_unique<ArrivalDetail>();
  return arrival;
}

}  // namespace tape::flow
