// What answers do to the schedule of polls.
#include <tape/venue/kraken_futures/live/polls.h>

#include <fmt/format.h>

#include <algorithm>

namespace tape::venue::kraken_futures {
namespace {

constexpr std::size_t kPublicLane = 0;
constexpr std::size_t kFirstAccount = 2;

Nanos doubled(Nanos base, std::uint32_t times) {
  return std::min(base << std::min(times, 10U), Polls::kRetryMost);
}

}  // namespace

void Polls::on_answer(const Answer& answer, Session::Now now, Host& host) {
  for (auto& poll : polls_) {
    if (!poll.in_flight || poll.request != answer.id) continue;
    settle(poll, judge_.judge(answer, poll.target), now.monotonic, host);
    return;
  }
  for (auto& [symbol, history] : histories_) {
    if (!history.in_flight || history.request != answer.id) continue;
    settle(history, judge_.judge(answer, history.target), now.monotonic, host);
    return;
  }
}

void Polls::settle(Poll& poll, const Verdict& verdict, Nanos now, Host& host) {
  poll.in_flight = false;
  judge_lane(lanes_[poll.lane], verdict, now, host);
  if (verdict.outcome != Outcome::good) {
    failed(poll, verdict, now, host);
    return;
  }
  if (poll.warned) {
    host.warn(fmt::format("{}: {} answers again after {} failures", lanes_[poll.lane].name,
                          kPolls[poll.what].name, poll.failures));
  }
  poll.failures = 0;
  poll.warned = false;
  poll.due = std::max(now, poll.asked_at + poll.every);
  if (poll.again) poll.due = std::min(poll.due, std::max(now, poll.asked_at + kRoundEvery));
  if (poll.what == kFillsPoll && next_page(poll, verdict, host)) poll.due = now;
  poll.again = false;
}

void Polls::settle(History& history, const Verdict& verdict, Nanos now, Host& host) {
  history.in_flight = false;
  judge_lane(lanes_[kPublicLane], verdict, now, host);
  if (verdict.outcome == Outcome::good && !history.again) history.tries = 0;
  history.again = false;
  history.due = now + kHistoryEvery;
}

void Polls::judge_lane(Lane& lane, const Verdict& verdict, Nanos now, Host& host) {
  if (verdict.outcome == Outcome::good) {
    lane.complaints = 0;
    lane.warned = false;
    return;
  }
  ++lane.failures;
  if (verdict.outcome == Outcome::failed) {
    // Server overload answers say so too.
    if (verdict.retry_after != 0) lane.budget.pause(now + verdict.retry_after);
    return;
  }
  const bool limited = verdict.outcome == Outcome::limited;
  if (limited) ++lane.limited;
  const auto wait =
      std::max(doubled(limited ? kLimited : kRefused, lane.complaints), verdict.retry_after);
  ++lane.complaints;
  lane.budget.pause(now + wait);
  if (lane.warned) return;
  lane.warned = true;
  std::string_view what = "the venue refuses our requests";
  std::string_view remedy = "check that it can be reached from this address";
  if (limited) {
    what = "the venue says that we ask too much";
    remedy = "see who else uses this key or address";
  } else if (lane.account != nullptr) {
    remedy = "check key, secret, their rights and the clock";
  }
  host.warn(fmt::format("{}: {} ({}); {}; asking again in {}", lane.name, what, verdict.why, remedy,
                        format_duration(wait)));
}

void Polls::failed(Poll& poll, const Verdict& verdict, Nanos now, Host& host) {
  poll.again = false;
  poll.due = now + doubled(kRetry, poll.failures);
  ++poll.failures;
  // What concerns the whole lane was told there.
  if (verdict.outcome != Outcome::failed || poll.warned || poll.failures < kWarnAfter) return;
  poll.warned = true;
  host.warn(fmt::format("{}: {} failed {} times, the last time by {}; going on, ever slower",
                        lanes_[poll.lane].name, kPolls[poll.what].name, poll.failures,
                        verdict.why));
}

/// Whether a page further back is to be asked for: until one begins before the last execution that
/// was known when the connection was lost, and so has that one too.
bool Polls::next_page(const Poll& poll, const Verdict& verdict, Host& host) {
  auto& known = known_[poll.lane - kFirstAccount];
  known.newest = std::max(known.newest, verdict.newest_fill);
  const auto finish = [&] {
    known.before = 0;
    known.pages = 0;
    // An answer from before the connection says nothing of the time in between.
    known.since = known.connected && !poll.again ? 0 : known.newest;
    return false;
  };
  if (known.since == 0 || verdict.oldest_fill == 0) return finish();
  if (verdict.oldest_fill < known.since) return finish();
  if (known.pages >= kMostPages) {
    host.warn(
        fmt::format("{}: more executions since the connection was lost than {} pages hold; "
                    "the oldest of them are not on the tape",
                    lanes_[poll.lane].name, kMostPages));
    return finish();
  }
  // Executions may share a millisecond: the next page overlaps, unless that would be the same page.
  auto before = verdict.oldest_fill + kMillisecond;
  if (known.before != 0 && before >= known.before) before = verdict.oldest_fill;
  if (known.before != 0 && before >= known.before) return finish();
  known.before = before;
  ++known.pages;
  return true;
}

}  // namespace tape::venue::kraken_futures
