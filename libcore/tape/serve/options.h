// What a tape is to be served as: the venue, where, at which pace, to whom.
#pragma once

#include <tape/base/time.h>
#include <tape/log/event_source.h>
#include <tape/net/web_server.h>
#include <tape/serve/faults/breaker.h>
#include <tape/venue/exchange/exchange.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace tape::serve {

/// When the tape's clock starts.
enum class StartOn : std::uint8_t { connect, subscribe, now };

struct Options {
  std::string venue;
  net::WebServerOptions listen;
  double speed = 1;  // tape time per wall time; 0 = as fast as clients take it
  Nanos gap = 0;     // longest silence kept, tape time; 0 = all
  StartOn start = StartOn::subscribe;
  std::size_t subscriptions = 1;  // so many start it, a feed and a product each
  /// The same tape again, from where it is played; empty: it can be read only once. What it answers
  /// at first is what clients are told that ask before the clock starts.
  std::function<std::unique_ptr<log::EventSource>()> again = {};
  venue::ExchangeOptions exchange;
  FaultOptions faults;
  std::size_t high_water = std::size_t{1}
                           << 20U;  // unsent bytes of a client at which speed 0 waits
  Nanos stall = 10 * kSecond;       // how long it waits for a client that takes nothing
};

struct Served {
  std::uint64_t events = 0;
  std::uint64_t frames = 0;   // sent, to each client
  std::uint64_t clients = 0;  // WebSockets in all
  std::uint64_t slow = 0;     // of them, cut off
  Nanos latest = 0;           // most that an event was late by, where a speed was kept
  bool finished = false;      // the tape was played to its end
};

struct Hooks {
  std::function<void()> on_start;
  std::function<void()> on_end;  // of the tape
  /// An event that cannot be read; it is left out.
  std::function<void(const std::string&)> on_damage;
};

}  // namespace tape::serve
