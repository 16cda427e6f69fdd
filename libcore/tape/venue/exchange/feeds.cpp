#include <tape/venue/exchange/feeds.h>

#include <algorithm>

namespace tape::venue {

void Feeds::add(ClientId client, std::string_view name, Join join) {
  auto found = feeds_.find(name);
  if (found == feeds_.end()) found = feeds_.emplace(name, Feed()).first;
  auto& subscribers = found->second.subscribers;
  std::erase_if(subscribers, [&](const Subscriber& other) { return other.client == client; });
  subscribers.push_back({client, join == Join::snapshot});
  clients_[client].feeds.emplace(name);
  any_ = true;
}

bool Feeds::remove(ClientId client, std::string_view name) {
  const auto found = feeds_.find(name);
  if (found == feeds_.end()) return false;
  const auto known = clients_.find(client);
  if (known != clients_.end()) known->second.feeds.erase(std::string(name));
  return std::erase_if(found->second.subscribers,
                       [&](const Subscriber& other) { return other.client == client; }) > 0;
}

void Feeds::gone(ClientId client) {
  for (const auto& feed : of(client)) (void)remove(client, feed);
  clients_.erase(client);
}

bool Feeds::has(ClientId client, std::string_view feed) const {
  const auto found = clients_.find(client);
  return found != clients_.end() && found->second.feeds.contains(feed);
}

std::vector<std::string> Feeds::of(ClientId client) const {
  const auto found = clients_.find(client);
  if (found == clients_.end()) return {};
  return {found->second.feeds.begin(), found->second.feeds.end()};
}

std::size_t Feeds::count(ClientId client) const {
  const auto found = clients_.find(client);
  return found == clients_.end() ? 0 : found->second.feeds.size();
}

std::size_t Feeds::total() const {
  std::size_t total = 0;
  for (const auto& [client, known] : clients_) total += known.feeds.size();
  return total;
}

void Feeds::bind(ClientId client, TapeSource source) { clients_[client].source = source; }

std::span<const ClientId> Feeds::receivers(std::string_view name, TapeSource source, Frame frame) {
  auto found = feeds_.find(name);
  if (found == feeds_.end()) found = feeds_.emplace(name, Feed()).first;
  auto& feed = found->second;
  if (!feed.owner) feed.owner = source;
  const bool owner = *feed.owner == source;
  if (owner && frame == Frame::whole) feed.cold = false;
  receivers_.clear();
  for (auto& subscriber : feed.subscribers) {
    const auto& bound = clients_.at(subscriber.client).source;
    if (bound ? *bound != source : !owner) continue;
    if (frame == Frame::whole) subscriber.waiting = false;
    if (!subscriber.waiting) receivers_.push_back(subscriber.client);
  }
  return receivers_;
}

std::vector<ClientId> Feeds::subscribers(std::string_view name) const {
  std::vector<ClientId> clients;
  const auto found = feeds_.find(name);
  if (found == feeds_.end()) return clients;
  for (const auto& subscriber : found->second.subscribers) {
    if (!subscriber.waiting) clients.push_back(subscriber.client);
  }
  return clients;
}

std::span<const ClientId> Feeds::followers(TapeSource source) {
  receivers_.clear();
  for (const auto& [client, known] : clients_) {
    const bool follows =
        known.source ? *known.source == source
                     : std::any_of(known.feeds.begin(), known.feeds.end(), [&](const auto& name) {
                         const auto found = feeds_.find(name);
                         return found != feeds_.end() && found->second.owner == source;
                       });
    if (follows) receivers_.push_back(client);
  }
  return receivers_;
}

bool Feeds::cold(std::string_view name) const {
  const auto found = feeds_.find(name);
  return found != feeds_.end() && found->second.cold;
}

void Feeds::chill(std::string_view name) {
  const auto found = feeds_.find(name);
  if (found != feeds_.end()) found->second.cold = true;
}

std::vector<ClientId> Feeds::lost(TapeSource source) {
  const auto had = followers(source);
  std::vector<ClientId> clients(had.begin(), had.end());
  for (auto& [name, feed] : feeds_) {
    if (feed.owner != source) continue;
    feed.owner.reset();
    feed.cold = true;
  }
  return clients;
}

void Feeds::lost_session(std::uint64_t session) {
  for (auto& [name, feed] : feeds_) {
    if (feed.owner && feed.owner->session == session) feed.owner.reset();
  }
}

}  // namespace tape::venue
