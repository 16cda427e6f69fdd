// The recorder as its own witness: events of its clock, its host, its connections and of feeds that
// went silent, so that an audit can say us, the network or the venue.
#pragma once

#include <tape/flow/live/arrivals.h>
#include <tape/flow/live/health.h>
#include <tape/flow/live/side.h>
#include <tape/flow/live/stalls.h>
#include <tape/log/delays.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tape::flow {

struct WitnessOptions {
  StallLimits stalls;
  HealthLimits health;
  std::string probe;                 // target, as recorded
  std::uint64_t queue_capacity = 0;  // bytes
};

class Witness {
 public:
  /// Both references outlive the witness.
  Witness(WitnessOptions options, Journal& journal,
          const std::vector<std::unique_ptr<Side>>& sides);

  // What the wire brings.
  void clock_stepped(const Arrival& arrival);
  void probed(const Arrival& arrival);
  void lagged(Nanos lag);
  void round_trip(const Arrival& arrival);
  /// So many bytes waited to be taken.
  void queued(std::uint64_t bytes);
  /// As Journal::on_link.
  void on_link(std::uint32_t opened, std::uint32_t lost, Nanos now);
  /// Any event that was appended.
  void seen(schema::Event::Reader event);

  /// Once a second.
  void check_stalls(Nanos now);
  /// What the file says of itself: sync latency and the delays of writing since it was begun.
  void check_health(Nanos now, const SystemSample& system, Nanos sync_latency,
                    const log::Delays::Counts& delays);

  [[nodiscard]] const Stalls& stalls() const { return stalls_; }
  /// Since the last health event.
  [[nodiscard]] std::uint64_t queue_depth() const { return queue_depth_; }
  /// In the last health event.
  [[nodiscard]] const RecorderSample& shown() const { return shown_; }

 private:
  struct Connection {
    std::uint16_t venue = 0;
    std::string name;
    Nanos round_trip = 0;
    std::uint32_t retransmits = 0;
  };

  schema::Event::Builder begin();

  const WitnessOptions options_;
  Journal& journal_;
  const std::vector<std::unique_ptr<Side>>& sides_;
  Stalls stalls_;
  HealthWatch health_;
  RecorderSample sampled_;      // since the last health event
  RecorderSample shown_;        // in it
  log::Delays::Counts delays_;  // at it
  std::map<std::uint32_t, Connection> connections_;
  std::uint64_t queue_depth_ = 0;
  event::Message own_;
};

}  // namespace tape::flow
