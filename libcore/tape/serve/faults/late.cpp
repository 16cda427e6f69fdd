#include <tape/serve/faults/late.h>

#include <algorithm>

namespace tape::serve {

void Late::add(Lane lane, Nanos at, Nanos latency, Item item) {
  auto& state = lanes_.at(static_cast<std::size_t>(lane));
  state.last = std::max(state.last, at + latency);
  ++state.items;
  waiting_.emplace(state.last, Waiting{lane, std::move(item)});
}

std::optional<Nanos> Late::next() const {
  return waiting_.empty() ? std::nullopt : std::optional(waiting_.begin()->first);
}

Late::Item Late::take() {
  auto node = waiting_.extract(waiting_.begin());
  --lanes_.at(static_cast<std::size_t>(node.mapped().lane)).items;
  return std::move(node.mapped().item);
}

}  // namespace tape::serve
