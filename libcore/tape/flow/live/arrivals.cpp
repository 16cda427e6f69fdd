#include <tape/event/frame.h>
#include <tape/flow/live/arrivals.h>

namespace tape::flow {
namespace {

constexpr std::size_t kKeptBytes = std::size_t{8} << 20U;

}  // namespace

void Arrivals::clear() {
  items_.clear();
  bytes_.clear();
  if (bytes_.capacity() > kKeptBytes) bytes_.shrink_to_fit();
}

Arrival& Arrivals::add(Arrival&& arrival, std::string_view bytes) {
  arrival.offset = bytes_.size();
  arrival.size = bytes.size();
  if (arrival.total < arrival.size) arrival.total = arrival.size;
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  bytes_.resize(bytes_.size() + event::kFramePadding);
  return items_.emplace_back(std::move(arrival));
}

}  // namespace tape::flow
