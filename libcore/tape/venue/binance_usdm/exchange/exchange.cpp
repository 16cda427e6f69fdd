#include <tape/event/json.h>
#include <tape/venue/binance_usdm/exchange/exchange.h>
#include <tape/venue/binance_usdm/exchange/rest.h>
#include <tape/venue/binance_usdm/exchange/streams.h>
#include <tape/venue/exchange/feeds.h>
#include <tape/venue/exchange/lockstep.h>
#include <tape/venue/exchange/message.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

namespace tape::venue::binance_usdm {
namespace {

// developers.binance.com, USD-M "Websocket Market Streams" (read 2026-10).
constexpr std::uint32_t kMessages = 10;  // of a client, a second
constexpr std::size_t kStreams = 1024;   // of a connection
constexpr Nanos kLongest = Nanos{24} * 3600 * kSecond;
constexpr Nanos kPingEvery = 180 * kSecond;
constexpr Nanos kPongWithin = 600 * kSecond;

// What our recorder closes itself is no doing of the venue.
constexpr auto kOwnClosings = std::to_array<std::string_view>(
    {"replaced before the venue's 24 hours are up", "one connection is enough again",
     "the connection it was to replace is gone"});

std::string user_feed(std::string_view label) { return fmt::format("user {}", label); }

std::uint16_t sendable(std::uint16_t code) {
  const bool reserved = code < 1000 || code == 1004 || code == 1005 || code == 1006 || code == 1015;
  return reserved ? std::uint16_t{0} : code;
}

class BinanceExchange final : public Exchange {
 public:
  BinanceExchange(ExchangeOptions options, ExchangeHost& host)
      : options_(std::move(options)),
        host_(host),
        access_(options_, host),
        trading_(options_, host,
                 [this](const std::string& account, const std::string& event) {
                   tell_user(feeds_.subscribers(user_feed(account)), event);
                 }),
        rest_(options_, access_, trading_, host) {}

  std::optional<ExchangeReply> on_upgrade(ClientId client, const ClientCall& call) override {
    auto wanted = wanted_by(call.target);
    if (!wanted.valid) return rest_error(404, -5000, "no stream has this path");
    std::erase_if(wanted.streams, is_nothing);
    for (const auto& stream : wanted.streams) {
      if (is_listen_key(stream) && !access_.owner(stream) && !options_.any_key) {
        return rest_error(400, -1125, "This listenKey does not exist.");
      }
    }
    if (wanted.streams.size() > kStreams) return rest_error(400, -1, "more than 1024 streams");
    const auto now = host_.monotonic();
    Client known{Budget(kMessages, kSecond), wanted.combined, now, now, now, {}};
    known.wanted = std::move(wanted.streams);
    upgrading_.insert_or_assign(client, std::move(known));
    return std::nullopt;
  }

  void on_open(ClientId client) override {
    auto node = upgrading_.extract(client);
    if (node.empty()) return;
    clients_.insert(std::move(node));
    for (const auto& stream : clients_.at(client).wanted) {
      add(client, stream);
      lockstep_.asked(client, ask_of(stream));
    }
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
      return end(client, 1008, "Too many requests");
    }
    const auto message = ClientMessage::parse(text);
    if (!message) {
      return send(client, R"({"code":3,"msg":"Invalid JSON: expected value at line 1 column 1"})");
    }
    const auto method = message->text("method");
    const auto id = message->json("id");
    if (method == "SUBSCRIBE") return subscribe(client, *message, id);
    if (method == "UNSUBSCRIBE") return unsubscribe(client, *message, id);
    if (method == "LIST_SUBSCRIPTIONS") return send(client, result(list_of(client), id));
    if (method == "SET_PROPERTY") return set_property(client, message->json("params"), id);
    if (method == "GET_PROPERTY") {
      return send(client, result(known.combined ? "true" : "false", id));
    }
    refuse(client,
           fmt::format("Invalid request: unknown variant `{}`, expected one of `SUBSCRIBE`, "
                       "`UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY`",
                       method),
           id);
  }

  void on_call(ClientId client, const ClientCall& call) override { rest_.on_call(client, call); }

  void on_gone(ClientId client) override {
    upgrading_.erase(client);
    keys_.erase(client);
    clients_.erase(client);
    feeds_.gone(client);
    lockstep_.gone(client);
    held_.gone(client);
    rest_.gone(client);
  }

  bool ready(const TapeEvent& tape) override {
    if (!options_.lockstep) return true;
    const auto event = tape.event;
    if (tape.sent(schema::Transport::REST)) return rest_.ready(tape);
    if (event.getBody().isConnectionOpened()) {
      const auto account = event::view(event.getAccount());
      if (!account.empty()) return pass(tape, {user_feed(account)});
      const auto url = event::view(event.getBody().getConnectionOpened().getUrl());
      const auto streams = wanted_by(url).streams;
      return streams.empty() || pass(tape, streams);
    }
    if (!tape.sent(schema::Transport::WEBSOCKET) || !event.getBody().isSubscription()) return true;
    const auto said = event.getBody().getSubscription();
    if (event::view(said.getEvent()) != "SUBSCRIBE") return true;
    std::vector<std::string> streams;
    for (const auto stream : said.getStreams()) streams.emplace_back(event::view(stream));
    return pass(tape, streams);
  }

  void on_event(const TapeEvent& tape) override {
    const auto event = tape.event;
    const auto kind = event.getBody().which();
    if (kind == event::Kind::CONNECTION_LOST) return on_lost(tape);
    if (kind == event::Kind::END) return feeds_.lost_session(tape.session);
    if (kind == event::Kind::CONNECTION_OPENED || tape.sent(schema::Transport::WEBSOCKET)) {
      const auto client = lockstep_.client_of(tape.source());
      if (client) feeds_.bind(*client, tape.source());
    } else if (event.getTransport() == schema::Transport::REST ||
               kind == event::Kind::REQUEST_FAILED) {
      rest_.on_event(tape);
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
    for (const auto& key : access_.expire(std::nullopt)) end_user_stream(key, host_.tape_now());
    std::vector<ClientId> over;
    for (auto& [client, known] : clients_) {
      const bool silent = known.pinged_at > known.heard_at && now - known.heard_at > kPongWithin;
      if (silent || now - known.opened_at > kLongest) over.push_back(client);
      if (now - known.pinged_at < kPingEvery) continue;
      known.pinged_at = now;
      host_.ping(client);
    }
    for (const auto client : over) end(client, 1008, "");
  }

  void notify(const Notice& /*notice*/) override {}
  void set_post_only(bool /*on*/) override {}
  void expire_keys() override {
    for (const auto& label : options_.labels) {
      for (const auto& key : access_.expire(label)) end_user_stream(key, host_.tape_now());
    }
  }

  [[nodiscard]] ExchangeReply banned(std::uint16_t status, Nanos until) const override {
    return binance_usdm::banned(status, until);
  }

  [[nodiscard]] std::size_t clients() const override { return clients_.size(); }
  [[nodiscard]] bool subscribed() const override { return feeds_.any(); }
  [[nodiscard]] std::size_t subscriptions() const override { return feeds_.total(); }

 private:
  struct Client {
    Budget budget;
    bool combined = false;
    Nanos opened_at = 0;
    Nanos heard_at = 0;
    Nanos pinged_at = 0;
    std::vector<std::string> wanted;  // by the URL
  };

  void send(ClientId client, std::string_view text) { host_.send({&client, 1}, text); }
  /// Nothing of the client counts any more, from this moment on.
  void end(ClientId client, std::uint16_t code, std::string_view reason) {
    host_.close(client, code, reason);
    on_gone(client);
  }

  bool pass(const TapeEvent& tape, const std::vector<std::string>& what) {
    return lockstep_.pass(tape.source(), what, true);
  }

  /// What is asked for by a listen key is named by the account: the tape has no keys.
  [[nodiscard]] std::string ask_of(const std::string& stream) const {
    return is_listen_key(stream) ? user_feed(label_of(stream)) : stream;
  }

  [[nodiscard]] std::string label_of(std::string_view listen_key) const {
    if (auto owner = access_.owner(listen_key)) return *owner;
    return options_.labels.empty() ? std::string() : options_.labels.front();
  }

  static std::string result(std::string_view value, std::string_view id) {
    return fmt::format(R"({{"result":{},"id":{}}})", value, id);
  }

  void refuse(ClientId client, std::string_view why, std::string_view id) {
    std::string text = R"({"code":2,"msg":)";
    event::append_json_string(why, text);
    send(client, fmt::format(R"({},"id":{}}})", text, id));
  }

  void subscribe(ClientId client, const ClientMessage& message, const std::string& id) {
    const auto streams = message.list("params");
    if (!streams) return refuse(client, "Invalid request: invalid params", id);
    if (feeds_.count(client) + streams->size() > kStreams) {
      return refuse(client, "Invalid request: more than 1024 streams", id);
    }
    for (const auto& stream : *streams) {
      lockstep_.asked(client, ask_of(stream));
      add(client, stream);
    }
    if (!options_.lockstep) return send(client, result("null", id));
    held_.hold(client, "SUBSCRIBE", result("null", id), host_.monotonic() + options_.patience);
  }

  void add(ClientId client, const std::string& stream) {
    if (is_listen_key(stream)) {
      feeds_.add(client, user_feed(label_of(stream)), Feeds::Join::at_once);
      keys_[client] = stream;
    } else {
      speeds_.want(stream);
      feeds_.add(client, stream, Feeds::Join::at_once);
    }
  }

  void unsubscribe(ClientId client, const ClientMessage& message, const std::string& id) {
    const auto streams = message.list("params");
    if (!streams) return refuse(client, "Invalid request: invalid params", id);
    for (const auto& stream : *streams) (void)feeds_.remove(client, ask_of(stream));
    send(client, result("null", id));
  }

  [[nodiscard]] std::string list_of(ClientId client) const {
    std::string list = "[";
    for (const auto& feed : feeds_.of(client)) {
      const auto key = keys_.find(client);
      const bool user = feed.starts_with("user ") && key != keys_.end();
      if (list.size() > 1) list += ',';
      event::append_json_string(user ? key->second : feed, list);
    }
    return list + ']';
  }

  void set_property(ClientId client, const std::string& params, const std::string& id) {
    const bool on = params == R"(["combined",true])";
    if (!on && params != R"(["combined",false])") {
      return refuse(client, "Invalid request: unknown property", id);
    }
    clients_.at(client).combined = on;
    send(client, result("null", id));
  }

  void on_frame(const TapeEvent& tape) {
    const auto event = tape.event;
    const auto body = event.getBody();
    if (body.isSubscription() || body.isError()) return on_control(tape);
    if (body.isOpaque()) return host_.send(feeds_.followers(tape.source()), host_.frame());
    if (const auto account = event::view(event.getAccount()); !account.empty()) {
      return on_user(tape, account);
    }
    const auto frame = host_.frame();
    const auto part = unwrapped(frame);
    const auto stream = part.stream.empty() ? stream_of(event) : std::string(part.stream);
    for (const auto& taker : speeds_.takers(stream)) {
      const auto receivers = feeds_.receivers(taker, tape.source(), Feeds::Frame::whole);
      deliver(receivers, part, taker, frame);
    }
  }

  /// As each client wants it: wrapped or not.
  void deliver(std::span<const ClientId> receivers, const Streamed& part, std::string_view stream,
               std::string_view frame) {
    if (receivers.empty()) return;
    plain_.clear();
    wrapped_.clear();
    for (const auto client : receivers) {
      (clients_.at(client).combined ? wrapped_ : plain_).push_back(client);
    }
    if (!plain_.empty()) host_.send(plain_, part.payload);
    if (wrapped_.empty()) return;
    if (part.stream == stream) return host_.send(wrapped_, frame);
    host_.send(wrapped_, wrapped(stream, part.payload));
  }

  void on_user(const TapeEvent& tape, std::string_view account) {
    if (tape.event.getBody().isStreamExpired()) {
      for (const auto& key : access_.expire(account)) {
        end_user_stream(key, tape.event.getExchangeAt());
      }
      return;
    }
    const auto frame = host_.frame();
    const auto part = unwrapped(frame);
    const auto receivers = feeds_.receivers(user_feed(account), tape.source(), Feeds::Frame::whole);
    if (trading_.overruled(account, tape.event)) return;
    tell_user({receivers.begin(), receivers.end()}, part.payload);
  }

  void tell_user(const std::vector<ClientId>& clients, std::string_view payload) {
    for (const auto client : clients) {
      const bool combined = clients_.at(client).combined;
      send(client, combined ? wrapped(keys_.at(client), payload) : std::string(payload));
    }
  }

  /// The socket stays open, but says nothing more.
  void end_user_stream(const std::string& key, Nanos at) {
    const auto text = fmt::format(R"({{"e":"listenKeyExpired","E":"{}","listenKey":"{}"}})",
                                  at / kMillisecond, key);
    for (const auto& [client, listening] : keys_) {
      if (listening != key || !clients_.contains(client)) continue;
      send(client, clients_.at(client).combined ? wrapped(key, text) : text);
      for (const auto& feed : feeds_.of(client)) {
        if (feed.starts_with("user ")) (void)feeds_.remove(client, feed);
      }
    }
  }

  /// Lock step: the tape has the answer to a request.
  void on_control(const TapeEvent& tape) {
    const auto client = lockstep_.client_of(tape.source());
    if (!client) return;
    const auto own = held_.take(*client, "");
    if (own) send(*client, tape.event.getBody().isError() ? host_.frame() : std::string_view(*own));
  }

  void on_lost(const TapeEvent& tape) {
    const auto lost = tape.event.getBody().getConnectionLost();
    const auto source = tape.source();
    const auto cause = event::view(lost.getCause());
    const auto clients = feeds_.lost(source);
    lockstep_.lost(source);
    const bool own =
        std::find(kOwnClosings.begin(), kOwnClosings.end(), cause) != kOwnClosings.end();
    if (own && !options_.lockstep) return;
    for (const auto client : clients) {
      end(client, sendable(lost.getCloseCode()), event::view(lost.getCloseReason()));
    }
  }

  const ExchangeOptions options_;
  ExchangeHost& host_;
  Access access_;
  Feeds feeds_;
  Trading trading_;
  Rest rest_;
  Speeds speeds_;
  Lockstep lockstep_;
  Held held_;
  std::map<ClientId, Client> upgrading_;
  std::map<ClientId, Client> clients_;
  std::map<ClientId, std::string> keys_;  // listen keys of clients
  std::vector<ClientId> plain_;
  std::vector<ClientId> wrapped_;
};

}  // namespace

std::unique_ptr<Exchange> make_exchange(ExchangeOptions options, ExchangeHost& host) {
  return std::make_unique<BinanceExchange>(std::move(options), host);
}

}  // namespace tape::venue::binance_usdm
