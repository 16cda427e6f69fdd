// A whole State as a run of checkpoint events (begin, parts, end) and back, with a digest that
// proves it.
#pragma once

#include <tape/base/digest.h>
#include <tape/state/state.h>

#include <capnp/message.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace tape::state {

/// SHA-256 of the canonical Cap'n Proto form of the whole State, levels packed, memory included:
/// equal for equal states, whatever way they came about.
[[nodiscard]] Sha256Sum digest(const State& state);

/// The events that write a State down. They are computed, not received: synthetic, local, without a
/// frame.
class CheckpointRun {
 public:
  /// About the size of one part, well below that of a chunk; an entry that is larger is divided.
  static constexpr std::size_t kPartBytes = std::size_t{256} << 10U;

  explicit CheckpointRun(const State& state, std::size_t part_bytes = kPartBytes,
                         LevelForm levels = LevelForm::runs);
  ~CheckpointRun();
  CheckpointRun(const CheckpointRun&) = delete;
  CheckpointRun& operator=(const CheckpointRun&) = delete;

  [[nodiscard]] std::size_t events() const { return parts_.size() + 2; }
  /// Into a new event; session and ordinal are for who appends it.
  void fill(std::size_t index, schema::Event::Builder event) const;

 private:
  struct Span {  // entries of one list of the State
    unsigned list = 0;
    unsigned begin = 0;
    unsigned end = 0;
  };
  struct Part {
    std::vector<Span> spans;
    bool continues = false;
    // Of the one entry of a part that is divided: its items, counted through; all of it else.
    std::uint64_t from_item = 0;
    std::uint64_t to_item = UINT64_MAX;
  };

  void plan(std::size_t part_bytes);
  void divide(const Span& entry, std::uint64_t items, std::uint64_t items_a_part);
  void fill_part(const Part& part, schema::State::Builder out) const;

  std::unique_ptr<capnp::MallocMessageBuilder> whole_;
  schema::State::Reader root_;  // of it
  Sha256Sum sum_{};
  std::vector<Part> parts_;
};

/// Takes the events of a run one after the other. A run that is not whole, whose parts are not as
/// many as it says or not of its digest, is refused.
class CheckpointReader {
 public:
  enum class Step : std::uint8_t {
    outside,  // no event of a run
    inside,
    whole,   // state() has it
    broken,  // the run was given up; the next one may be good
  };
  CheckpointReader();
  ~CheckpointReader();
  CheckpointReader(const CheckpointReader&) = delete;
  CheckpointReader& operator=(const CheckpointReader&) = delete;

  /// Any event of the tape, in order. Damaged ones break the run, nothing throws.
  [[nodiscard]] Step take(schema::Event::Reader event);
  /// Of a run that has just become whole, once.
  [[nodiscard]] std::unique_ptr<State> state() { return std::move(state_); }

 private:
  [[nodiscard]] Step take(schema::Checkpoint::Reader checkpoint);
  [[nodiscard]] Step finish(schema::CheckpointEnd::Reader end);
  [[nodiscard]] Step give_up();

  struct Part {
    std::unique_ptr<capnp::MallocMessageBuilder> message;
    bool continues = false;
  };
  std::vector<Part> parts_;
  std::uint64_t words_ = 0;
  bool inside_ = false;
  std::unique_ptr<State> state_;
};

}  // namespace tape::state
