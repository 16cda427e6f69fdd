#include <tape/base/bytes.h>
#include <tape/base/error.h>
#include <tape/bus/control.h>
#include <tape/bus/curve.h>
#include <tape/flow/play/child.h>
#include <tape/flow/play/replay.h>

#include <fmt/format.h>

#include <algorithm>
#include <random>

namespace tape::flow {
namespace {

std::uint64_t random_run() {
  std::random_device device;
  return std::uint64_t{device()} << 32U | device();
}

double seconds(Nanos duration) {
  return static_cast<double>(duration) / static_cast<double>(kSecond);
}

/// The consumer that was started has to end with 0, and soon after the end marker.
void await(Child& child, Nanos timeout) {
  const auto status = child.wait(timeout);
  if (!status) {
    throw Error(Fault::timeout,
                fmt::format("the consumer got the end marker but did not exit within {} "
                            "(--stall-timeout)",
                            format_duration(timeout)));
  }
  if (*status != 0)
    throw Error(Fault::network, fmt::format("the consumer exited with status {}", *status));
}

std::string receipt_of(const ReplayReport& report, const Player& player, std::string_view reason) {
  std::string text = fmt::format(R"({{"version":1,"run":"{:016x}","complete":{},"reason":)",
                                 player.marker_head().run, reason == kFinished);
  event::append_json_string(reason, text);
  text += ",";
  player.append_totals(text);
  text += fmt::format(
      R"(,"loops":{},"consumers":{},"wallNs":{},"latenessNs":{{"count":{},"p50":{},"p99":{},)"
      R"("max":{}}},"stalls":{{"count":{},"totalNs":{},"longestNs":{}}}}})",
      report.played.loops, report.consumers, report.took, report.lateness.total(),
      report.lateness.at(0.5), report.lateness.at(0.99), report.latest, report.stalls.count,
      report.stalls.total, report.stalls.longest);
  return text;
}

/// Steers a player by what operators ask.
class Steering {
 public:
  Steering(const ReplayOptions& options, const ReplayHooks& hooks, Clock& clock,
           std::stop_source& stop)
      : hooks_(hooks), clock_(clock), stop_(stop) {
    if (!options.control.empty()) control_.emplace(options.control);
  }

  [[nodiscard]] bool there() const { return control_.has_value() || hooks_.ask; }

  void serve(Player& player, Nanos timeout) {
    while (hooks_.ask) {
      const auto command = hooks_.ask(player);
      if (!command) break;
      (void)obey(player, *command);
    }
    if (control_) {
      control_->serve(timeout, [&](std::string_view question) {
        try {
          return obey(player, parse_command(question));
        } catch (const Error& error) {
          return refusal(error);
        }
      });
    } else if (timeout > 0) {
      clock_.sleep_until(clock_.monotonic() + timeout, stop_.get_token());
    }
  }

 private:
  std::string obey(Player& player, const Command& command) {
    try {
      player.obey(command);
    } catch (const Error& error) {
      if (error.fault != Fault::usage) throw;
      return refusal(error);
    }
    if (command.verb == Command::Verb::stop) (void)stop_.request_stop();
    return player.status();
  }
  static std::string refusal(const Error& error) {
    if (error.fault != Fault::usage) throw error;
    std::string text = R"({"ok":false,"error":)";
    event::append_json_string(error.what(), text);
    return text += "}";
  }

  const ReplayHooks& hooks_;
  Clock& clock_;
  std::stop_source& stop_;
  std::optional<bus::Control> control_;
};

// What waits for one consumer: several bursts, so that it has something to take while the next one
// is laid out. Batches wait as bytes do: fewer of them are as much memory.
constexpr int kMessagesWaiting = 3000;
constexpr int kBatchesWaiting = 128;

bus::PublisherOptions publisher_options(const ReplayOptions& options) {
  bus::PublisherOptions where;
  where.endpoint = options.endpoint;
  where.attach = options.attach;
  where.pattern = options.pattern;
  where.stall_timeout = options.stall_timeout;
  where.high_water = options.batch > 1 ? kBatchesWaiting : kMessagesWaiting;
  if (!options.curve_keys.empty())
    where.curve_secret = bus::read_curve_keys(options.curve_keys).secret;
  return where;
}

void check_child(Child& child) {
  if (const auto status = child.status()) {
    throw Error(
        Fault::network,
        fmt::format("the consumer exited with status {} before the end of the run", *status));
  }
}

}  // namespace

void check(const ReplayOptions& options) {
  const auto refuse = [](const char* why) { throw Error(Fault::usage, why); };
  const bool push = options.pattern == bus::Pattern::push;
  if (options.batch > 1 && options.payload == Payload::raw)
    refuse("--batch: raw frames end to end could not be told apart; use --format capnp or json");
  if (options.clock && push)
    refuse("--clock: workers of --pattern push would each miss most of it");
  if (options.barrier > 0 && push) refuse("--barrier needs --pattern pub: all are told of it");
  if (options.barrier > 0 && options.lockstep == 0) refuse("--barrier needs --lockstep N");
  if (options.lockstep > 0 && options.control.empty())
    refuse("--lockstep needs --control E, where consumers grant the next event");
  if (!options.control.empty()) bus::check_endpoint(options.control, bus::Attach::bind);
}

std::string describe(const ReplayReport& report) {
  const auto& played = report.played;
  auto text = fmt::format(
      "{}{} events, {} in {:.3f} s ({:.0f} events/s); waited {} times for consumers, {:.3f} s in "
      "all, {:.3f} s at most; digest {:016x}",
      played.stopped ? "stopped: " : "", played.events, format_size(played.bytes),
      seconds(report.took),
      static_cast<double>(played.events) / seconds(std::max<Nanos>(report.took, 1)),
      report.stalls.count, seconds(report.stalls.total), seconds(report.stalls.longest),
      played.digest);
  if (report.lateness.total() > 0) {
    text += fmt::format("; late by {} (half), {} (99 %), {} (most)",
                        format_duration(report.lateness.at(0.5)),
                        format_duration(report.lateness.at(0.99)), format_duration(report.latest));
  }
  return text;
}

ReplayReport replay(const ReplayOptions& options, log::EventSource& source, Clock& clock,
                    const std::stop_token& stop, const ReplayHooks& hooks) {
  check(options);
  std::stop_source own_stop;  // also for operators
  const std::stop_callback forward(stop, [&] { (void)own_stop.request_stop(); });
  std::optional<SocketFolder> folder;
  std::optional<Child> child;
  Player* playing = nullptr;
  Steering steering(options, hooks, clock, own_stop);
  auto where = publisher_options(options);
  if (where.endpoint.empty() && !options.exec.empty()) where.endpoint = folder.emplace().endpoint();
  where.watch = [&] {
    if (child) check_child(*child);
    if (playing != nullptr && steering.there()) steering.serve(*playing, 0);
  };
  bus::Topics topics;  // outlives the publisher
  bus::Publisher publisher(where, clock, own_stop.get_token());
  auto player_options = static_cast<const PlayerOptions&>(options);
  player_options.run = random_run();
  Player player(player_options, source, topics, publisher, clock, own_stop.get_token());
  player.on_event = hooks.on_event;
  player.on_damage = hooks.on_damage;
  if (steering.there()) player.serve = [&](Nanos timeout) { steering.serve(player, timeout); };
  playing = &player;
  if (!options.exec.empty()) child.emplace(options.exec, publisher.endpoint());
  if (hooks.on_ready) hooks.on_ready(publisher.endpoint());

  ReplayReport report;
  if (!publisher.wait_for(options.wait, options.wait_timeout)) {
    report.played.stopped = true;
    return report;
  }
  if (hooks.on_start) hooks.on_start();
  report.consumers = publisher.consumers();
  const Nanos started = clock.monotonic();
  const auto tell = [&](std::string_view reason) {
    report.played = player.played();
    report.stalls = publisher.stalls();
    report.took = clock.monotonic() - started;
    report.lateness = player.lateness();
    report.latest = player.latest();
    report.receipt = receipt_of(report, player, reason);
    if (hooks.on_end) hooks.on_end(report);
  };
  std::string_view reason = kFinished;
  try {
    if (player.play().stopped) reason = "stopped";
    const auto end = player.end_payload(reason);
    publisher.finish(bus::kEndTopic, as_bytes(end), player.marker_head());
  } catch (...) {
    const auto end = player.end_payload("failed");
    publisher.abandon(bus::kEndTopic, as_bytes(end), player.marker_head());
    tell("failed");
    throw;
  }
  tell(reason);
  if (child) await(*child, options.stall_timeout);
  return report;
}

}  // namespace tape::flow
