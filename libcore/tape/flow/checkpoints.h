// The State that a recording keeps of what it appends, and when it is due to be written into the
// tape.
#pragma once

#include <tape/event/event.h>
#include <tape/state/checkpoint.h>

#include <cstdint>
#include <memory>
#include <string>

namespace tape::flow {

struct CheckpointPolicy {
  bool on = true;
  std::uint64_t every = 0;  // bytes of the file; 0 = more than 32 times the size of the last one
};

/// "off" or a size; empty is the default. Throws Error{usage}.
[[nodiscard]] CheckpointPolicy parse_checkpoint(const std::string& text);

class Checkpoints {
 public:
  explicit Checkpoints(const CheckpointPolicy& policy);

  /// Each event that was appended. A State that cannot be kept ends the checkpoints with a warning:
  /// never the recording.
  void apply(schema::Event::Reader event, std::uint64_t session, std::uint64_t ordinal);

  /// A new file begins; `written` bytes of it, none of checkpoints.
  void start_file(std::uint64_t written);
  /// The file has grown to `written` bytes, `checkpoints` of them of checkpoints; both may lag.
  [[nodiscard]] bool due(std::uint64_t written, std::uint64_t checkpoints);
  /// Something was recorded before the file at hand, and a checkpoint can say so.
  [[nodiscard]] bool known() const { return state_ && state_->moment().ordinal != 0; }

  /// The run to append now; due() counts from here on.
  [[nodiscard]] state::CheckpointRun run(std::uint64_t written, std::uint64_t checkpoints);

 private:
  [[nodiscard]] std::uint64_t interval() const;

  CheckpointPolicy policy_;
  std::unique_ptr<state::State> state_;  // null: off
  std::uint64_t size_ = 0;               // of a checkpoint in the file, as far as is known; 0 = not
  std::uint64_t written_ = 0;            // when the last one was appended
  std::uint64_t checkpoints_ = 0;        // as above
  bool one_in_file_ = false;
};

}  // namespace tape::flow
