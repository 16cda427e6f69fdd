// What a conversation does because of time: pings, asking again, asking anew.
#include <tape/venue/kraken_futures/live/conversation.h>
#include <tape/venue/kraken_futures/live/messages.h>
#include <tape/venue/kraken_futures/live/offer.h>

#include <fmt/format.h>

#include <algorithm>

namespace tape::venue::kraken_futures {
namespace {

Nanos wait_after(std::uint32_t tries) {
  const auto doubled = Conversation::kAckWait << std::min(tries, 10U);
  return std::min(doubled, Conversation::kAckWaitMost);
}

}  // namespace

void Conversation::on_tick(Nanos now, Host& host) {
  if (!open_) return;
  flush(now, host);
  if (now - pinged_at_ >= kTextPing) {
    pinged_at_ = now;
    say(ping_message(), now, host);
  }
  retry_refused(now, host);
  if (!open_) return;
  retry_unanswered(now, host);
  resynchronise(now, host);
}

void Conversation::refuse(const std::string& text, Nanos now, Host& host) {
  ++counts_.refusals;
  if (retry_at_ != 0) return;  // one refusal comes once for each feed
  retry_at_ = now + refused_wait_;
  const auto* remedy = account_acknowledged()
                           ? "check that the key has the right to this feed"
                           : "check that key, secret and rights are those of this account";
  host.warn(
      fmt::format("{}: the venue refuses the key or what it signed: {}; {}; asking again in {}",
                  who(), text, remedy, format_duration(refused_wait_)));
  refused_wait_ = std::min(2 * refused_wait_, kRefusedMost);
}

void Conversation::retry_refused(Nanos now, Host& host) {
  if (retry_at_ == 0 || now < retry_at_) return;
  retry_at_ = 0;
  if (!account_unacknowledged()) return;
  if (account_acknowledged() || !challenged_) {
    ask_challenge(now, host);
    return;
  }
  on_lost();
  host.restart(link_.id, "the key was refused; asking again");
}

void Conversation::retry_unanswered(Nanos now, Host& host) {
  std::string missing;
  bool challenge =
      awaiting_challenge_ && retry_at_ == 0 && now - challenged_at_ >= wait_after(challenge_tries_);
  if (challenge) {
    ++challenge_tries_;
    missing = "challenge";
  }
  for (auto& [key, want] : wants_) {
    if (!want.asked || want.acknowledged || now - want.asked_at < wait_after(want.tries)) continue;
    if (want.signed_for && (awaiting_challenge_ || retry_at_ != 0)) continue;
    ++counts_.unanswered;
    ++want.tries;
    if (missing.empty()) missing = want.symbol.empty() ? key.first : key.first + ' ' + want.symbol;
    if (want.signed_for) {
      challenge = true;  // the old one may have run out
      want.asked_at = now;
    } else {
      // Alone, so that one product that the venue does not know spoils no others.
      std::vector<std::string_view> symbols;
      if (!want.symbol.empty()) symbols.push_back(want.symbol);
      mark_asked(want, now);
      say(feed_message(Ask::subscribe, want.feed, symbols), now, host);
    }
  }
  if (challenge) ask_challenge(now, host);
  if (missing.empty()) return;
  if (!warned_unanswered_) {
    host.warn(fmt::format("{}: no answer to the subscription of {} within {}; asking again", who(),
                          missing, format_duration(kAckWait)));
  }
  warned_unanswered_ = true;
}

void Conversation::resynchronise(Nanos now, Host& host) {
  if (broken_ == 0) return;
  for (auto& [key, want] : wants_) {
    if (!want.broken || !want.asked) continue;
    if (want.signed_for && (awaiting_challenge_ || retry_at_ != 0)) continue;
    if (want.resynced && now - want.resynced_at < kResyncEvery) continue;
    want.broken = false;
    --broken_;
    want.resynced = true;
    want.resynced_at = now;
    ++counts_.resubscribed;
    resynchronised_.push_back(key.first);
    ask_again(want, now, host);
  }
}

void Conversation::ask_again(Want& want, Nanos now, Host& host) {
  mark_asked(want, now);
  if (want.signed_for) {
    const Signature signature{account_->key.reveal(), challenge_, signed_challenge_};
    say(feed_message(Ask::unsubscribe, want.feed, signature), now, host);
    say(feed_message(Ask::subscribe, want.feed, signature), now, host);
    return;
  }
  std::vector<std::string_view> symbols;
  if (!want.symbol.empty()) symbols.push_back(want.symbol);
  say(feed_message(Ask::unsubscribe, want.feed, symbols), now, host);
  say(feed_message(Ask::subscribe, want.feed, symbols), now, host);
}

bool Conversation::take_round(Nanos now) {
  if (!open_ || !round_due_) return false;
  const bool begun = std::none_of(wants_.begin(), wants_.end(), [](const auto& entry) {
    return entry.second.signed_for && entry.second.fresh;
  });
  if (!begun && now - opened_at_ < kFirstData) return false;
  round_due_ = false;
  return true;
}

std::vector<std::string> Conversation::take_resynchronised() {
  return std::exchange(resynchronised_, {});
}

}  // namespace tape::venue::kraken_futures
