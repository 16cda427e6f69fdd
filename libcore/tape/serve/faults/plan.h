// What goes wrong when: decides, for each event of the tape and each moment of its time, what
// begins, what ends and which frames are to be spoiled.
#pragma once

#include <tape/serve/faults/fault.h>
#include <tape/venue/exchange/exchange.h>

#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <vector>

namespace tape::serve {

/// The same faults, seed and tape give the same decisions, whatever the clock says.
class Plan {
 public:
  Plan(std::vector<FaultSpec> faults, std::uint64_t seed);

  enum class Phase : std::uint8_t { lead, begin, end };
  struct Turn {
    const FaultSpec* fault = nullptr;  // valid as long as the plan
    Phase phase = Phase::begin;
    Nanos at = 0;
  };
  /// What comes next, by what is known so far.
  [[nodiscard]] std::optional<Turn> next() const { return first(Among::all); }
  /// The same of what has begun: behind the end of the tape.
  [[nodiscard]] std::optional<Turn> next_end() const { return first(Among::begun); }
  /// The turn took place.
  void take(const Turn& turn);

  /// The event that comes next: those that wait for it get their time. `at`: its tape time.
  void see(schema::Event::Reader event, Nanos at);

  /// Of a frame that is about to be played: what is to be done to it, if a client gets it.
  [[nodiscard]] const FaultSpec* treat(const venue::TapeEvent& event, Nanos at);
  /// Clients got that frame spoiled.
  void treated(const FaultSpec& fault);

  [[nodiscard]] bool active(FaultKind kind) const;
  /// How late a frame, or an answer, is at this moment.
  [[nodiscard]] Nanos latency(FaultSpec::Concerns of, Nanos at) const;
  [[nodiscard]] const FaultSpec* ban(Nanos& until) const;

  /// Those that never took place.
  [[nodiscard]] std::vector<const FaultSpec*> left() const;

 private:
  struct Planned {
    FaultSpec fault;
    std::mt19937_64 random;  // of its own: one fault draws nothing from another
    Nanos at = 0;
    std::uint64_t seen = 0;  // events that it waits for
    std::uint64_t done = 0;  // frames
    bool timed = false;      // it is known when
    bool led = false;
    bool begun = false;
    bool ended = false;

    [[nodiscard]] bool runs() const { return begun && !ended; }
  };
  enum class Among : bool { all, begun };
  [[nodiscard]] std::optional<Turn> first(Among among) const;
  [[nodiscard]] static std::optional<Turn> turn_of(const Planned& planned);
  [[nodiscard]] static bool fits(Planned& planned, const venue::TapeEvent& event, Nanos at);
  [[nodiscard]] Planned& planned(const FaultSpec& fault);

  std::vector<Planned> planned_;
};

}  // namespace tape::serve
