#include <tape/venue/budget.h>
#include <tape/venue/exchange/feeds.h>
#include <tape/venue/exchange/lockstep.h>
#include <tape/venue/kraken_futures/exchange/exchange.h>
#include <tape/venue/kraken_futures/exchange/names.h>
#include <tape/venue/kraken_futures/exchange/openings.h>
#include <tape/venue/kraken_futures/exchange/orders/trading.h>
#include <tape/venue/kraken_futures/exchange/rest.h>

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace tape::venue::kraken_futures {
namespace {

// docs.kraken.com, futures WebSocket v1 (read 2026-10): a client that says nothing for so long is
// dropped; so many requests a second; so many connections.
constexpr Nanos kPingWithin = 60 * kSecond;
constexpr std::uint32_t kRequests = 100;
constexpr std::size_t kConnections = 100;
constexpr std::string_view kInfo = R"({"event":"info","version":1})";
constexpr std::string_view kChallenge = "challenge";
constexpr std::string_view kRefusal = "error";

std::string trimmed(std::string_view text) {
  return std::string(text.substr(0, text.find_last_not_of(' ') + 1));
}

/// Of what may be sent in a close frame; 0 = none.
std::uint16_t sendable(std::uint16_t code) {
  const bool reserved = code < 1000 || code == 1004 || code == 1005 || code == 1006 || code == 1015;
  return reserved ? std::uint16_t{0} : code;
}

class KrakenExchange final : public Exchange {
 public:
  KrakenExchange(ExchangeOptions options, ExchangeHost& host)
      : options_(std::move(options)),
        host_(host),
        access_(options_),
        trading_(options_, feeds_, host),
        pages_(options_, trading_.orders(), notices_, trades_, host),
        openings_(options_, trading_.orders(), notices_, trades_, pages_, host),
        rest_(options_, access_, trading_, pages_, notices_, host) {
    for (const auto& [channel, symbol] : options_.catalogue) {
      if (!symbol.empty()) symbols_.emplace(capitals(symbol), symbol);
    }
  }

  std::optional<ExchangeReply> on_upgrade(ClientId /*client*/, const ClientCall& call) override {
    if (!call.path().ends_with("/ws/v1") && call.path() != "/") {
      return ExchangeReply{404, "Not Found", "text/plain"};
    }
    if (clients_.size() >= kConnections) {
      return ExchangeReply{429, "Too Many Requests", "text/plain"};
    }
    return std::nullopt;
  }

  void on_open(ClientId client) override {
    clients_.try_emplace(client, Client{Budget(kRequests, kSecond), host_.monotonic()});
    send(client, kInfo);
  }

  void on_ping(ClientId client) override {
    const auto found = clients_.find(client);
    if (found != clients_.end()) found->second.heard_at = host_.monotonic();
  }

  void on_message(ClientId client, std::string_view text) override {
    const auto found = clients_.find(client);
    if (found == clients_.end()) return;
    auto& known = found->second;
    known.heard_at = host_.monotonic();
    if (!known.budget.take(1, known.heard_at)) {
      return send(client, R"({"event":"alert","message":"Too many requests"})");
    }
    const auto message = ClientMessage::parse(text);
    const auto event = message ? message->text("event") : std::string();
    if (event == "ping") return send(client, R"({"event":"pong"})");
    if (event == kChallenge) return challenge(client, *message);
    if (event == "subscribe") return subscribe(client, *message);
    if (event == "unsubscribe") return unsubscribe(client, *message);
    send(client, error("Json Error"));
  }

  void on_call(ClientId client, const ClientCall& call) override { rest_.on_call(client, call); }

  void on_gone(ClientId client) override {
    clients_.erase(client);
    feeds_.gone(client);
    lockstep_.gone(client);
    held_.gone(client);
    access_.gone(client);
    rest_.gone(client);
  }

  bool ready(const TapeEvent& tape) override {
    if (!options_.lockstep) return true;
    if (tape.sent(schema::Transport::REST)) return rest_.ready(tape);
    if (!tape.sent(schema::Transport::WEBSOCKET)) return true;
    const auto body = tape.event.getBody();
    if (!body.isSubscription()) return true;
    const auto said = body.getSubscription();
    const auto event = trimmed(event::view(said.getEvent()));
    if (event != "subscribe" && event != "unsubscribe" && event != kChallenge) return true;
    const auto feed = event::view(said.getFeed());
    return lockstep_.pass(tape.source(), asks(event, feed, symbols_of(said)), feed != "heartbeat");
  }

  void on_event(const TapeEvent& tape) override {
    const auto event = tape.event;
    switch (event.getBody().which()) {
      case event::Kind::CONNECTION_LOST:
        return on_lost(tape);
      case event::Kind::GAP:
        return chill(event.getBody().getGap().getConcerns(), event);
      case event::Kind::DROPPED:
        for (const auto concern : event.getBody().getDropped().getConcerns()) {
          chill(concern, event);
        }
        return;
      case event::Kind::END:
        return feeds_.lost_session(tape.session);
      default:
        break;
    }
    if (event.getTransport() == schema::Transport::REST) return rest_.on_event(tape);
    if (tape.sent(schema::Transport::WEBSOCKET)) {
      const auto client = lockstep_.client_of(tape.source());
      if (client) feeds_.bind(*client, tape.source());
    } else if (event.getDirection() == schema::Direction::RECEIVED) {
      on_frame(tape);
    }
  }

  void on_ahead(const TapeEvent& tape) override { rest_.on_ahead(tape); }

  void on_tick() override {
    const auto now = host_.monotonic();
    rest_.on_tick();
    trading_.on_tick();
    held_.release(now, host_);
    std::vector<ClientId> silent;
    for (const auto& [client, known] : clients_) {
      if (now - known.heard_at > kPingWithin) silent.push_back(client);
    }
    for (const auto client : silent) end(client, 1000, "no ping for 60 s");
  }

  void notify(const Notice& notice) override {
    const auto text = notices_.frame(notice);
    for (const auto& [client, known] : clients_) {
      if (is_told(feeds_.of(client))) send(client, text);
    }
  }
  void set_post_only(bool on) override {
    post_only_ = on;
    trading_.set_post_only(on);
    rest_.set_post_only(on);
  }
  void expire_keys() override {}

  [[nodiscard]] ExchangeReply banned(std::uint16_t status, Nanos /*until*/) const override {
    return rest_error("apiLimitExceeded", host_.tape_now(), status == 0 ? 200 : status);
  }

  [[nodiscard]] std::size_t clients() const override { return clients_.size(); }
  [[nodiscard]] bool subscribed() const override { return feeds_.any(); }
  [[nodiscard]] std::size_t subscriptions() const override { return feeds_.total(); }

 private:
  struct Client {
    Budget budget;
    Nanos heard_at = 0;
  };

  void send(ClientId client, std::string_view text) { host_.send({&client, 1}, text); }
  /// Nothing of the client counts any more, from this moment on.
  void end(ClientId client, std::uint16_t code, std::string_view reason) {
    host_.close(client, code, reason);
    on_gone(client);
  }

  static std::vector<std::string> symbols_of(schema::Subscription::Reader said) {
    std::vector<std::string> symbols;
    for (const auto symbol : said.getSymbols()) symbols.emplace_back(event::view(symbol));
    return symbols;
  }

  /// At once, or in lock step when the tape has the answer.
  void answer(ClientId client, const std::string& what, std::string text) {
    if (!options_.lockstep) return send(client, text);
    held_.hold(client, what, std::move(text), host_.monotonic() + options_.patience);
  }

  void challenge(ClientId client, const ClientMessage& message) {
    const auto made = access_.challenge(client, message.text("api_key"));
    if (!made) return send(client, error("Invalid API key"));
    const auto what = asks(kChallenge, "", {}).front();
    lockstep_.asked(client, what);
    answer(client, what, fmt::format(R"({{"event":"challenge","message":"{}"}})", *made));
  }

  void subscribe(ClientId client, const ClientMessage& message) {
    each_feed(client, message, "subscribe",
              [&](const FeedKind& feed, const std::string& symbol, const std::string& label) {
                join(client, feed, symbol, label);
              });
  }

  void unsubscribe(ClientId client, const ClientMessage& message) {
    each_feed(client, message, "unsubscribe",
              [&](const FeedKind& feed, const std::string& symbol, const std::string& label) {
                (void)feeds_.remove(client, feed_name(feed, symbol, label));
              });
  }

  template <class Do>
  void each_feed(ClientId client, const ClientMessage& message, const std::string& verb,
                 const Do& act) {
    const auto name = message.text("feed");
    const auto* const feed = find_feed(name);
    if (feed == nullptr) return send(client, error("Invalid feed"));
    if (feed->account) {
      const auto verdict = access_.subscribe(client, message);
      if (!verdict.label) return send(client, error(verdict.refusal));
      const auto what = asks(verb, name, {}).front();
      lockstep_.asked(client, what);
      answer(client, what, echo(verb + 'd', message));
      return act(*feed, std::string(), *verdict.label);
    }
    const auto products = message.list("product_ids").value_or(std::vector<std::string>());
    if (!feed->per_symbol) {
      const auto what = asks(verb, name, {}).front();
      lockstep_.asked(client, what);
      answer(client, what, ack(verb + 'd', name, ""));
      return act(*feed, std::string(), std::string());
    }
    if (products.empty()) return answer(client, std::string(kRefusal), error("Invalid product id"));
    for (const auto& product : products) {
      const auto symbol = spelled(product);
      const auto what = asks(verb, name, {product}).front();
      lockstep_.asked(client, what);
      if (!symbol) {
        answer(client, std::string(kRefusal), error("Invalid product id"));
        continue;
      }
      answer(client, what, ack(verb + 'd', name, *symbol));
      act(*feed, *symbol, std::string());
    }
  }

  /// The venue repeats what was asked.
  static std::string echo(const std::string& event, const ClientMessage& message) {
    return fmt::format(
        R"({{"event":"{}","feed":{},"api_key":{},"original_challenge":{},"signed_challenge":{}}})",
        event, message.json("feed"), message.json("api_key"), message.json("original_challenge"),
        message.json("signed_challenge"));
  }

  /// As the tape spells the product; nothing when it has none such.
  [[nodiscard]] std::optional<std::string> spelled(std::string_view product) const {
    const auto name = capitals(product);
    const auto found = symbols_.find(name);
    if (found != symbols_.end()) return found->second;
    return options_.catalogue.empty() ? std::optional(name) : std::nullopt;
  }

  void join(ClientId client, const FeedKind& feed, const std::string& symbol,
            const std::string& label) {
    const auto name = feed_name(feed, symbol, label);
    if (options_.lockstep || (feed.snapshot && feeds_.cold(name))) {
      return feeds_.add(client, name, feed.snapshot ? Feeds::Join::snapshot : Feeds::Join::at_once);
    }
    auto text = openings_.of(feed, name, symbol, label);
    if (text && post_only_ && feed.name == "ticker") text = with_post_only(*text);
    if (text) send(client, *text);
    const bool wait = feed.snapshot && !text;
    feeds_.add(client, name, wait ? Feeds::Join::snapshot : Feeds::Join::at_once);
  }

  void on_frame(const TapeEvent& tape) {
    const auto event = tape.event;
    const auto body = event.getBody();
    if (body.isSubscription() || body.isError()) return on_control(tape);
    if (body.isOpaque()) return host_.send(feeds_.followers(tape.source()), host_.frame());
    const auto* const feed = find_feed(event::view(event.getChannel()));
    if (feed == nullptr) return;
    const auto symbol = event::view(event.getSymbol());
    const auto name = feed_name(*feed, symbol, event::view(event.getAccount()));
    const bool whole = is_whole(event);
    const auto receivers =
        feeds_.receivers(name, tape.source(), whole ? Feeds::Frame::whole : Feeds::Frame::change);
    if (body.isTrade()) trades_.add(symbol, body.getTrade());
    if (body.isTradeSnapshot()) trades_.take(symbol, body.getTradeSnapshot());
    openings_.take(*feed, name, tape);
    if (receivers.empty()) return;
    if (post_only_ && feed->name == "ticker") {
      return host_.send(receivers, with_post_only(host_.frame()));
    }
    const auto account = event::view(event.getAccount());
    if (trading_.overruled(account, event)) return;
    if (body.isOpenOrders() && trading_.orders().touched(std::string(account))) {
      return host_.send(receivers, pages_.orders(feed->name, std::string(account)));
    }
    host_.send(receivers, host_.frame());
  }

  /// Lock step: the tape has the answer to a request.
  void on_control(const TapeEvent& tape) {
    const auto client = lockstep_.client_of(tape.source());
    if (!client) return;
    const auto body = tape.event.getBody();
    if (body.isError()) {
      if (held_.take(*client, kRefusal)) send(*client, host_.frame());
      return;
    }
    const auto said = body.getSubscription();
    auto event = trimmed(event::view(said.getEvent()));
    if (event == "subscribed" || event == "unsubscribed") event.pop_back();
    std::optional<std::string> own;
    for (const auto& what : asks(event, event::view(said.getFeed()), symbols_of(said))) {
      if (auto text = held_.take(*client, what)) own = std::move(text);
    }
    if (!own) return;
    send(*client, tape.event.getRedacted() ? std::string_view(*own) : host_.frame());
  }

  void on_lost(const TapeEvent& tape) {
    const auto source = tape.source();
    const auto lost = tape.event.getBody().getConnectionLost();
    const auto code = sendable(lost.getCloseCode());
    const auto clients = feeds_.lost(source);
    lockstep_.lost(source);
    for (const auto client : clients) end(client, code, event::view(lost.getCloseReason()));
  }

  void chill(schema::Concerned::Reader concern, schema::Event::Reader event) {
    const auto* const feed = find_feed(event::view(concern.getChannel()));
    if (feed == nullptr) return;
    feeds_.chill(
        feed_name(*feed, event::view(concern.getSymbol()), event::view(event.getAccount())));
  }

  const ExchangeOptions options_;
  ExchangeHost& host_;
  Access access_;
  Feeds feeds_;
  Trading trading_;
  Notices notices_;
  Trades trades_;
  Pages pages_;
  Openings openings_;
  Rest rest_;
  Lockstep lockstep_;
  Held held_;
  std::map<std::string, std::string, std::less<>> symbols_;  // in capitals; as the tape spells
  std::map<ClientId, Client> clients_;
  bool post_only_ = false;
};

}  // namespace

std::unique_ptr<Exchange> make_exchange(ExchangeOptions options, ExchangeHost& host) {
  return std::make_unique<KrakenExchange>(std::move(options), host);
}

}  // namespace tape::venue::kraken_futures
