#include <tape/net/backoff.h>

#include <algorithm>

namespace tape::net {

Backoff::Backoff(const BackoffPolicy& policy, std::uint64_t seed)
    : policy_(policy), random_(seed) {}

Nanos Backoff::next() {
  const Nanos most = std::max<Nanos>(0, policy_.most);
  Nanos bound = std::clamp<Nanos>(policy_.base, 0, most);
  for (std::uint32_t i = 0; i < attempts_ && bound > 0 && bound < most; ++i) {
    bound = bound > most / 2 ? most : bound * 2;
  }
  ++attempts_;
  return std::uniform_int_distribution<Nanos>(0, bound)(random_);
}

void Backoff::ended(Nanos lasted) {
  if (lasted >= policy_.reset_after) attempts_ = 0;
}

}  // namespace tape::net
