#include <tape/venue/exchange/keys.h>

#include <algorithm>

namespace tape::venue {

std::optional<Keys::Owner> Keys::find(std::string_view key) const {
  const auto& accounts = options_.accounts;
  const auto found = std::find_if(accounts.begin(), accounts.end(), [&](const Account& account) {
    return account.key.reveal() == key;
  });
  if (found != accounts.end()) return Owner{found->label, &*found};
  if (!options_.any_key || key.empty()) return std::nullopt;
  const auto& labels = options_.labels;
  if (std::find(labels.begin(), labels.end(), key) != labels.end()) return Owner{std::string(key)};
  return Owner{labels.empty() ? std::string() : labels.front()};
}

}  // namespace tape::venue
