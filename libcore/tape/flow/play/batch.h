// Several events on their way in one message.
#pragma once

#include <tape/bus/slab.h>
#include <tape/bus/topic.h>

#include <cstdint>
#include <cstring>

namespace tape::flow {

/// Adds a payload to what is used, where it is not laid out there already.
inline void add_to(bus::Slabs& slabs, Bytes payload) {
  if (payload.data() != slabs.end() || slabs.slab() == nullptr) {
    auto* const out = slabs.bytes(payload.size());
    if (!payload.empty()) std::memcpy(out, payload.data(), payload.size());
  }
  slabs.use(payload.size());
}

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
  [[nodiscard]] Bytes payload() { return {slabs_.begin(), slabs_.used()}; }
  /// Where payload() stands, and where an event may be laid out before it is added.
  [[nodiscard]] bus::Slabs& slabs() { return slabs_; }
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
      if (lines) {
        *slabs_.bytes(1) = '\n';
        slabs_.use(1);
      }
    }
    add_to(slabs_, payload);
    last_ = identity;
    ++events_;
  }
  void clear() {
    events_ = 0;
    slabs_.clear();
  }

 private:
  // For 64 events of most feeds.
  static constexpr std::size_t kBytes = std::size_t{96} << 10U;

  bus::Slabs slabs_{kBytes};
  std::uint64_t events_ = 0;
  bus::Topic* topic_ = nullptr;
  Identity first_;
  Identity last_;
};

}  // namespace tape::flow
