// What a venue is to the rest: a name, and protocols that turn frames into events. Pure: no socket,
// thread or clock.
#pragma once

#include <tape/event/event.h>
#include <tape/event/frame.h>
#include <tape/venue/exchange/exchange.h>
#include <tape/venue/session.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace tape::venue {

/// Where a Protocol puts what it makes. The event is complete but for session and ordinal; it is
/// copied at once.
class Outbox {
 public:
  Outbox() = default;
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;
  virtual ~Outbox() = default;
  virtual void event(event::Message& message) = 0;
};

/// What to do with a frame that the venue does not understand.
enum class Unknown : std::uint8_t {
  record,   // as opaque, with the reason
  decline,  // not at all: another venue is asked
};

/// One or several connections to one venue account, as a pure machine: frames in, events out.
class Protocol {
 public:
  Protocol() = default;
  Protocol(const Protocol&) = delete;
  Protocol& operator=(const Protocol&) = delete;
  virtual ~Protocol() = default;

  [[nodiscard]] virtual std::string_view venue() const = 0;

  /// Makes the frame's event, and before it what it shows to be wrong (gap, resynchronised).
  /// Overwrites secrets in the frame's bytes first, whatever the outcome. False only with
  /// Unknown::decline: nothing was made.
  virtual bool on_frame(event::Frame& frame, Outbox& outbox, Unknown unknown) = 0;

  /// A connection began or was lost: sequences of it start anew.
  virtual void on_connection(std::uint32_t connection) = 0;
};

struct PictureInfo;

struct Venue {
  std::string_view name;  // "kraken-futures"
  /// A host or path text that tells the venue in captures: "futures.kraken.com".
  std::span<const std::string_view> hosts;
  std::unique_ptr<Protocol> (*make)();
  /// What a live recorder can ask of it; null: frames can be read, but not fetched.
  const LiveInfo* (*live)() = nullptr;
  /// The venue as clients see it, played from a tape. The host outlives it; null: it cannot be.
  std::unique_ptr<Exchange> (*exchange)(ExchangeOptions options, ExchangeHost& host) = nullptr;
  /// How it tells what there is; null: a client in the middle of a tape cannot be told.
  const PictureInfo& (*pictures)() = nullptr;
  /// Parameters in which a request says when it was made and by whom: not what it asks.
  std::span<const std::string_view> stamps{};
};

}  // namespace tape::venue
