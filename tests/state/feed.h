// Makes Events for tests of the state, as decoders make them, and feeds them to one State.
#pragma once

#include <tape/base/error.h>
#include <tape/event/event.h>
#include <tape/state/state.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tape::state::test {

inline Decimal decimal(std::string_view text) {
  const auto value = parse_decimal(text);
  if (!value) throw Error(Fault::internal, "no decimal: " + std::string(text));
  return *value;
}

using Side = std::vector<std::pair<std::string, std::string>>;  // price, quantity

/// A venue, a symbol, a clock that moves a millisecond an event.
class Feed {
 public:
  std::string venue = "venue";
  std::string symbol = "SYM";
  std::string account = "main";
  std::uint64_t session = 7;
  std::uint32_t connection = 1;
  Nanos now = kSecond;
  State state;

  void send(std::string_view channel, const std::function<void(schema::Event::Builder)>& fill) {
    auto event = message_.start();
    event.setSession(session);
    event.setReceivedAt(now += kMillisecond);
    event.setVenue(venue);
    event.setChannel(std::string(channel));
    event.setConnection(connection);
    event.setTransport(schema::Transport::WEBSOCKET);
    fill(event);
    state.apply(event.asReader(), session, ++ordinal);
  }

  void snapshot(std::uint64_t id, const Side& bids, const Side& asks, bool partial = false) {
    send("book", [&](schema::Event::Builder event) {
      event.setSymbol(symbol);
      auto body = event.getBody().initBookSnapshot();
      put(body.initBids(static_cast<unsigned>(bids.size())), bids);
      put(body.initAsks(static_cast<unsigned>(asks.size())), asks);
      body.setUpdateId(id);
      body.setPartial(partial);
    });
  }

  /// A delta of one level, numbered on by one.
  void level(std::uint64_t number, schema::Side side, std::string_view price,
             std::string_view quantity) {
    send("book", [&](schema::Event::Builder event) {
      event.setSymbol(symbol);
      event.setSequence(number);
      auto body = event.getBody().initBookDelta();
      body.setUpdateId(number);
      body.setSide(side);
      event::set_decimal(body.getPrice(), decimal(price));
      event::set_decimal(body.getQuantity(), decimal(quantity));
    });
  }

  /// A delta that names its predecessor.
  void chained(std::uint64_t previous, std::uint64_t first, std::uint64_t last, const Side& bids,
               const Side& asks = {}) {
    send("depth", [&](schema::Event::Builder event) {
      event.setSymbol(symbol);
      auto body = event.getBody().initBookDelta();
      body.setFirstUpdateId(first);
      body.setUpdateId(last);
      body.setPreviousUpdateId(previous);
      put(body.initBids(static_cast<unsigned>(bids.size())), bids);
      put(body.initAsks(static_cast<unsigned>(asks.size())), asks);
    });
  }

  void gap(schema::GapKind kind, std::uint64_t expected, std::uint64_t got,
           std::string_view channel) {
    send(channel, [&](schema::Event::Builder event) {
      event.setDirection(schema::Direction::LOCAL);
      auto body = event.getBody().initGap();
      body.setKind(kind);
      body.setExpected(expected);
      body.setGot(got);
      auto concerns = body.initConcerns();
      concerns.setVenue(venue);
      concerns.setChannel(std::string(channel));
      concerns.setSymbol(symbol);
    });
  }

  void lose_connection(const std::string& cause) {
    send("", [&](schema::Event::Builder event) {
      event.setDirection(schema::Direction::LOCAL);
      event.getBody().initConnectionLost().setCause(cause);
    });
  }

  [[nodiscard]] const Book& book() const { return *state.book(venue, symbol); }
  [[nodiscard]] schema::Trust trust() const { return book().standing().trust(); }
  /// "100.5 x 3, 100 x 1": best first.
  [[nodiscard]] std::string bids() const { return show(book().bids()); }
  [[nodiscard]] std::string asks() const { return show(book().asks()); }

  static std::string show(const Levels& levels) {
    std::string text;
    for (const Level& level : levels.sorted()) {
      if (!text.empty()) text += ", ";
      text += format_decimal(level.price) + " x " + format_decimal(level.quantity);
    }
    return text;
  }

  std::uint64_t ordinal = 0;

 private:
  static void put(capnp::List<schema::Level>::Builder out, const Side& side) {
    for (unsigned i = 0; i < out.size(); ++i) {
      event::set_decimal(out[i].getPrice(), decimal(side[i].first));
      event::set_decimal(out[i].getQuantity(), decimal(side[i].second));
    }
  }

  event::Message message_;
};

}  // namespace tape::state::test
