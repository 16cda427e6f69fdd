// The State that a recording keeps of what it appends, and when it is due to be written into the
// tape.
#pragma once

#include <tape/base/queue.h>
#include <tape/event/event.h>
#include <tape/state/checkpoint.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace tape::flow {

struct CheckpointPolicy {
  bool on = true;
  std::uint64_t every = 0;  // bytes of the file; 0 = more than 32 times the size of the last one
};

/// "off" or a size; empty is the default. Throws Error{usage}.
[[nodiscard]] CheckpointPolicy parse_checkpoint(const std::string& text);

/// Events are copied in batches to a thread that applies them, so that the recorder is not kept
/// from its frames; whoever asks for the State waits for the thread. All calls from one thread.
class Checkpoints {
 public:
  explicit Checkpoints(const CheckpointPolicy& policy);
  ~Checkpoints();
  Checkpoints(const Checkpoints&) = delete;
  Checkpoints& operator=(const Checkpoints&) = delete;

  /// Each event that was appended. A State that cannot be kept ends the checkpoints with a warning:
  /// never the recording.
  void apply(event::Message& message, std::uint64_t session, std::uint64_t ordinal);

  /// A new file begins; `written` bytes of it, none of checkpoints.
  void start_file(std::uint64_t written);
  /// The file has grown to `written` bytes, `checkpoints` of them of checkpoints; both may lag.
  [[nodiscard]] bool due(std::uint64_t written, std::uint64_t checkpoints);
  /// Something was recorded before the file at hand, and a checkpoint can say so.
  [[nodiscard]] bool known() const { return state_ && fed_ && !failed_; }

  /// The run to append now; due() counts from here on. Null when the State could not be kept.
  [[nodiscard]] std::unique_ptr<state::CheckpointRun> run(std::uint64_t written,
                                                          std::uint64_t checkpoints);

 private:
  struct Item {
    std::uint64_t session = 0;
    std::uint64_t ordinal = 0;
    std::size_t words = 0;
  };
  struct Batch {
    std::vector<std::uint64_t> words;
    std::vector<Item> items;
  };

  [[nodiscard]] std::uint64_t interval() const;
  void hand_over();
  [[nodiscard]] bool catch_up();
  void work();
  void feed(const Batch& batch);
  void give_up();

  static constexpr std::size_t kBatches = 4;
  static constexpr std::size_t kBatchWords = std::size_t{32} << 10U;

  CheckpointPolicy policy_;
  std::unique_ptr<state::State> state_;  // null: off; the thread's, but after catch_up()
  bool fed_ = false;
  std::uint64_t size_ = 0;         // of a checkpoint in the file, as far as is known; 0 = not
  std::uint64_t written_ = 0;      // when the last one was appended
  std::uint64_t checkpoints_ = 0;  // as above
  bool one_in_file_ = false;

  Batch batch_;  // under construction
  std::uint64_t handed_ = 0;
  Queue<Batch> full_{kBatches};
  Queue<Batch> empty_{kBatches + 1};
  std::atomic<std::uint64_t> done_ = 0;  // batches
  std::atomic<bool> failed_ = false;
  std::string failure_;  // written once, before failed_
  std::jthread thread_;
};

}  // namespace tape::flow
