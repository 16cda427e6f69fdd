// The tape's own time, which the pace is taken from.
#pragma once

#include <tape/log/reader.h>

#include <cstdint>
#include <vector>

namespace tape::flow {

/// The monotonic clock inside a session, placed by the receive time of the session's first event;
/// the receive time where there is no monotonic clock.
class TapeTime {
 public:
  [[nodiscard]] Nanos of(const log::EventRef& ref);

 private:
  struct Session {
    std::uint64_t session = 0;
    Nanos received_at = 0;  // of its first event with a monotonic clock
    Nanos monotonic = 0;
  };
  std::vector<Session> sessions_;
  std::size_t current_ = 0;
  Nanos last_ = 0;
};

}  // namespace tape::flow
