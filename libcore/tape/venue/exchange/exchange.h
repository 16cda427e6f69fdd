// A venue played from a tape, as a pure machine: what clients ask and what the tape holds go in,
// what clients get comes out.
#pragma once

#include <tape/base/decimal.h>
#include <tape/base/time.h>
#include <tape/event/event.h>
#include <tape/venue/session.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace tape::venue {

/// A client's connection; never used again.
using ClientId = std::uint64_t;

/// A connection of the tape.
struct TapeSource {
  std::uint64_t session = 0;
  std::uint32_t connection = 0;
  friend bool operator==(const TapeSource&, const TapeSource&) = default;
  friend bool operator<(const TapeSource& a, const TapeSource& b) {
    return std::tie(a.session, a.connection) < std::tie(b.session, b.connection);
  }
};

/// A request by HTTP. Views of the caller.
struct ClientCall {
  std::string_view method;
  std::string_view target;
  std::string_view body;
  std::span<const std::pair<std::string, std::string>> headers;  // names in lower case

  /// Empty when there is none.
  [[nodiscard]] std::string_view header(std::string_view lower_case_name) const;
  [[nodiscard]] std::string_view path() const;
  [[nodiscard]] std::string_view query() const;
};

struct ExchangeReply {
  std::uint16_t status = 200;  // 0: the connection is dropped without an answer
  std::string body;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers = {};
};

/// What a State can be asked to show in the venue's own form.
enum class Shown : std::uint8_t { book, ticker, orders, positions, balances, fills };

/// What of a State is looked at: an account by its label, or a market by its symbol (empty: all of
/// them) and the venue as a whole.
enum class Part : std::uint8_t { account, market };

struct BookView {
  std::vector<std::pair<Decimal, Decimal>> bids;  // price and quantity, best first
  std::vector<std::pair<Decimal, Decimal>> asks;
  std::uint64_t sequence = 0;
  Nanos exchange_at = 0;
};

/// Where an exchange puts what it wants done, and where it looks things up.
class ExchangeHost {
 public:
  ExchangeHost() = default;
  ExchangeHost(const ExchangeHost&) = delete;
  ExchangeHost& operator=(const ExchangeHost&) = delete;
  virtual ~ExchangeHost() = default;

  /// A text message, to each of them.
  virtual void send(std::span<const ClientId> clients, std::string_view text) = 0;
  /// Code 0: without a close frame.
  virtual void close(ClientId client, std::uint16_t code, std::string_view reason) = 0;
  /// A ping frame.
  virtual void ping(ClientId client) = 0;
  /// Of the call of this client that is not answered yet.
  virtual void reply(ClientId client, ExchangeReply reply) = 0;
  /// The bytes of the event at hand; only inside on_event and on_ahead.
  [[nodiscard]] virtual std::string_view frame() = 0;
  /// The message that a new subscription of a symbol, or of an account, begins with, by what the
  /// tape said so far. Nothing where that is not known.
  [[nodiscard]] virtual std::optional<std::string> show(Shown what, std::string_view subject) = 0;
  /// Nothing unless the book is whole and proven. `depth`: levels a side at most.
  [[nodiscard]] virtual std::optional<BookView> book(std::string_view symbol,
                                                     std::size_t depth) = 0;
  /// Calls `see` once with what the tape said so far of it, which is valid during the call.
  virtual void look(Part part, std::string_view subject,
                    const std::function<void(schema::State::Reader)>& see) = 0;
  /// Whether the tape's clock runs: until then, only what was shown by on_ahead is known of it.
  [[nodiscard]] virtual bool running() const = 0;
  /// UTC by the tape's clock.
  [[nodiscard]] virtual Nanos tape_now() const = 0;
  /// Of clients.
  [[nodiscard]] virtual Nanos utc() const = 0;
  [[nodiscard]] virtual Nanos monotonic() const = 0;
};

struct ExchangeOptions {
  std::vector<Account> accounts;
  bool any_key = false;  // every key and signature is accepted
  bool lockstep = false;
  Nanos patience = 10 * kSecond;  // how long something that the tape is to answer waits for it
  std::uint64_t seed = 0;         // of what the exchange makes up itself
  /// Channel and symbol of all there is on the tape; none: not known, everything is accepted.
  std::vector<std::pair<std::string, std::string>> catalogue;
  std::vector<std::string> labels;  // of accounts on the tape
};

/// What the venue tells its customers.
struct Notice {
  std::string type;      // market, maintenance, ...
  std::string priority;  // low, medium, high
  std::string note;
  Nanos effective_at = 0;     // 0: not said
  std::int64_t minutes = -1;  // of downtime; -1: not said
};

/// One an event of the tape.
struct TapeEvent {
  schema::Event::Reader event;
  std::uint64_t session = 0;

  [[nodiscard]] TapeSource source() const { return {session, event.getConnection()}; }
  [[nodiscard]] bool received(schema::Transport by) const {
    return event.getDirection() == schema::Direction::RECEIVED && event.getTransport() == by;
  }
  [[nodiscard]] bool sent(schema::Transport by) const {
    return event.getDirection() == schema::Direction::SENT && event.getTransport() == by;
  }
};

class Exchange {
 public:
  Exchange() = default;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  virtual ~Exchange() = default;

  /// A WebSocket is wanted: nothing welcomes it, on_open follows.
  [[nodiscard]] virtual std::optional<ExchangeReply> on_upgrade(ClientId client,
                                                                const ClientCall& call) = 0;
  virtual void on_open(ClientId client) = 0;
  virtual void on_message(ClientId client, std::string_view message) = 0;
  /// A ping of the client, answered already.
  virtual void on_ping(ClientId client) = 0;
  /// Answered at once or later by ExchangeHost::reply.
  virtual void on_call(ClientId client, const ClientCall& call) = 0;
  virtual void on_gone(ClientId client) = 0;

  /// Lock step: whether clients asked what the recorder asked in this event. Asked again after
  /// every call of the others, until it is true or the event is played all the same.
  [[nodiscard]] virtual bool ready(const TapeEvent& event) = 0;
  virtual void on_event(const TapeEvent& event) = 0;
  /// A REST answer that is to come, before the tape's clock runs; it comes by on_event as well.
  virtual void on_ahead(const TapeEvent& event) = 0;
  /// Several times a second.
  virtual void on_tick() = 0;

  // Faults. What a venue has no words for does nothing.

  virtual void notify(const Notice& notice) = 0;
  /// The flag of every market, whatever the tape says.
  virtual void set_post_only(bool on) = 0;
  virtual void expire_keys() = 0;
  /// The answer to one who asked too often; status 0: the one that the venue gives. `until`: tape
  /// time.
  [[nodiscard]] virtual ExchangeReply banned(std::uint16_t status, Nanos until) const = 0;

  /// WebSockets that clients have open, and whether any of them subscribed to anything yet.
  [[nodiscard]] virtual std::size_t clients() const = 0;
  [[nodiscard]] virtual bool subscribed() const = 0;
  /// Feeds that clients have now, a feed and a product each.
  [[nodiscard]] virtual std::size_t subscriptions() const = 0;
};

}  // namespace tape::venue
