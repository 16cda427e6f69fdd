#include <tape/base/error.h>
#include <tape/base/fd.h>
#include <tape/flow/live/health.h>

#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <filesystem>

namespace tape::flow {
namespace {

/// Sets `state` by a value that enters above `enter` and leaves below `leave`; whether it changed.
bool crossed(bool& state, bool enters, bool leaves) {
  if (state ? !leaves : !enters) return false;
  state = !state;
  return true;
}

void sample_clock(SystemSample& sample) {
  timex about{};
  const int state = ::adjtimex(&about);
  if (state < 0) return;  // filtered away by a sandbox
  sample.clock_synchronised = state != TIME_ERROR && (about.status & STA_UNSYNC) == 0;
  sample.clock_max_error = about.maxerror * kMicrosecond;
  sample.clock_offset = (about.status & STA_NANO) != 0 ? about.offset : about.offset * kMicrosecond;
}

/// Bytes in memory: the second number of statm, in pages.
std::uint64_t sample_rss() {
  std::array<char, 256> text{};
  std::size_t size = 0;
  const std::string path = "/proc/self/statm";
  try {
    const auto file = open_input(path);
    size = read_some(file.get(), text.data(), text.size(), path);
  } catch (const Error&) {
    return 0;
  }
  const std::string_view line(text.data(), size);
  const auto blank = line.find(' ');
  if (blank == std::string_view::npos) return 0;
  std::uint64_t pages = 0;
  (void)std::from_chars(line.data() + blank + 1, line.data() + line.size(), pages);
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::optional<std::uint64_t> sample_disk(const std::string& tape_path) {
  if (tape_path.empty() || tape_path == "-") return std::nullopt;
  const auto folder = std::filesystem::path(tape_path).parent_path();
  struct statvfs about {};
  if (::statvfs(folder.empty() ? "." : folder.c_str(), &about) != 0) return std::nullopt;
  return static_cast<std::uint64_t>(about.f_bavail) * about.f_frsize;
}

void local(schema::Event::Builder event) {
  event.setDirection(schema::Direction::LOCAL);
  event.setTransport(schema::Transport::NONE);
}

}  // namespace

SystemSample sample_system(const std::string& tape_path) {
  SystemSample sample;
  sample_clock(sample);
  sample.disk_free = sample_disk(tape_path);
  sample.rss = sample_rss();
  return sample;
}

std::string HealthWatch::due(const SystemSample& system, const RecorderSample& recorder,
                             Nanos now) {
  std::string reason;
  const auto changed = [&](std::string_view what) {
    if (!reason.empty()) reason += ", ";
    reason += what;
  };
  if (crossed(lagging_, recorder.loop_lag > limits_.loop_lag,
              recorder.loop_lag < limits_.loop_lag / 2))
    changed("loop lag");
  const auto depth = static_cast<double>(recorder.queue_depth);
  const auto full = limits_.queue * static_cast<double>(recorder.queue_capacity);
  if (crossed(queue_full_, depth > full, depth < full / 2 || recorder.queue_depth == 0))
    changed("queue");
  if (system.disk_free && limits_.min_free != 0) {
    const auto low = 2 * limits_.min_free;
    if (crossed(disk_low_, *system.disk_free<low, *system.disk_free> low + limits_.min_free / 2))
      changed("disk");
  }
  if (started_ && system.clock_synchronised != synchronised_) changed("clock");
  synchronised_ = system.clock_synchronised;
  if (!started_) {
    started_ = true;
    reason = "start";
  } else if (reason.empty() && now - told_at_ >= limits_.every) {
    reason = "interval";
  }
  if (!reason.empty()) told_at_ = now;
  return reason;
}

void fill_health(schema::Event::Builder event, const SystemSample& system,
                 const RecorderSample& recorder, std::string_view reason,
                 std::string_view version) {
  local(event);
  auto health = event.initBody().initHealth();
  health.setLoopLag(recorder.loop_lag);
  health.setQueueDepth(recorder.queue_depth);
  health.setQueueCapacity(recorder.queue_capacity);
  health.setFlushLatency(recorder.flush_latency);
  health.setSyncLatency(recorder.sync_latency);
  health.setDiskFree(system.disk_free.value_or(0));
  health.setRss(system.rss);
  health.setClockOffset(system.clock_offset);
  health.setClockMaxError(system.clock_max_error);
  if (system.clock_synchronised) {
    health.setClockSynchronised(*system.clock_synchronised ? schema::Tri::YES : schema::Tri::NO);
  }
  health.setReason(std::string(reason));
  health.setVersion(std::string(version));
}

void fill_health(schema::Event::Builder event, const LinkSample& link, std::string_view reason,
                 std::string_view version) {
  local(event);
  event.setVenue(std::string(link.venue));
  event.setAccount(std::string(link.account));
  event.setConnection(link.connection);
  auto health = event.initBody().initHealth();
  health.setLink(std::string(link.name));
  health.setRoundTrip(link.round_trip);
  health.setRetransmits(link.retransmits);
  health.setReason(std::string(reason));
  health.setVersion(std::string(version));
}

}  // namespace tape::flow
