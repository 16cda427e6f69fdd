#include <tape/base/bytes.h>
#include <tape/base/diag.h>
#include <tape/base/error.h>
#include <tape/base/version.h>
#include <tape/flow/intake.h>
#include <tape/flow/live/acceptor.h>
#include <tape/flow/live/credentials.h>
#include <tape/flow/live/fan_out.h>
#include <tape/flow/live/figures.h>
#include <tape/flow/live/live.h>
#include <tape/flow/live/metrics.h>
#include <tape/flow/live/notify.h>
#include <tape/flow/live/side.h>
#include <tape/flow/live/witness.h>
#include <tape/flow/tape_file.h>
#include <tape/net/url.h>
#include <tape/venue/registry.h>

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
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
        witness_({options_.stalls, options_.health, options_.wire.probe, options_.wire.shed.most},
                 *this, sides_),
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
    witness_.queued(batch_.bytes());
    for (auto& arrival : batch_.items()) {
      using enum Arrival::Kind;
      switch (arrival.kind) {
        case handed_in:
          hand_in(arrival);
          break;
        case stepped:
          witness_.clock_stepped(arrival);
          break;
        case round_trip:
          witness_.round_trip(arrival);
          break;
        case lag:
          witness_.lagged(arrival.detail->latency);
          break;
        case probe:
          witness_.probed(arrival);
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
    witness_.seen(message.reader());
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
    witness_.on_link(opened, lost, clock_.monotonic());
  }

  // venue::Outbox, of what was handed in
  void event(event::Message& message) override { (void)append(message); }

  void every_second(Nanos now) {
    second_at_ = now;
    witness_.check_stalls(now);
    system_ = sample_system(tape_.path());
    witness_.check_health(now, system_, tape_.sync_latency(), tape_.delays());
    const bool trouble = std::any_of(sides_.begin(), sides_.end(),
                                     [](const auto& side) { return side->in_trouble(); });
    const bool probe = now - probed_at_ >= (trouble ? kProbeInTrouble : kProbeAtRest);
    if (probe) probed_at_ = now;
    wire_.sample(probe);
    if (fan_out_) fan_out_->tend();
    show(now);
    if (watchdog_.due(now)) (void)notify_watchdog();
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
      figures.feeds = witness_.stalls().feeds();
      figures.silent = witness_.stalls().silent();
      figures.last_age = last == 0 ? -1 : clock_.now() - last;
      figures.file_bytes = tape_.bytes();
      figures.file = tape_.path();
      options_.on_status(figures);
    }
    if (options_.metrics_file.empty() && wire_.metrics_address().empty()) return;
    LiveFigures figures{events_,
                        tape_.bytes(),
                        witness_.queue_depth(),
                        witness_.shown(),
                        tape_.delays(),
                        system_,
                        witness_.stalls().feeds(),
                        witness_.stalls().silent(),
                        {}};
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
  Witness witness_;
  Watchdog watchdog_;
  SystemSample system_;
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
  const auto check = [&](const std::string& url) {
    net::check_transport(net::parse_url(url), options.wire.tls);
  };
  for (const auto& source : options.sources) {
    for (const auto& [name, url] : source.options.endpoints) check(url);
    for (const auto& url : urls_of(source, clock)) check(url);
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
