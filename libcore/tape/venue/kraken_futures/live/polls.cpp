#include <tape/venue/kraken_futures/live/polls.h>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tape::venue::kraken_futures {
namespace {

constexpr std::size_t kPublicLane = 0;
constexpr std::size_t kStatusLane = 1;
constexpr std::size_t kFirstAccount = 2;

/// An answer that never comes, not even as a time-out, is not waited for beyond this.
constexpr Nanos kGiveUp = 60 * kSecond;

std::string lane_name(std::string_view label) { return fmt::format("kraken-futures {}", label); }

}  // namespace

Polls::Polls(const Plan& plan) : plan_(plan), known_(plan.accounts.size()) {
  lanes_.push_back({lane_name("public"), nullptr, Budget(kPublicShare, kWindow)});
  lanes_.push_back({lane_name("status page"), nullptr, Budget(kPublicShare, kWindow)});
  for (const auto& account : plan.accounts) {
    lanes_.push_back({lane_name(account.label), &account, Budget(kAccountShare, kWindow)});
  }
  for (std::size_t what = 0; what < kPolls.size(); ++what) {
    if (plan.polls[what] == 0) continue;
    Poll poll;
    poll.what = what;
    poll.every = plan.polls[what];
    poll.lane = what == kStatusPagePoll ? kStatusLane : kPublicLane;
    if (!kPolls[what].account) {
      polls_.push_back(poll);
      continue;
    }
    for (poll.lane = kFirstAccount; poll.lane < lanes_.size(); ++poll.lane) polls_.push_back(poll);
  }
}

void Polls::start(Nanos now) {
  for (auto& poll : polls_) {
    const bool after_round = kPolls[poll.what].account && !plan_.account_feeds.empty();
    poll.due = after_round ? now + kRoundEvery : now;
  }
}

Polls::Poll* Polls::find(std::size_t account, std::string_view name) {
  const auto found = std::find_if(polls_.begin(), polls_.end(), [&](const Poll& poll) {
    return poll.lane == kFirstAccount + account && kPolls[poll.what].name == name;
  });
  return found == polls_.end() ? nullptr : &*found;
}

void Polls::lost(std::size_t account) {
  auto& known = known_.at(account);
  known.connected = false;
  if (known.since == 0) known.since = known.newest;
}

void Polls::round(std::size_t account, Nanos now) {
  known_.at(account).connected = true;
  for (const auto& info : kPolls) {
    if (info.account) hurry(account, info.name, now);
  }
}

void Polls::hurry(std::size_t account, std::string_view name, Nanos now) {
  auto* poll = find(account, name);
  if (poll == nullptr) return;
  poll->again = poll->in_flight;
  const auto apart = poll->failures == 0 ? kRoundEvery : kRoundFailing;
  const auto due = poll->asked ? std::max(now, poll->asked_at + apart) : now;
  poll->due = std::min(poll->due, due);
}

void Polls::fill_seen(std::size_t account, Nanos filled_at) {
  auto& known = known_.at(account);
  known.newest = std::max(known.newest, filled_at);
}

void Polls::history(std::string_view symbol, Nanos now) {
  std::string name(symbol);
  // A venue that sends what nobody subscribed to must not fill memory.
  if (histories_.size() >= plan_.symbols.size() && !histories_.contains(name)) return;
  auto& history = histories_[std::move(name)];
  if (history.tries == 0) {
    const bool before = history.asked_at != 0;
    history.due = before ? std::max(now, history.asked_at + kHistoryEvery) : now;
  }
  history.tries = kHistoryTries;
  history.again = history.in_flight;
}

void Polls::on_tick(Session::Now now, Host& host) {
  for (auto& poll : polls_) {
    if (poll.in_flight && now.monotonic - poll.asked_at > kGiveUp) {
      Verdict verdict;
      verdict.why = "no answer";
      settle(poll, verdict, now.monotonic, host);
    }
    if (!poll.in_flight && now.monotonic >= poll.due) ask(poll, now, host);
  }
  for (auto& [symbol, history] : histories_) {
    if (history.in_flight && now.monotonic - history.asked_at > kGiveUp) history.in_flight = false;
    if (history.tries != 0 && !history.in_flight && now.monotonic >= history.due) {
      ask_history(symbol, history, now, host);
    }
  }
}

void Polls::ask(Poll& poll, Session::Now now, Host& host) {
  auto& lane = lanes_[poll.lane];
  const auto& call = kPollCalls[poll.what];
  std::string parameters;
  auto cost = call.cost;
  if (poll.what == kFillsPoll) {
    const auto before = known_[poll.lane - kFirstAccount].before;
    if (before != 0) {
      // Milliseconds, as the venue writes them.
      const auto moment = format_rfc3339(before).substr(0, 23) + 'Z';
      parameters = "lastFillTime=" + url_encode(moment);
      cost = kFillsPageCost;
    }
  }
  if (!lane.budget.take(cost, now.monotonic)) return;
  if (!parameters.empty()) ++lane.pages;
  const bool status_page = poll.what == kStatusPagePoll;
  Request request;
  request.id = ++last_request_;
  request.url = plan_.endpoint(status_page ? Endpoint::status_page : Endpoint::rest);
  request.url += call.path;
  poll.request = request.id;
  poll.in_flight = poll.asked = true;
  poll.asked_at = now.monotonic;
  poll.target = signed_path(request.url);
  send(lane, std::move(request), parameters, now, host);
}

void Polls::ask_history(const std::string& symbol, History& history, Session::Now now, Host& host) {
  auto& lane = lanes_[kPublicLane];
  if (!lane.budget.take(1, now.monotonic)) return;
  ++history_requests_;
  Request request;
  request.id = ++last_request_;
  request.url = plan_.endpoint(Endpoint::rest) + "/history";
  history.request = request.id;
  history.in_flight = true;
  history.asked_at = now.monotonic;
  history.target = signed_path(request.url);
  --history.tries;
  send(lane, std::move(request), "symbol=" + url_encode(symbol), now, host);
}

void Polls::send(Lane& lane, Request request, std::string_view parameters, Session::Now now,
                 Host& host) {
  ++lane.requests;
  request.method = "GET";
  request.timeout = kTimeout;
  if (lane.account != nullptr) {
    const auto nonce = lane.nonce.next(now.utc);
    request.account = lane.account->label;
    request.headers = {
        {"APIKey", std::string(lane.account->key.reveal())},
        {"Authent", authent(parameters, nonce, signed_path(request.url), lane.account->secret)},
        {"Nonce", nonce},
    };
  }
  if (!parameters.empty()) request.url.append(1, '?').append(parameters);
  host.request(request);
}

void Polls::count(std::vector<Session::Counter>& counters, Nanos now) const {
  std::uint64_t pages = 0;
  for (const auto& lane : lanes_) {
    std::string_view account;
    if (lane.account != nullptr) account = lane.account->label;
    if (&lane == &lanes_[kStatusLane]) {
      counters.push_back({"status_page_requests", "", static_cast<double>(lane.requests)});
      counters.push_back({"status_page_failures", "", static_cast<double>(lane.failures)});
      continue;
    }
    counters.push_back({"rate_limit_used", account, static_cast<double>(lane.budget.used(now))});
    counters.push_back({"rate_limit", account, static_cast<double>(lane.budget.limit())});
    counters.push_back({"requests", account, static_cast<double>(lane.requests)});
    counters.push_back({"request_failures", account, static_cast<double>(lane.failures)});
    counters.push_back({"rate_limited", account, static_cast<double>(lane.limited)});
    pages += lane.pages;
  }
  counters.push_back({"fill_pages", "", static_cast<double>(pages)});
  counters.push_back({"history_requests", "", static_cast<double>(history_requests_)});
}

}  // namespace tape::venue::kraken_futures
