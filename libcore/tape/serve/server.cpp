#include <tape/base/diag.h>
#include <tape/base/error.h>
#include <tape/serve/server_impl.h>

#include <fmt/format.h>
#include <kj/exception.h>

#include <algorithm>
#include <utility>

namespace tape::serve {
namespace {

constexpr Nanos kTick = 50 * kMillisecond;
// Events in a row before sockets are looked at again.
constexpr unsigned kBurst = 128;
// So much of the tape is looked at before it starts: what is asked for at the beginning was asked
// for at the beginning, too.
constexpr Nanos kAhead = 60 * kSecond;
constexpr std::uint64_t kMostAhead = 1'000'000;

}  // namespace

const venue::Venue& find_exchange(const std::string& name) {
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

Served Server::Impl::run() {
  if (next()) {
    first_at = current->event.getReceivedAt();
    played_at = current_at;
  } else {
    end_tape();
  }
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
    if (over || !may_start() || stands()) return;
    const bool more = next();
    const auto left = more ? Breaker::Tape::runs : Breaker::Tape::over;
    if (const auto at = breaker.next(left); at && (!more || *at <= current_at)) {
      if (!turn(*at, left)) return;
      continue;
    }
    if (!more) return end_tape();
    if (!admit() || !due() || congested()) return;
    play();
    current = nullptr;
  }
  wake();
}

bool Server::Impl::may_start() {
  if (begun) return true;
  const bool subscribed = options.subscriptions > 1
                              ? exchange->subscriptions() >= options.subscriptions
                              : exchange->subscribed();
  const bool connected = called || exchange->clients() > 0;
  const bool now =
      options.start == StartOn::now || (options.start == StartOn::connect ? connected : subscribed);
  if (!now) return false;
  begun = true;
  if (hooks.on_start) hooks.on_start();
  return true;
}

/// False at the end.
bool Server::Impl::next() {
  if (current != nullptr) return true;
  while (current == nullptr) {
    if (!read_all) current = source.next();
    if (current == nullptr) {
      read_all = true;
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
  current_at = tape_time.of(*current);
  breaker.see(tape, current_at);
  return true;
}

/// The tape's clock is stopped for clients that are to come back.
bool Server::Impl::stands() {
  const bool before = std::exchange(standing, breaker.waits());
  if (standing && !before) pace.hold(clock.monotonic());
  if (before && !standing) pace.go(clock.monotonic());
  return standing;
}

/// What goes wrong has its place among the events. False where its time has not come.
bool Server::Impl::turn(Nanos at, Breaker::Tape left) {
  played_at = std::max(at, played_at);
  pace.enter(played_at, clock.monotonic());
  entered = false;
  if (!reached()) return false;
  breaker.step(left);
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
  if (!std::exchange(entered, true)) pace.enter(current_at, now);
  return reached();
}

bool Server::Impl::reached() {
  if (options.speed == 0) return true;
  const auto now = clock.monotonic();
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
    server.drop(peer);
    loop.post([this, peer] { on_gone(peer, "dropped"); });
  }
  congested_at = 0;
  return false;
}

void Server::Impl::play() {
  ++served.events;
  try {
    state->apply(current->event, current->session, current->ordinal);
    played_at = std::max(played_at, current_at);
    breaker.play(tape, current->ordinal, current_at);
  } catch (const kj::Exception& exception) {
    if (hooks.on_damage) hooks.on_damage(exception.getDescription().cStr());
  } catch (const Error& error) {
    if (error.fault != Fault::format) throw;
    if (hooks.on_damage) hooks.on_damage(error.what());
  }
}

/// Once, when a client asks before the clock starts: what the tape will answer by REST. In lock
/// step each answer comes at its own moment.
void Server::Impl::look_ahead() {
  if (running() || over || options.exchange.lockstep || !options.again) return;
  if (std::exchange(looked_ahead, true)) return;
  const auto reading = options.again();
  for (std::uint64_t seen = 0; seen < kMostAhead; ++seen) {
    ahead = reading->next();
    if (ahead == nullptr) break;
    try {
      const auto event = ahead->event;
      if (event.getReceivedAt() - first_at > kAhead) break;
      const venue::TapeEvent answer{event, ahead->session};
      if (event::view(event.getVenue()) != options.venue ||
          !answer.received(schema::Transport::REST)) {
        continue;
      }
      const auto status = event.getRest().getStatus();
      if (status >= 200 && status < 300) exchange->on_ahead(answer);
    } catch (const kj::Exception&) {
      continue;  // told when it is played
    } catch (const Error& error) {
      if (error.fault != Fault::format) throw;
    }
  }
  ahead = nullptr;
}

void Server::Impl::end_tape() {
  if (std::exchange(over, true)) return;
  served.finished = !stop.stop_requested();
  breaker.finish();
  if (hooks.on_end) hooks.on_end();
}

Server::Server(Options&& options, log::EventSource& source, Clock& clock, std::stop_token stop,
               const Hooks& hooks)
    : impl_(std::make_unique<Impl>(std::move(options), source, clock, std::move(stop), hooks)) {}
Server::~Server() = default;
std::uint16_t Server::port() const { return impl_->server.port(); }
Served Server::run() { return impl_->run(); }

}  // namespace tape::serve
