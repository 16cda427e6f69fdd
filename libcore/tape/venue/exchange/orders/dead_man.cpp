#include <tape/venue/exchange/orders/dead_man.h>

#include <utility>

namespace tape::venue {

void DeadMan::arm(std::string name, Nanos until) {
  until_.insert_or_assign(std::move(name), until);
}

void DeadMan::disarm(std::string_view name) {
  const auto found = until_.find(name);
  if (found != until_.end()) until_.erase(found);
}

bool DeadMan::armed(std::string_view name) const { return until_.contains(name); }

std::vector<std::string> DeadMan::fire(Nanos now) {
  std::vector<std::string> fired;
  std::erase_if(until_, [&](const auto& entry) {
    const bool due = entry.second <= now;
    if (due) fired.push_back(entry.first);
    return due;
  });
  return fired;
}

}  // namespace tape::venue
