// Events that leave one after the other without anything between them: libzmq's thread is woken
// once for all, not for each.
#pragma once

#include <tape/bus/topic.h>
#include <tape/flow/play/batch.h>

#include <cstdint>
#include <vector>

namespace tape::flow {

class Burst {
 public:
  struct Item {
    bus::Topic* topic = nullptr;
    Batch::Identity identity;
    std::size_t begin = 0;
    std::size_t size = 0;
  };

  [[nodiscard]] bool empty() const { return items_.empty(); }
  [[nodiscard]] bool full() const { return items_.size() >= kEvents || slabs_.used() >= kBytes; }
  /// Where the payloads stand, and where an event may be laid out before it is added.
  [[nodiscard]] bus::Slabs& slabs() { return slabs_; }

  void add(bus::Topic& topic, Bytes payload, const Batch::Identity& identity) {
    items_.push_back({&topic, identity, slabs_.used(), payload.size()});
    add_to(slabs_, payload);
  }
  void clear() {
    items_.clear();
    slabs_.clear();
  }
  /// Calls `take` for each in order until one answers false; whether none did.
  template <typename Take>
  [[nodiscard]] bool each(Take take) {
    for (const auto& item : items_) {
      if (!take(item, Bytes{slabs_.begin() + item.begin, item.size})) return false;
    }
    return true;
  }

 private:
  // A consumer that is woken for fewer takes the processor more often; less than its caches hold.
  static constexpr std::size_t kEvents = 256;
  static constexpr std::size_t kBytes = std::size_t{256} << 10U;

  std::vector<Item> items_;
  bus::Slabs slabs_{kBytes + kBytes / 4};
};

}  // namespace tape::flow
