#include <tape/base/diag.h>
#include <tape/base/error.h>
#include <tape/flow/pace.h>
#include <tape/flow/tape_time.h>
#include <tape/log/frame_bytes.h>
#include <tape/serve/server.h>
#include <tape/serve/showing.h>
#include <tape/state/checkpoint.h>
#include <tape/venue/registry.h>

#include <fmt/format.h>
#include <kj/exception.h>

#include <algorithm>
#include <set>
#include <utility>

namespace tape::serve {
namespace {

constexpr Nanos kTick = 50 * kMillisecond;
// Events in a row before sockets are looked at again.
constexpr unsigned kBurst = 128;

const venue::Venue& find(const std::string& name) {
  const auto* const found = venue::find_venue(name);
  if (found == nullptr || found->exchange == nullptr) {
    std::string known;
    for (const auto& venue : venue::venues()) {
      if (venue.exchange != nullptr) known += (known.empty() ? "" : ", ") + std::string(venue.name);
    }
    throw Error(Fault::usage, fmt::format("venue {} cannot be served; these can: {}", name, known));
  }
  return *found;
}

}  // namespace

struct Server::Impl final : net::WebServer::Handler, venue::ExchangeHost {
  Impl(Options&& given, flow::EventSource& from, Clock& with_clock, std::stop_token until,
       const Hooks& to_call)
      : options(std::move(given)),
        patience(options.exchange.patience),
        source(from),
        clock(with_clock),
        stop(std::move(until)),
        hooks(to_call),
        showing(find(options.venue)),
        pace(options.speed, options.gap),
        exchange(find(options.venue).exchange(std::move(options.exchange), *this)),
        server(loop, options.listen, *this) {}

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
  Nanos tape_now() const override { return begun ? pace.tape_now(clock.monotonic()) : first_at; }
  Nanos utc() const override { return clock.now(); }
  Nanos monotonic() const override { return clock.monotonic(); }

  // Of the tape.
  void wake();
  void pump();
  [[nodiscard]] bool may_start();
  [[nodiscard]] bool next();
  [[nodiscard]] bool admit();
  [[nodiscard]] bool due();
  [[nodiscard]] bool congested();
  void play();
  void prime();
  void end_tape();
  void tick();

  Options options;  // but for those of the exchange, which has them
  const Nanos patience;
  flow::EventSource& source;
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
  std::unique_ptr<venue::Exchange> exchange;
  net::WebServer server;
  net::Loop::Timer timer;
  net::Loop::Timer ticker;
  const log::EventRef* current = nullptr;  // read, not played yet
  venue::TapeEvent tape;                   // the same for the exchange
  std::set<net::PeerId> open;
  Served served;
  Nanos first_at = 0;
  Nanos held_at = 0;       // since when the tape waits for a client; 0 = it does not
  Nanos congested_at = 0;  // since when it waits for one to take what it has
  bool called = false;     // by REST
  bool begun = false;
  bool admitted = false;
  bool entered = false;
  bool over = false;
  bool woken = false;
};

Served Server::Impl::run() {
  if (next()) first_at = current->event.getReceivedAt();
  tick();
  wake();
  loop.run();
  return served;
}

void Server::Impl::tick() {
  const bool left = served.clients > 0 && exchange->clients() == 0;
  if (stop.stop_requested() || (over && left)) return loop.stop();
  ticker = loop.after(kTick, [this] { tick(); });
  exchange->on_tick();
  pump();
}

void Server::Impl::wake() {
  if (std::exchange(woken, true)) return;
  loop.post([this] {
    woken = false;
    pump();
  });
}

void Server::Impl::pump() {
  for (unsigned played = 0; played < kBurst; ++played) {
    if (over || !may_start() || !next()) return;
    if (!admit() || !due() || congested()) return;
    play();
    current = nullptr;
  }
  wake();
}

bool Server::Impl::may_start() {
  if (begun) return true;
  const bool now = options.start == StartOn::now ||
                   (options.start == StartOn::connect ? called || exchange->clients() > 0
                                                      : exchange->subscribed());
  if (!now) return false;
  begun = true;
  if (hooks.on_start) hooks.on_start();
  return true;
}

/// False at the end.
bool Server::Impl::next() {
  while (current == nullptr) {
    current = source.next();
    if (current == nullptr) {
      end_tape();
      return false;
    }
    admitted = entered = false;
    try {
      const auto venue = event::view(current->event.getVenue());
      const bool checkpoint = current->event.getBody().isCheckpoint();
      if (checkpoint && served.events == 0) prime();
      if (checkpoint || (!venue.empty() && venue != options.venue)) current = nullptr;
    } catch (const kj::Exception& exception) {
      if (hooks.on_damage) hooks.on_damage(exception.getDescription().cStr());
      current = nullptr;
    }
  }
  tape = {current->event, current->session};
  return true;
}

/// A start in the middle of a tape begins with the state there.
void Server::Impl::prime() {
  if (primer.take(current->event) != state::CheckpointReader::Step::whole) return;
  if (auto whole = primer.state()) state = std::move(whole);
}

/// Lock step: whether the clients are where the recorder was.
bool Server::Impl::admit() {
  if (admitted) return true;
  const auto now = clock.monotonic();
  if (!exchange->ready(tape)) {
    if (held_at == 0) {
      held_at = now;
      pace.hold(now);
    }
    if (now - held_at < patience) return false;
    diag::note(fmt::format("nobody asked what the recorder asked in event {}; the tape goes on",
                           current->ordinal));
  }
  if (held_at != 0) pace.go(now);
  held_at = 0;
  admitted = true;
  return true;
}

bool Server::Impl::due() {
  const auto now = clock.monotonic();
  if (!std::exchange(entered, true)) pace.enter(tape_time.of(*current), now);
  if (options.speed == 0) return true;
  const auto at = pace.due();
  if (at > now) {
    timer = loop.after(at - now, [this] { pump(); });
    return false;
  }
  served.latest = std::max(served.latest, now - at);
  return true;
}

/// As fast as clients take it: no faster than the slowest.
bool Server::Impl::congested() {
  if (options.speed != 0 || (served.events % 16 != 0 && congested_at == 0)) return false;
  std::vector<net::PeerId> full;
  for (const auto peer : open) {
    if (server.queued(peer) > options.high_water) full.push_back(peer);
  }
  const auto now = clock.monotonic();
  if (full.empty()) {
    congested_at = 0;
    return false;
  }
  if (congested_at == 0) congested_at = now;
  if (now - congested_at < options.stall) return true;
  for (const auto peer : full) {
    ++served.slow;
    diag::warning(fmt::format("client {} took nothing for {}; it is cut off", peer,
                              format_duration(options.stall)));
    close(peer, 0, "");
  }
  congested_at = 0;
  return false;
}

void Server::Impl::play() {
  ++served.events;
  try {
    state->apply(current->event, current->session, current->ordinal);
    exchange->on_event(tape);
  } catch (const kj::Exception& exception) {
    if (hooks.on_damage) hooks.on_damage(exception.getDescription().cStr());
  } catch (const Error& error) {
    if (error.fault != Fault::format) throw;
    if (hooks.on_damage) hooks.on_damage(error.what());
  }
}

void Server::Impl::end_tape() {
  if (std::exchange(over, true)) return;
  served.finished = !stop.stop_requested();
  if (hooks.on_end) hooks.on_end();
}

void Server::Impl::on_request(net::PeerId peer, net::WebRequest&& request) {
  called = true;
  exchange->on_call(peer, {request.method, request.target, request.body, request.headers});
  wake();
}

std::optional<net::WebReply> Server::Impl::on_upgrade(net::PeerId peer,
                                                      const net::WebRequest& request) {
  auto refusal =
      exchange->on_upgrade(peer, {request.method, request.target, request.body, request.headers});
  if (!refusal) return std::nullopt;
  return net::WebReply{refusal->status, refusal->content_type, std::move(refusal->headers),
                       std::move(refusal->body)};
}

void Server::Impl::on_open(net::PeerId peer) {
  open.insert(peer);
  ++served.clients;
  exchange->on_open(peer);
  wake();
}

void Server::Impl::on_message(net::PeerId peer, std::string_view message) {
  exchange->on_message(peer, message);
  wake();
}

void Server::Impl::on_gone(net::PeerId peer, std::string_view cause) {
  if (open.erase(peer) > 0) {
    if (cause.starts_with("too slow")) {
      ++served.slow;
      diag::warning(fmt::format("client {} is {}; it is cut off", peer, cause));
    } else {
      diag::note(fmt::format("client {} left: {}", peer, cause));
    }
  }
  exchange->on_gone(peer);
}

void Server::Impl::send(std::span<const venue::ClientId> clients, std::string_view text) {
  served.frames += clients.size();
  server.send(clients, text);
}

void Server::Impl::close(venue::ClientId client, std::uint16_t code, std::string_view reason) {
  if (code != 0) return server.close(client, code, reason);
  server.drop(client);
  loop.post([this, client] { on_gone(client, "dropped"); });
}

void Server::Impl::reply(venue::ClientId client, venue::ExchangeReply reply) {
  if (reply.status == 0) return server.drop(client);
  server.reply(client, {reply.status, std::move(reply.content_type), std::move(reply.headers),
                        std::move(reply.body)});
}

std::string_view Server::Impl::frame() { return bytes.of(*current).value_or(""); }

Server::Server(Options&& options, flow::EventSource& source, Clock& clock, std::stop_token stop,
               const Hooks& hooks)
    : impl_(std::make_unique<Impl>(std::move(options), source, clock, std::move(stop), hooks)) {}
Server::~Server() = default;
std::uint16_t Server::port() const { return impl_->server.port(); }
Served Server::run() { return impl_->run(); }

}  // namespace tape::serve
