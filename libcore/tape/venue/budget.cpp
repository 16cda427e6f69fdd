#include <tape/venue/budget.h>

#include <algorithm>

namespace tape::venue {

Budget::Budget(std::uint32_t limit, Nanos window) : limit_(limit), window_(window) {}

bool Budget::take(std::uint32_t cost, Nanos now) {
  if (now < paused_until_) return false;
  while (!spent_.empty() && now - spent_.front().at >= window_) spent_.pop_front();
  const auto spent = used(now);
  if (spent != 0 && spent + cost > limit_) return false;
  if (!spent_.empty() && spent_.back().at == now) {
    spent_.back().cost += cost;
  } else {
    spent_.push_back({now, cost});
  }
  return true;
}

void Budget::pause(Nanos until) { paused_until_ = std::max(paused_until_, until); }

std::uint32_t Budget::used(Nanos now) const {
  std::uint32_t sum = 0;
  for (const auto& spent : spent_) {
    if (now - spent.at < window_) sum += spent.cost;
  }
  return sum;
}

}  // namespace tape::venue
