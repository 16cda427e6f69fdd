#include <tape/venue/binance_usdm/live/rest/client.h>
#include <tape/venue/binance_usdm/live/rest/sign.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

namespace tape::venue::binance_usdm::live {
namespace {

constexpr Nanos kMinute = 60 * kSecond;
constexpr Nanos kLongestBackOff = 5 * kMinute;
constexpr Nanos kTimeout = 10 * kSecond;
// A clock of ours that is further off cannot be helped here.
constexpr Nanos kLargestOffset = Nanos{366} * 24 * 60 * kMinute;
// The host answers every request; beyond this it is taken for lost.
constexpr Nanos kLostAfter = 3 * kTimeout;
constexpr std::size_t kMostUnderWay = 8;
// One failure says nothing to people, a run of them does.
constexpr std::uint32_t kFailuresToTell = 3;
// Parts of the weight limit in percent: 80 in all, of which the last tenth is kept for accounts.
constexpr std::uint32_t kAccountShare = 80;
constexpr std::uint32_t kMarketShare = 70;

enum class Security : std::uint8_t { none, key, signature };

struct Asked {
  std::string_view method;
  std::string_view path;
  std::uint32_t weight = 1;
  Security security = Security::none;
  Root root = Root::object;
  std::string_view member;  // that a good answer has; the result's value
  Nanos spacing = kSecond;  // between two requests of one job at least
};

// By Call. Weights as documented.
constexpr std::array<Asked, 10> kCalls{{
    {"POST", "/fapi/v1/listenKey", 1, Security::key, Root::object, "listenKey", 5 * kSecond},
    {"PUT", "/fapi/v1/listenKey", 1, Security::key, Root::object, ""},
    {"GET", "/fapi/v1/time", 1, Security::none, Root::object, "serverTime"},
    {"GET", "/fapi/v1/positionSide/dual", 30, Security::signature, Root::object,
     "dualSidePosition"},
    {"GET", "/fapi/v2/account", 5, Security::signature, Root::object, "assets"},
    {"GET", "/fapi/v2/positionRisk", 5, Security::signature, Root::array, ""},
    {"GET", "/fapi/v1/multiAssetsMargin", 30, Security::signature, Root::object,
     "multiAssetsMargin"},
    {"GET", "/fapi/v1/openOrders", 40, Security::signature, Root::array, ""},
    {"GET", "/fapi/v1/depth", 20, Security::none, Root::object, "lastUpdateId", 5 * kSecond},
    {"GET", "/fapi/v1/exchangeInfo", 1, Security::none, Root::object, "symbols"},
}};

const Asked& asked(Call call) { return kCalls.at(static_cast<std::size_t>(call)); }

std::uint32_t share(Call call) {
  return call == Call::depth || call == Call::exchange_info ? kMarketShare : kAccountShare;
}

Nanos back_off(Nanos first, std::uint32_t failures) {
  return std::min(kLongestBackOff, first << std::min(failures - 1, 12U));
}

/// Symbols may have letters beyond ASCII.
std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += byte < 0x80 ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return out;
}

}  // namespace

Client::Client(std::string base, std::span<const Account> accounts)
    : base_(std::move(base)), accounts_(accounts), key_refused_(accounts.size()) {
  server_time_ = add({Call::server_time, kNoAccount, {}}, 0);
}

Client::Job Client::add(Subject subject, Nanos every) {
  // The clock's job is made first, as it is needed whatever is polled.
  if (subject.call == Call::server_time && !jobs_.empty()) {
    jobs_[server_time_].every = every;
    return server_time_;
  }
  Entry entry;
  entry.subject = std::move(subject);
  entry.every = every;
  jobs_.push_back(std::move(entry));
  return jobs_.size() - 1;
}

void Client::ask(Job job, Nanos at) {
  auto& entry = jobs_[job];
  auto& moment = entry.request == 0 ? entry.due : entry.again;
  moment = std::min(moment, at);
  entry.wanted = true;
}

void Client::cancel(Job job) {
  auto& entry = jobs_[job];
  entry.due = entry.again = kNever;
  entry.wanted = false;
}

void Client::tick(Session::Now now, Host& host) {
  give_up_lost(now, host);
  if (weight_.blocked(now)) return;
  while (under_way_ < kMostUnderWay) {
    auto* const entry = next(now);
    if (entry == nullptr) return;
    const auto call = entry->subject.call;
    if (!weight_.admits(asked(call).weight, share(call), now)) return;
    send(*entry, now, host);
  }
}

Client::Entry* Client::next(Session::Now now) {
  Entry* best = nullptr;
  for (auto& entry : jobs_) {
    if (entry.request != 0 || entry.due > now.monotonic) continue;
    const auto spacing = asked(entry.subject.call).spacing;
    if (entry.sent_at != 0 && now.monotonic - entry.sent_at < spacing) continue;
    if (best == nullptr ||
        std::pair(entry.subject.call, entry.due) < std::pair(best->subject.call, best->due)) {
      best = &entry;
    }
  }
  return best;
}

std::string Client::url(const Subject& subject, Session::Now now) const {
  const auto& call = asked(subject.call);
  std::string query;
  if (subject.call == Call::depth) {
    query = fmt::format("symbol={}&limit=1000", percent_encoded(subject.symbol));
  }
  if (call.security == Security::signature) {
    query = signed_query(accounts_[subject.account].secret, query,
                         now.utc + (use_offset_ ? clock_offset_ : 0));
  }
  return fmt::format("{}{}{}{}", base_, call.path, query.empty() ? "" : "?", query);
}

void Client::send(Entry& entry, Session::Now now, Host& host) {
  const auto& call = asked(entry.subject.call);
  Request request;
  request.id = entry.request = ++last_request_;
  request.method = call.method;
  request.url = url(entry.subject, now);
  request.timeout = kTimeout;
  if (entry.subject.account != kNoAccount) {
    const auto& account = accounts_[entry.subject.account];
    request.account = account.label;
    request.headers.emplace_back("X-MBX-APIKEY", account.key.reveal());
  }
  entry.sent_at = now.monotonic;
  entry.due = kNever;
  ++under_way_;
  ++requests_;
  weight_.spend(call.weight, now);
  host.request(request);
  for (auto& header : request.headers) wipe(header.second);
}

void Client::close(Entry& entry) {
  entry.request = 0;
  --under_way_;
  weight_.settle(asked(entry.subject.call).weight);
}

void Client::give_up_lost(Session::Now now, Host& host) {
  for (auto& entry : jobs_) {
    if (entry.request == 0 || now.monotonic - entry.sent_at < kLostAfter) continue;
    close(entry);
    failed(entry, {Verdict::failed, "no answer", 0}, now, host);
  }
}

std::optional<Client::Result> Client::on_answer(const Answer& answer, Session::Now now,
                                                Host& host) {
  const auto found = std::find_if(jobs_.begin(), jobs_.end(), [&](const Entry& entry) {
    return answer.id != 0 && entry.request == answer.id;
  });
  if (found == jobs_.end()) return std::nullopt;
  auto& entry = *found;
  close(entry);
  if (const auto used = parse_integer(answer.header("x-mbx-used-weight-1m"));
      used && *used >= 0 && *used <= std::numeric_limits<std::uint32_t>::max()) {
    weight_.report(static_cast<std::uint32_t>(*used), now);
  }
  Result result{static_cast<Job>(found - jobs_.begin()), Verdict::failed, {}};
  auto judgement = judge(answer, reader_);
  if (judgement.verdict == Verdict::ok && !complete(entry, result)) {
    judgement = {Verdict::failed, "the answer lacks what was asked for", 0};
  }
  result.verdict = judgement.verdict;
  if (judgement.verdict == Verdict::ok) {
    learn(entry, answer, now);
    succeeded(entry, now);
  } else {
    failed(entry, judgement, now, host);
  }
  return result;
}

bool Client::complete(const Entry& entry, Result& result) {
  const auto& call = asked(entry.subject.call);
  if (reader_.root() != call.root) return false;
  if (entry.subject.call == Call::keep_key) {
    result.value = std::string(reader_.text("listenKey").value_or(""));
    return true;
  }
  if (call.member.empty()) return true;
  const auto value = reader_.text(call.member);
  if (!value || value->empty()) return false;
  const auto call_kind = entry.subject.call;
  const bool number = call_kind == Call::depth || call_kind == Call::server_time;
  if (number && parse_integer(*value).value_or(0) <= 0) return false;
  if (number || call_kind == Call::create_key) result.value = std::string(*value);
  return true;
}

void Client::learn(const Entry& entry, const Answer& answer, Session::Now now) {
  if (entry.subject.call == Call::server_time) {
    const auto moment = classify_time(reader_.integer("serverTime").value_or(0)).moment;
    // Read half way between request and answer.
    const auto offset = moment - (now.utc - answer.latency / 2);
    if (moment != 0 && std::abs(offset) < kLargestOffset) clock_offset_ = offset;
  }
  if (entry.subject.call == Call::exchange_info && reader_.descend("rateLimits")) {
    const bool weight = reader_.text("rateLimitType").value_or("") == "REQUEST_WEIGHT" &&
                        reader_.text("interval").value_or("") == "MINUTE" &&
                        reader_.integer("intervalNum") == 1;
    const auto limit = reader_.integer("limit").value_or(0);
    if (weight && limit > 0 && limit <= std::numeric_limits<std::uint32_t>::max()) {
      weight_.set_limit(static_cast<std::uint32_t>(limit));
    }
  }
}

void Client::succeeded(Entry& entry, Session::Now now) {
  entry.failures = 0;
  // Listen keys are given to keys that may not sign.
  if (asked(entry.subject.call).security == Security::signature) {
    key_refused_[entry.subject.account] = false;
  }
  const auto scheduled = entry.every > 0 ? now.monotonic + entry.every : kNever;
  entry.due = std::min({entry.due, scheduled, std::exchange(entry.again, kNever)});
}

std::string Client::who(const Entry& entry) const {
  const auto& call = asked(entry.subject.call);
  std::string text = "binance-usdm";
  if (entry.subject.account != kNoAccount) text += " " + accounts_[entry.subject.account].label;
  if (!entry.subject.symbol.empty()) text += " " + entry.subject.symbol;
  return fmt::format("{}: {} {}", text, call.method, call.path);
}

void Client::failed(Entry& entry, const Judgement& judgement, Session::Now now, Host& host) {
  ++failures_;
  ++entry.failures;
  entry.again = kNever;
  entry.due = entry.wanted
                  ? now.monotonic + back_off(asked(entry.subject.call).spacing, entry.failures)
                  : kNever;
  switch (judgement.verdict) {
    case Verdict::rate_limited:
      wait_all(judgement.retry_after > 0 ? judgement.retry_after : kMinute, "", entry, now, host);
      return;
    case Verdict::banned:
      wait_all(judgement.retry_after > 0 ? judgement.retry_after : 10 * kMinute,
               "the venue banned this address", entry, now, host);
      return;
    case Verdict::forbidden:
      wait_all(judgement.retry_after > 0 ? judgement.retry_after : 5 * kMinute,
               "the venue's firewall refuses this address", entry, now, host);
      return;
    case Verdict::clock_off:
      ++clock_refusals_;
      // Signed anew once the clock was asked for, which goes out first.
      use_offset_ = true;
      ask(server_time_, now.monotonic);
      break;
    case Verdict::key_gone:
      // The owner of the key makes a new one. Other calls know no such answer.
      if (entry.subject.call != Call::keep_key) break;
      entry.due = kNever;
      return;
    case Verdict::key_refused:
      entry.due = entry.wanted ? now.monotonic + kLongestBackOff : kNever;
      if (entry.subject.account == kNoAccount || key_refused_[entry.subject.account]) return;
      key_refused_[entry.subject.account] = true;
      host.warn(
          fmt::format("{}: key refused: {}; check the key, its permission to read futures "
                      "and its list of addresses",
                      who(entry), judgement.reason));
      return;
    default:
      break;
  }
  if (entry.failures == kFailuresToTell) {
    host.warn(fmt::format("{}: {} times in a row: {}; asking on", who(entry), entry.failures,
                          judgement.reason));
  }
}

void Client::wait_all(Nanos lasting, std::string_view what, Entry& entry, Session::Now now,
                      Host& host) {
  ++limited_;
  if (!what.empty() && !weight_.blocked(now)) {
    host.warn(
        fmt::format("{}: {}; no REST request for {}", who(entry), what, format_duration(lasting)));
  }
  weight_.block(now.monotonic + lasting);
  entry.due = std::max(entry.due, now.monotonic + lasting);
}

void Client::count(std::vector<Session::Counter>& counters, Session::Now now) const {
  const auto add = [&](std::string_view name, double value) {
    counters.push_back({name, {}, value});
  };
  add("rest_requests", static_cast<double>(requests_));
  add("rest_failures", static_cast<double>(failures_));
  add("rest_limited", static_cast<double>(limited_));
  add("rest_weight_used", weight_.used(now));
  add("rest_weight_limit", weight_.limit());
  add("clock_refusals", static_cast<double>(clock_refusals_));
  add("clock_offset_seconds", static_cast<double>(clock_offset_) / 1e9);
}

}  // namespace tape::venue::binance_usdm::live
