// How much may be asked: the request weight of the running minute as the venue counts it, and how
// long it told us to wait.
#pragma once

#include <tape/venue/session.h>

#include <cstdint>

namespace tape::venue::binance_usdm::live {

/// The venue counts weight by address and whole minute, other programs of the host included, and
/// says its count in every answer (x-mbx-used-weight-1m). Pure.
class Weight {
 public:
  /// What the venue documents; exchangeInfo says what is in force.
  static constexpr std::uint32_t kDefaultLimit = 2400;
  static constexpr std::uint32_t kSmallestLimit = 100;  // below it the number is no limit of ours

  void set_limit(std::uint32_t limit);
  /// Whether a request of that weight keeps the minute's count within `percent` of the limit, and
  /// no wait is on.
  [[nodiscard]] bool admits(std::uint32_t weight, std::uint32_t percent, Session::Now now) const;
  /// It went out, and is not in the venue's count yet.
  void spend(std::uint32_t weight, Session::Now now);
  /// Its answer came, or will not come.
  void settle(std::uint32_t weight);
  /// The venue's own count.
  void report(std::uint32_t used, Session::Now now);
  /// Nothing until then, monotonic. A wait only grows.
  void block(Nanos until);

  [[nodiscard]] std::uint32_t used(Session::Now now) const;
  [[nodiscard]] std::uint32_t limit() const { return limit_; }
  [[nodiscard]] bool blocked(Session::Now now) const { return now.monotonic < blocked_until_; }

 private:
  std::uint32_t limit_ = kDefaultLimit;
  std::uint32_t counted_ = 0;    // in minute_
  std::uint32_t in_flight_ = 0;  // whenever sent: the venue may count it in any minute
  Nanos minute_ = 0;             // UTC
  Nanos blocked_until_ = 0;
};

}  // namespace tape::venue::binance_usdm::live
