// What goes wrong on purpose: decides, for each event of the tape and each moment, what is to be
// spoiled, and tells every fault it caused.
#pragma once

#include <tape/serve/fault.h>
#include <tape/venue/exchange/exchange.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace tape::serve {

/// The same faults, seed and tape give the same decisions.
class Faults {
 public:
  /// `tell` gets one line of JSON, without a newline, for each fault that took place: the ground
  /// truth that a test holds a recording against.
  Faults(std::vector<Fault> faults, std::uint64_t seed,
         std::function<void(const std::string&)> tell);

  enum class Phase : std::uint8_t { lead, begin, end };
  struct Turn {
    const Fault* fault = nullptr;
    Phase phase = Phase::begin;
  };
  /// The tape's time moved on: what begins and ends by it, in the order of time.
  [[nodiscard]] std::vector<Turn> advance(Nanos now);

  enum class Treatment : std::uint8_t { deliver, skip, twice, cut };
  /// Of a frame that is about to be played.
  [[nodiscard]] Treatment treat(const venue::TapeEvent& event, std::uint64_t ordinal);

  /// At the time of the last advance().
  [[nodiscard]] bool active(FaultKind kind) const;
  /// Of a request, instead of its answer.
  [[nodiscard]] std::optional<venue::ExchangeReply> reply(std::string_view method,
                                                          std::string_view target);

  [[nodiscard]] bool any() const { return !planned_.empty(); }

 private:
  struct Planned {
    Fault fault;
    bool led = false;
    bool begun = false;
    bool ended = false;
    std::uint64_t done = 0;  // frames
  };

  [[nodiscard]] bool fits(const Planned& planned, const venue::TapeEvent& event);
  void tell_turn(const Fault& fault, Phase phase) const;
  void tell_frame(const Fault& fault, const venue::TapeEvent& event, std::uint64_t ordinal) const;

  std::vector<Planned> planned_;
  std::mt19937_64 random_;
  const std::function<void(const std::string&)> tell_;
  Nanos now_ = 0;
};

}  // namespace tape::serve
