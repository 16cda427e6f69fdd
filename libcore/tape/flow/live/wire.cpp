#include <tape/base/error.h>
#include <tape/flow/live/line.h>
#include <tape/flow/live/wire.h>
#include <tape/net/http_server.h>
#include <tape/net/https.h>

#include <algorithm>
#include <charconv>
#include <exception>
#include <future>
#include <map>
#include <thread>
#include <utility>

namespace tape::flow {
namespace {

constexpr Nanos kTick = 100 * kMillisecond;
constexpr Nanos kProbeTimeout = 5 * kSecond;
constexpr std::chrono::seconds kCloseTimeout{3};

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

struct Wire::Impl final : LineHost {
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

  ~Impl() override {
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

  void tell(Arrival&& arrival) { tell(std::move(arrival), {}); }

  // LineHost

  /// To the inbox, whatever waits there: what is no frame is rare and never given up.
  void tell(Arrival&& arrival, std::string_view bytes) override {
    if (arrival.stamp.received_at == 0) arrival.stamp = stamp();
    (void)inbox.put([&](Arrivals& batch) {
      batch.add(std::move(arrival), bytes);
      return true;
    });
  }

  Stamp stamp() override {
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

  std::uint32_t next_connection() override { return ++connections; }
  [[nodiscard]] bool paused() const override { return shedder.paused(); }
  [[nodiscard]] bool closing() const override { return over; }
  void frame(const Line& line, const net::WebSocket::Message& message, const Stamp& at) override;
  void ended(Line& line) override;

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
  std::map<Line::Key, std::unique_ptr<Line>> lines;
  std::vector<std::unique_ptr<Line>> graveyard;  // ended inside their own callback
  std::uint32_t connections = 0;
  std::atomic<bool> waits = false;  // sockets are paused
  bool over = false;                // no line connects again
  std::promise<void> closed;
  std::exception_ptr failure;  // written before failed
  std::atomic<bool> failed = false;
  std::jthread thread;
};

void Wire::Impl::frame(const Line& line, const net::WebSocket::Message& message, const Stamp& at) {
  const auto [venue, link] = line.key();
  const std::string_view frame(message.bytes.data(), message.bytes.size());
  const auto worth = message.text ? importance[venue](frame) : venue::Importance::account;
  (void)inbox.put([&, venue = venue, link = link](Arrivals& batch) {
    if (!shedder.keep(venue, link, worth, frame.size(), batch.bytes(), at,
                      at.received_at - at.clock_offset)) {
      return false;
    }
    Arrival arrival;
    arrival.text = message.text;
    arrival.venue = venue;
    arrival.link = link;
    arrival.connection = line.connection();
    arrival.stamp = at;
    arrival.total = message.total;
    if (message.sum) {
      arrival.detail = std::make_unique<ArrivalDetail>();
      arrival.detail->sum = *message.sum;
    }
    batch.add(std::move(arrival), frame);
    return true;
  });
  apply_pause();
}

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

Line* Wire::Impl::find(std::uint16_t venue, venue::LinkId link) {
  const auto found = lines.find({venue, link});
  return found == lines.end() ? nullptr : found->second.get();
}

void Wire::Impl::ended(Line& line) {
  const auto found = lines.find(line.key());
  if (found == lines.end()) return;
  // Its own callback may be running.
  graveyard.push_back(std::move(found->second));
  lines.erase(found);
  grave_timer = loop.after(0, [this] { graveyard.clear(); });
  if (over && lines.empty()) closed.set_value();
}

Wire::Wire(const WireOptions& options,
           std::vector<venue::Importance (*)(std::string_view frame)> importance, Inbox& inbox,
           const Clock& clock)
    : impl_(std::make_unique<Impl>(options, std::move(importance), inbox, clock)) {}

Wire::~Wire() = default;

void Wire::connect(std::uint16_t venue, const venue::Link& link) {
  net::check_transport(net::parse_url(link.url), impl_->options.tls);
  impl_->loop.post([&impl = *impl_, venue, link] {
    if (impl.over) return;
    if (auto* line = impl.find(venue, link.id)) {
      line->take(link);
      return;
    }
    auto& line = impl.lines[{venue, link.id}];
    line = std::make_unique<Line>(
        impl.loop, impl, impl.clock,
        LineOptions{impl.options.tls, impl.options.backoff, impl.options.deflate}, venue, link);
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
    impl.over = true;
    std::vector<Line*> all;
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
