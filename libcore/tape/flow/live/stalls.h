// Which feeds have gone silent for far longer than their own history allows.
#pragma once

#include <tape/base/time.h>
#include <tape/schemas/event.capnp.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tape::flow {

struct StallLimits {
  Nanos at_least = 10 * kSecond;  // --stall; shorter silence is never told
  int times = 20;                 // the longest usual interval
};

struct StallReport {
  enum class What : std::uint8_t {
    silent,
    only_heartbeats,  // the connection lives, and none of its feeds moves
    moved,            // a feed that was told of moves again
  };
  struct Feed {
    std::string venue;
    std::string channel;
    std::string symbol;
  };
  What what = What::silent;
  std::uint32_t connection = 0;
  std::vector<Feed> feeds;  // one; of only_heartbeats all of the connection
  Nanos since = 0;          // monotonic, the last event before the silence
  Nanos silence = 0;        // until now; of moved: until the event that ended it
  Nanos limit = 0;          // the silence that was unusual
};

/// How long the intervals of a feed usually are: for each power of two of milliseconds the time
/// spent in intervals that long, of the last half hour or so. Weighed by time and not by number, as
/// a burst has many short intervals and says little about the pause behind it.
class Intervals {
 public:
  void add(Nanos interval);
  /// Intervals up to this make up 95 % of the time: one outage does not count.
  [[nodiscard]] Nanos usual() const;
  /// At least 20 intervals that make up this time.
  [[nodiscard]] bool cover(Nanos time) const { return count_ >= kFew && total_ >= time; }

 private:
  static constexpr std::size_t kBuckets = 32;
  static constexpr std::uint32_t kFew = 20;
  static constexpr Nanos kWindow = 1800 * kSecond;
  std::array<Nanos, kBuckets> spent_{};
  Nanos total_ = 0;
  std::uint32_t count_ = 0;
};

/// Times are monotonic. Feeds with too little history are not judged, unless all feeds of a
/// connection that moved before stop while its heartbeats come in. Memory is bounded: feeds above
/// kMaxFeeds are not watched.
class Stalls {
 public:
  static constexpr std::size_t kMaxFeeds = 16384;

  explicit Stalls(StallLimits limits = {}) : limits_(limits) {}

  /// An event of a feed, no heartbeat. Allocates for a feed's first event only.
  void seen(std::string_view venue, std::string_view channel, std::string_view symbol,
            std::uint32_t connection, Nanos now);
  void heartbeat(std::uint32_t connection, Nanos now);
  /// The connection is lost, which is told elsewhere: its feeds are not judged until they move or
  /// their link is connected again.
  void lost(std::uint32_t connection);
  /// The link of the lost connection `before` stands again: its feeds are waited for from now on.
  void opened(std::uint32_t connection, std::uint32_t before, Nanos now);
  /// Once a second: appends what is to be told; each silence once, and its end. After a pause of
  /// our own (a stopped process) judges nothing until feeds had time to move.
  void check(Nanos now, std::vector<StallReport>& out);

  [[nodiscard]] std::size_t feeds() const { return feeds_.size(); }
  [[nodiscard]] std::size_t silent() const { return silent_; }
  /// Events of feeds that are not watched.
  [[nodiscard]] std::uint64_t unwatched() const { return unwatched_; }

 private:
  struct Name {
    std::string_view venue;
    std::string_view channel;
    std::string_view symbol;
    bool operator==(const Name&) const = default;
  };
  struct Key {
    std::string venue;
    std::string channel;
    std::string symbol;
    [[nodiscard]] Name name() const { return {venue, channel, symbol}; }
  };
  struct Hash {
    using is_transparent = void;  // NOLINT(readability-identifier-naming): the standard's name
    std::size_t operator()(const Name& name) const;
    std::size_t operator()(const Key& key) const { return (*this)(key.name()); }
  };
  struct Equal {
    using is_transparent = void;  // NOLINT(readability-identifier-naming): the standard's name
    bool operator()(const Key& a, const Key& b) const { return a.name() == b.name(); }
    bool operator()(const Name& a, const Key& b) const { return a == b.name(); }
    bool operator()(const Key& a, const Name& b) const { return a.name() == b; }
  };
  struct Feed {
    Intervals intervals;
    Nanos last = 0;       // event, or the moment from which it is waited for
    bool waited = false;  // `last` is such a moment: the next interval is none of the feed's own
    bool paused = false;
    std::uint32_t connection = 0;
    Nanos silent_since = 0;  // 0 = not told of
    Nanos limit = 0;         // that was exceeded
  };
  struct Link {
    Intervals intervals;
    Nanos last = 0;
    std::uint32_t heartbeats = 0;  // since the last event
    bool told = false;
  };
  using Feeds = std::unordered_map<Key, Feed, Hash, Equal>;

  [[nodiscard]] Nanos limit(const Intervals& intervals) const;
  void moved(const Key& key, Feed& feed, Nanos now);
  void check_links(Nanos now, std::vector<StallReport>& out);
  void check_feeds(Nanos now, std::vector<StallReport>& out);

  StallLimits limits_;
  Feeds feeds_;
  std::unordered_map<std::uint32_t, Link> links_;
  std::vector<StallReport> moved_;
  std::size_t silent_ = 0;
  std::uint64_t unwatched_ = 0;
  Nanos checked_ = 0;
  Nanos judged_from_ = 0;
};

/// "silent", "only heartbeats" or "moved": the event's `what`.
[[nodiscard]] std::string_view stall_name(StallReport::What what);
/// For people: "kraken-futures book PI_XBTUSD: silent for 45s; more than 40s is unusual".
[[nodiscard]] std::string describe(const StallReport& report);
/// Everything of the event but stamp, session and ordinal; `clock_offset` is the stamp's.
void fill_stalled(schema::Event::Builder event, const StallReport& report, Nanos clock_offset);

}  // namespace tape::flow
