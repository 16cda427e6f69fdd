// How long to wait before the next attempt: exponential with full jitter.
#pragma once

#include <tape/base/time.h>

#include <cstdint>
#include <random>

namespace tape::net {

struct BackoffPolicy {
  Nanos base = kSecond;              // bound of the first delay
  Nanos most = 30 * kSecond;         // bound of later ones, doubled each time up to here
  Nanos reset_after = 30 * kSecond;  // a connection that stood so long starts from base again
};

class Backoff {
 public:
  Backoff(const BackoffPolicy& policy, std::uint64_t seed);
  /// The next delay: uniform between 0 and min(most, base * 2^attempt).
  [[nodiscard]] Nanos next();
  /// A connection that had stood for `lasted` ended.
  void ended(Nanos lasted);
  /// Attempts since the last reset.
  [[nodiscard]] std::uint32_t attempts() const { return attempts_; }

 private:
  const BackoffPolicy policy_;
  std::uint32_t attempts_ = 0;
  std::mt19937_64 random_;
};

}  // namespace tape::net
