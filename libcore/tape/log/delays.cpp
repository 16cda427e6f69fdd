#include <tape/log/delays.h>

#include <algorithm>
#include <bit>

namespace tape::log {
namespace {

constexpr unsigned kFraction = 3;  // bits: eighths

std::size_t bucket_of(Nanos delay) {
  const auto value = static_cast<std::uint64_t>(std::max<Nanos>(delay, 1 << kFraction));
  const auto power = static_cast<unsigned>(std::bit_width(value)) - 1;
  const auto eighth = (value >> (power - kFraction)) & ((1U << kFraction) - 1);
  return std::min<std::size_t>(((power - kFraction) << kFraction) + eighth,
                               Delays::Counts::kBuckets - 1);
}

/// The longest delay of a bucket.
Nanos end_of(std::size_t bucket) {
  const auto power = (bucket >> kFraction) + kFraction;
  const auto eighth = (bucket & ((1U << kFraction) - 1)) + 1;
  return static_cast<Nanos>(((std::uint64_t{1} << kFraction) + eighth) << (power - kFraction));
}

}  // namespace

void Delays::add(Nanos delay) { count_[bucket_of(delay)].fetch_add(1, std::memory_order_relaxed); }

Delays::Counts Delays::counts() const {
  Counts result;
  for (std::size_t i = 0; i < Counts::kBuckets; ++i)
    result.count[i] = count_[i].load(std::memory_order_relaxed);
  return result;
}

std::uint64_t Delays::Counts::total() const {
  std::uint64_t sum = 0;
  for (const auto each : count) sum += each;
  return sum;
}

Nanos Delays::Counts::at(double part) const {
  const auto all = total();
  if (all == 0) return 0;
  const auto wanted = static_cast<std::uint64_t>(part * static_cast<double>(all - 1)) + 1;
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    sum += count[i];
    if (sum >= wanted) return end_of(i);
  }
  return end_of(kBuckets - 1);
}

Delays::Counts Delays::Counts::since(const Counts& before) const {
  Counts result;
  for (std::size_t i = 0; i < kBuckets; ++i) result.count[i] = count[i] - before.count[i];
  return result;
}

}  // namespace tape::log
