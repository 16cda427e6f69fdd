#include <tape/flow/live/shed.h>

#include <algorithm>
#include <utility>

namespace tape::flow {

using venue::Importance;

bool Shedder::keep(std::uint16_t venue, venue::LinkId link, Importance importance, std::size_t size,
                   std::size_t waiting, const Stamp& now, Nanos monotonic) {
  if (waiting + size < policy_.high_water) return true;
  if (!shedding_) {
    if (!paused_) paused_since_ = monotonic;
    paused_ = true;
    return true;
  }
  // Each doubling of what waits costs one class more, so that the least important goes first.
  const auto step = policy_.high_water;
  level_ = waiting < 2 * step   ? Importance::book
           : waiting < 3 * step ? Importance::quote
                                : Importance::market;
  if (importance != Importance::account && importance <= level_) {
    give_up({venue, link, importance, {1, size, now.received_at, now.received_at}}, now);
    return false;
  }
  paused_ = waiting + size >= policy_.most;
  return true;
}

void Shedder::give_up(const Span& frame, const Stamp& now) {
  const auto same = [&](const Span& span) {
    return span.venue == frame.venue && span.link == frame.link &&
           span.importance == frame.importance;
  };
  const auto found = std::find_if(spans_.begin(), spans_.end(), same);
  if (found == spans_.end()) {
    spans_.push_back(frame);
    return;
  }
  ++found->shed.frames;
  found->shed.bytes += frame.shed.bytes;
  found->shed.last_at = now.received_at;
}

void Shedder::taken() {
  paused_ = false;
  shedding_ = false;
}

void Shedder::tick(std::size_t waiting, Nanos monotonic) {
  if (waiting < policy_.high_water) {
    taken();
    return;
  }
  if (paused_ && !shedding_ && monotonic - paused_since_ >= policy_.patience) {
    shedding_ = true;
    paused_ = false;
  }
}

std::vector<Arrival> Shedder::take_spans() {
  std::vector<Arrival> ended;
  if (shedding_) return ended;
  for (const auto& span : spans_) {
    Arrival arrival;
    arrival.kind = Arrival::Kind::shed;
    arrival.venue = span.venue;
    arrival.link = span.link;
    arrival.importance = span.importance;
    arrival.shed = span.shed;
    ended.push_back(std::move(arrival));
  }
  spans_.clear();
  return ended;
}

}  // namespace tape::flow
