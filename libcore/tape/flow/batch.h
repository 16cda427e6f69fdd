// Several events on their way in one message.
#pragma once

#include <tape/bus/topic.h>

#include <cstdint>
#include <vector>

namespace tape::flow {

/// What a run sends at once: payloads end to end, capnp as a stream, JSON a line each.
class Batch {
 public:
  /// The identity of an event, and whether its message says its ordinal.
  struct Identity {
    std::uint64_t session = 0;
    std::uint64_t ordinal = 0;
    bool stored = false;
  };

  [[nodiscard]] bool empty() const { return events_ == 0; }
  [[nodiscard]] std::uint64_t events() const { return events_; }
  [[nodiscard]] Bytes payload() const { return bytes_; }
  [[nodiscard]] const Identity& first() const { return first_; }
  /// The topic of all of them; null where they differ.
  [[nodiscard]] bus::Topic* topic() const { return topic_; }

  /// The head names the first event only: one that does not follow the last one by its ordinal, and
  /// does not say it itself, has to go in a message of its own.
  [[nodiscard]] bool follows(const Identity& identity) const {
    return identity.stored ||
           (identity.session == last_.session && identity.ordinal == last_.ordinal + 1);
  }

  void add(bus::Topic& topic, Bytes payload, const Identity& identity, bool lines) {
    if (empty()) {
      topic_ = &topic;
      first_ = identity;
    } else {
      if (topic_ != &topic) topic_ = nullptr;
      if (lines) bytes_.push_back('\n');
    }
    bytes_.insert(bytes_.end(), payload.begin(), payload.end());
    last_ = identity;
    ++events_;
  }
  void clear() {
    events_ = 0;
    bytes_.clear();
  }

 private:
  std::vector<std::uint8_t> bytes_;
  std::uint64_t events_ = 0;
  bus::Topic* topic_ = nullptr;
  Identity first_;
  Identity last_;
};

}  // namespace tape::flow
