// The REST side of a live session of Kraken Futures: polls by schedule and after a connection,
// fills paged back to the last one known, trades behind a gap; slower and slower while the venue
// fails.
#pragma once

#include <tape/venue/budget.h>
#include <tape/venue/kraken_futures/live/plan.h>
#include <tape/venue/kraken_futures/live/sign.h>
#include <tape/venue/kraken_futures/live/verdict.h>
#include <tape/venue/session.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tape::venue::kraken_futures {

/// Moments are monotonic but where they are a venue's.
class Polls {
 public:
  /// Costs per 10 s. The venue gives 500 to an account, which the desk's own orders need: a
  /// recorder takes a fifth. Public calls cost nothing; it is modest all the same.
  static constexpr Nanos kWindow = 10 * kSecond;
  static constexpr std::uint32_t kAccountShare = 100;
  static constexpr std::uint32_t kPublicShare = 20;
  static constexpr Nanos kRetry = 5 * kSecond;  // after a failure; doubled with each
  static constexpr Nanos kRetryMost = 300 * kSecond;
  static constexpr Nanos kLimited = 10 * kSecond;     // the same, when we asked too much
  static constexpr Nanos kRefused = 60 * kSecond;     // the same, when the key was refused
  static constexpr Nanos kRoundEvery = 10 * kSecond;  // connections may come and go faster
  static constexpr Nanos kRoundFailing = 30 * kSecond;
  static constexpr Nanos kHistoryEvery = 10 * kSecond;  // of one product
  static constexpr std::uint32_t kHistoryTries = 3;
  static constexpr std::uint32_t kMostPages = 20;
  static constexpr std::uint32_t kWarnAfter = 3;  // failures in a row
  static constexpr Nanos kTimeout = 10 * kSecond;

  /// The plan outlives this.
  explicit Polls(const Plan& plan);

  /// Account polls begin with the round after the first connection, or soon without one.
  void start(Nanos now);

  /// A connection of this account was lost, or stands and its feeds have begun. Accounts go by
  /// their place in the plan.
  void lost(std::size_t account);
  void round(std::size_t account, Nanos now);
  /// One poll now, because what it asks for is in doubt.
  void hurry(std::size_t account, std::string_view poll, Nanos now);
  /// An execution was seen; the venue's time of it.
  void fill_seen(std::size_t account, Nanos filled_at);
  /// The last trades of this product, to show those behind a gap.
  void history(std::string_view symbol, Nanos now);

  void on_answer(const Answer& answer, Session::Now now, Host& host);
  void on_tick(Session::Now now, Host& host);

  void count(std::vector<Session::Counter>& counters, Nanos now) const;

 private:
  /// Requests that share an allowance, an address and a key.
  struct Lane {
    std::string name;
    const Account* account = nullptr;
    Budget budget;
    Nonce nonce{};
    std::uint32_t complaints = 0;  // limited or refused answers in a row
    bool warned = false;
    std::uint64_t requests = 0;
    std::uint64_t failures = 0;
    std::uint64_t limited = 0;
    std::uint64_t pages = 0;
  };
  struct Poll {
    std::size_t what = 0;  // in kPolls
    std::size_t lane = 0;
    Nanos every = 0;
    Nanos due = 0;
    Nanos asked_at = 0;
    bool asked = false;
    bool in_flight = false;
    bool again = false;  // wanted anew while the request was under way
    std::uint64_t request = 0;
    std::string target;
    std::uint32_t failures = 0;
    bool warned = false;
  };
  /// How far back executions are known. All times are the venue's.
  struct Known {
    Nanos newest = 0;
    Nanos since = 0;   // all up to here are known, not all after it; 0 = all are
    Nanos before = 0;  // the page to ask for next; 0 = the latest
    std::uint32_t pages = 0;
    bool connected = false;
  };
  struct History {
    Nanos due = 0;
    Nanos asked_at = 0;
    std::uint32_t tries = 0;  // left; 0 = nothing to ask
    bool in_flight = false;
    bool again = false;  // a gap came while the request was under way
    std::uint64_t request = 0;
    std::string target;
  };

  [[nodiscard]] Poll* find(std::size_t account, std::string_view name);
  void ask(Poll& poll, Session::Now now, Host& host);
  void ask_history(const std::string& symbol, History& history, Session::Now now, Host& host);
  void send(Lane& lane, Request request, std::string_view parameters, Session::Now now, Host& host);
  void settle(Poll& poll, const Verdict& verdict, Nanos now, Host& host);
  void settle(History& history, const Verdict& verdict, Nanos now, Host& host);
  void judge_lane(Lane& lane, const Verdict& verdict, Nanos now, Host& host);
  void failed(Poll& poll, const Verdict& verdict, Nanos now, Host& host);
  [[nodiscard]] bool next_page(const Poll& poll, const Verdict& verdict, Host& host);

  const Plan& plan_;
  Judge judge_;
  std::vector<Lane> lanes_;  // public, status page, then the accounts
  std::vector<Poll> polls_;
  std::vector<Known> known_;  // by account
  std::unordered_map<std::string, History> histories_;
  std::uint64_t last_request_ = 0;
  std::uint64_t history_requests_ = 0;
};

}  // namespace tape::venue::kraken_futures
