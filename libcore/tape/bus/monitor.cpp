#include <tape/bus/monitor.h>
#include <tape/bus/parts.h>

#include <zmq.h>

#include <cstring>

namespace tape::bus {
namespace {

// One socket to a context, so the name is free.
constexpr const char* kMonitor = "inproc://monitor";
constexpr int kRefused = ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                         ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
constexpr int kEvents = ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_CONNECTED | ZMQ_EVENT_DISCONNECTED |
                        ZMQ_EVENT_HANDSHAKE_SUCCEEDED | kRefused;

}  // namespace

Monitor::Monitor(const Context& context, const Socket& socket)
    : socket_(socket), monitor_(context, ZMQ_PAIR) {
  if (zmq_socket_monitor(socket.handle(), kMonitor, kEvents) != 0)
    throw_zmq("cannot watch connections");
  if (zmq_connect(monitor_.handle(), kMonitor) != 0) throw_zmq("cannot watch connections");
}

void Monitor::close() {
  if (socket_.handle() != nullptr) (void)zmq_socket_monitor(socket_.handle(), nullptr, 0);
  monitor_.close();
}

std::optional<Monitor::Change> Monitor::next() {
  for (;;) {
    // Two parts: number and value of the event, packed, in the machine's order; then the endpoint.
    Part part;
    if (!part.receive(monitor_)) return std::nullopt;
    const auto text = part.text();
    std::uint16_t event = 0;
    std::int32_t value = 0;
    const bool whole = text.size() == sizeof event + sizeof value;
    if (whole) {
      std::memcpy(&event, text.data(), sizeof event);
      std::memcpy(&value, text.data() + sizeof event, sizeof value);
    }
    Part endpoint;
    if (part.get(ZMQ_MORE) != 0) (void)endpoint.receive(monitor_);
    if (whole) return change(event, value);
  }
}

Monitor::Change Monitor::change(std::uint16_t event, int value) {
  if ((event & kRefused) != 0) {
    refused_ = true;  // its disconnection is told next: one thread of libzmq tells both
    return {Change::Kind::refused};
  }
  if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
    ++admitted_;
    return {Change::Kind::admitted};
  }
  if (event != ZMQ_EVENT_DISCONNECTED) return {Change::Kind::made, value};
  const bool admitted = !refused_ && admitted_ > 0;
  if (admitted) --admitted_;
  refused_ = false;
  return {Change::Kind::lost, value, admitted};
}

}  // namespace tape::bus
