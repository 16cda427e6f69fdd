// What is said on one link to Kraken Futures: subscriptions and their acknowledgements, challenges
// and their signatures, pings, and asking anew for a feed whose sequence broke.
#pragma once

#include <tape/venue/budget.h>
#include <tape/venue/parser.h>
#include <tape/venue/session.h>

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tape::venue::kraken_futures {

/// Something that a link is to be subscribed to.
struct Topic {
  std::string_view feed;
  std::string symbol;  // empty: the feed has none
};

/// Public where there is no account. Moments are monotonic.
class Conversation {
 public:
  static constexpr Nanos kAckWait = 10 * kSecond;  // doubled with each time that none came
  static constexpr Nanos kAckWaitMost = 300 * kSecond;
  static constexpr Nanos kResyncEvery = 5 * kSecond;  // of one feed and product
  static constexpr Nanos kTextPing = 45 * kSecond;    // the venue drops who says nothing for 60 s
  static constexpr Nanos kFirstData = 10 * kSecond;
  static constexpr Nanos kRefused = 60 * kSecond;  // doubled with each time
  static constexpr Nanos kRefusedMost = 600 * kSecond;
  static constexpr std::size_t kSymbolsPerFrame = 50;
  /// Of 100 requests a second that the venue takes on a connection.
  static constexpr std::uint32_t kFramesPerSecond = 80;

  /// Heartbeats are always asked for: proof of life. `account` outlives this.
  Conversation(Link link, const std::vector<Topic>& topics, const Account* account);

  [[nodiscard]] const Link& link() const { return link_; }
  [[nodiscard]] const Account* account() const { return account_; }

  void on_open(Nanos now, Host& host);
  void on_lost();
  void on_frame(std::string_view frame, Nanos now, Host& host);
  void on_event(schema::Event::Reader event, Nanos now, Host& host);
  void on_tick(Nanos now, Host& host);

  /// True once for each connection of an account: its feeds have all begun, or had time enough.
  [[nodiscard]] bool take_round(Nanos now);

  /// Feeds (and products) that were asked for anew because of a gap since the last call.
  [[nodiscard]] std::vector<std::string> take_resynchronised();

  struct Counts {
    std::uint64_t challenges = 0;
    std::uint64_t resubscribed = 0;  // because of a gap
    std::uint64_t unanswered = 0;    // subscriptions that no acknowledgement came to in time
    std::uint64_t complaints = 0;    // other errors, alerts and failures that the venue told of
    std::uint64_t refusals = 0;      // of the key or of what it signed
    std::size_t unacknowledged = 0;  // at present
  };
  [[nodiscard]] Counts counts() const;

 private:
  struct Want {
    std::string_view feed;
    std::string symbol;
    bool signed_for = false;    // needs the challenge
    bool asked = false;         // on this connection
    bool acknowledged = false;  // on this connection
    bool fresh = true;          // nothing came since it was asked for
    bool broken = false;        // a gap was seen: to be asked for anew
    bool resynced = false;
    std::uint32_t tries = 0;
    Nanos asked_at = 0;
    Nanos resynced_at = 0;
  };
  using Key = std::pair<std::string, std::string>;  // feed, symbol in capitals

  Want* find(std::string_view feed, std::string_view symbol);
  void say(std::string text, Nanos now, Host& host);
  void flush(Nanos now, Host& host);
  void subscribe_public(Nanos now, Host& host);
  void subscribe_account(Nanos now, Host& host);
  void ask_challenge(Nanos now, Host& host);
  void ask_again(Want& want, Nanos now, Host& host);
  void mark_asked(Want& want, Nanos now);

  void on_subscription(schema::Subscription::Reader subscription, Nanos now, Host& host);
  void acknowledge(Want& want);
  void on_gap(schema::Event::Reader event);
  void on_data(schema::Event::Reader event);
  void complain(std::string_view feed, std::string_view message, Nanos now, Host& host);
  void tell(const std::string& text, Nanos now, Host& host);
  void refuse(const std::string& text, Nanos now, Host& host);

  void retry_refused(Nanos now, Host& host);
  void retry_unanswered(Nanos now, Host& host);
  void resynchronise(Nanos now, Host& host);
  [[nodiscard]] bool account_acknowledged() const;
  [[nodiscard]] bool account_unacknowledged() const;
  [[nodiscard]] std::string who() const;

  const Link link_;
  const Account* const account_;
  std::map<Key, Want> wants_;
  std::deque<std::string> queue_;
  Budget pace_{kFramesPerSecond, kSecond};
  Parser parser_;
  std::string buffer_;

  bool open_ = false;
  Nanos opened_at_ = 0;
  Nanos pinged_at_ = 0;
  bool round_due_ = false;
  bool challenged_ = false;  // a challenge was asked for on this connection
  bool awaiting_challenge_ = false;
  Nanos challenged_at_ = 0;
  std::uint32_t challenge_tries_ = 0;
  std::string challenge_;
  std::string signed_challenge_;
  Nanos retry_at_ = 0;  // after a refusal; 0 = none
  Nanos refused_wait_ = kRefused;
  std::size_t broken_ = 0;  // wants that are
  bool warned_unanswered_ = false;
  std::string complaint_;  // the last one told, and when
  Nanos complained_at_ = 0;
  std::vector<std::string> resynchronised_;
  Counts counts_;
};

}  // namespace tape::venue::kraken_futures
