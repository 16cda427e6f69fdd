#include <tape/base/error.h>
#include <tape/flow/wire.h>
#include <tape/net/http_server.h>
#include <tape/net/https.h>
#include <tape/net/websocket.h>

#include <algorithm>
#include <charconv>
#include <exception>
#include <future>
#include <map>
#include <random>
#include <thread>
#include <utility>

namespace tape::flow {
namespace {

constexpr Nanos kTick = 100 * kMillisecond;
constexpr Nanos kProbeTimeout = 5 * kSecond;
constexpr std::chrono::seconds kCloseTimeout{3};

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

/// "127.0.0.1:9464", "[::1]:9464", ":9464" for all of loopback.
std::pair<std::string, std::uint16_t> split_address(const std::string& text) {
  const auto colon = text.rfind(':');
  std::uint16_t port = 0;
  const auto* end = text.data() + text.size();
  const auto parsed = colon == std::string::npos
                          ? std::from_chars_result{end, std::errc::invalid_argument}
                          : std::from_chars(text.data() + colon + 1, end, port);
  if (parsed.ec != std::errc{} || parsed.ptr != end) {
    throw Error(Fault::usage, "--metrics " + text + ": expected ADDRESS:PORT");
  }
  auto host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return {host.empty() ? "127.0.0.1" : host, port};
}

}  // namespace

struct Wire::Impl {
  class Line;
  using Key = std::pair<std::uint16_t, venue::LinkId>;

  Impl(WireOptions given, std::vector<venue::Importance (*)(std::string_view frame)> worth,
       Inbox& to, const Clock& with_clock)
      : options(std::move(given)),
        importance(std::move(worth)),
        inbox(to),
        clock(with_clock),
        stamper(with_clock),
        shedder(options.shed),
        http(loop, options.tls) {
    if (!options.probe.empty()) {
      probe_url = net::parse_url(options.probe);
      net::check_transport(probe_url, options.tls);
    }
    if (!options.metrics.empty()) serve_metrics();
    schedule_tick();
    thread = std::jthread([this] { run(); });
  }

  ~Impl() {
    loop.stop();
    thread.join();
    lines.clear();  // before the loop goes
  }

  void run() {
    try {
      loop.run();
    } catch (...) {
      failure = std::current_exception();
      failed = true;
    }
  }

  void serve_metrics() {
    const auto [host, port] = split_address(options.metrics);
    server = std::make_unique<net::HttpServer>(loop, host, port, [this](std::string_view target) {
      net::HttpServer::Reply reply;
      if (target.substr(0, target.find('?')) != "/metrics") {
        reply.status = 404;
        reply.body = "the metrics are at /metrics\n";
      } else {
        reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
        reply.body = metrics_text;
      }
      return reply;
    });
    metrics_address = (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" +
                      std::to_string(server->port());
  }

  /// To the inbox, whatever waits there: what is no frame is rare and never given up.
  void tell(Arrival&& arrival, std::string_view bytes = {}) {
    if (arrival.stamp.received_at == 0) arrival.stamp = stamp();
    (void)inbox.put([&](Arrivals& batch) {
      batch.add(std::move(arrival), bytes);
      return true;
    });
  }

  Stamp stamp() {
    const auto result = stamper.stamp();
    if (result.step != 0) {
      Arrival stepped;
      stepped.kind = Arrival::Kind::stepped;
      stepped.stamp = result.stamp;
      stepped.detail = std::make_unique<ArrivalDetail>();
      stepped.detail->latency = result.step;
      tell(std::move(stepped));
    }
    return result.stamp;
  }

  void schedule_tick() {
    tick_timer = loop.after(kTick, [this] {
      const auto waiting = inbox.put([](const Arrivals& batch) { return batch.bytes(); });
      shedder.tick(waiting, clock.monotonic());
      for (auto& span : shedder.take_spans()) tell(std::move(span));
      apply_pause();
      schedule_tick();
    });
  }

  void apply_pause();
  void probe();
  void sample(Nanos asked_at, bool with_probe);
  void answered(std::uint16_t venue, std::uint64_t id, net::HttpAnswer&& answer);
  Line* find(std::uint16_t venue, venue::LinkId link);
  void remove(Line& line);

  const WireOptions options;
  const std::vector<venue::Importance (*)(std::string_view frame)> importance;
  Inbox& inbox;
  const Clock& clock;
  net::Loop loop;
  Stamper stamper;
  Shedder shedder;
  net::HttpClient http;
  net::Url probe_url;
  std::unique_ptr<net::HttpServer> server;
  std::string metrics_text;
  std::string metrics_address;
  net::Loop::Timer tick_timer;
  net::Loop::Timer grave_timer;
  std::map<Key, std::unique_ptr<Line>> lines;
  std::vector<std::unique_ptr<Line>> graveyard;  // ended inside their own callback
  std::uint32_t connections = 0;
  std::atomic<bool> waits = false;  // sockets are paused
  bool closing = false;
  std::promise<void> closed;
  std::exception_ptr failure;  // written before failed
  std::atomic<bool> failed = false;
  std::jthread thread;
};

/// One link and its connections, one after the other.
class Wire::Impl::Line final : public net::WebSocket::Handler {
 public:
  Line(Impl& wire, std::uint16_t venue, venue::Link link)
      : wire_(wire),
        venue_(venue),
        link_(std::move(link)),
        backoff_(wire.options.backoff, std::random_device{}()) {}

  [[nodiscard]] Key key() const { return {venue_, link_.id}; }
  void take(venue::Link link) { link_ = std::move(link); }

  void start() {
    net::WebSocketOptions options;
    options.url = net::parse_url(link_.url);
    options.tls = wire_.options.tls;
    options.deflate = wire_.options.deflate;
    options.ping_every = link_.ping_every;
    options.silence = link_.silence;
    socket_ = std::make_unique<net::WebSocket>(wire_.loop, options, *this);
  }

  void send(std::string text) {
    if (connection_ != 0) socket_->send(std::move(text));
  }

  /// The connection, if there is one, ends; the line connects again.
  void restart(std::string why) {
    if (connection_ != 0) socket_->close(std::move(why));
  }

  /// For good. A line without a connection goes at once.
  void end(std::string why) {
    ending_ = true;
    if (connection_ != 0) {
      socket_->close(std::move(why));
    } else {
      wire_.remove(*this);
    }
  }

  void pause(bool on) {
    if (connection_ != 0) socket_->pause(on);
  }

  void tell_round_trip() {
    if (connection_ == 0) return;
    const auto info = socket_->tcp_info();
    if (!info) return;
    auto arrival = about(Arrival::Kind::round_trip);
    arrival.detail->text = link_.name;
    arrival.detail->latency = info->round_trip;
    arrival.detail->retransmits = info->retransmits;
    wire_.tell(std::move(arrival));
  }

  // net::WebSocket::Handler
  void on_open() override {
    connection_ = ++wire_.connections;
    opened_at_ = wire_.clock.monotonic();
    last_frame_at_ = 0;
    auto arrival = about(Arrival::Kind::opened);
    arrival.detail->attempt = backoff_.attempts() + 1;
    arrival.detail->lasted = lost_at_ == 0 ? 0 : opened_at_ - lost_at_;
    wire_.tell(std::move(arrival));
    if (wire_.shedder.paused()) socket_->pause(true);
  }

  void on_message(std::span<char> bytes, std::size_t total, bool text) override {
    const std::string_view frame(bytes.data(), bytes.size());
    const auto now = wire_.stamp();
    last_frame_at_ = now.received_at;
    const auto worth = text ? wire_.importance[venue_](frame) : venue::Importance::account;
    (void)wire_.inbox.put([&](Arrivals& batch) {
      if (!wire_.shedder.keep(venue_, link_.id, worth, frame.size(), batch.bytes(), now,
                              now.received_at - now.clock_offset)) {
        return false;
      }
      Arrival arrival;
      arrival.text = text;
      arrival.venue = venue_;
      arrival.link = link_.id;
      arrival.connection = connection_;
      arrival.stamp = now;
      arrival.total = total;
      batch.add(std::move(arrival), frame);
      return true;
    });
    wire_.apply_pause();
  }

  void on_closed(const net::Closed& closed) override {
    const bool stood = connection_ != 0;
    auto arrival = about(stood ? Arrival::Kind::lost : Arrival::Kind::failed);
    auto& detail = *arrival.detail;
    detail.text = closed.cause;
    detail.stage = stage_name(closed.stage);
    detail.close_code = closed.close_code;
    detail.status = closed.http_status;
    detail.last_frame_at = last_frame_at_;
    detail.refused = closed.certificate_refused;
    if (stood) {
      lost_at_ = wire_.clock.monotonic();
      detail.lasted = lost_at_ - opened_at_;
      backoff_.ended(detail.lasted);
    }
    const bool again = !ending_ && !wire_.closing;
    detail.ended = !again;
    if (again) detail.delay = backoff_.next();
    detail.attempt = backoff_.attempts();
    const Nanos delay = detail.delay;
    wire_.tell(std::move(arrival), closed.http_body);
    connection_ = 0;
    if (!again) {
      wire_.remove(*this);
      return;
    }
    timer_ = wire_.loop.after(delay, [this] { start(); });
  }

 private:
  [[nodiscard]] Arrival about(Arrival::Kind kind) const {
    Arrival arrival;
    arrival.kind = kind;
    arrival.venue = venue_;
    arrival.link = link_.id;
    arrival.connection = connection_;
    arrival.detail = std::make_unique<ArrivalDetail>();
    return arrival;
  }

  Impl& wire_;
  const std::uint16_t venue_;
  venue::Link link_;
  net::Backoff backoff_;
  std::unique_ptr<net::WebSocket> socket_;
  net::Loop::Timer timer_;
  std::uint32_t connection_ = 0;  // 0: not connected
  Nanos opened_at_ = 0;           // monotonic
  Nanos lost_at_ = 0;
  Nanos last_frame_at_ = 0;  // UTC
  bool ending_ = false;
};

void Wire::Impl::apply_pause() {
  const bool pause = shedder.paused();
  if (pause == waits) return;
  waits = pause;
  for (auto& [key, line] : lines) line->pause(pause);
}

void Wire::Impl::probe() {
  net::HttpRequest request;
  request.url = probe_url;
  request.timeout = kProbeTimeout;
  http.send(std::move(request), [this](net::HttpAnswer&& answer) {
    Arrival arrival;
    arrival.kind = Arrival::Kind::probe;
    arrival.detail = std::make_unique<ArrivalDetail>();
    // Any answer shows that our own path to the world works.
    arrival.detail->status = answer.status;
    arrival.detail->latency = answer.latency;
    arrival.detail->text = answer.cause;
    tell(std::move(arrival));
  });
}

void Wire::Impl::sample(Nanos asked_at, bool with_probe) {
  Arrival lag;
  lag.kind = Arrival::Kind::lag;
  lag.detail = std::make_unique<ArrivalDetail>();
  lag.detail->latency = clock.monotonic() - asked_at;
  tell(std::move(lag));
  for (auto& [key, line] : lines) line->tell_round_trip();
  if (with_probe && !options.probe.empty()) probe();
}

void Wire::Impl::answered(std::uint16_t venue, std::uint64_t id, net::HttpAnswer&& answer) {
  Arrival arrival;
  arrival.kind = Arrival::Kind::answer;
  arrival.venue = venue;
  arrival.id = id;
  arrival.detail = std::make_unique<ArrivalDetail>();
  arrival.detail->status = answer.status;
  arrival.detail->text = std::move(answer.cause);
  arrival.detail->latency = answer.latency;
  arrival.detail->headers = std::move(answer.headers);
  tell(std::move(arrival), answer.body);
}

Wire::Impl::Line* Wire::Impl::find(std::uint16_t venue, venue::LinkId link) {
  const auto found = lines.find({venue, link});
  return found == lines.end() ? nullptr : found->second.get();
}

void Wire::Impl::remove(Line& line) {
  const auto found = lines.find(line.key());
  if (found == lines.end()) return;
  // Its own callback may be running.
  graveyard.push_back(std::move(found->second));
  lines.erase(found);
  grave_timer = loop.after(0, [this] { graveyard.clear(); });
  if (closing && lines.empty()) closed.set_value();
}

Wire::Wire(const WireOptions& options,
           std::vector<venue::Importance (*)(std::string_view frame)> importance, Inbox& inbox,
           const Clock& clock)
    : impl_(std::make_unique<Impl>(options, std::move(importance), inbox, clock)) {}

Wire::~Wire() = default;

void Wire::connect(std::uint16_t venue, const venue::Link& link) {
  net::check_transport(net::parse_url(link.url), impl_->options.tls);
  impl_->loop.post([&impl = *impl_, venue, link] {
    if (impl.closing) return;
    if (auto* line = impl.find(venue, link.id)) {
      line->take(link);
      return;
    }
    auto& line = impl.lines[{venue, link.id}];
    line = std::make_unique<Impl::Line>(impl, venue, link);
    line->start();
  });
}

void Wire::disconnect(std::uint16_t venue, venue::LinkId link, std::string_view why) {
  impl_->loop.post([&impl = *impl_, venue, link, why = std::string(why)] {
    if (auto* line = impl.find(venue, link)) line->end(why);
  });
}

void Wire::restart(std::uint16_t venue, venue::LinkId link, std::string_view why) {
  impl_->loop.post([&impl = *impl_, venue, link, why = std::string(why)] {
    if (auto* line = impl.find(venue, link)) line->restart(why);
  });
}

void Wire::send(std::uint16_t venue, venue::LinkId link, std::string_view text) {
  impl_->loop.post([&impl = *impl_, venue, link, text = std::string(text)]() mutable {
    if (auto* line = impl.find(venue, link)) line->send(std::move(text));
  });
}

void Wire::request(std::uint16_t venue, const venue::Request& request) {
  net::HttpRequest http{request.method, net::parse_url(request.url), request.headers, request.body,
                        request.timeout};
  net::check_transport(http.url, impl_->options.tls);
  impl_->loop.post([&impl = *impl_, venue, id = request.id, http = std::move(http)]() mutable {
    impl.http.send(std::move(http), [&impl, venue, id](net::HttpAnswer&& answer) {
      impl.answered(venue, id, std::move(answer));
    });
  });
}

void Wire::sample(bool probe) {
  impl_->loop.post(
      [&impl = *impl_, at = impl_->clock.monotonic(), probe] { impl.sample(at, probe); });
}

void Wire::taken() {
  if (!impl_->waits) return;
  impl_->loop.post([&impl = *impl_] {
    impl.shedder.taken();
    impl.apply_pause();
  });
}

void Wire::show_metrics(std::string text) {
  if (!impl_->server) return;
  impl_->loop.post(
      [&impl = *impl_, text = std::move(text)]() mutable { impl.metrics_text = std::move(text); });
}

const std::string& Wire::metrics_address() const { return impl_->metrics_address; }

void Wire::close() {
  auto done = impl_->closed.get_future();
  impl_->loop.post([&impl = *impl_] {
    impl.closing = true;
    std::vector<Impl::Line*> all;
    for (auto& [key, line] : impl.lines) all.push_back(line.get());
    if (all.empty()) impl.closed.set_value();
    for (auto* line : all) line->end("the recording ends");
  });
  (void)done.wait_for(kCloseTimeout);
}

void Wire::check() {
  if (impl_->failed) std::rethrow_exception(impl_->failure);
}

}  // namespace tape::flow
