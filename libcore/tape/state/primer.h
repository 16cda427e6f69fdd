// The events that a start in the middle begins with, so that a consumer knows what there is.
#pragma once

#include <tape/event/event.h>
#include <tape/state/state.h>

#include <cstddef>
#include <functional>
#include <memory>

namespace tape::state {

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

/// Of what a State holds. Empty: nothing is told.
using MakePrimer = std::function<std::unique_ptr<Primer>(const State&)>;

}  // namespace tape::state
