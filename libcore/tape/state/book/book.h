// One order book, rebuilt from snapshots and deltas, with the proof that none is missing or the
// reason for doubt.
#pragma once

#include <tape/state/book/kept.h>
#include <tape/state/book/levels.h>
#include <tape/state/trust.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tape::state {

/// How a book that can be gone on with has its levels.
enum class LevelForm : std::uint8_t {
  runs,   // packed, as checkpoints in tapes have them
  lists,  // plain, as anyone reads them
};

/// How continuity is decided, without a word about venues:
///  - a delta that names its predecessor follows when that is the last one applied; the first one
///  behind a snapshot L
///    follows when it covers L (first <= L <= last). Snapshots of such a feed come by another way
///    than its deltas, so deltas of before are kept, bounded, and applied again on top of a
///    snapshot that is older than they are;
///  - else a delta follows when its first number is the last one plus 1, and a snapshot stands in
///  line with the deltas.
/// What does not follow is applied all the same, since quantities are absolute, and the book is
/// suspect until a snapshot. Without a snapshot the book holds the levels touched since the start,
/// exactly, and is not complete.
class Book {
 public:
  Book() = default;

  void apply(schema::BookSnapshot::Reader snapshot, const Occasion& occasion);
  void apply(schema::BookDelta::Reader delta, const Occasion& occasion);

  /// Something was lost that the numbers may not show: a connection, recorded drops.
  void doubt(std::string_view reason, const Moment& moment);
  /// A connection is gone or silent: the values are stale as well.
  void lose(std::string_view reason, const Moment& moment);
  void stall(std::string_view reason, const Moment& moment);
  /// The recording of `moment` goes on where another one filled the book.
  void leave(const Moment& moment);
  /// The recorder saw a break in the numbers at `got`.
  void note_gap(schema::GapKind kind, std::uint64_t expected, std::uint64_t got,
                const Moment& moment);

  [[nodiscard]] const Levels& bids() const { return bids_; }
  [[nodiscard]] const Levels& asks() const { return asks_; }
  [[nodiscard]] const Standing& standing() const { return standing_; }
  [[nodiscard]] std::uint64_t sequence() const { return last_; }
  [[nodiscard]] bool complete() const { return complete_; }
  [[nodiscard]] std::uint64_t gaps() const { return gaps_; }
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
  [[nodiscard]] std::uint64_t unknown_removals() const { return unknown_removals_; }
  [[nodiscard]] std::uint64_t updates() const { return updates_; }
  [[nodiscard]] Nanos received_at() const { return received_at_; }
  [[nodiscard]] Nanos exchange_at() const { return exchange_at_; }
  /// Set while the best bid is not below the best ask in two messages running or more.
  [[nodiscard]] const std::optional<Finding>& crossed() const { return crossed_finding_; }
  [[nodiscard]] std::uint64_t session() const { return session_; }
  [[nodiscard]] std::uint32_t connection() const { return connection_; }

  /// For a view: everything but venue, symbol and channels; at most `depth` levels a side, as
  /// lists.
  void write(schema::BookState::Builder out, std::size_t depth) const;
  /// The same with all levels and what read() needs to go on from there.
  void write_whole(schema::BookState::Builder out, LevelForm form) const;
  /// Into a fresh book; levels may come in several pieces and in either form.
  void read(schema::BookState::Reader in);

 private:
  void write_rest(schema::BookState::Builder out) const;
  enum class Verdict : std::uint8_t { follows, late, gap, unnumbered };
  [[nodiscard]] Verdict judge(const Step& step) const;
  void put(schema::BookDelta::Reader delta, const Moment& moment);
  void account_for(const Tally& tally, const Moment& moment);
  void replay_kept(const Moment& moment);
  void write_resume(schema::BookResume::Builder out) const;
  void read_resume(schema::BookResume::Reader in);
  void break_chain(const Step& step, const Moment& moment);
  void touch(const Occasion& occasion);
  void check_crossed(const Moment& moment);

  Levels bids_{Ladder::bids};
  Levels asks_{Ladder::asks};
  Standing standing_;
  std::uint64_t last_ = 0;
  bool numbered_ = false;  // last_ is meaningful
  bool bridging_ = false;  // last_ is that of a snapshot, no delta behind it yet
  bool chained_ = false;   // deltas name their predecessor
  bool complete_ = false;
  std::uint64_t updates_ = 0;
  std::uint64_t gaps_ = 0;
  bool loss_only_ =
      false;  // in doubt for what happened outside the numbers; an unbroken chain clears that
  std::uint64_t snapshot_number_ = 0;
  std::uint64_t dropped_ = 0;
  std::uint64_t dropped_running_ = 0;
  std::uint64_t unknown_removals_ = 0;
  std::uint64_t crossed_running_ = 0;
  std::optional<Finding> crossed_finding_;
  Nanos exchange_at_ = 0;
  Nanos received_at_ = 0;
  Nanos snapshot_at_ = 0;
  std::uint64_t session_ = 0;
  std::uint32_t connection_ = 0;
  // Deltas in one unbroken run, while the book waits for a snapshot.
  KeptDeltas kept_;
};

}  // namespace tape::state
