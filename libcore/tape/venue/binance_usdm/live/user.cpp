#include <tape/venue/binance_usdm/live/user.h>

#include <algorithm>
#include <utility>

namespace tape::venue::binance_usdm::live {
namespace {

constexpr Nanos kMinute = 60 * kSecond;
// A key lives for 60 min from its last extension.
constexpr Nanos kKeepEvery = 30 * kMinute;
constexpr Nanos kKeyInDanger = 50 * kMinute;
constexpr Nanos kConnectWithin = kMinute;
constexpr Nanos kReviveAgain = 5 * kMinute;
// The venue's ping comes every 3 min.
constexpr Nanos kSilence = 10 * kMinute;
// They have 64 characters.
constexpr std::size_t kShortestKey = 16;
constexpr std::size_t kLongestKey = 256;

constexpr Call kSnapshots[] = {Call::position_mode, Call::account, Call::position_risk,
                               Call::multi_assets, Call::open_orders};

/// It becomes a part of a URL.
bool is_listen_key(std::string_view text) {
  return text.size() >= kShortestKey && text.size() <= kLongestKey &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_';
         });
}

}  // namespace

User::User(const Plan& plan, std::size_t account, std::uint32_t number, LinkIds& ids,
           Client& client)
    : url_(plan.private_url),
      label_(plan.accounts[account].label),
      ids_(ids),
      client_(client),
      legs_(number),
      create_(client.add({Call::create_key, account, {}}, 0)),
      keep_(client.add({Call::keep_key, account, {}}, kKeepEvery)) {
  for (const auto call : kSnapshots) {
    snapshots_.push_back(
        client.add({call, account, {}}, plan.every[static_cast<std::size_t>(call)]));
  }
}

void User::start(Session::Now now) {
  client_.ask(create_, now.monotonic);
  // What the account holds is worth knowing without a connection as well.
  for (const auto job : snapshots_) client_.ask(job, now.monotonic + kConnectWithin);
}

void User::opened(LinkId link, Session::Now now) {
  legs_.opened(link, now.monotonic);
  revive_at_ = kNever;
  // No number shows what was missed while there was no connection, or an old one broke.
  snapshot(now);
}

void User::snapshot(Session::Now now) {
  for (const auto job : snapshots_) client_.ask(job, now.monotonic);
}

void User::lost(LinkId link, Session::Now now, Host& host) {
  const bool current = legs_.current().id == link;
  const auto needless = legs_.lost(link);
  if (needless != 0) {
    if (current && needless == link) ++replaced_;
    host.disconnect(needless, "one connection is enough again");
  }
  if (!legs_.open()) revive_at_ = now.monotonic + kConnectWithin;
}

void User::expired(Session::Now now) {
  ++expired_;
  renew(now);
}

void User::renew(Session::Now now) {
  stale_ = true;
  client_.cancel(keep_);
  client_.ask(create_, now.monotonic);
}

void User::answered(const Client::Result& result, Session::Now now, Host& host) {
  if (result.job == keep_ && result.verdict == Verdict::key_gone) {
    renew(now);
    return;
  }
  if (result.verdict != Verdict::ok) {
    const bool key_in_danger = now.monotonic - kept_at_ >= kKeyInDanger;
    if (result.job == keep_ && key_in_danger) client_.ask(create_, now.monotonic);
    return;
  }
  if (result.job == create_) {
    ++created_;
    take_key(result.value, now, host);
  } else if (result.job == keep_) {
    ++kept_;
    kept_at_ = now.monotonic;
    if (!result.value.empty()) take_key(result.value, now, host);
  }
}

void User::take_key(std::string value, Session::Now now, Host& host) {
  // What is no key is not concealed: a short text would be overwritten wherever it stands.
  if (!is_listen_key(value)) {
    client_.ask(create_, now.monotonic + kMinute);
    return;
  }
  host.conceal(value);
  const bool replaces = std::exchange(stale_, false) || value != key_.reveal();
  key_ = Secret(std::move(value));
  kept_at_ = now.monotonic;
  client_.ask(keep_, now.monotonic + kKeepEvery);
  if (legs_.current().id == 0) {
    legs_.begin(ids_.take());
    revive_at_ = now.monotonic + kConnectWithin;
    connect(legs_.current().id, host);
    return;
  }
  if (!replaces) return;
  for (const auto& leg : {legs_.current(), legs_.next()}) {
    if (leg.id == 0) continue;
    connect(leg.id, host);
    if (leg.open) host.restart(leg.id, "a new listen key");
  }
}

void User::connect(LinkId id, Host& host) const {
  Link link;
  link.id = id;
  link.url = url_;
  link.url += "/ws/";
  link.url += key_.reveal();
  link.name = "private " + label_;
  link.account = label_;
  link.ping_every = kMinute;
  link.silence = kSilence;
  link.longest = kLongestConnection;
  link.concerns.emplace_back("userData", "");
  host.connect(link);
  wipe(link.url);
}

void User::tick(Session::Now now, Host& host) {
  if (now.monotonic >= revive_at_) {
    revive_at_ = now.monotonic + kReviveAgain;
    client_.ask(create_, now.monotonic);
  }
  switch (legs_.step(now.monotonic, true)) {
    case Legs::Step::connect_next:
      legs_.begin_next(ids_.take());
      connect(legs_.next().id, host);
      break;
    case Legs::Step::promote:
      ++replaced_;
      host.disconnect(legs_.promote(), "replaced before the venue's 24 hours are up");
      break;
    case Legs::Step::none:
      break;
  }
}

void User::count(std::vector<Session::Counter>& counters) const {
  counters.push_back({"listen_keys_created", label_, static_cast<double>(created_)});
  counters.push_back({"listen_keys_kept", label_, static_cast<double>(kept_)});
  counters.push_back({"listen_keys_expired", label_, static_cast<double>(expired_)});
  counters.push_back({"connections_replaced", label_, static_cast<double>(replaced_)});
}

}  // namespace tape::venue::binance_usdm::live
