// What a Server is made of: the tape, the exchange, what breaks it, and the sockets.
#pragma once

#include <tape/flow/play/pace.h>
#include <tape/flow/tape_time.h>
#include <tape/log/frame_bytes.h>
#include <tape/net/loop.h>
#include <tape/serve/server.h>
#include <tape/serve/showing.h>
#include <tape/state/checkpoint.h>
#include <tape/venue/registry.h>

#include <memory>
#include <set>
#include <string>
#include <utility>

namespace tape::serve {

/// Throws Error{usage} for a venue that cannot be served.
[[nodiscard]] const venue::Venue& find_exchange(const std::string& name);

struct Server::Impl final : net::WebServer::Handler, venue::ExchangeHost {
  Impl(Options&& given, log::EventSource& from, Clock& with_clock, std::stop_token until,
       const Hooks& to_call)
      : options(std::move(given)),
        patience(options.exchange.patience),
        source(from),
        clock(with_clock),
        stop(std::move(until)),
        hooks(to_call),
        showing(find_exchange(options.venue)),
        pace(options.speed, options.gap),
        breaker(std::move(options.faults), *this,
                [this](venue::ClientId client, bool on) { server.pause(client, on); }),
        exchange(find_exchange(options.venue).exchange(std::move(options.exchange), breaker)),
        server(loop, options.listen, *this) {
    breaker.attach(*exchange);
  }

  Served run();

  // Of the sockets.
  void on_request(net::PeerId peer, net::WebRequest&& request) override;
  std::optional<net::WebReply> on_upgrade(net::PeerId peer,
                                          const net::WebRequest& request) override;
  void on_open(net::PeerId peer) override;
  void on_message(net::PeerId peer, std::string_view message) override;
  void on_control(net::PeerId peer) override { exchange->on_ping(peer); }
  void on_gone(net::PeerId peer, std::string_view cause) override;
  void on_drained(net::PeerId /*peer*/) override {
    if (congested_at != 0) wake();
  }

  // Of the exchange.
  void send(std::span<const venue::ClientId> clients, std::string_view text) override;
  void close(venue::ClientId client, std::uint16_t code, std::string_view reason) override;
  void ping(venue::ClientId client) override { server.ping(client); }
  void reply(venue::ClientId client, venue::ExchangeReply reply) override;
  std::string_view frame() override;
  std::optional<std::string> show(venue::Shown what, std::string_view subject) override {
    return showing.show(*state, what, subject);
  }
  std::optional<venue::BookView> book(std::string_view symbol, std::size_t depth) override {
    return showing.book(*state, symbol, depth);
  }
  void look(venue::Part part, std::string_view subject,
            const std::function<void(schema::State::Reader)>& see) override {
    showing.look(*state, part, subject, see);
  }
  /// A client's request starts the clock as well, unless it waits for subscriptions.
  bool running() const override { return begun || options.start != StartOn::subscribe; }
  Nanos tape_now() const override { return begun ? pace.tape_now(clock.monotonic()) : first_at; }
  Nanos utc() const override { return clock.now(); }
  Nanos monotonic() const override { return clock.monotonic(); }

  // Of the tape.
  void wake();
  void pump();
  [[nodiscard]] bool may_start();
  [[nodiscard]] bool next();
  [[nodiscard]] bool stands();
  [[nodiscard]] bool turn(Nanos at, Breaker::Tape left);
  [[nodiscard]] bool admit();
  [[nodiscard]] bool due();
  [[nodiscard]] bool reached();
  [[nodiscard]] bool congested();
  void play();
  void look_ahead();
  void prime();
  void end_tape();
  void tick();

  Options options;  // but for those of the exchange, which has them
  const Nanos patience;
  log::EventSource& source;
  Clock& clock;
  const std::stop_token stop;
  const Hooks& hooks;
  Showing showing;
  net::Loop loop;
  std::unique_ptr<state::State> state = std::make_unique<state::State>();
  state::CheckpointReader primer;
  log::FrameBytes bytes;
  flow::TapeTime tape_time;
  flow::Pace pace;
  Breaker breaker;
  std::unique_ptr<venue::Exchange> exchange;
  net::WebServer server;
  net::Loop::Timer timer;
  net::Loop::Timer ticker;
  const log::EventRef* current = nullptr;  // read, not played yet
  const log::EventRef* ahead = nullptr;    // of another reading, before the clock starts
  venue::TapeEvent tape;                   // the same for the exchange
  std::set<net::PeerId> open;
  Served served;
  Nanos first_at = 0;
  Nanos current_at = 0;    // tape time of `current`
  Nanos played_at = 0;     // and of what was played last
  Nanos held_at = 0;       // since when the tape waits for a client; 0 = it does not
  Nanos congested_at = 0;  // since when it waits for one to take what it has
  bool called = false;     // by REST
  bool looked_ahead = false;
  bool begun = false;
  bool read_all = false;
  bool standing = false;
  bool admitted = false;
  bool entered = false;
  bool over = false;
  bool woken = false;
};

}  // namespace tape::serve
