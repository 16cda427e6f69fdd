#include <tape/base/version.h>
#include <tape/flow/live/figures.h>
#include <tape/flow/live/metrics.h>

#include <fmt/format.h>

#include <array>
#include <utility>

namespace tape::flow {
namespace {

double seconds(Nanos duration) {
  return static_cast<double>(duration) / static_cast<double>(kSecond);
}

void add_recorder(const LiveFigures& figures, MetricsText& text) {
  const auto gauge = [&](std::string_view metric, std::string_view help, double value) {
    text.gauge(metric, help, {}, value);
  };
  const auto number = [](std::uint64_t value) { return static_cast<double>(value); };
  text.gauge("tape_build_info", "Version of the recorder.", {{"version", version()}}, 1);
  text.counter("tape_events_total", "Events appended to the tape.", {}, number(figures.events));
  gauge("tape_file_bytes", "Bytes of the file at hand.", number(figures.file_bytes));
  gauge("tape_queue_bytes", "Most bytes that waited for decoding since the last health event.",
        number(figures.queue_depth));
  gauge("tape_loop_lag_seconds", "Longest lag of the network thread, by the last health event.",
        seconds(figures.recorder.loop_lag));
  constexpr std::array<std::pair<std::string_view, double>, 3> kDelays{
      {{"tape_write_delay_p50_seconds", 0.5},
       {"tape_write_delay_p99_seconds", 0.99},
       {"tape_write_delay_longest_seconds", 1}}};
  for (const auto& [metric, part] : kDelays) {
    gauge(metric, "From the receipt of an event until the kernel had it, of the file at hand.",
          seconds(figures.delays.at(part)));
  }
  gauge("tape_sync_latency_seconds", "Time of the last fdatasync.",
        seconds(figures.recorder.sync_latency));
  gauge("tape_clock_offset_seconds", "Offset that the kernel still has to correct.",
        seconds(figures.system.clock_offset));
  gauge("tape_resident_bytes", "Memory of the process.", number(figures.system.rss));
  if (figures.system.disk_free) {
    gauge("tape_disk_free_bytes", "Free bytes beside the tape.", number(*figures.system.disk_free));
  }
  gauge("tape_feeds", "Feeds seen.", number(figures.feeds));
  gauge("tape_feeds_silent", "Feeds that are silent for unusually long.", number(figures.silent));
}

void add_side(const Side& side, MetricsText& text) {
  const auto totals = side.totals();
  const auto venue = side.venue();
  const auto count = [&](std::string_view metric, std::string_view help, std::uint64_t value) {
    text.counter(metric, help, {{"venue", venue}}, static_cast<double>(value));
  };
  count("tape_frames_total", "WebSocket messages received.", totals.frames);
  count("tape_frame_bytes_total", "Bytes of them.", totals.bytes);
  count("tape_frames_unread_total", "Frames nobody understood, kept as bytes.", totals.unread);
  count("tape_frames_dropped_total", "Frames given up because the disk was slow.", totals.shed);
  count("tape_gaps_total", "Breaks in sequences.", totals.gaps);
  count("tape_connections_lost_total", "Connections lost.", totals.losses);
  count("tape_connections_failed_total", "Attempts to connect that failed.", totals.failures);
  count("tape_requests_total", "REST requests sent.", totals.requests);
  count("tape_requests_failed_total", "REST requests that failed.", totals.failed_requests);
  text.gauge("tape_links", "Links wanted.", {{"venue", venue}}, static_cast<double>(totals.links));
  text.gauge("tape_links_up", "Links connected.", {{"venue", venue}},
             static_cast<double>(totals.links_up));
  if (totals.last_frame_at != 0) {
    text.gauge("tape_last_frame_timestamp_seconds", "When the last message was received.",
               {{"venue", venue}}, seconds(totals.last_frame_at));
  }
  for (const auto& counter : side.session().counters()) {
    text.gauge(fmt::format("tape_session_{}", counter.name), "Of the venue's session.",
               {{"venue", venue}, {"account", counter.account}}, counter.value);
  }
}

}  // namespace

std::string metrics_of(const LiveFigures& figures) {
  MetricsText text;
  add_recorder(figures, text);
  for (const auto* side : figures.sides) add_side(*side, text);
  return text.take();
}

}  // namespace tape::flow
