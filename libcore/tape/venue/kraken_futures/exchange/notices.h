// Notifications that the tape does not hold, and the flag of a market that they go with.
#pragma once

#include <tape/venue/exchange/exchange.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tape::venue::kraken_futures {

class Notices {
 public:
  struct Sent {
    std::uint64_t id = 0;
    Notice notice;
  };
  /// A message of the feed notifications_auth. Numbers rise, from far above what tapes have.
  [[nodiscard]] std::string frame(const Notice& notice);
  /// The last ones, in their order.
  [[nodiscard]] const std::vector<Sent>& sent() const { return sent_; }

 private:
  static constexpr std::size_t kKept = 100;
  std::uint64_t last_ = 900'000'000;
  std::vector<Sent> sent_;
};

/// Whether one of these feeds of a client brings notifications.
[[nodiscard]] bool is_told(const std::vector<std::string>& feeds);

/// The message or answer, whose markets take no crossing orders now.
[[nodiscard]] std::string with_post_only(std::string_view text);

}  // namespace tape::venue::kraken_futures
