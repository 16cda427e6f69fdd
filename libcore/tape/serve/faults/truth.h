// The ground truth that a test holds a recording against: a line of JSON for each thing that was
// made to go wrong.
#pragma once

#include <tape/serve/faults/plan.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace tape::serve {

class Truth {
 public:
  /// `tell` gets each line without a newline; none: nobody listens.
  explicit Truth(std::function<void(const std::string&)> tell) : tell_(std::move(tell)) {}

  /// What a turn did.
  struct Figures {
    std::optional<std::uint64_t> clients;  // that it closed, or that were told
    std::optional<std::uint64_t> frames;   // lost, or late
    std::optional<std::uint64_t> answers;  // late
    std::string note;
    Nanos effective_at = 0;
  };
  void turn(const Plan::Turn& turn, const Figures& figures) const;
  /// A frame of the tape that clients got spoiled.
  void frame(const FaultSpec& fault, Nanos at, const venue::TapeEvent& event, std::uint64_t ordinal,
             std::uint64_t clients) const;
  /// A request, or the wish for a WebSocket, that got no good answer.
  void request(FaultKind kind, Nanos at, const venue::ClientCall& call, std::uint16_t status) const;
  /// It did not happen before the tape was over.
  void never(const FaultSpec& fault, Nanos at) const;

 private:
  std::function<void(const std::string&)> tell_;
};

}  // namespace tape::serve
