// A live conversation with a venue, as a pure machine: what it must connect to, say and ask, and
// when. Protocol understands frames; Session decides what is done. No socket, no thread, no clock.
#pragma once

#include <tape/base/hmac.h>
#include <tape/base/time.h>
#include <tape/event/event.h>
#include <tape/event/frame.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tape::venue {

/// One account to follow. The label stands in every event of it; the rest never leaves the session.
struct Account {
  std::string label;
  Secret key;
  Secret secret;
};

/// A feed that can be asked for. Names are the venue's own.
struct FeedInfo {
  std::string_view name;
  bool account = false;     // needs keys
  bool by_default = false;  // recorded when no feed is named
  bool per_symbol = false;
  std::string_view what;  // for people, a line
};

/// An address of the venue that configuration may replace (a test server, a demo, a colocated
/// gateway): {"websocket", "wss://futures.kraken.com/ws/v1", "all feeds"}.
struct EndpointInfo {
  std::string_view name;
  std::string_view url;
  std::string_view what;
  bool account = false;  // connected to only once the venue has answered to an account's key
};

/// A REST poll that can be rescheduled: {"accounts", 60 s, "..."}.
struct PollInfo {
  std::string_view name;
  Nanos every = 0;  // 0 = off unless asked for
  bool account = false;
  std::string_view what;
};

/// What is to be recorded.
struct SessionOptions {
  std::vector<std::string> symbols;  // as the venue spells them
  std::vector<std::string> feeds;    // names; empty = those by_default (account feeds: if there are
                                     // accounts)
  std::vector<Account> accounts;
  std::vector<std::pair<std::string, std::string>> endpoints;  // name, URL
  std::vector<std::pair<std::string, Nanos>> polls;            // name, interval; 0 = off
};

/// A WebSocket link: stays the same over reconnects, while each connection gets a new number from
/// the host.
using LinkId = std::uint32_t;

struct Link {
  LinkId id = 0;         // chosen by the session
  std::string url;       // wss:// or ws://; may hold a secret (the host redacts what it shows)
  std::string name;      // for people and metrics: "public", "private desk"
  std::string account;   // label; empty = public
  Nanos ping_every = 0;  // WebSocket ping control frames; 0 = none
  Nanos silence = 0;     // nothing at all came in for so long: the host gives the connection up
  Nanos longest = 0;     // the venue ends connections at this age; 0 = never. For people only
  std::vector<std::pair<std::string, std::string>> concerns;  // channel, symbol
};

/// A REST request. The host signs nothing: URL, headers and body go out as they are.
struct Request {
  std::uint64_t id = 0;  // the session's own; comes back with the answer
  std::string method;
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string account;  // label
  Nanos timeout = 10 * kSecond;
};

struct Answer {
  std::uint64_t id = 0;
  std::uint16_t status = 0;  // 0: no answer came; `cause` says why
  std::string_view cause;    // "timeout", "connection refused", ...
  std::string_view body;     // before redaction
  std::span<const std::pair<std::string, std::string>> headers;  // names in lower case
  Nanos latency = 0;

  /// Empty when there is none.
  [[nodiscard]] std::string_view header(std::string_view lower_case_name) const;
};

/// Where a session puts what it wants done; everything is copied at once. The host records frames
/// sent, requests and answers, connections and their losses; it reconnects links with delay and
/// jitter for ever, until they are disconnected.
class Host {
 public:
  Host() = default;
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  virtual ~Host() = default;

  /// Keeps this link connected from now on. Of a link that there is: takes the new URL for the next
  /// connection.
  virtual void connect(const Link& link) = 0;
  /// Ends the connection and the link.
  virtual void disconnect(LinkId link, std::string_view why) = 0;
  /// Ends the connection; the host connects the link again.
  virtual void restart(LinkId link, std::string_view why) = 0;
  /// Sends a text frame; dropped when the link is not connected (the session is told on_open when
  /// it is again).
  virtual void send(LinkId link, std::string_view text) = 0;
  virtual void request(const Request& request) = 0;
  /// From now on these bytes are overwritten wherever they stand before anything is recorded or
  /// shown: a listen key that was just made.
  virtual void conceal(std::string_view secret) = 0;
  /// A recorder event complete but for stamp, session and ordinal: resynchronised, ...
  virtual void note(event::Message& message) = 0;
  /// One line for the operator, on stderr: a refused subscription, a refused key.
  virtual void warn(std::string_view text) = 0;
};

class Session {
 public:
  Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  virtual ~Session() = default;

  /// The moment of a call by both clocks: the monotonic one for delays, UTC for nonces and stamps.
  struct Now {
    Nanos monotonic = 0;
    Nanos utc = 0;
  };

  virtual void start(Now now, Host& host) = 0;
  /// The link's connection stands. Everything is to be subscribed to (again).
  virtual void on_open(LinkId link, Now now, Host& host) = 0;
  virtual void on_lost(LinkId link, Now now, Host& host) = 0;
  /// A text frame of the link before redaction and decoding. Called for every frame: what is no
  /// control frame must be told apart at the first bytes.
  virtual void on_frame(LinkId link, std::string_view frame, Now now, Host& host) = 0;
  /// What the Protocol made of it: gap, subscription, error, streamExpired, snapshots and so on.
  virtual void on_event(LinkId link, schema::Event::Reader event, Now now, Host& host) = 0;
  virtual void on_answer(const Answer& answer, Now now, Host& host) = 0;
  /// At least ten times a second.
  virtual void on_tick(Now now, Host& host) = 0;

  /// Counters for metrics, by name ("rate_limit_used", "resubscribed"): values since the start or
  /// gauges.
  struct Counter {
    std::string_view name;
    std::string_view account;
    double value = 0;
  };
  [[nodiscard]] virtual std::vector<Counter> counters() const = 0;
};

/// What is given up first when frames come faster than they can be kept. A resynchronisation mends
/// a book; nothing mends a fill.
enum class Importance : std::uint8_t {
  book,     // deep book changes
  quote,    // best quotes, tickers, klines: the next one replaces it
  market,   // trades and other market data
  account,  // everything else: never given up
};

/// What a venue offers to a live recorder.
struct LiveInfo {
  std::span<const FeedInfo> feeds;
  std::span<const EndpointInfo> endpoints;
  std::span<const PollInfo> polls;
  /// Throws Error{usage} for a feed, symbol, endpoint or poll that cannot be, naming those that
  /// can.
  std::unique_ptr<Session> (*make_session)(SessionOptions options) = nullptr;
  /// Of a text frame, by its first bytes; what is not surely market data is Importance::account.
  Importance (*importance)(std::string_view frame) = nullptr;
};

}  // namespace tape::venue
