// What is known of a venue as a whole: its last event, lost connections, gaps, the last
// notification.
#pragma once

#include <tape/state/trust.h>

#include <cstdint>
#include <string>

namespace tape::state {

/// A later step derives the outage status from these; here they are kept as they were received.
class VenueStatus {
 public:
  void touch(const Moment& moment) { received_at_ = moment.received_at; }
  void apply(schema::ConnectionLost::Reader lost, const Moment& moment);
  void apply(schema::Gap::Reader gap);
  void apply(schema::Notifications::Reader notifications, const Moment& moment);

  [[nodiscard]] std::uint64_t connections_lost() const { return connections_lost_; }
  [[nodiscard]] std::uint64_t gaps() const { return gaps_; }

  /// Everything but the venue's name.
  void write(schema::VenueState::Builder out) const;
  /// Into a new one.
  void read(schema::VenueState::Reader from);

 private:
  struct Notification {
    std::string id;
    std::string type;
    std::string priority;
    std::string note;
    Nanos effective_at = 0;
    std::int64_t expected_downtime_minutes = -1;
  };

  Nanos received_at_ = 0;
  std::uint64_t connections_lost_ = 0;
  Nanos lost_at_ = 0;
  std::string lost_cause_;
  std::uint64_t gaps_ = 0;
  std::uint64_t notifications_ = 0;
  Nanos notified_at_ = 0;
  Notification last_;
};

}  // namespace tape::state
