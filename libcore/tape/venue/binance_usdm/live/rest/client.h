// The REST side of the session: what is to be asked when, within the venue's limits, and again when
// it failed.
#pragma once

#include <tape/venue/binance_usdm/live/rest/answers.h>
#include <tape/venue/binance_usdm/live/rest/weight.h>
#include <tape/venue/session.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tape::venue::binance_usdm::live {

/// In the order in which they go out when several are due.
enum class Call : std::uint8_t {
  create_key,
  keep_key,
  server_time,
  position_mode,
  account,
  position_risk,
  multi_assets,
  open_orders,
  depth,
  exchange_info,
};

inline constexpr Nanos kNever = std::numeric_limits<Nanos>::max();

/// Asks jobs when they are due, one request of a job at a time. Failed ones are asked again, later
/// each time, without end. Knows the venue's clock and limits by the answers that tell them.
class Client {
 public:
  using Job = std::size_t;
  static constexpr std::size_t kNoAccount = std::numeric_limits<std::size_t>::max();

  struct Subject {
    Call call = Call::server_time;
    std::size_t account = kNoAccount;  // index
    std::string symbol;
  };

  /// The accounts outlive the client.
  Client(std::string base, std::span<const Account> accounts);

  /// Not due until asked for; from its first good answer on again after `every`, unless that is 0.
  Job add(Subject subject, Nanos every);
  /// Makes it due at that moment, or earlier if it is. One that is under way is asked once more.
  void ask(Job job, Nanos at);
  /// Not due any more; the answer to one under way still comes.
  void cancel(Job job);

  void tick(Session::Now now, Host& host);

  struct Result {
    Job job = 0;
    Verdict verdict = Verdict::failed;
    /// Of the member that the call is for (listenKey, lastUpdateId). May be a secret.
    std::string value;
  };
  /// Nothing for an answer that nobody waits for.
  [[nodiscard]] std::optional<Result> on_answer(const Answer& answer, Session::Now now, Host& host);

  [[nodiscard]] const Subject& subject(Job job) const { return jobs_[job].subject; }
  void count(std::vector<Session::Counter>& counters, Session::Now now) const;

 private:
  struct Entry {
    Subject subject;
    bool wanted = false;  // not cancelled
    Nanos every = 0;
    Nanos due = kNever;
    Nanos again = kNever;        // asked for while under way
    Nanos sent_at = 0;           // 0 = never
    std::uint64_t request = 0;   // under way; 0 = none
    std::uint32_t failures = 0;  // in a row
  };

  [[nodiscard]] Entry* next(Session::Now now);
  [[nodiscard]] std::string url(const Subject& subject, Session::Now now) const;
  void send(Entry& entry, Session::Now now, Host& host);
  void close(Entry& entry);
  void give_up_lost(Session::Now now, Host& host);
  void learn(const Entry& entry, const Answer& answer, Session::Now now);
  [[nodiscard]] bool complete(const Entry& entry, Result& result);
  void succeeded(Entry& entry, Session::Now now);
  void failed(Entry& entry, const Judgement& judgement, Session::Now now, Host& host);
  void wait_all(Nanos lasting, std::string_view what, Entry& entry, Session::Now now, Host& host);
  [[nodiscard]] std::string who(const Entry& entry) const;

  std::string base_;
  std::span<const Account> accounts_;
  std::vector<Entry> jobs_;
  std::vector<bool> key_refused_;  // by account: the operator was told
  Weight weight_;
  Reader reader_;
  Job server_time_ = 0;
  std::uint64_t last_request_ = 0;
  std::size_t under_way_ = 0;
  Nanos clock_offset_ = 0;   // venue's clock minus ours
  bool use_offset_ = false;  // since the venue refused a timestamp of ours
  std::uint64_t requests_ = 0;
  std::uint64_t failures_ = 0;
  std::uint64_t limited_ = 0;
  std::uint64_t clock_refusals_ = 0;
};

}  // namespace tape::venue::binance_usdm::live
