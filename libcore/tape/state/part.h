// One kind of knowledge about an account (its orders, its fills, ...): the feed it comes by, and
// how far to trust it.
#pragma once

#include <tape/state/trust.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace tape::state {

enum class PartKind : std::uint8_t { balances, positions, orders, fills, log };
inline constexpr std::array<std::string_view, 5> kPartNames{"balances", "positions", "orders",
                                                            "fills", "log"};

/// What a message says about a part.
enum class Nature : std::uint8_t {
  change,   // what changed
  picture,  // all of it, as it is
  piece,    // some of it, as it is: proves nothing about the rest
};

/// Trust moves by what the messages are and by what the recorder noticed: a picture verifies;
/// changes keep that while they are numbered; a loss or a gap lasts until the next picture.
class Part {
 public:
  void take(const Occasion& occasion, Nature nature);
  void doubt(std::string_view reason, const Moment& moment) { standing_.doubt(reason, moment); }
  void lose(std::string_view reason, const Moment& moment) { standing_.lose(reason, moment); }
  void stall(std::string_view reason, const Moment& moment) { standing_.stall(reason, moment); }
  /// The recording of `moment` goes on where another one brought the stream.
  void leave(const Moment& moment);

  [[nodiscard]] const Standing& standing() const { return standing_; }
  [[nodiscard]] bool known() const { return updates_ != 0; }
  [[nodiscard]] bool complete() const { return complete_; }
  [[nodiscard]] const std::string& channel() const { return channel_; }
  /// Since when a stream brings it; 0 = none does.
  [[nodiscard]] Nanos stream_at() const { return stream_at_; }
  [[nodiscard]] Nanos snapshot_at() const { return snapshot_at_; }
  /// Whether its stream is this connection (0 = any) of this session.
  [[nodiscard]] bool comes_by(std::uint64_t session, std::uint32_t connection) const;

  void write(PartKind kind, schema::PartState::Builder out) const;
  void read(schema::PartState::Reader in);

 private:
  Standing standing_;
  bool complete_ = false;
  Nanos snapshot_at_ = 0;
  Nanos received_at_ = 0;
  std::uint64_t updates_ = 0;
  std::string channel_;
  std::uint64_t session_ = 0;
  std::uint32_t connection_ = 0;
  Nanos stream_at_ = 0;
};

}  // namespace tape::state
