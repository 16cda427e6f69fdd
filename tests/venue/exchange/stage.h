// An exchange with a tape of a few frames and clients that are texts: everything but the sockets is
// what it is when a tape is served.
#pragma once

#include <tape/serve/showing.h>
#include <tape/state/state.h>
#include <tape/venue/exchange/exchange.h>
#include <tape/venue/registry.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tape::venue::test {

using Json = nlohmann::json;

/// Each with "key of LABEL" and the same secret; those that no tape has need a catalogue.
inline ExchangeOptions accounts(std::vector<std::string> labels, const std::string& secret,
                                bool on_tape) {
  ExchangeOptions options;
  for (const auto& label : labels) {
    options.accounts.push_back({label, Secret("key of " + label), Secret(std::string(secret))});
  }
  if (on_tape) {
    options.labels = std::move(labels);
  } else {
    options.catalogue = {{"heartbeat", ""}};
  }
  return options;
}

struct Closed {
  ClientId client = 0;
  std::uint16_t code = 0;
};

class Stage final : public ExchangeHost, private Outbox {
 public:
  Stage(std::string_view venue, ExchangeOptions options)
      : venue_(*find_venue(venue)),
        protocol_(venue_.make()),
        showing_(venue_),
        exchange(venue_.exchange(std::move(options), *this)) {}

  // The tape.

  struct By {
    std::string account = {};
    std::string target = {};  // of a REST answer
    std::uint32_t connection = 1;
  };
  void play(std::string_view text, const By& by) {
    bytes_.assign(text);
    bytes_.append(event::kFramePadding, '\0');
    size_ = text.size();
    const event::RestInfo rest{"GET", by.target, 200, 0, 0};
    event::Frame frame;
    frame.bytes = {bytes_.data(), text.size()};
    frame.stamp.received_at = tape_at += kMillisecond;
    frame.connection = by.connection;
    frame.transport = by.target.empty() ? schema::Transport::WEBSOCKET : schema::Transport::REST;
    frame.rest = by.target.empty() ? nullptr : &rest;
    frame.account = by.account;
    protocol_->on_frame(frame, *this, Unknown::record);
  }
  void play(std::string_view text) { play(text, By()); }

  // Clients.

  ClientId connect(std::string_view target) {
    const auto client = ++last_;
    const auto refusal = exchange->on_upgrade(client, {"GET", target, "", {}});
    REQUIRE_FALSE(refusal);
    exchange->on_open(client);
    return client;
  }
  /// What came since the last time.
  std::vector<Json> heard(ClientId client) {
    std::vector<Json> all;
    for (const auto& text : std::exchange(said_[client], {})) all.push_back(Json::parse(text));
    return all;
  }
  std::vector<Json> say(ClientId client, std::string_view text) {
    exchange->on_message(client, text);
    return heard(client);
  }
  using Headers = std::vector<std::pair<std::string, std::string>>;
  ExchangeReply ask(std::string_view method, std::string_view target, std::string_view body,
                    const Headers& headers) {
    const auto client = ++last_;
    exchange->on_call(client, {method, target, body, headers});
    const auto found = replies_.find(client);
    return found == replies_.end() ? ExchangeReply{999, "waits"} : found->second;
  }
  ExchangeReply ask(std::string_view method, std::string_view target) {
    return ask(method, target, "", {});
  }
  /// Unsigned; what waits may be answered later.
  ClientId call(std::string_view method, std::string_view target) {
    exchange->on_call(++last_, {method, target, "", {}});
    return last_;
  }
  [[nodiscard]] bool answered(ClientId client) const { return replies_.contains(client); }
  void pass(Nanos time) {
    now += time;
    tape_at += time;
    exchange->on_tick();
  }

  // Of the exchange.

  void send(std::span<const ClientId> clients, std::string_view text) override {
    for (const auto client : clients) said_[client].emplace_back(text);
  }
  void close(ClientId client, std::uint16_t code, std::string_view /*reason*/) override {
    closed.push_back({client, code});
  }
  void ping(ClientId client) override { pinged.push_back(client); }
  void reply(ClientId client, ExchangeReply reply) override {
    replies_.insert_or_assign(client, std::move(reply));
  }
  std::string_view frame() override { return std::string_view(bytes_).substr(0, size_); }
  std::optional<std::string> show(Shown what, std::string_view subject) override {
    return showing_.show(state, what, subject);
  }
  void look(Part part, std::string_view subject,
            const std::function<void(schema::State::Reader)>& see) override {
    showing_.look(state, part, subject, see);
  }
  std::optional<BookView> book(std::string_view symbol, std::size_t depth) override {
    return showing_.book(state, symbol, depth);
  }
  [[nodiscard]] bool running() const override { return runs; }
  [[nodiscard]] Nanos tape_now() const override { return tape_at; }
  [[nodiscard]] Nanos utc() const override { return 1'800'000'000 * kSecond + now; }
  [[nodiscard]] Nanos monotonic() const override { return now; }

 private:
  const Venue& venue_;
  std::unique_ptr<Protocol> protocol_;
  serve::Showing showing_;

 public:
  state::State state;
  Nanos tape_at = 1'600'000'000 * kSecond;
  Nanos now = 1000 * kSecond;
  bool runs = true;  // else what is played is only shown
  std::vector<Closed> closed;
  std::vector<ClientId> pinged;
  std::unique_ptr<Exchange> exchange;

 private:
  void event(event::Message& message) override {
    const auto event = message.event().asReader();
    if (!runs) return exchange->on_ahead({event, 7});
    state.apply(event, 7, ++ordinal_);
    exchange->on_event({event, 7});
  }

  std::string bytes_;
  std::size_t size_ = 0;
  std::uint64_t ordinal_ = 0;
  ClientId last_ = 0;
  std::map<ClientId, std::vector<std::string>> said_;
  std::map<ClientId, ExchangeReply> replies_;
};

}  // namespace tape::venue::test
