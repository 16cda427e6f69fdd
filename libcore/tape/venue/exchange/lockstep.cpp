#include <tape/venue/exchange/lockstep.h>

#include <algorithm>
#include <utility>

namespace tape::venue {

void Lockstep::asked(ClientId client, std::string what) {
  asked_[client].push_back(std::move(what));
}

void Lockstep::gone(ClientId client) {
  asked_.erase(client);
  std::erase_if(pairs_, [&](const auto& pair) { return pair.second == client; });
}

void Lockstep::lost(TapeSource source) { pairs_.erase(source); }

bool Lockstep::take(Asked& asked, const std::vector<std::string>& what) {
  Asked left = asked;
  for (const auto& one : what) {
    const auto found = std::find(left.begin(), left.end(), one);
    if (found == left.end()) return false;
    left.erase(found);
  }
  asked = std::move(left);
  return true;
}

bool Lockstep::pass(TapeSource source, const std::vector<std::string>& what, bool telling) {
  if (const auto client = client_of(source)) return take(asked_[*client], what);
  if (!telling) return true;
  for (auto& [client, asked] : asked_) {
    if (paired(client) || !take(asked, what)) continue;
    pairs_[source] = client;
    return true;
  }
  return false;
}

std::optional<ClientId> Lockstep::client_of(TapeSource source) const {
  const auto found = pairs_.find(source);
  return found == pairs_.end() ? std::nullopt : std::optional(found->second);
}

bool Lockstep::paired(ClientId client) const {
  return std::any_of(pairs_.begin(), pairs_.end(),
                     [&](const auto& pair) { return pair.second == client; });
}

void Held::hold(ClientId client, std::string what, std::string text, Nanos until) {
  answers_.push_back({client, std::move(what), std::move(text), until});
}

std::optional<std::string> Held::take(ClientId client, std::string_view what) {
  const auto found = std::find_if(answers_.begin(), answers_.end(), [&](const Answer& answer) {
    return answer.client == client && (what.empty() || answer.what == what);
  });
  if (found == answers_.end()) return std::nullopt;
  auto text = std::move(found->text);
  answers_.erase(found);
  return text;
}

void Held::gone(ClientId client) {
  std::erase_if(answers_, [&](const Answer& answer) { return answer.client == client; });
}

void Held::release(Nanos now, ExchangeHost& host) {
  std::erase_if(answers_, [&](const Answer& answer) {
    if (answer.until > now) return false;
    host.send({&answer.client, 1}, answer.text);
    return true;
  });
}

}  // namespace tape::venue
