#include <tape/flow/live/stalls.h>

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <functional>
#include <utility>

namespace tape::flow {
namespace {

// Between two checks, which are a second apart: more means that we stood still, not the venue.
constexpr Nanos kOwnPause = 4 * kSecond;
// History that a single feed is judged by, in times of the least limit.
constexpr int kHistory = 6;
constexpr std::size_t kMaxLinks = 4096;
// One may have been on its way when the feeds stopped.
constexpr std::uint32_t kHeartbeats = 2;

capnp::Text::Reader text(std::string_view value) { return {value.data(), value.size()}; }

}  // namespace

void Intervals::add(Nanos interval) {
  interval = std::max<Nanos>(interval, 0);
  const auto width =
      static_cast<std::size_t>(std::bit_width(static_cast<std::uint64_t>(interval / kMillisecond)));
  spent_[std::min(width, kBuckets - 1)] += interval;
  total_ += interval;
  count_ = std::min(count_ + 1, kFew);
  if (total_ <= kWindow) return;
  total_ = 0;
  for (auto& spent : spent_) total_ += spent /= 2;
}

Nanos Intervals::usual() const {
  Nanos sum = 0;
  for (std::size_t width = 0; width < kBuckets; ++width) {
    sum += spent_[width];
    if (sum > 0 && sum >= total_ - total_ / 20) return (Nanos{1} << width) * kMillisecond;
  }
  return kMillisecond;
}

std::size_t Stalls::Hash::operator()(const Name& name) const {
  constexpr std::size_t kGolden = 0x9E3779B97F4A7C15U;
  const std::hash<std::string_view> hash;
  return (hash(name.venue) * kGolden + hash(name.channel)) * kGolden + hash(name.symbol);
}

Nanos Stalls::limit(const Intervals& intervals) const {
  return std::max(limits_.at_least, limits_.times * intervals.usual());
}

void Stalls::moved(const Key& key, Feed& feed, Nanos now) {
  moved_.push_back({StallReport::What::moved,
                    feed.connection,
                    {{key.venue, key.channel, key.symbol}},
                    feed.silent_since,
                    now - feed.silent_since,
                    feed.limit});
  feed.silent_since = 0;
  --silent_;
}

void Stalls::seen(std::string_view venue, std::string_view channel, std::string_view symbol,
                  std::uint32_t connection, Nanos now) {
  if (auto link = links_.find(connection); link != links_.end()) {
    auto& it = link->second;
    // A silence that was told of is no usual interval; its part up to the limit may become one.
    it.intervals.add(it.told ? std::min(now - it.last, limit(it.intervals)) : now - it.last);
    it.last = now;
    it.heartbeats = 0;
    it.told = false;
  } else if (links_.size() < kMaxLinks) {
    links_[connection].last = now;
  }
  auto at = feeds_.find(Name{venue, channel, symbol});
  if (at == feeds_.end()) {
    if (feeds_.size() >= kMaxFeeds) {
      ++unwatched_;
      return;
    }
    Feed feed;
    feed.last = now;
    feed.connection = connection;
    feeds_.emplace(Key{std::string(venue), std::string(channel), std::string(symbol)}, feed);
    return;
  }
  auto& feed = at->second;
  if (!feed.waited && !feed.paused) {
    const bool told = feed.silent_since != 0;
    feed.intervals.add(told ? std::min(now - feed.last, feed.limit) : now - feed.last);
  }
  feed.connection = connection;
  if (feed.silent_since != 0) moved(at->first, feed, now);
  feed.last = now;
  feed.waited = feed.paused = false;
}

void Stalls::heartbeat(std::uint32_t connection, Nanos now) {
  const auto link = links_.find(connection);
  if (link != links_.end() && now > link->second.last) ++link->second.heartbeats;
}

void Stalls::lost(std::uint32_t connection) {
  for (auto& [key, feed] : feeds_) feed.paused = feed.paused || feed.connection == connection;
}

void Stalls::opened(std::uint32_t connection, std::uint32_t before, Nanos now) {
  for (auto& [key, feed] : feeds_) {
    if (feed.connection != before || !feed.paused) continue;
    feed.connection = connection;
    feed.paused = false;
    feed.waited = true;
    feed.last = now;
  }
  if (auto link = links_.extract(before); !link.empty()) {
    link.key() = connection;
    link.mapped().last = now;
    link.mapped().heartbeats = 0;
    link.mapped().told = false;
    links_.insert(std::move(link));
  }
}

void Stalls::check(Nanos now, std::vector<StallReport>& out) {
  std::move(moved_.begin(), moved_.end(), std::back_inserter(out));
  moved_.clear();
  if (checked_ != 0 && now - checked_ > kOwnPause) judged_from_ = now + limits_.at_least;
  checked_ = now;
  if (now < judged_from_) return;
  check_links(now, out);
  check_feeds(now, out);
}

void Stalls::check_links(Nanos now, std::vector<StallReport>& out) {
  for (auto& [connection, link] : links_) {
    if (link.told || link.heartbeats < kHeartbeats || now - link.last <= limits_.at_least ||
        !link.intervals.cover(limits_.at_least) || now - link.last <= limit(link.intervals))
      continue;
    link.told = true;
    StallReport report{StallReport::What::only_heartbeats,
                       connection,
                       {},
                       link.last,
                       now - link.last,
                       limit(link.intervals)};
    for (auto& [key, feed] : feeds_) {
      if (feed.connection != connection || feed.paused || feed.silent_since != 0) continue;
      feed.silent_since = feed.last;
      feed.limit = report.limit;
      ++silent_;
      report.feeds.push_back({key.venue, key.channel, key.symbol});
    }
    if (!report.feeds.empty()) out.push_back(std::move(report));
  }
}

void Stalls::check_feeds(Nanos now, std::vector<StallReport>& out) {
  for (auto& [key, feed] : feeds_) {
    if (feed.paused || feed.silent_since != 0 || now - feed.last <= limits_.at_least ||
        !feed.intervals.cover(kHistory * limits_.at_least))
      continue;
    const auto unusual = limit(feed.intervals);
    if (now - feed.last <= unusual) continue;
    feed.silent_since = feed.last;
    feed.limit = unusual;
    ++silent_;
    out.push_back({StallReport::What::silent,
                   feed.connection,
                   {{key.venue, key.channel, key.symbol}},
                   feed.last,
                   now - feed.last,
                   unusual});
  }
}

std::string_view stall_name(StallReport::What what) {
  switch (what) {
    case StallReport::What::silent:
      return "silent";
    case StallReport::What::only_heartbeats:
      return "only heartbeats";
    case StallReport::What::moved:
      return "moved";
  }
  return "silent";
}

std::string describe(const StallReport& report) {
  const auto length = format_duration(report.silence);
  const auto name = [](const StallReport::Feed& feed) {
    return fmt::format("{} {}{}{}", feed.venue, feed.channel, feed.symbol.empty() ? "" : " ",
                       feed.symbol);
  };
  auto first = report.feeds.empty() ? std::string("?") : name(report.feeds.front());
  switch (report.what) {
    case StallReport::What::silent:
      return fmt::format("{}: silent for {}; more than {} is unusual", first, length,
                         format_duration(report.limit));
    case StallReport::What::only_heartbeats:
      return fmt::format("connection {}: only heartbeats for {}; {} feeds are silent, such as {}",
                         report.connection, length, report.feeds.size(), first);
    case StallReport::What::moved:
      return fmt::format("{}: moves again after {}", first, length);
  }
  return first;
}

void fill_stalled(schema::Event::Builder event, const StallReport& report, Nanos clock_offset) {
  event.setDirection(schema::Direction::LOCAL);
  event.setTransport(schema::Transport::NONE);
  event.setConnection(report.connection);
  if (!report.feeds.empty()) event.setVenue(text(report.feeds.front().venue));
  auto stalled = event.initBody().initStalled();
  auto concerns = stalled.initConcerns(static_cast<unsigned>(report.feeds.size()));
  for (unsigned i = 0; i < concerns.size(); ++i) {
    concerns[i].setVenue(text(report.feeds[i].venue));
    concerns[i].setChannel(text(report.feeds[i].channel));
    concerns[i].setSymbol(text(report.feeds[i].symbol));
  }
  stalled.setSinceAt(report.since + clock_offset);
  stalled.setWhat(text(stall_name(report.what)));
  stalled.setSilence(report.silence);
  stalled.setLimit(report.limit);
}

}  // namespace tape::flow
