#include <tape/serve/faults/plan.h>

#include <algorithm>

namespace tape::serve {

Plan::Plan(std::vector<FaultSpec> faults, std::uint64_t seed) {
  planned_.reserve(faults.size());
  for (auto& fault : faults) {
    std::seed_seq own{seed, std::uint64_t{planned_.size()}};
    const Nanos at = fault.at;
    const bool timed = !fault.when;
    planned_.push_back({std::move(fault), std::mt19937_64(own), at, 0, 0, timed});
  }
}

std::optional<Plan::Turn> Plan::turn_of(const Planned& planned) {
  const auto& fault = planned.fault;
  if (!planned.timed || planned.ended || is_of_frames(fault.kind)) return std::nullopt;
  if (planned.begun) return Turn{&fault, Phase::end, planned.at + fault.lasts};
  if (fault.lead > 0 && !planned.led) return Turn{&fault, Phase::lead, planned.at - fault.lead};
  return Turn{&fault, Phase::begin, planned.at};
}

std::optional<Plan::Turn> Plan::first(Among among) const {
  std::optional<Turn> first;
  for (const auto& planned : planned_) {
    if (among == Among::begun && !planned.begun) continue;
    const auto turn = turn_of(planned);
    if (turn && (!first || turn->at < first->at)) first = turn;
  }
  return first;
}

Plan::Planned& Plan::planned(const FaultSpec& fault) {
  return *std::find_if(planned_.begin(), planned_.end(),
                       [&](const Planned& planned) { return &planned.fault == &fault; });
}

void Plan::take(const Turn& turn) {
  auto& one = planned(*turn.fault);
  switch (turn.phase) {
    case Phase::lead:
      one.led = true;
      return;
    case Phase::begin:
      one.led = one.begun = true;
      one.ended = one.fault.lasts == 0;
      return;
    case Phase::end:
      one.ended = true;
      return;
  }
}

void Plan::see(schema::Event::Reader event, Nanos at) {
  for (auto& planned : planned_) {
    if (planned.timed || !planned.fault.when->fits(event)) continue;
    if (++planned.seen < planned.fault.nth) continue;
    planned.timed = true;
    planned.at = at + planned.fault.after;
  }
}

bool Plan::fits(Planned& planned, const venue::TapeEvent& event, Nanos at) {
  const auto& fault = planned.fault;
  if (!is_of_frames(fault.kind) || !planned.timed || at < planned.at) return false;
  if (fault.lasts > 0 && at >= planned.at + fault.lasts) return false;
  if (fault.count != 0 && planned.done >= fault.count) return false;
  if (!fault.of.fits(event.event)) return false;
  // Without a channel, a number is what tells that a frame is missing.
  if (fault.kind == FaultKind::skip_seq && fault.of.channel.empty() && !fault.of.kind &&
      event.event.getSequence() == 0) {
    return false;
  }
  constexpr double kScale = 1.0 / 18446744073709551616.0;
  return fault.probability >= 1 ||
         static_cast<double>(planned.random()) * kScale < fault.probability;
}

const FaultSpec* Plan::treat(const venue::TapeEvent& event, Nanos at) {
  if (planned_.empty() || !event.received(schema::Transport::WEBSOCKET)) return nullptr;
  const auto body = event.event.getBody();
  // What answers a client is no part of a feed.
  if (body.isSubscription() || body.isError()) return nullptr;
  const FaultSpec* first = nullptr;
  // Each draws, whatever another one does.
  for (auto& planned : planned_) {
    if (fits(planned, event, at) && first == nullptr) first = &planned.fault;
  }
  return first;
}

void Plan::treated(const FaultSpec& fault) { ++planned(fault).done; }

bool Plan::active(FaultKind kind) const {
  return std::any_of(planned_.begin(), planned_.end(), [&](const Planned& planned) {
    if (!planned.runs()) return false;
    const bool down = planned.fault.kind == FaultKind::maintenance;
    return planned.fault.kind == kind ||
           (down && (kind == FaultKind::http502 || kind == FaultKind::refuse));
  });
}

Nanos Plan::latency(FaultSpec::Concerns of, Nanos at) const {
  Nanos most = 0;
  for (const auto& planned : planned_) {
    const auto& fault = planned.fault;
    if (fault.kind != FaultKind::delay || !planned.runs()) continue;
    if (fault.concerns != FaultSpec::Concerns::both && fault.concerns != of) continue;
    const auto part = static_cast<double>(std::clamp<Nanos>(at - planned.at, 0, fault.lasts)) /
                      static_cast<double>(fault.lasts);
    const auto rise = static_cast<double>(fault.latency - fault.least) * part;
    most = std::max(most, fault.least + static_cast<Nanos>(rise));
  }
  return most;
}

const FaultSpec* Plan::ban(Nanos& until) const {
  for (const auto& planned : planned_) {
    if (planned.fault.kind != FaultKind::ban || !planned.runs()) continue;
    until = planned.at + planned.fault.lasts;
    return &planned.fault;
  }
  return nullptr;
}

std::vector<const FaultSpec*> Plan::left() const {
  std::vector<const FaultSpec*> left;
  for (const auto& planned : planned_) {
    const bool done = is_of_frames(planned.fault.kind) ? planned.done > 0 : planned.begun;
    // A chance may give nothing.
    if (!done && planned.fault.probability >= 1) left.push_back(&planned.fault);
  }
  return left;
}

}  // namespace tape::serve
