// What happens when frames come in faster than they are taken: first the sockets wait, then frames
// are given up by importance, and counted. Pure.
#pragma once

#include <tape/flow/live/arrivals.h>

#include <cstdint>
#include <vector>

namespace tape::flow {

struct ShedPolicy {
  std::size_t high_water = std::size_t{8} << 20U;  // waiting bytes at which the sockets wait
  std::size_t most = std::size_t{32} << 20U;       // never more than about this waits
  Nanos patience = 2 * kSecond;  // so long the sockets wait before frames are given up: venues drop
                                 // clients that do not read
};

class Shedder {
 public:
  explicit Shedder(const ShedPolicy& policy) : policy_(policy) {}

  /// A frame was read while `waiting` bytes wait. False: it is given up and was counted.
  [[nodiscard]] bool keep(std::uint16_t venue, venue::LinkId link, venue::Importance importance,
                          std::size_t size, std::size_t waiting, const Stamp& now, Nanos monotonic);
  /// Everything that waited was taken.
  void taken();
  /// Time goes on; looked at a few times a second.
  void tick(std::size_t waiting, Nanos monotonic);

  /// Whether the sockets should wait now.
  [[nodiscard]] bool paused() const { return paused_; }
  /// Spans of given up frames that ended: hand over and forget.
  [[nodiscard]] std::vector<Arrival> take_spans();

 private:
  struct Span {
    std::uint16_t venue = 0;
    venue::LinkId link = 0;
    venue::Importance importance = venue::Importance::book;
    Shed shed;
  };

  void give_up(const Span& frame, const Stamp& now);

  const ShedPolicy policy_;
  bool paused_ = false;
  bool shedding_ = false;
  venue::Importance level_ = venue::Importance::book;  // up to here frames are given up
  Nanos paused_since_ = 0;
  std::vector<Span> spans_;
};

}  // namespace tape::flow
