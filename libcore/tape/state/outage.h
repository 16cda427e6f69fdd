// Whether a venue works: one status, concluded from flags, notes, trades and failures by a fixed
// rule.
#pragma once

#include <tape/state/trust.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tape::state {

/// Signals in the order they were received. Flags of products beat notes, notes beat failures of
/// connections. A fault of our own network stands beside: a neutral place cannot be reached either.
class Outage {
 public:
  using Status = schema::OutageStatus;
  struct Product {
    schema::Tri post_only = schema::Tri::UNKNOWN;
    schema::Tri suspended = schema::Tri::UNKNOWN;
    Moment since;
  };

  /// A way to the venue: "websocket", "rest".
  void fail(std::string_view channel, std::string_view cause, const Moment& moment);
  void work(std::string_view channel, const Moment& moment);
  void flags(std::string_view symbol, schema::Tri post_only, schema::Tri suspended,
             const Moment& moment);
  void trade(const Moment& moment);
  /// A notification not seen before; `key` names it.
  void note(std::string_view key, schema::Notification::Reader note, const Moment& moment);
  /// A notification that could not be read, as text.
  void unreadable(std::string_view text, const Moment& moment);
  void probe(bool ok, const Moment& moment);
  /// What time alone decides.
  void advance(const Moment& moment) {
    if (watching_) watch(moment);
  }

  /// Whether what works, trades or time alone can change the status.
  [[nodiscard]] bool watching() const { return watching_; }
  [[nodiscard]] Status status() const { return status_; }
  [[nodiscard]] const Moment& since() const { return since_; }
  [[nodiscard]] const std::string& reason() const { return reason_; }
  [[nodiscard]] bool local_fault() const { return local_fault_.received_at != 0; }
  [[nodiscard]] const Moment& resumed() const { return resumed_; }
  [[nodiscard]] const Moment& confirmed() const { return confirmed_; }
  /// Null when nothing is known of it.
  [[nodiscard]] const Product* product(std::string_view symbol) const;

  [[nodiscard]] bool known() const { return known_; }
  void write(schema::OutageState::Builder out) const;
  void read(schema::OutageState::Reader in);

 private:
  struct Announcement {
    std::string key;
    Nanos start_at = 0;
    Nanos end_at = 0;
    Moment moment;
  };
  struct Channel {
    std::uint64_t failures = 0;
    Moment first;
    Nanos last_at = 0;
  };

  void set(Status status, std::string_view reason, const Moment& moment);
  void watch(const Moment& moment);
  void watch_announcements(const Moment& moment);
  void watch_failures(const Moment& moment);
  void post_only(std::string_view reason, const Moment& moment);
  void resume(std::string_view reason, const Moment& moment);
  void judge_flags(const Moment& moment);
  [[nodiscard]] bool all_fail() const;
  [[nodiscard]] const Channel* worst() const;

  Status status_ = Status::NORMAL;
  Moment since_;
  std::string reason_;
  bool known_ = false;
  bool watching_ = false;  // time can change something
  Moment local_fault_;
  Moment resumed_;
  Moment confirmed_;
  Moment healthy_;
  Nanos flags_after_ = 0;
  std::vector<Announcement> announcements_;
  std::map<std::string, Product, std::less<>> products_;
  std::size_t post_only_products_ = 0;
  std::size_t suspended_products_ = 0;
  std::map<std::string, Channel, std::less<>> channels_;
};

}  // namespace tape::state
