#include <tape/flow/tape_time.h>

#include <algorithm>
#include <limits>

namespace tape::flow {
namespace {

/// Hostile stamps must not overflow.
Nanos difference(Nanos a, Nanos b) {
  Nanos result = 0;
  if (!__builtin_sub_overflow(a, b, &result)) return result;
  return a < b ? std::numeric_limits<Nanos>::min() : std::numeric_limits<Nanos>::max();
}

Nanos sum(Nanos a, Nanos b) {
  Nanos result = 0;
  if (!__builtin_add_overflow(a, b, &result)) return result;
  return b < 0 ? std::numeric_limits<Nanos>::min() : std::numeric_limits<Nanos>::max();
}

}  // namespace

Nanos TapeTime::of(const log::EventRef& ref) {
  const Nanos received_at = ref.event.getReceivedAt();
  const Nanos offset = ref.event.getClockOffset();
  if (received_at == 0) return last_;
  if (offset == 0) return last_ = received_at;
  const Nanos monotonic = difference(received_at, offset);
  if (current_ >= sessions_.size() || sessions_[current_].session != ref.session) {
    const auto found =
        std::find_if(sessions_.begin(), sessions_.end(),
                     [&](const Session& session) { return session.session == ref.session; });
    current_ = static_cast<std::size_t>(found - sessions_.begin());
    if (found == sessions_.end()) sessions_.push_back({ref.session, received_at, monotonic});
  }
  const auto& session = sessions_[current_];
  return last_ = sum(session.received_at, difference(monotonic, session.monotonic));
}

}  // namespace tape::flow
