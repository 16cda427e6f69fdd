// Notifications that the tape does not hold, and the flag of a market that they go with.
#pragma once

#include <tape/venue/exchange/exchange.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace tape::venue::kraken_futures {

class Notices {
 public:
  /// A message of the feed notifications_auth. Numbers rise, from far above what tapes have.
  [[nodiscard]] std::string frame(const Notice& notice);

 private:
  std::uint64_t last_ = 900'000'000;
};

/// The ticker, whose market takes no crossing orders now.
[[nodiscard]] std::string with_post_only(std::string_view ticker);

}  // namespace tape::venue::kraken_futures
