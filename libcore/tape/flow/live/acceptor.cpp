#include <tape/event/event.h>
#include <tape/flow/live/acceptor.h>

#include <utility>

namespace tape::flow {
namespace {

constexpr Nanos kLook = 100 * kMillisecond;

}  // namespace

Acceptor::Acceptor(const std::string& endpoint, Inbox& inbox, const Clock& clock)
    : socket_(endpoint, event::kMaxMessage),
      inbox_(inbox),
      clock_(clock),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void Acceptor::run(const std::stop_token& stop) {
  Stamper stamper(clock_);
  while (!stop.stop_requested()) {
    const auto message = socket_.next(kLook);
    if (!message) continue;
    Arrival arrival;
    arrival.kind = Arrival::Kind::handed_in;
    arrival.stamp = stamper.stamp().stamp;
    (void)inbox_.put([&](Arrivals& batch) {
      batch.add(std::move(arrival), *message);
      return true;
    });
  }
}

}  // namespace tape::flow
