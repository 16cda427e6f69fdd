#include <tape/base/bytes.h>
#include <tape/base/diag.h>
#include <tape/base/error.h>
#include <tape/base/version.h>
#include <tape/flow/acceptor.h>
#include <tape/flow/credentials.h>
#include <tape/flow/fan_out.h>
#include <tape/flow/intake.h>
#include <tape/flow/live.h>
#include <tape/flow/live_figures.h>
#include <tape/flow/metrics.h>
#include <tape/flow/notify.h>
#include <tape/flow/side.h>
#include <tape/flow/tape_file.h>
#include <tape/net/url.h>
#include <tape/venue/registry.h>

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <map>
#include <utility>

namespace tape::flow {
namespace {

constexpr Nanos kTick = 100 * kMillisecond;
constexpr Nanos kProbeInTrouble = 10 * kSecond;
constexpr Nanos kProbeAtRest = 60 * kSecond;
// What may still arrive when everything is closed.
constexpr Nanos kLastArrivals = 100 * kMillisecond;

std::vector<venue::Importance (*)(std::string_view)> importance_of(
    const std::vector<LiveSource>& sources) {
  std::vector<venue::Importance (*)(std::string_view)> result;
  result.reserve(sources.size());
  for (const auto& source : sources) result.push_back(live_info(source.venue).importance);
  return result;
}

bool readable(int fd) {
  pollfd ready{fd, POLLIN, 0};
  return fd >= 0 && ::poll(&ready, 1, 0) > 0;
}

class Live final : public Journal, public venue::Outbox {
 public:
  Live(LiveOptions options, const Destination& destination, Clock& clock)
      : options_(std::move(options)),
        clock_(clock),
        stamper_(clock),
        tape_(options_.recorder, destination, clock),
        wire_(options_.wire, importance_of(options_.sources), inbox_, clock),
        intake_("auto", "", *this),
        objects_(make_capture_reader(InputForm::json)),
        stalls_(options_.stalls),
        health_(options_.health),
        watchdog_(options_.notify ? watchdog_interval() : 0, clock.monotonic()) {
    for (auto& source : options_.sources) {
      const auto index = static_cast<std::uint16_t>(sides_.size());
      sides_.push_back(std::make_unique<Side>(index, *venue::find_venue(source.venue),
                                              std::move(source.options), wire_, *this));
    }
  }

  Recorded run() {
    started_ = clock_.monotonic();
    if (!options_.publish.empty()) {
      fan_out_ = std::make_unique<FanOut>(options_.publish, tape_.session(), clock_);
      tape_.on_own([this](auto& message, auto ordinal) { publish(message, ordinal); });
    }
    tape_.begin(stamp());
    if (fan_out_) {
      diag::note("publishing at " + fan_out_->endpoint());
    }
    if (!options_.accept.empty()) {
      acceptor_ = std::make_unique<Acceptor>(options_.accept, inbox_, clock_);
      diag::note("accepting at " + acceptor_->endpoint());
    }
    if (!wire_.metrics_address().empty()) {
      diag::note("metrics at http://" + wire_.metrics_address() + "/metrics");
    }
    for (auto& side : sides_) side->start();
    if (options_.notify) (void)notify_ready("recording");
    const auto reason = loop();
    if (options_.notify) (void)notify_stopping(std::string(reason));
    finish(reason);
    return result();
  }

 private:
  std::string_view loop() {
    for (;;) {
      if (inbox_.take(batch_, std::chrono::nanoseconds(std::min(kTick, tape_.flush_due())))) {
        process();
        wire_.taken();
      }
      release();
      wire_.check();
      const Nanos now = clock_.monotonic();
      if (now - ticked_at_ >= kTick) {
        ticked_at_ = now;
        for (auto& side : sides_) side->tick();
        if (now - second_at_ >= kSecond) every_second(now);
        release();
      }
      const bool hangup = options_.recorder.hangup && options_.recorder.hangup();
      if (hangup && options_.notify) (void)notify_reloading(now);
      tape_.housekeeping(stamp(), hangup);
      if (hangup && options_.notify) (void)notify_ready("recording");
      if (readable(options_.recorder.stop_fd)) {
        stopped_ = true;
        return "signal";
      }
      if (options_.recorder.limit && frames_ >= *options_.recorder.limit) return "limit";
      if (options_.recorder.duration && now - started_ >= *options_.recorder.duration) {
        return "duration";
      }
    }
  }

  void process() {
    queue_depth_ = std::max(queue_depth_, batch_.bytes());
    for (auto& arrival : batch_.items()) {
      using enum Arrival::Kind;
      switch (arrival.kind) {
        case handed_in:
          hand_in(arrival);
          break;
        case stepped:
          clock_stepped(arrival);
          break;
        case round_trip:
          connections_[arrival.connection] = {arrival.venue, arrival.detail->text,
                                              arrival.detail->latency, arrival.detail->retransmits};
          break;
        case lag:
          sampled_.loop_lag = std::max(sampled_.loop_lag, arrival.detail->latency);
          break;
        case probe:
          probed(arrival);
          break;
        default:
          if (arrival.kind == frame) ++frames_;
          watchdog_.arrived(arrival.stamp.received_at - arrival.stamp.clock_offset);
          sides_[arrival.venue]->handle(arrival, batch_.bytes_of(arrival));
      }
    }
  }

  /// What the input drained is flushed, and what is flushed goes out.
  void release() {
    if (!fan_out_) {
      tape_.drained();
      return;
    }
    if (!unreleased_) return;
    tape_.drain();
    fan_out_->release();
    unreleased_ = false;
  }

  // ---- frames of the desk's own programs

  void hand_in(const Arrival& arrival) {
    Run run;
    run.bytes = batch_.bytes_of(arrival);
    run.number = ++handed_in_;
    Captured captured;
    objects_->read(run, arrival.stamp, captured);
    if (captured.kind == Captured::Kind::nothing) return;
    // The desk's clock is its own affair: what it says stands in the frame, we stamp what we saw.
    captured.frame.stamp = arrival.stamp;
    intake_.take(captured, secrets_);
    if (captured.kind == Captured::Kind::bad && ++bad_objects_ <= 10) {
      diag::warning(
          fmt::format("object {} handed in: {}; kept as it is", handed_in_, captured.problem));
    }
  }

  // ---- Journal

  [[nodiscard]] event::KeepRaw keep_raw() const override { return options_.recorder.keep_raw; }

  std::uint64_t append(event::Message& message) override {
    const auto ordinal = tape_.append(message);
    ++events_;
    const auto event = message.event().asReader();
    if (event.getTransport() == schema::Transport::WEBSOCKET &&
        event.getDirection() == schema::Direction::RECEIVED) {
      const Nanos at = event.getReceivedAt() - event.getClockOffset();
      if (event.getBody().isHeartbeat()) {
        stalls_.heartbeat(event.getConnection(), at);
      } else {
        stalls_.seen(event::view(event.getVenue()), event::view(event.getChannel()),
                     event::view(event.getSymbol()), event.getConnection(), at);
      }
    }
    if (fan_out_) publish(message, ordinal);
    return ordinal;
  }

  /// Once it was flushed: release().
  void publish(event::Message& message, std::uint64_t ordinal) {
    fan_out_->add(message, ordinal);
    unreleased_ = true;
  }

  Stamp stamp() override { return stamper_.stamp().stamp; }

  [[nodiscard]] const venue::Secrets& secrets() const override { return secrets_; }

  void conceal(std::string_view secret) override {
    literals_.emplace_back(secret);
    secrets_ = venue::Secrets(literals_);
  }

  void on_link(std::uint32_t opened, std::uint32_t lost) override {
    const Nanos now = clock_.monotonic();
    if (opened != 0) {
      stalls_.opened(opened, lost, now);
    } else {
      stalls_.lost(lost);
      connections_.erase(lost);
    }
  }

  // venue::Outbox, of what was handed in
  void event(event::Message& message) override { (void)append(message); }

  // ---- the recorder as its own witness

  schema::Event::Builder begin_own() {
    auto event = own_.start();
    begin_local(event, stamp());
    return event;
  }

  void clock_stepped(const Arrival& arrival) {
    auto event = own_.start();
    begin_local(event, arrival.stamp);
    auto clock = event.getBody().initClock();
    clock.setWhat("step");
    clock.setOffsetBefore(arrival.stamp.clock_offset - arrival.detail->latency);
    clock.setOffsetAfter(arrival.stamp.clock_offset);
    (void)append(own_);
  }

  void probed(const Arrival& arrival) {
    const auto& detail = *arrival.detail;
    auto event = begin_own();
    auto body = event.getBody().initProbe();
    body.setTarget(options_.wire.probe);
    body.setOk(detail.status != 0);
    body.setLatency(detail.latency);
    body.setCause(detail.text);
    (void)append(own_);
  }

  void every_second(Nanos now) {
    second_at_ = now;
    check_stalls(now);
    check_health(now);
    const bool trouble = std::any_of(sides_.begin(), sides_.end(),
                                     [](const auto& side) { return side->in_trouble(); });
    const bool probe = now - probed_at_ >= (trouble ? kProbeInTrouble : kProbeAtRest);
    if (probe) probed_at_ = now;
    wire_.sample(probe);
    if (fan_out_) fan_out_->tend();
    show(now);
    if (watchdog_.due(now)) (void)notify_watchdog();
  }

  void check_stalls(Nanos now) {
    std::vector<StallReport> reports;
    stalls_.check(now, reports);
    for (const auto& report : reports) {
      auto event = begin_own();
      fill_stalled(event, report, event.getClockOffset());
      (void)append(own_);
      diag::warning(describe(report));
    }
  }

  void check_health(Nanos now) {
    system_ = sample_system(tape_.path());
    sampled_.queue_depth = queue_depth_;
    sampled_.queue_capacity = options_.wire.shed.most;
    sampled_.sync_latency = tape_.sync_latency();
    const auto reason = health_.due(system_, sampled_, now);
    if (reason.empty()) return;
    const auto delays = tape_.delays();
    const auto lately = delays.total() >= delays_.total() ? delays.since(delays_) : delays;
    delays_ = delays;
    sampled_.flush_latency = lately.at(0.99);
    auto event = begin_own();
    fill_health(event, system_, sampled_, reason, version());
    (void)append(own_);
    for (const auto& [connection, about] : connections_) {
      auto link = begin_own();
      const auto venue = sides_[about.venue]->venue();
      fill_health(link, {venue, "", about.name, connection, about.round_trip, about.retransmits},
                  reason, version());
      (void)append(own_);
    }
    shown_ = sampled_;
    sampled_ = {};
    queue_depth_ = 0;
  }

  void show(Nanos now) {
    if (options_.on_status) {
      StatusFigures figures;
      figures.rate = static_cast<double>(frames_ - shown_frames_) * static_cast<double>(kSecond) /
                     static_cast<double>(std::max<Nanos>(1, now - shown_at_));
      shown_frames_ = frames_;
      shown_at_ = now;
      Nanos last = 0;
      for (const auto& side : sides_) {
        const auto totals = side->totals();
        figures.links += totals.links;
        figures.links_up += totals.links_up;
        figures.gaps += totals.gaps;
        last = std::max(last, totals.last_frame_at);
      }
      figures.feeds = stalls_.feeds();
      figures.silent = stalls_.silent();
      figures.last_age = last == 0 ? -1 : clock_.now() - last;
      figures.file_bytes = tape_.bytes();
      figures.file = tape_.path();
      options_.on_status(figures);
    }
    if (options_.metrics_file.empty() && wire_.metrics_address().empty()) return;
    LiveFigures figures{events_, tape_.bytes(),   queue_depth_,     shown_, tape_.delays(),
                        system_, stalls_.feeds(), stalls_.silent(), {}};
    for (const auto& side : sides_) figures.sides.push_back(side.get());
    auto text = metrics_of(figures);
    if (!options_.metrics_file.empty()) write_metrics(options_.metrics_file, text);
    wire_.show_metrics(std::move(text));
  }

  // ---- the end

  void finish(std::string_view reason) {
    for (auto& side : sides_) side->end();
    wire_.close();
    acceptor_.reset();
    while (inbox_.take(batch_, std::chrono::nanoseconds(kLastArrivals))) process();
    if (fan_out_) release();
    tape_.close(reason, stamp());
    if (fan_out_) {
      fan_out_->release();
      fan_out_->end();
    }
  }

  [[nodiscard]] Recorded result() const {
    Recorded recorded;
    recorded.events = events_;
    recorded.frames = frames_ + intake_.frames();
    recorded.bytes = intake_.bytes();
    recorded.stopped = stopped_;
    for (const auto& side : sides_) {
      recorded.bytes += side->totals().bytes;
      recorded.opaque += side->totals().unread;
    }
    return recorded;
  }

  struct Connection {
    std::uint16_t venue = 0;
    std::string name;
    Nanos round_trip = 0;
    std::uint32_t retransmits = 0;
  };

  LiveOptions options_;
  Clock& clock_;
  Stamper stamper_;
  TapeFile tape_;
  Inbox inbox_;
  Arrivals batch_;
  Wire wire_;
  std::vector<std::unique_ptr<Side>> sides_;
  std::vector<std::string> literals_;
  venue::Secrets secrets_;
  Intake intake_;
  std::unique_ptr<CaptureReader> objects_;
  std::unique_ptr<FanOut> fan_out_;
  bool unreleased_ = false;
  Stalls stalls_;
  HealthWatch health_;
  Watchdog watchdog_;
  SystemSample system_;
  RecorderSample sampled_;      // since the last health event
  RecorderSample shown_;        // in it
  log::Delays::Counts delays_;  // at it
  std::map<std::uint32_t, Connection> connections_;
  event::Message own_;
  std::uint64_t queue_depth_ = 0;
  std::uint64_t frames_ = 0;
  std::uint64_t events_ = 0;
  std::uint64_t handed_in_ = 0;
  std::uint64_t bad_objects_ = 0;
  std::uint64_t shown_frames_ = 0;
  Nanos shown_at_ = 0;
  Nanos started_ = 0;
  Nanos ticked_at_ = 0;
  Nanos second_at_ = 0;
  Nanos probed_at_ = 0;
  bool stopped_ = false;
  std::unique_ptr<Acceptor> acceptor_;  // last: it uses the inbox
};

}  // namespace

Recorded record_live(LiveOptions options, const Destination& destination, Clock& clock) {
  // Before a file is made, which would be in the way of the corrected command.
  for (const auto& source : options.sources) {
    for (const auto& [name, url] : source.options.endpoints) {
      net::check_transport(net::parse_url(url), options.wire.tls);
    }
  }
  const bool keys =
      std::any_of(options.sources.begin(), options.sources.end(),
                  [](const auto& source) { return !source.options.accounts.empty(); });
  if (keys) forbid_core_dumps();
  const auto recorded = Live(std::move(options), destination, clock).run();
  tell(recorded);
  return recorded;
}

}  // namespace tape::flow
