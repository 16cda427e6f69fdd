// What the network brings to the decoding thread: frames and what happened to connections, in the
// order of their happening, many in one batch.
#pragma once

#include <tape/base/clock.h>
#include <tape/base/digest.h>
#include <tape/base/mailbox.h>
#include <tape/venue/session.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tape::flow {

/// What only rare arrivals have.
struct ArrivalDetail {
  std::string text;   // cause, target of a probe, name of a link
  std::string stage;  // of a connection that never stood
  std::string close_reason;
  std::uint16_t status = 0;
  std::uint16_t close_code = 0;
  std::uint32_t attempt = 0;      // since the link last stood
  std::uint32_t retransmits = 0;  // kernel
  Nanos lasted = 0;               // how long the connection stood; ns since the loss before
  Nanos last_frame_at = 0;        // UTC
  Nanos delay = 0;                // until the next attempt
  Nanos latency = 0;              // of an answer, a probe, a round trip
  bool refused = false;           // a certificate that no retry will mend
  bool ended = false;             // the link is gone, as was asked
  Sha256Sum sum{};                // of an oversize message
  std::vector<std::pair<std::string, std::string>> headers;
};

/// Frames dropped because nobody took them in time, of one link and importance.
struct Shed {
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;
  Nanos first_at = 0;  // UTC
  Nanos last_at = 0;
};

struct Arrival {
  enum class Kind : std::uint8_t {
    frame,       // a message of a link
    opened,      // a link's connection stands
    lost,        // it ended
    failed,      // an attempt to connect did; the bytes are what was answered to the upgrade
    answer,      // to the request `id`; the bytes are its body
    handed_in,   // a JSON object of a trading program
    shed,        // frames that were dropped
    stepped,     // the system's clock; detail.latency is by how much
    round_trip,  // what the kernel says of a connection
    lag,         // detail.latency: how late the network thread looks after its work
    probe,       // of a neutral host
  };
  Kind kind = Kind::frame;
  venue::Importance importance = venue::Importance::account;  // shed only
  bool text = true;                                           // a text message, not a binary one
  std::uint16_t venue = 0;                                    // index of the source
  venue::LinkId link = 0;
  std::uint32_t connection = 0;
  Stamp stamp;
  std::uint64_t id = 0;
  std::size_t offset = 0;  // of the bytes in the batch
  std::size_t size = 0;
  std::size_t total = 0;  // larger than size: the front of an oversize message
  Shed shed;
  std::unique_ptr<ArrivalDetail> detail;
};

/// Memory is kept for the next batch, unless one large message made it grow.
class Arrivals {
 public:
  [[nodiscard]] bool empty() const { return items_.empty(); }
  void clear();
  /// Copies the bytes, with event::kFramePadding readable ones behind.
  Arrival& add(Arrival&& arrival, std::string_view bytes = {});

  [[nodiscard]] std::span<Arrival> items() { return items_; }
  /// Writable; valid until the next add() or clear().
  [[nodiscard]] std::span<char> bytes_of(const Arrival& arrival) {
    return {bytes_.data() + arrival.offset, arrival.size};
  }
  [[nodiscard]] std::size_t bytes() const { return bytes_.size(); }

 private:
  std::vector<char> bytes_;
  std::vector<Arrival> items_;
};

using Inbox = Mailbox<Arrivals>;

}  // namespace tape::flow
