// The events that a start in the middle begins with, so that a consumer knows what there is.
#pragma once

#include <tape/event/event.h>
#include <tape/state/state.h>

#include <cstdint>
#include <memory>

namespace tape::cli {

enum class Prime : std::uint8_t {
  checkpoint,  // the whole state, as checkpoint events
  venue,       // the venue's own snapshots, as frames that the venue might have sent
  off,
};

/// Computed events: synthetic. Session, ordinal and receive time are for who sends them.
class Primer {
 public:
  Primer() = default;
  Primer(const Primer&) = delete;
  Primer& operator=(const Primer&) = delete;
  virtual ~Primer() = default;
  [[nodiscard]] virtual std::size_t events() const = 0;
  /// Builds one of them.
  virtual void fill(std::size_t index, event::Message& message) const = 0;
};

/// Of what a State holds. Null where there is nothing to tell.
[[nodiscard]] std::unique_ptr<Primer> make_primer(Prime prime, const state::State& state);

}  // namespace tape::cli
