// What stands in another order: the fewest events that are to be moved.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace tape::flow {

/// Order counts within one stream of events: the whole tape or, where it does not count across
/// connections, what came by one of them.
class DiffOrder {
 public:
  /// Where an event stands on its side.
  struct Place {
    std::uint32_t stream = 0;
    std::uint64_t position = 0;  // in its stream
  };

  /// The next of that stream, by name.
  class Side {
   public:
    Place next(const std::string& stream) {
      auto& known = streams_.try_emplace(stream, Place{next_, 0}).first->second;
      if (known.stream == next_) ++next_;
      const auto place = known;
      ++known.position;
      return place;
    }

   private:
    std::map<std::string, Place> streams_;
    std::uint32_t next_ = 0;
  };

  /// The two are the same event.
  void match(const Place& a, const Place& b);

  [[nodiscard]] std::uint64_t reordered();

 private:
  /// Matches that go on one after the other on both sides.
  struct Stretch {
    std::uint64_t a = 0;
    std::uint64_t b = 0;
    std::uint64_t length = 0;
  };
  using Stretches = std::vector<Stretch>;

  static std::uint64_t reordered(Stretches& stretches);

  std::map<std::pair<std::uint32_t, std::uint32_t>, Stretches> streams_;  // of A and B
};

}  // namespace tape::flow
