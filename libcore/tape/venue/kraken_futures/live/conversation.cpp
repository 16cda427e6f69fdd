#include <tape/event/event.h>
#include <tape/event/frame.h>
#include <tape/venue/kraken_futures/classify.h>
#include <tape/venue/kraken_futures/live/conversation.h>
#include <tape/venue/kraken_futures/live/messages.h>
#include <tape/venue/kraken_futures/live/offer.h>
#include <tape/venue/kraken_futures/live/sign.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tape::venue::kraken_futures {
namespace {

/// Letters of one case: a venue answers in capitals what may have been asked for in small ones.
std::string capitals(std::string_view symbol) {
  std::string text(symbol);
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

/// What is signed is what JSON spells, so nothing with an escape in it; real ones are UUIDs.
bool is_challenge(std::string_view text) {
  return !text.empty() && text.size() <= 256 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_.:+/=").find(c) != std::string_view::npos;
  });
}

}  // namespace

Conversation::Conversation(Link link, const std::vector<Topic>& topics, const Account* account)
    : link_(std::move(link)), account_(account) {
  wants_[{std::string(kHeartbeatFeed), ""}].feed = kHeartbeatFeed;
  for (const auto& topic : topics) {
    auto& want = wants_[{std::string(topic.feed), capitals(topic.symbol)}];
    want.feed = topic.feed;
    want.symbol = topic.symbol;
    want.signed_for = account != nullptr;
  }
}

void Conversation::on_open(Nanos now, Host& host) {
  on_lost();
  open_ = true;
  opened_at_ = pinged_at_ = now;
  round_due_ = account_ != nullptr;
  subscribe_public(now, host);
  // A venue that closes on a refused key is not asked again before its time.
  if (account_ != nullptr && retry_at_ == 0) ask_challenge(now, host);
}

void Conversation::on_lost() {
  open_ = round_due_ = awaiting_challenge_ = false;
  challenged_ = false;
  queue_.clear();
  challenge_tries_ = 0;
  wipe(challenge_);
  wipe(signed_challenge_);
  broken_ = 0;
  for (auto& [key, want] : wants_) {
    want.asked = want.acknowledged = want.broken = false;
    want.fresh = true;
    want.tries = 0;
  }
}

Conversation::Want* Conversation::find(std::string_view feed, std::string_view symbol) {
  const auto found = wants_.find(Key{feed, capitals(symbol)});
  return found == wants_.end() ? nullptr : &found->second;
}

void Conversation::say(std::string text, Nanos now, Host& host) {
  queue_.push_back(std::move(text));
  flush(now, host);
}

void Conversation::flush(Nanos now, Host& host) {
  while (!queue_.empty() && pace_.take(1, now)) {
    host.send(link_.id, queue_.front());
    queue_.pop_front();
  }
}

void Conversation::mark_asked(Want& want, Nanos now) {
  want.asked = true;
  want.acknowledged = false;
  want.fresh = true;
  want.asked_at = now;
}

void Conversation::subscribe_public(Nanos now, Host& host) {
  std::vector<std::string_view> symbols;
  for (auto at = wants_.begin(); at != wants_.end();) {
    const auto feed = at->second.feed;
    if (at->second.signed_for) {
      ++at;
      continue;
    }
    symbols.clear();
    for (; at != wants_.end() && at->second.feed == feed && symbols.size() < kSymbolsPerFrame;
         ++at) {
      if (!at->second.symbol.empty()) symbols.push_back(at->second.symbol);
      mark_asked(at->second, now);
    }
    say(feed_message(Ask::subscribe, feed, symbols), now, host);
  }
}

void Conversation::ask_challenge(Nanos now, Host& host) {
  awaiting_challenge_ = challenged_ = true;
  challenged_at_ = now;
  ++counts_.challenges;
  say(challenge_message(account_->key.reveal()), now, host);
}

void Conversation::on_frame(std::string_view frame, Nanos now, Host& host) {
  if (!awaiting_challenge_ || frame.size() > 4096 || !mentions_event(frame)) return;
  buffer_.assign(frame);
  buffer_.append(event::kFramePadding, '\0');
  if (!parser_.open({buffer_.data(), frame.size()}) || parser_.root() != Root::object) return;
  const auto name = parser_.text("event");
  if (!name || !name->starts_with("challenge")) return;
  const std::string message(parser_.text("message").value_or(""));
  if (!is_challenge(message)) {
    complain("", "a challenge that cannot be signed", now, host);
    return;
  }
  host.conceal(message);
  awaiting_challenge_ = false;
  challenge_tries_ = 0;
  retry_at_ = 0;  // what was complained of was something else
  challenge_ = message;
  signed_challenge_ = sign_challenge(challenge_, account_->secret);
  host.conceal(signed_challenge_);
  subscribe_account(now, host);
}

void Conversation::subscribe_account(Nanos now, Host& host) {
  const Signature signature{account_->key.reveal(), challenge_, signed_challenge_};
  for (auto& [key, want] : wants_) {
    if (!want.signed_for || want.acknowledged) continue;
    mark_asked(want, now);
    say(feed_message(Ask::subscribe, want.feed, signature), now, host);
  }
}

void Conversation::on_event(schema::Event::Reader event, Nanos now, Host& host) {
  const auto body = event.getBody();
  switch (body.which()) {
    case event::Kind::SUBSCRIPTION:
      on_subscription(body.getSubscription(), now, host);
      break;
    case event::Kind::ERROR:
      complain(event::view(event.getChannel()), event::view(body.getError().getMessage()), now,
               host);
      break;
    case event::Kind::GAP:
      on_gap(event);
      break;
    case event::Kind::BOOK_SNAPSHOT:
      on_data(event);
      break;
    default:
      if (account_ != nullptr && !event::is_recorder_kind(body.which())) on_data(event);
      break;
  }
}

void Conversation::on_subscription(schema::Subscription::Reader subscription, Nanos now,
                                   Host& host) {
  const auto name = event::view(subscription.getEvent());
  const auto feed = event::view(subscription.getFeed());
  if (name == "subscribed") {
    for (const auto symbol : subscription.getSymbols()) {
      if (auto* want = find(feed, event::view(symbol))) acknowledge(*want);
    }
    for (auto& [key, want] : wants_) {
      // An echo may leave the products out: it is for all that were asked for.
      const bool meant = subscription.getSymbols().size() == 0 && want.feed == feed && want.asked;
      if (meant) acknowledge(want);
    }
    if (counts().unacknowledged == 0) warned_unanswered_ = false;
  } else if (name == "subscribed_failed" || name == "alert") {
    std::string message(event::view(subscription.getMessage()));
    if (message.empty()) message = name;
    if (subscription.getSymbols().size() != 0) {
      message.append(1, ' ').append(event::view(subscription.getSymbols()[0]));
    }
    complain(feed, message, now, host);
  } else if (name == "unsubscribed_failed") {
    tell(fmt::format("{}: {}", feed, name), now, host);
  }
}

void Conversation::acknowledge(Want& want) {
  want.acknowledged = true;
  want.tries = 0;
  if (want.signed_for) refused_wait_ = kRefused;
}

void Conversation::on_data(schema::Event::Reader event) {
  auto* want = find(event::view(event.getChannel()), event::view(event.getSymbol()));
  if (want == nullptr && account_ != nullptr) want = find(event::view(event.getChannel()), "");
  if (want == nullptr) return;
  const auto body = event.getBody();
  const bool whole = body.which() != event::Kind::BALANCES || body.getBalances().getSnapshot();
  if (!whole) return;
  want->fresh = false;
  if (body.which() == event::Kind::POSITIONS || !want->broken) return;
  want->broken = false;  // this snapshot came without our asking
  --broken_;
}

void Conversation::on_gap(schema::Event::Reader event) {
  const auto gap = event.getBody().getGap();
  if (gap.getKind() == schema::GapKind::REPEATED) return;
  const auto concerns = gap.getConcerns();
  auto* want = find(event::view(concerns.getChannel()), event::view(concerns.getSymbol()));
  if (want == nullptr || want->broken || want->feed == "trade") return;
  // Numbers begin anew with the first message of a subscription.
  if (want->fresh && gap.getKind() == schema::GapKind::RESET) return;
  want->broken = true;
  ++broken_;
}

void Conversation::complain(std::string_view feed, std::string_view message, Nanos now,
                            Host& host) {
  const auto text = fmt::format("{}{}{}", feed, feed.empty() ? "" : ": ", message.substr(0, 200));
  // These say what is wrong with a request, so the key is not.
  constexpr auto kHarmless =
      std::to_array<std::string_view>({"Invalid feed", "Invalid product id", "Json Error"});
  const bool harmless = std::find(kHarmless.begin(), kHarmless.end(), message) != kHarmless.end();
  const auto* want = find(feed, "");
  const bool about_account = feed.empty() || (want != nullptr && want->signed_for);
  if (!harmless && about_account && account_unacknowledged()) {
    refuse(text, now, host);
  } else {
    tell(text, now, host);
  }
}

void Conversation::tell(const std::string& text, Nanos now, Host& host) {
  ++counts_.complaints;
  if (text == complaint_ && now - complained_at_ < 60 * kSecond) return;
  complaint_ = text;
  complained_at_ = now;
  host.warn(fmt::format("{}: the venue says: {}", who(), text));
}

bool Conversation::account_acknowledged() const {
  return std::any_of(wants_.begin(), wants_.end(), [](const auto& entry) {
    return entry.second.signed_for && entry.second.acknowledged;
  });
}

bool Conversation::account_unacknowledged() const {
  return std::any_of(wants_.begin(), wants_.end(), [](const auto& entry) {
    return entry.second.signed_for && !entry.second.acknowledged;
  });
}

std::string Conversation::who() const { return "kraken-futures " + link_.name; }

Conversation::Counts Conversation::counts() const {
  auto counts = counts_;
  counts.unacknowledged = static_cast<std::size_t>(std::count_if(
      wants_.begin(), wants_.end(), [](const auto& entry) { return !entry.second.acknowledged; }));
  return counts;
}

}  // namespace tape::venue::kraken_futures
