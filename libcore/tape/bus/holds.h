// Slabs that stay because of payloads on their way that nobody counts. Internal to bus/.
#pragma once

#include <tape/bus/slab.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace tape::bus {

/// A payload that libzmq counts costs an allocation here and a free on its thread. What libzmq
/// sends to a consumer leaves in order, though: when a later message has left to all of them, so
/// has everything before it. So a slab is held once for all its payloads, and the first message out
/// of the next slab tells when the one before is done, provided that it went to everyone who got
/// payloads of that one: the consumers must be the same, and get everything.
class Holds {
 public:
  Holds() = default;
  /// Nobody reads payloads any more: the context has ended.
  ~Holds();
  Holds(const Holds&) = delete;
  Holds& operator=(const Holds&) = delete;

  /// Consumers changed too often at the wrong moment: each time a slab has to stay for good.
  [[nodiscard]] bool spent() const { return lost_.size() >= kMostLost; }

  /// A payload in `slab` leaves uncounted. Where it is the first one there, and there was a slab
  /// before: what is to become true when libzmq is done with this message. `changes`: of
  /// consumers, as Peers counted them last.
  [[nodiscard]] std::atomic<bool>* use(Slab& slab, std::uint64_t changes);
  /// Lets go of the slabs that are done. `changes` as of now, at least all that libzmq acted on
  /// before it sent the last message.
  void settle(std::uint64_t changes);

 private:
  struct Hold {
    Hold(Slab* held, std::uint64_t changes) : slab(held), since(changes) {}
    Slab* slab;
    std::uint64_t since;  // changes when its first payload left
    bool weighed = false;
    bool sure = false;               // the message that tells went to all who got payloads
    std::atomic<bool> gone = false;  // set by libzmq's thread
  };
  static constexpr std::size_t kMostLost = 16;

  Slab* current_ = nullptr;
  std::uint64_t since_ = 0;
  std::deque<Hold> waiting_;
  std::vector<Slab*> lost_;
};

}  // namespace tape::bus
