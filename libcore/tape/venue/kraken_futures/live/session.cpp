#include <tape/venue/kraken_futures/live/conversation.h>
#include <tape/venue/kraken_futures/live/offer.h>
#include <tape/venue/kraken_futures/live/plan.h>
#include <tape/venue/kraken_futures/live/polls.h>
#include <tape/venue/kraken_futures/live/session.h>

#include <algorithm>
#include <string>
#include <utility>

namespace tape::venue::kraken_futures {
namespace {

// docs.kraken.com, futures WebSocket v1 (read 2026-10): who says nothing for 60 s is dropped. Some
// clients of the venue ping by control frames, others by text; both are done.
constexpr Nanos kPingEvery = 20 * kSecond;
constexpr Nanos kSilence = 30 * kSecond;

Link make_link(const Plan& plan, LinkId id, std::string name, const std::vector<Topic>& topics) {
  Link link;
  link.id = id;
  link.url = plan.endpoint(Endpoint::websocket);
  link.name = std::move(name);
  link.ping_every = kPingEvery;
  link.silence = kSilence;
  link.concerns.emplace_back(kHeartbeatFeed, "");
  for (const auto& topic : topics) link.concerns.emplace_back(topic.feed, topic.symbol);
  return link;
}

class LiveSession final : public Session {
 public:
  explicit LiveSession(SessionOptions options)
      : plan_(make_plan(std::move(options))), polls_(plan_) {
    add_public_links();
    if (plan_.account_feeds.empty()) return;
    std::vector<Topic> topics;
    for (const auto feed : plan_.account_feeds) topics.push_back({feed, ""});
    for (const auto& account : plan_.accounts) {
      auto link = make_link(plan_, next_id(), "private " + account.label, topics);
      link.account = account.label;
      links_.push_back(std::make_unique<Conversation>(std::move(link), topics, &account));
    }
  }

  void start(Now now, Host& host) override {
    now_ = now.monotonic;
    for (const auto& account : plan_.accounts) {
      host.conceal(account.key.reveal());
      host.conceal(account.secret.reveal());
    }
    for (auto& link : links_) host.connect(link->link());
    polls_.start(now.monotonic);
    polls_.on_tick(now, host);
  }

  void on_open(LinkId link, Now now, Host& host) override {
    now_ = now.monotonic;
    if (auto* found = find(link)) found->on_open(now.monotonic, host);
  }

  void on_lost(LinkId link, Now now, Host& /*host*/) override {
    now_ = now.monotonic;
    auto* found = find(link);
    if (found == nullptr) return;
    found->on_lost();
    if (found->account() != nullptr) polls_.lost(place(*found));
  }

  void on_frame(LinkId link, std::string_view frame, Now now, Host& host) override {
    if (auto* found = find(link)) found->on_frame(frame, now.monotonic, host);
  }

  void on_event(LinkId link, schema::Event::Reader event, Now now, Host& host) override {
    auto* found = find(link);
    if (found == nullptr) return;
    const auto body = event.getBody();
    if (body.which() == event::Kind::GAP) {
      const auto concerns = body.getGap().getConcerns();
      const bool repeated = body.getGap().getKind() == schema::GapKind::REPEATED;
      if (!repeated && event::view(concerns.getChannel()) == "trade") {
        polls_.history(event::view(concerns.getSymbol()), now.monotonic);
      }
    } else if (body.which() == event::Kind::FILL && found->account() != nullptr) {
      for (const auto fill : body.getFill().getItems()) {
        polls_.fill_seen(place(*found), fill.getFilledAt());
      }
    }
    found->on_event(event, now.monotonic, host);
  }

  void on_answer(const Answer& answer, Now now, Host& host) override {
    now_ = now.monotonic;
    polls_.on_answer(answer, now, host);
  }

  void on_tick(Now now, Host& host) override {
    now_ = now.monotonic;
    for (auto& link : links_) {
      link->on_tick(now.monotonic, host);
      const auto again = link->take_resynchronised();
      if (link->account() == nullptr) continue;
      const auto account = place(*link);
      for (const auto& feed : again) {
        polls_.hurry(account, feed == "balances" ? "accounts" : "openpositions", now.monotonic);
      }
      if (link->take_round(now.monotonic)) polls_.round(account, now.monotonic);
    }
    polls_.on_tick(now, host);
  }

  [[nodiscard]] std::vector<Counter> counters() const override {
    std::vector<Counter> counters;
    polls_.count(counters, now_);
    Conversation::Counts all_public;
    for (const auto& link : links_) {
      const auto counts = link->counts();
      if (link->account() != nullptr) {
        count(counters, link->account()->label, counts);
        continue;
      }
      all_public.resubscribed += counts.resubscribed;
      all_public.unanswered += counts.unanswered;
      all_public.complaints += counts.complaints;
      all_public.unacknowledged += counts.unacknowledged;
    }
    count(counters, "", all_public);
    return counters;
  }

 private:
  void add_public_links() {
    if (!plan_.public_link) return;
    const auto symbols = plan_.public_feeds.empty() ? 0 : plan_.symbols.size();
    const auto links = std::max<std::size_t>(1, (symbols + kSymbolsPerLink - 1) / kSymbolsPerLink);
    for (std::size_t i = 0; i < links; ++i) {
      std::vector<Topic> topics;
      const auto end = std::min(symbols, (i + 1) * kSymbolsPerLink);
      for (const auto feed : plan_.public_feeds) {
        for (auto at = i * kSymbolsPerLink; at < end; ++at) {
          topics.push_back({feed, plan_.symbols[at]});
        }
      }
      auto name = links == 1 ? "public" : "public " + std::to_string(i + 1);
      auto link = make_link(plan_, next_id(), std::move(name), topics);
      links_.push_back(std::make_unique<Conversation>(std::move(link), topics, nullptr));
    }
  }

  static void count(std::vector<Counter>& counters, std::string_view account,
                    const Conversation::Counts& counts) {
    const auto add = [&](std::string_view name, std::uint64_t value) {
      counters.push_back({name, account, static_cast<double>(value)});
    };
    if (!account.empty()) {
      add("challenges", counts.challenges);
      add("refused", counts.refusals);
    }
    add("resubscribed", counts.resubscribed);
    add("unanswered", counts.unanswered);
    add("complaints", counts.complaints);
    add("unacknowledged", counts.unacknowledged);
  }

  /// Links are numbered from 1 in the order of links_.
  [[nodiscard]] LinkId next_id() const { return static_cast<LinkId>(links_.size() + 1); }

  [[nodiscard]] Conversation* find(LinkId link) {
    return link == 0 || link > links_.size() ? nullptr : links_[link - 1].get();
  }

  [[nodiscard]] std::size_t place(const Conversation& link) const {
    return static_cast<std::size_t>(link.account() - plan_.accounts.data());
  }

  const Plan plan_;
  Polls polls_;
  std::vector<std::unique_ptr<Conversation>> links_;
  Nanos now_ = 0;  // of the last call
};

std::unique_ptr<Session> make_session(SessionOptions options) {
  return std::make_unique<LiveSession>(std::move(options));
}

struct Ranked {
  std::string_view feed;
  Importance importance;
};

constexpr Ranked kRanked[] = {
    {"book", Importance::book},        {"trade", Importance::market},
    {"ticker", Importance::quote},     {"ticker_lite", Importance::quote},
    {"heartbeat", Importance::market}, {"trade_snapshot", Importance::market},
};

/// Feeds of the market begin with their name. A book's snapshot is what mends it: never given up.
Importance importance(std::string_view frame) {
  constexpr std::string_view kHead = "{\"feed\":\"";
  if (!frame.starts_with(kHead)) return Importance::account;
  const auto name = frame.substr(kHead.size(), frame.find('"', kHead.size()) - kHead.size());
  const auto* const found = std::find_if(std::begin(kRanked), std::end(kRanked),
                                         [&](const Ranked& entry) { return entry.feed == name; });
  return found == std::end(kRanked) ? Importance::account : found->importance;
}

constexpr LiveInfo kLive{kFeeds, kEndpoints, kPolls, make_session, importance};

}  // namespace

const LiveInfo* live() { return &kLive; }

}  // namespace tape::venue::kraken_futures
