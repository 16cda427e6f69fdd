// Events that leave one after the other without anything between them: libzmq's thread is woken
// once for all, not for each.
#pragma once

#include <tape/bus/topic.h>
#include <tape/flow/batch.h>

#include <cstdint>
#include <cstring>
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
  [[nodiscard]] bool full() const { return items_.size() >= kEvents || bytes_.size() >= kBytes; }

  void add(bus::Topic& topic, Bytes payload, const Batch::Identity& identity) {
    items_.push_back({&topic, identity, bytes_.size(), payload.size()});
    bytes_.insert(bytes_.end(), payload.begin(), payload.end());
  }
  void clear() {
    items_.clear();
    bytes_.clear();
  }
  /// Calls `take` for each in order until one answers false; whether none did.
  template <typename Take>
  [[nodiscard]] bool each(Take take) const {
    for (const auto& item : items_) {
      if (!take(item, Bytes(bytes_).subspan(item.begin, item.size))) return false;
    }
    return true;
  }

 private:
  // More gained nothing in the bench; less than the processor's caches hold.
  static constexpr std::size_t kEvents = 64;
  static constexpr std::size_t kBytes = std::size_t{64} << 10U;

  std::vector<Item> items_;
  std::vector<std::uint8_t> bytes_;
};

}  // namespace tape::flow
