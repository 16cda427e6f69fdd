// What is known of a venue as a whole: its connections and feeds, its notifications, and whether it
// works.
#pragma once

#include <tape/state/outage.h>
#include <tape/state/trust.h>

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

namespace tape::state {

class VenueStatus {
 public:
  VenueStatus() = default;
  VenueStatus(const VenueStatus&) = delete;
  VenueStatus& operator=(const VenueStatus&) = delete;

  /// Every event of the venue, before what it means is applied.
  void touch(schema::Event::Reader event, const Occasion& occasion);
  void apply(schema::ConnectionOpened::Reader opened, const Occasion& occasion);
  void apply(schema::ConnectionLost::Reader lost, const Occasion& occasion);
  void apply(schema::ReconnectAttempt::Reader attempt, const Occasion& occasion);
  void apply(schema::RequestFailed::Reader failed, const Occasion& occasion);
  void apply(schema::Stalled::Reader stalled, const Occasion& occasion);
  void apply(schema::Gap::Reader gap, std::string_view channel);
  void apply(schema::Resynchronised::Reader done, std::string_view channel,
             const Occasion& occasion);
  void apply(schema::Notifications::Reader notifications, const Moment& moment);

  [[nodiscard]] Outage& outage() { return outage_; }
  [[nodiscard]] const Outage& outage() const { return outage_; }
  [[nodiscard]] std::uint64_t connections_lost() const { return connections_lost_; }
  [[nodiscard]] std::uint64_t gaps() const { return gaps_; }
  /// Different ones that are kept.
  [[nodiscard]] std::size_t notices() const { return notices_.size(); }

  /// Everything but the venue's name.
  void write(schema::VenueState::Builder out) const;
  /// Into a fresh status.
  void read(schema::VenueState::Reader in);

 private:
  struct Notification {
    std::string id;
    std::string type;
    std::string priority;
    std::string note;
    Nanos effective_at = 0;
    std::int64_t expected_downtime_minutes = -1;
  };
  struct Notice {
    Notification text;
    Moment moment;
    std::uint64_t seen = 0;
  };
  struct Connection {
    std::uint64_t session = 0;
    std::uint32_t number = 0;
    std::string url;
    Nanos opened_at = 0;
    Nanos lost_at = 0;
    std::string cause;
    Nanos received_at = 0;
  };
  struct Feed {
    Nanos received_at = 0;
    std::uint64_t events = 0;
    std::uint64_t session = 0;
    std::uint32_t connection = 0;
    Nanos lost_at = 0;
    Nanos stalled_at = 0;
    std::uint64_t gaps = 0;
    Nanos resynchronised_at = 0;
  };

  Feed* feed_of(std::string_view channel);
  Connection* connection_of(std::uint64_t session, std::uint32_t number);
  Connection& add_connection(const Occasion& occasion, std::string_view url);
  void lose_feeds(schema::ConnectionLost::Reader lost, const Occasion& occasion);
  void take_notice(schema::Notification::Reader item, const Moment& moment);
  static void write(const Notification& from, schema::Notification::Builder out);
  static Notification read(schema::Notification::Reader in);
  void write_parts(schema::VenueState::Builder out) const;

  Nanos received_at_ = 0;
  std::uint64_t connections_lost_ = 0;
  Nanos lost_at_ = 0;
  std::string lost_cause_;
  std::uint64_t gaps_ = 0;
  std::uint64_t notifications_ = 0;
  Nanos notified_at_ = 0;
  Notification last_;
  Outage outage_;
  std::deque<Notice> notices_;
  std::deque<Connection> connections_;
  std::map<std::string, Feed, std::less<>> feeds_;
  // The feed of the last event: most follow one of the same.
  std::string last_channel_;
  Feed* last_feed_ = nullptr;
  bool socket_seen_ = false;
};

}  // namespace tape::state
