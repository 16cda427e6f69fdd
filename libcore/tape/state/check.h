// Holds every recorded snapshot against the state that was rebuilt just before it.
#pragma once

#include <tape/state/diff.h>

#include <capnp/message.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tape::state {

/// A value that a snapshot gives otherwise than the changes before it let expect, or a rule of
/// arithmetic that has ceased to hold.
struct Drift {
  std::string part;  // "book VENUE SYMBOL", "account VENUE LABEL"
  std::string rule;  // of a finding; empty: a snapshot
  Difference what;   // before: as rebuilt; after: as the snapshot says
  Moment rebuilt;    // the last event before
  Moment snapshot;
};

/// What is held against each other: a book where the snapshot stands in line with the changes, so
/// that both speak of the same moment; of an account everything that the state knew, but for values
/// that follow the market (profits not realised, margins, prices), which no message keeps up.
class Checker {
 public:
  /// Call before State::apply(), and after() behind it.
  void before(const State& state, schema::Event::Reader event);
  [[nodiscard]] const std::vector<Drift>& after(const State& state, schema::Event::Reader event);

  /// Snapshots that could be held against something.
  [[nodiscard]] std::uint64_t checked() const { return checked_; }
  /// The others: the first ones, and books that had missed changes or were ahead of the snapshot.
  [[nodiscard]] std::uint64_t not_comparable() const { return not_comparable_; }

 private:
  enum class Subject : std::uint8_t { none, book, account };

  [[nodiscard]] static Subject subject_of(schema::Event::Reader event);
  void check_book(const State& state, schema::Event::Reader event);
  void check_account(const State& state, schema::Event::Reader event);
  void add(const std::string& part, std::vector<Difference> differences, bool all,
           const State& state);
  void add_findings(const State& state, schema::Event::Reader event);

  Subject subject_ = Subject::none;
  Moment rebuilt_;
  std::unique_ptr<capnp::MallocMessageBuilder> picture_;  // null: nothing was known
  Differ differ_;
  std::vector<Drift> found_;
  std::uint64_t checked_ = 0;
  std::uint64_t not_comparable_ = 0;
};

}  // namespace tape::state
