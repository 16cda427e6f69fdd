#include <tape/base/saturate.h>
#include <tape/flow/tape_time.h>

#include <algorithm>

namespace tape::flow {

Nanos TapeTime::of(const log::EventRef& ref) {
  const Nanos received_at = ref.event.getReceivedAt();
  const Nanos offset = ref.event.getClockOffset();
  if (received_at == 0) return last_;
  if (offset == 0) return last_ = received_at;
  const Nanos monotonic = saturating_difference(received_at, offset);
  if (current_ >= sessions_.size() || sessions_[current_].session != ref.session) {
    const auto found =
        std::find_if(sessions_.begin(), sessions_.end(),
                     [&](const Session& session) { return session.session == ref.session; });
    current_ = static_cast<std::size_t>(found - sessions_.begin());
    if (found == sessions_.end()) sessions_.push_back({ref.session, received_at, monotonic});
  }
  const auto& session = sessions_[current_];
  return last_ = saturating_sum(session.received_at,
                                saturating_difference(monotonic, session.monotonic));
}

}  // namespace tape::flow
