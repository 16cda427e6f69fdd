#include <tape/venue/question.h>
#include <tape/venue/registry.h>

#include <algorithm>

namespace tape::venue {

std::string without_parameters(std::string_view target, std::span<const std::string_view> names) {
  const auto path = target.substr(0, target.find('?'));
  std::string kept(path);
  auto query = target.substr(std::min(target.size(), path.size() + 1));
  char separator = '?';
  while (!query.empty()) {
    const auto part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), part.size() + 1));
    const auto name = part.substr(0, part.find('='));
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    kept.append(1, separator).append(part);
    separator = '&';
  }
  return kept;
}

std::string asked_of(std::string_view venue, std::string_view target) {
  const auto* const known = find_venue(venue);
  return known == nullptr ? std::string(target) : without_parameters(target, known->stamps);
}

}  // namespace tape::venue
