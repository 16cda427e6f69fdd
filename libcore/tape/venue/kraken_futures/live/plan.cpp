#include <tape/base/error.h>
#include <tape/venue/kraken_futures/live/plan.h>
#include <tape/venue/kraken_futures/live/sign.h>

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace tape::venue::kraken_futures {
namespace {

[[noreturn]] void refuse(const std::string& why) {
  throw Error(Fault::usage, "kraken-futures: " + why);
}

template <typename Infos>
std::size_t index_of(const Infos& infos, std::string_view name, std::string_view what) {
  std::string names;
  for (std::size_t i = 0; i < infos.size(); ++i) {
    if (infos[i].name == name) return i;
    names += (names.empty() ? "" : ", ") + std::string(infos[i].name);
  }
  refuse(fmt::format("there is no {} '{}'; there are {}", what, name, names));
}

bool is_word(std::string_view text, std::size_t longest, std::string_view also) {
  return !text.empty() && text.size() <= longest &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  also.find(c) != std::string_view::npos;
         });
}

/// They go into JSON and URLs as they are, so nothing that either would escape may be in one.
void take_symbols(std::vector<std::string> symbols, Plan& plan) {
  std::unordered_set<std::string> seen;
  for (auto& symbol : symbols) {
    if (!is_word(symbol, 64, "_-.:")) {
      refuse(fmt::format("'{}' is no symbol; symbols look like PF_XBTUSD", symbol));
    }
    if (seen.insert(symbol).second) plan.symbols.push_back(std::move(symbol));
  }
}

void take_accounts(std::vector<Account> accounts, Plan& plan) {
  for (auto& account : accounts) {
    if (account.label.empty()) refuse("an account has no label; give each its own");
    for (const auto& other : plan.accounts) {
      if (other.label == account.label) {
        refuse(fmt::format("two accounts are labelled '{}'; give each its own", account.label));
      }
    }
    if (!is_word(account.key.reveal(), 256, "+/=-_")) {
      refuse(fmt::format("account {}: the key is empty or holds what no key does; copy it again",
                         account.label));
    }
    if (!is_secret(account.secret.reveal())) {
      refuse(fmt::format("account {}: the secret is empty or no base64; copy it again",
                         account.label));
    }
    plan.accounts.push_back(std::move(account));
  }
}

void add_feed(const FeedInfo& feed, Plan& plan) {
  auto& feeds = feed.account ? plan.account_feeds : plan.public_feeds;
  if (!feed.account) plan.public_link = true;
  if (feed.name == kHeartbeatFeed) return;
  if (std::find(feeds.begin(), feeds.end(), feed.name) == feeds.end()) feeds.push_back(feed.name);
}

void take_feeds(const std::vector<std::string>& names, Plan& plan) {
  for (const auto& name : names) {
    const auto& feed = kFeeds[index_of(kFeeds, name, "feed")];
    if (feed.account && plan.accounts.empty()) {
      refuse(fmt::format("feed {} needs an account with its key and secret", name));
    }
    if (feed.per_symbol && plan.symbols.empty()) {
      refuse(fmt::format("feed {} needs symbols, such as PF_XBTUSD", name));
    }
    add_feed(feed, plan);
  }
  if (!names.empty()) return;
  if (plan.symbols.empty() && plan.accounts.empty()) {
    refuse("nothing to record: name symbols, such as PF_XBTUSD, or an account");
  }
  for (const auto& feed : kFeeds) {
    if (!feed.by_default || (feed.account && plan.accounts.empty()) ||
        (feed.per_symbol && plan.symbols.empty())) {
      continue;
    }
    add_feed(feed, plan);
  }
}

void take_endpoints(const std::vector<std::pair<std::string, std::string>>& endpoints, Plan& plan) {
  for (std::size_t i = 0; i < kEndpoints.size(); ++i) plan.endpoints[i] = kEndpoints[i].url;
  for (const auto& [name, url] : endpoints) {
    const auto index = index_of(kEndpoints, name, "endpoint");
    const std::string_view scheme =
        index == static_cast<std::size_t>(Endpoint::websocket) ? "ws" : "http";
    const bool right = url.starts_with(fmt::format("{}://", scheme)) ||
                       url.starts_with(fmt::format("{}s://", scheme));
    if (!right || url.find_first_of(" ?#\r\n\t") != std::string::npos) {
      refuse(fmt::format("endpoint {} is to be a URL that begins with {}s:// and has no query",
                         name, scheme));
    }
    plan.endpoints[index] = url.substr(0, url.find_last_not_of('/') + 1);
  }
}

void take_polls(const std::vector<std::pair<std::string, Nanos>>& polls, Plan& plan) {
  for (std::size_t i = 0; i < kPolls.size(); ++i) plan.polls[i] = kPolls[i].every;
  for (const auto& [name, every] : polls) {
    const auto index = index_of(kPolls, name, "poll");
    if (every != 0 && every < kSecond) {
      refuse(fmt::format("poll {} every {} is too often; at least 1s, or off", name,
                         format_duration(every)));
    }
    plan.polls[index] = every;
  }
}

}  // namespace

Plan make_plan(SessionOptions options) {
  Plan plan;
  take_symbols(std::move(options.symbols), plan);
  take_accounts(std::move(options.accounts), plan);
  take_feeds(options.feeds, plan);
  take_endpoints(options.endpoints, plan);
  take_polls(options.polls, plan);
  const auto links = (plan.symbols.size() + kSymbolsPerLink - 1) / kSymbolsPerLink +
                     (plan.account_feeds.empty() ? 0 : plan.accounts.size());
  if (links > kMaxLinks) {
    refuse(
        fmt::format("{} symbols and {} accounts need {} connections of {} that the venue "
                    "allows; record fewer",
                    plan.symbols.size(), plan.accounts.size(), links, kMaxLinks));
  }
  return plan;
}

}  // namespace tape::venue::kraken_futures
