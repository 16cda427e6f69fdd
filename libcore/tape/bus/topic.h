// Topics of a run: what an event is published under, and how many went out under each.
#pragma once

#include <tape/base/bytes.h>
#include <tape/base/digest.h>
#include <tape/event/event.h>

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace tape::bus {

/// What frames a run; consumers that take part in one subscribe to kRunTopics.
inline constexpr std::string_view kRunTopics = "tape/";
inline constexpr std::string_view kStartTopic = "tape/start/";
inline constexpr std::string_view kEndTopic = "tape/end/";
/// Where the run stands in the tape's time; no part of what is counted.
inline constexpr std::string_view kClockTopic = "tape/clock/";
/// Messages of several events whose own topics differ.
inline constexpr std::string_view kBatchTopic = "tape/batch/";
/// Checkpoint events: the state as computed, not received.
inline constexpr std::string_view kStateTopic = "tape/state/";

/// A part of a topic (venue, channel, symbol) longer than this is cut.
inline constexpr std::size_t kMaxTopicPart = 128;
/// No real recording has as many; more is refused.
inline constexpr std::size_t kMaxTopics = 100'000;

struct Topic {
  explicit Topic(std::string_view name) : text(name) {}
  std::string text;
  std::uint64_t number = 0;  // messages so far
  std::uint64_t events = 0;  // in them
  std::uint64_t bytes = 0;   // of their payloads
  Xxh64 digest;              // of their payloads in order, as the sender defines it
};

/// The third frame of every message: four UInt64, little-endian.
struct Head {
  std::uint64_t run = 0;      // random, the same in all messages of a run
  std::uint64_t number = 0;   // within the topic and run, from 1 without holes
  std::uint64_t session = 0;  // identity of the event; 0 for start and end
  std::uint64_t ordinal = 0;
};
inline constexpr std::size_t kHeadSize = 32;

void write_head(const Head& head, std::uint8_t* out);
/// `in` holds kHeadSize bytes.
[[nodiscard]] Head read_head(const std::uint8_t* in);

/// All topics of a run. "VENUE/CHANNEL/SYMBOL/", parts as they stand in the event (empty ones stay
/// empty, so that there are always three); what the recorder noticed: "VENUE/recorder/KIND/", VENUE
/// "tape" where the event has none.
class Topics {
 public:
  Topics();

  /// The topic of an event. Allocates only for a topic that is new; entries stay where they are for
  /// good. Throws Error{limit} past kMaxTopics.
  [[nodiscard]] Topic& of(schema::Event::Reader event);
  /// "VENUE/CHANNEL/SYMBOL/" of an event, also where the recorder noticed it.
  [[nodiscard]] Topic& concerned(schema::Event::Reader event);
  /// One with this text.
  [[nodiscard]] Topic& named(std::string_view text) { return find(text); }

  /// In order of first use.
  [[nodiscard]] const std::deque<Topic>& all() const { return topics_; }
  /// Events and payload bytes over all topics.
  [[nodiscard]] std::uint64_t events() const;
  [[nodiscard]] std::uint64_t bytes() const;

 private:
  [[nodiscard]] Topic& find(std::string_view text);
  void grow();

  std::deque<Topic> topics_;
  std::vector<Topic*> slots_;  // open addressing, a power of two, at most half full
  Topic* last_ = nullptr;      // runs of one topic are common
};

}  // namespace tape::bus
