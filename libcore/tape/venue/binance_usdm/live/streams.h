// Streams of the market: connections that subscribe to them, see to it that they are acknowledged,
// and hand over to younger ones.
#pragma once

#include <tape/venue/binance_usdm/live/depth.h>
#include <tape/venue/binance_usdm/live/feeds.h>
#include <tape/venue/binance_usdm/live/legs.h>

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tape::venue::binance_usdm::live {

/// The venue's bound.
inline constexpr std::size_t kMaxStreams = 1024;

/// What the operator was told already.
class Told {
 public:
  /// Whether it is the first time.
  [[nodiscard]] bool first(std::string_view topic);

 private:
  std::set<std::string, std::less<>> topics_;
};

struct StreamCounts {
  std::uint64_t messages = 0;  // SUBSCRIBE frames
  std::uint64_t repeated = 0;  // of them, those sent again on one connection
  std::uint64_t refused = 0;
  std::uint64_t unanswered = 0;
  std::uint64_t replaced = 0;  // connections, before the venue ends them
};

/// The answer to a SUBSCRIBE: {"result":null,"id":1}, {"code":2,"msg":".."} or an error inside.
struct Acknowledgement {
  std::optional<std::int64_t> id;
  bool refused = false;
  std::string reason;
};
[[nodiscard]] Acknowledgement read_acknowledgement(Reader& reader);

/// The subscriptions of one connection. The streams outlive it.
class Subscriptions {
 public:
  /// Several at once wait for their answers; what the host sends for itself has room beside.
  static constexpr Nanos kPace = 200 * kMillisecond;
  static constexpr std::size_t kBatch = 50;
  static constexpr Nanos kAnswerWithin = 10 * kSecond;

  explicit Subscriptions(std::span<const Stream> streams) : streams_(streams) {}

  /// Everything anew.
  void open(LinkId link, Nanos now);
  void close() { link_ = 0; }
  [[nodiscard]] LinkId link() const { return link_; }
  [[nodiscard]] bool complete() const { return link_ != 0 && batches_.empty(); }

  void tick(Nanos now, Host& host, Told& told, StreamCounts& counts);
  /// The streams that are acknowledged by it: indexes.
  [[nodiscard]] std::vector<std::uint16_t> answered(const Acknowledgement& answer, Nanos now,
                                                    Host& host, Told& told, StreamCounts& counts);
  /// An event of that channel and symbol came.
  void seen(std::string_view channel, std::string_view symbol);

 private:
  struct Batch {
    std::vector<std::uint16_t> streams;
    std::int64_t id = 0;  // of the last request; 0 = not asked yet
    bool under_way = false;
    Nanos at = 0;  // when asked, or when to be asked
    std::uint32_t failures = 0;
  };

  void add(std::span<const std::uint16_t> streams, Nanos at);
  void send(Batch& batch, Nanos now, Host& host, StreamCounts& counts);
  void refused(std::vector<Batch>::iterator batch, const std::string& reason, Nanos now, Host& host,
               Told& told);
  void check_quiet(Nanos now, Host& host, Told& told);

  std::span<const Stream> streams_;
  LinkId link_ = 0;
  std::vector<Batch> batches_;         // not acknowledged yet
  std::vector<std::uint16_t> unseen_;  // lively streams that said nothing yet
  Nanos next_message_ = 0;
  Nanos quiet_since_ = 0;
  std::int64_t last_id_ = 0;
};

/// One connection's worth of streams at one site. What it is given by reference outlives it.
class Lane {
 public:
  struct Place {
    std::string name;  // "public 1"
    std::string url;   // with the path
  };

  Lane(Place place, std::vector<Stream> streams, std::uint32_t number, LinkIds& ids, Depth& depth);
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  void start(Host& host);
  [[nodiscard]] bool has(LinkId link) const { return legs_.has(link); }
  void opened(LinkId link, Session::Now now, Host& host);
  void lost(LinkId link, Host& host);
  /// A frame of market data came.
  void heard(LinkId link) { legs_.heard(link); }
  void answered(LinkId link, const Acknowledgement& answer, Session::Now now, Host& host);
  void seen(LinkId link, std::string_view channel, std::string_view symbol);
  void tick(Session::Now now, Host& host);

  [[nodiscard]] const StreamCounts& counts() const { return counts_; }

 private:
  [[nodiscard]] Subscriptions& of(LinkId link);
  void connect(LinkId link, Host& host) const;
  void promoted(LinkId old, Host& host);

  Place place_;
  std::vector<Stream> streams_;
  LinkIds& ids_;
  Depth& depth_;
  Legs legs_;
  Subscriptions current_;
  Subscriptions next_;
  Told told_;
  StreamCounts counts_;
};

}  // namespace tape::venue::binance_usdm::live
