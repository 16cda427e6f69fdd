#include <tape/base/bytes.h>
#include <tape/base/error.h>
#include <tape/flow/child.h>
#include <tape/flow/replay.h>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
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

}  // namespace

double parse_speed(const std::string& text) {
  if (text == "max") return 0;
  double speed = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, speed);
  if (error != std::errc{} || stop != end || !std::isfinite(speed) || speed <= 0) {
    throw Error(Fault::usage, fmt::format("--speed {}: is neither a number above 0 nor max", text));
  }
  return speed;
}

std::string describe(const ReplayReport& report) {
  const auto& played = report.played;
  return fmt::format(
      "{}{} events, {} in {:.3f} s ({:.0f} events/s); waited {} times for consumers, {:.3f} s in "
      "all, "
      "{:.3f} s at most",
      played.stopped ? "stopped: " : "", played.events, format_size(played.bytes),
      seconds(report.took),
      static_cast<double>(played.events) / seconds(std::max<Nanos>(report.took, 1)),
      report.stalls.count, seconds(report.stalls.total), seconds(report.stalls.longest));
}

ReplayReport replay(const ReplayOptions& options, EventSource& source, Clock& clock,
                    const std::stop_token& stop, const ReplayHooks& hooks) {
  std::optional<SocketFolder> folder;
  std::optional<Child> child;
  bus::PublisherOptions where;
  where.endpoint = options.endpoint;
  if (where.endpoint.empty() && !options.exec.empty()) where.endpoint = folder.emplace().endpoint();
  where.attach = options.attach;
  where.pattern = options.pattern;
  where.stall_timeout = options.stall_timeout;
  where.watch = [&] {
    const auto status = child ? child->status() : std::nullopt;
    if (!status) return;
    throw Error(
        Fault::network,
        fmt::format("the consumer exited with status {} before the end of the run", *status));
  };
  bus::Topics topics;  // outlives the publisher
  bus::Publisher publisher(where, clock, stop);
  if (!options.exec.empty()) child.emplace(options.exec, publisher.endpoint());
  if (hooks.on_ready) hooks.on_ready(publisher.endpoint());

  ReplayReport report;
  if (!publisher.wait_for(options.wait, options.wait_timeout)) {
    report.played.stopped = true;
    return report;
  }
  if (hooks.on_start) hooks.on_start();
  const Nanos started = clock.monotonic();
  Player player({options.payload, options.speed, random_run(), options.pattern}, source, topics,
                publisher, clock, stop);
  player.on_event = hooks.on_event;
  player.on_damage = hooks.on_damage;
  const auto tell = [&] {
    report = {player.played(), publisher.stalls(), clock.monotonic() - started};
    if (hooks.on_end) hooks.on_end(report);
  };
  try {
    const bool stopped = player.play().stopped;
    const auto end = player.end_payload(stopped ? "stopped" : kFinished);
    publisher.finish(bus::kEndTopic, as_bytes(end), player.marker_head());
  } catch (...) {
    const auto end = player.end_payload("failed");
    publisher.abandon(bus::kEndTopic, as_bytes(end), player.marker_head());
    tell();
    throw;
  }
  tell();
  if (child) await(*child, options.stall_timeout);
  return report;
}

}  // namespace tape::flow
