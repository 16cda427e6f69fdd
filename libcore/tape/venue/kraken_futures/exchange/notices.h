// Notifications that the tape does not hold, and the flag of a market that they go with.
#pragma once

#include <tape/venue/exchange/exchange.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tape::venue::kraken_futures {

class Notices {
 public:
  /// A message of the feed notifications_auth. Numbers rise, from far above what tapes have.
  [[nodiscard]] const std::string& frame(const Notice& notice);
  /// The last of them: what a subscription begins with. Nothing before the first.
  [[nodiscard]] const std::optional<std::string>& current() const { return current_; }

 private:
  std::optional<std::string> current_;
  std::uint64_t last_ = 900'000'000;
};

/// Whether one of these feeds of a client brings notifications.
[[nodiscard]] bool is_told(const std::vector<std::string>& feeds);

/// The ticker, whose market takes no crossing orders now.
[[nodiscard]] std::string with_post_only(std::string_view ticker);

}  // namespace tape::venue::kraken_futures
