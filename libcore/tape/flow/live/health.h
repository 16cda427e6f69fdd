// How the recorder itself, its host and its connections are: what an audit needs to tell our own
// fault from the network's and the venue's.
#pragma once

#include <tape/base/time.h>
#include <tape/schemas/event.capnp.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tape::flow {

/// What the system says.
struct SystemSample {
  Nanos clock_offset = 0;                  // that the kernel still has to correct
  Nanos clock_max_error = 0;               // by which the clock may be wrong
  std::optional<bool> clock_synchronised;  // nothing: the kernel did not say
  std::optional<std::uint64_t> disk_free;  // bytes; nothing: there is no disk (stdout)
  std::uint64_t rss = 0;                   // bytes; 0: not known
};

/// adjtimex(2), statvfs(3) of the file's folder ("" or "-": none) and /proc. What the system does
/// not tell stays unknown; throws nothing.
[[nodiscard]] SystemSample sample_system(const std::string& tape_path);

/// What the recorder measured since the last health event; the longest and the fullest.
struct RecorderSample {
  Nanos loop_lag = 0;
  std::uint64_t queue_depth = 0;
  std::uint64_t queue_capacity = 0;
  Nanos flush_latency = 0;
  Nanos sync_latency = 0;
};

struct LinkSample {
  std::string_view venue;
  std::string_view account;
  std::string_view name;  // "public"
  std::uint32_t connection = 0;
  Nanos round_trip = 0;
  std::uint32_t retransmits = 0;  // in all
};

struct HealthLimits {
  Nanos every = 60 * kSecond;
  Nanos loop_lag = 100 * kMillisecond;
  double queue = 0.5;          // of its capacity
  std::uint64_t min_free = 0;  // bytes; a disk with less than twice this is low; 0: never
};

/// Decides when a health event is due: once in an interval and when something crosses its limit. It
/// has to come back well below (half of a lag or queue, 2.5 times the least free disk) before it
/// can cross again.
class HealthWatch {
 public:
  explicit HealthWatch(HealthLimits limits) : limits_(limits) {}

  /// Why one is due: "start", "interval", or what crossed ("queue, disk"); empty when none is. Ask
  /// once a second; `now` is monotonic.
  [[nodiscard]] std::string due(const SystemSample& system, const RecorderSample& recorder,
                                Nanos now);

  [[nodiscard]] bool lagging() const { return lagging_; }
  [[nodiscard]] bool queue_full() const { return queue_full_; }
  [[nodiscard]] bool disk_low() const { return disk_low_; }

 private:
  HealthLimits limits_;
  bool started_ = false;
  bool lagging_ = false;
  bool queue_full_ = false;
  bool disk_low_ = false;
  std::optional<bool> synchronised_;
  Nanos told_at_ = 0;
};

/// Everything of the event but stamp, session and ordinal.
void fill_health(schema::Event::Builder event, const SystemSample& system,
                 const RecorderSample& recorder, std::string_view reason, std::string_view version);
/// The same of a connection.
void fill_health(schema::Event::Builder event, const LinkSample& link, std::string_view reason,
                 std::string_view version);

}  // namespace tape::flow
