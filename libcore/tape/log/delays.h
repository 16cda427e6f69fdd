// How long events waited from their receipt until the kernel had them, as counts by length.
#pragma once

#include <tape/base/time.h>

#include <array>
#include <atomic>
#include <cstdint>

namespace tape::log {

/// One thread adds, any thread reads. Buckets are an eighth of a power of two wide: what at() says
/// is at most 13 % too long.
class Delays {
 public:
  void add(Nanos delay);

  /// Counts since the beginning; the difference of two is what happened between.
  struct Counts {
    static constexpr std::size_t kBuckets = std::size_t{8} * 40;
    std::array<std::uint64_t, kBuckets> count{};

    [[nodiscard]] std::uint64_t total() const;
    /// The delay that this part (0.99) of all did not exceed; 0 without any.
    [[nodiscard]] Nanos at(double part) const;
    [[nodiscard]] Counts since(const Counts& before) const;
  };
  [[nodiscard]] Counts counts() const;

 private:
  std::array<std::atomic<std::uint64_t>, Counts::kBuckets> count_{};
};

}  // namespace tape::log
