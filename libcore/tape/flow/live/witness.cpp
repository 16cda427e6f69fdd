#include <tape/base/bytes.h>
#include <tape/base/diag.h>
#include <tape/base/version.h>
#include <tape/flow/intake.h>
#include <tape/flow/live/witness.h>

#include <algorithm>
#include <utility>

namespace tape::flow {

Witness::Witness(WitnessOptions options, Journal& journal,
                 const std::vector<std::unique_ptr<Side>>& sides)
    : options_(std::move(options)),
      journal_(journal),
      sides_(sides),
      stalls_(options_.stalls),
      health_(options_.health) {}

schema::Event::Builder Witness::begin() {
  auto event = own_.start();
  begin_local(event, journal_.stamp());
  return event;
}

void Witness::clock_stepped(const Arrival& arrival) {
  auto event = own_.start();
  begin_local(event, arrival.stamp);
  auto clock = event.getBody().initClock();
  clock.setWhat("step");
  clock.setOffsetBefore(arrival.stamp.clock_offset - arrival.detail->latency);
  clock.setOffsetAfter(arrival.stamp.clock_offset);
  (void)journal_.append(own_);
}

void Witness::probed(const Arrival& arrival) {
  const auto& detail = *arrival.detail;
  auto event = begin();
  auto body = event.getBody().initProbe();
  body.setTarget(options_.probe);
  body.setOk(detail.status != 0);
  body.setLatency(detail.latency);
  body.setCause(detail.text);
  (void)journal_.append(own_);
}

void Witness::lagged(Nanos lag) { sampled_.loop_lag = std::max(sampled_.loop_lag, lag); }

void Witness::round_trip(const Arrival& arrival) {
  connections_[arrival.connection] = {arrival.venue, arrival.detail->text, arrival.detail->latency,
                                      arrival.detail->retransmits};
}

void Witness::queued(std::uint64_t bytes) { queue_depth_ = std::max(queue_depth_, bytes); }

void Witness::on_link(std::uint32_t opened, std::uint32_t lost, Nanos now) {
  if (opened != 0) {
    stalls_.opened(opened, lost, now);
  } else {
    stalls_.lost(lost);
    connections_.erase(lost);
  }
}

void Witness::seen(schema::Event::Reader event) {
  if (event.getTransport() != schema::Transport::WEBSOCKET ||
      event.getDirection() != schema::Direction::RECEIVED) {
    return;
  }
  const Nanos at = event.getReceivedAt() - event.getClockOffset();
  if (event.getBody().isHeartbeat()) {
    stalls_.heartbeat(event.getConnection(), at);
  } else {
    stalls_.seen(event::view(event.getVenue()), event::view(event.getChannel()),
                 event::view(event.getSymbol()), event.getConnection(), at);
  }
}

void Witness::check_stalls(Nanos now) {
  std::vector<StallReport> reports;
  stalls_.check(now, reports);
  for (const auto& report : reports) {
    auto event = begin();
    fill_stalled(event, report, event.getClockOffset());
    (void)journal_.append(own_);
    diag::warning(describe(report));
  }
}

void Witness::check_health(Nanos now, const SystemSample& system, Nanos sync_latency,
                           const log::Delays::Counts& delays) {
  sampled_.queue_depth = queue_depth_;
  sampled_.queue_capacity = options_.queue_capacity;
  sampled_.sync_latency = sync_latency;
  const auto reason = health_.due(system, sampled_, now);
  if (reason.empty()) return;
  // A new file counts its delays anew.
  const auto lately = delays.total() >= delays_.total() ? delays.since(delays_) : delays;
  delays_ = delays;
  sampled_.flush_latency = lately.at(0.99);
  auto event = begin();
  fill_health(event, system, sampled_, reason, version());
  (void)journal_.append(own_);
  for (const auto& [connection, about] : connections_) {
    auto link = begin();
    const auto venue = sides_[about.venue]->venue();
    fill_health(link, {venue, "", about.name, connection, about.round_trip, about.retransmits},
                reason, version());
    (void)journal_.append(own_);
  }
  shown_ = std::exchange(sampled_, {});
  queue_depth_ = 0;
}

}  // namespace tape::flow
