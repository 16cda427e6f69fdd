// Feeds a State from a tape in which checkpoints ride: where nothing is known, the next one is
// taken.
#pragma once

#include <tape/state/checkpoint.h>

#include <memory>

namespace tape::state {

/// Begins with the whole State where a tape begins with a checkpoint, and takes one again after a
/// part of the tape could not be read. Any other checkpoint says what is known, and is passed over.
class Rebuild {
 public:
  Rebuild();
  /// Goes on from a State that a checkpoint held.
  explicit Rebuild(std::unique_ptr<State> state);
  ~Rebuild();
  Rebuild(const Rebuild&) = delete;
  Rebuild& operator=(const Rebuild&) = delete;

  /// As State::apply().
  void apply(schema::Event::Reader event, std::uint64_t session, std::uint64_t ordinal);
  /// As State::doubt_all(); the next checkpoint ends the doubt.
  void lose(std::string_view reason, const Moment& moment);

  [[nodiscard]] const State& state() const { return *state_; }

 private:
  [[nodiscard]] static bool is_frame_of_tape(schema::Event::Reader event);

  std::unique_ptr<State> state_;
  CheckpointReader reader_;
  bool wanted_ = true;  // the next whole checkpoint is taken
  bool lost_ = false;   // until then
};

}  // namespace tape::state
