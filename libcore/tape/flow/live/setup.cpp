#include <tape/base/bytes.h>
#include <tape/base/error.h>
#include <tape/flow/live/setup.h>
#include <tape/venue/registry.h>

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace tape::flow {
namespace {

bool is_live(std::string_view name) {
  const auto* venue = venue::find_venue(name);
  return venue != nullptr && venue->live != nullptr;
}

/// "VENUE:REST" when VENUE is one; the venue is empty otherwise.
std::pair<std::string, std::string> split_venue(const std::string& text) {
  const auto colon = text.find(':');
  if (colon == std::string::npos || !is_live(text.substr(0, colon))) return {"", text};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

class Distributor {
 public:
  explicit Distributor(std::vector<LiveSource>& sources) : sources_(sources) {}

  /// The source that an entry is for, and the entry without its venue.
  std::pair<LiveSource&, std::string> find(const std::string& text, std::string_view option) {
    auto [venue, rest] = split_venue(text);
    return {of(venue, option, rest), rest};
  }

  LiveSource& of(const std::string& venue, std::string_view option, const std::string& what) {
    if (venue.empty()) {
      if (sources_.size() == 1) return sources_.front();
      throw Error(Fault::usage, fmt::format("{} {}: say of which venue, as {}:{}", option, what,
                                            sources_.front().venue, what));
    }
    const auto found =
        std::find_if(sources_.begin(), sources_.end(),
                     [&](const LiveSource& source) { return source.venue == venue; });
    if (found == sources_.end()) {
      throw Error(Fault::usage, fmt::format("{} {}: {} is not recorded", option, what, venue));
    }
    return *found;
  }

 private:
  std::vector<LiveSource>& sources_;
};

std::pair<std::string, std::string> split_setting(const std::string& text, std::string_view option,
                                                  std::string_view form) {
  const auto equals = text.find('=');
  if (equals == 0 || equals == std::string::npos) {
    throw Error(Fault::usage, fmt::format("{} {}: expected {}", option, text, form));
  }
  return {text.substr(0, equals), text.substr(equals + 1)};
}

Nanos poll_interval(const std::string& value, const std::string& text) {
  if (value == "off") return 0;
  const auto interval = parse_duration(value);
  if (!interval || *interval <= 0) {
    throw Error(Fault::usage,
                fmt::format("--poll {}: expected a duration such as 30s, or off", text));
  }
  return *interval;
}

void add_accounts(const LiveWishes& wishes, Distributor& distributor) {
  for (const auto& account : wishes.accounts) {
    auto& source = distributor.of(account.venue, "--account", account.label);
    auto loaded = load_accounts({&account, 1});
    for (auto& keys : loaded) source.options.accounts.push_back(std::move(keys));
  }
}

}  // namespace

bool are_live(const std::vector<std::string>& sources) {
  const auto live = static_cast<std::size_t>(std::count_if(
      sources.begin(), sources.end(), [](const std::string& name) { return is_live(name); }));
  if (live != 0 && live != sources.size()) {
    throw Error(Fault::usage, "venues and files cannot be recorded together; run two recorders");
  }
  return live != 0;
}

AccountSource parse_live_account(const std::string& text) {
  const auto [venue, rest] = split_venue(text);
  auto account = parse_account(rest);
  account.venue = venue;
  return account;
}

std::vector<LiveSource> live_sources(const LiveWishes& wishes) {
  std::vector<LiveSource> sources;
  for (const auto& venue : wishes.venues) {
    (void)live_info(venue);
    const bool twice = std::any_of(sources.begin(), sources.end(),
                                   [&](const LiveSource& source) { return source.venue == venue; });
    if (twice) throw Error(Fault::usage, venue + " is named twice");
    sources.push_back({venue, {}});
  }
  Distributor distributor(sources);
  for (const auto& text : split_lists(wishes.symbols)) {
    auto [source, symbol] = distributor.find(text, "--symbol");
    source.options.symbols.push_back(symbol);
  }
  for (const auto& text : split_lists(wishes.feeds)) {
    auto [source, feed] = distributor.find(text, "--feed");
    source.options.feeds.push_back(feed);
  }
  for (const auto& text : wishes.endpoints) {
    auto [source, rest] = distributor.find(text, "--endpoint");
    source.options.endpoints.push_back(split_setting(rest, "--endpoint", "NAME=URL"));
  }
  for (const auto& text : split_lists(wishes.polls)) {
    auto [source, rest] = distributor.find(text, "--poll");
    auto [name, value] = split_setting(rest, "--poll", "NAME=DURATION or NAME=off");
    source.options.polls.emplace_back(name, poll_interval(value, text));
  }
  add_accounts(wishes, distributor);
  return sources;
}

}  // namespace tape::flow
