#include <tape/flow/diff/diff_order.h>

#include <algorithm>
#include <iterator>

namespace tape::flow {

void DiffOrder::match(const Place& a, const Place& b) {
  auto& stretches = streams_[{a.stream, b.stream}];
  auto* last = stretches.empty() ? nullptr : &stretches.back();
  if (last != nullptr && a.position == last->a + last->length &&
      b.position == last->b + last->length) {
    ++last->length;
  } else {
    stretches.push_back({a.position, b.position, 1});
  }
}

std::uint64_t DiffOrder::reordered() {
  std::uint64_t sum = 0;
  for (auto& [streams, stretches] : streams_) sum += reordered(stretches);
  return sum;
}

/// Of the stretches in A's order, those outside the heaviest run that rises in B.
std::uint64_t DiffOrder::reordered(Stretches& stretches) {
  std::sort(stretches.begin(), stretches.end(),
            [](const Stretch& x, const Stretch& y) { return x.a < y.a; });
  // Heaviest rising run ending at a place of B: kept rising in both, as in patience sorting.
  std::map<std::uint64_t, std::uint64_t> best;
  std::uint64_t heaviest = 0;
  std::uint64_t all = 0;
  for (const auto& stretch : stretches) {
    all += stretch.length;
    auto after = best.lower_bound(stretch.b);
    const std::uint64_t before = after == best.begin() ? 0 : std::prev(after)->second;
    const std::uint64_t weight = before + stretch.length;
    while (after != best.end() && after->second <= weight) after = best.erase(after);
    best.emplace(stretch.b, weight);
    heaviest = std::max(heaviest, weight);
  }
  return all - heaviest;
}

}  // namespace tape::flow
