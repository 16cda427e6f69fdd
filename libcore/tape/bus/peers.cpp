#include <tape/bus/peers.h>

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <zmq.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

namespace tape::bus {
namespace {

// One socket to a context, so the name is free.
constexpr const char* kMonitor = "inproc://monitor";
constexpr int kRefused = ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                         ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
constexpr int kEvents = ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_CONNECTED | ZMQ_EVENT_DISCONNECTED |
                        ZMQ_EVENT_HANDSHAKE_SUCCEEDED | kRefused;

/// A message that closes itself.
class Part {
 public:
  Part() { (void)zmq_msg_init(&message_); }
  ~Part() { (void)zmq_msg_close(&message_); }
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;
  /// False when there is none now.
  bool receive(const Socket& socket) {
    return zmq_msg_recv(&message_, socket.handle(), ZMQ_DONTWAIT) >= 0;
  }
  [[nodiscard]] std::string_view text() {
    return {static_cast<const char*>(zmq_msg_data(&message_)), zmq_msg_size(&message_)};
  }
  [[nodiscard]] int get(int property) { return zmq_msg_get(&message_, property); }

 private:
  zmq_msg_t message_{};
};

}  // namespace

Peers::Peers(const Context& context, const Socket& socket, Pattern pattern)
    : socket_(socket), monitor_(context, ZMQ_PAIR), pattern_(pattern) {
  if (zmq_socket_monitor(socket.handle(), kMonitor, kEvents) != 0)
    throw_zmq("cannot watch connections");
  if (zmq_connect(monitor_.handle(), kMonitor) != 0) throw_zmq("cannot watch connections");
}

void Peers::close() {
  if (socket_.handle() != nullptr) (void)zmq_socket_monitor(socket_.handle(), nullptr, 0);
  monitor_.close();
}

void Peers::update() {
  read_monitor();
  if (pattern_ == Pattern::pub) {
    read_subscriptions();
  } else {
    socket_.process();
  }
}

void Peers::read_monitor() {
  for (;;) {
    // Two parts: number and value of the event, packed, in the machine's order; then the endpoint.
    Part part;
    if (!part.receive(monitor_)) return;
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
    if (whole) handle(event, value);
  }
}

void Peers::handle(std::uint16_t event, int value) {
  ++changes_;
  if ((event & kRefused) != 0) {
    refused_ = true;  // its disconnection is told next: one thread of libzmq tells both
  } else if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
    ++workers_;
  } else if (event == ZMQ_EVENT_DISCONNECTED) {
    remove(value);
    if (!refused_ && workers_ > 0) {
      --workers_;
      ++departures_;
      if (pattern_ == Pattern::push && expecting_) ++left_;
    }
    refused_ = false;
  } else if (find(value) == nullptr) {
    peers_.push_back({value});
  }
}

void Peers::read_subscriptions() {
  for (;;) {
    Part part;
    if (!part.receive(socket_)) return;
    const auto text = part.text();
    // Those that a lost connection ends come without a sender; the monitor tells of them.
    const int fd = part.get(ZMQ_SRCFD);
    if (text.empty() || fd < 0) continue;
    // Numbers of connections are used again: whoever had this one before has to be gone by now.
    read_monitor();
    subscribe(fd, text.substr(1), text.front() == '\1');
  }
}

void Peers::subscribe(int fd, std::string_view prefix, bool on) {
  ++changes_;
  auto* peer = find(fd);
  if (peer == nullptr) return;
  peer->subscribed = true;
  if (!kRunTopics.starts_with(prefix)) return;
  const unsigned bit = 1U << prefix.size();
  peer->prefixes = on ? peer->prefixes | bit : peer->prefixes & ~bit;
  if (peer->expected && peer->prefixes == 0) {
    peer->expected = false;
    ++left_;
  }
}

void Peers::remove(int fd) {
  const auto* peer = find(fd);
  if (peer == nullptr) return;
  if (peer->expected) ++left_;
  peers_.erase(peers_.begin() + (peer - peers_.data()));
}

Peers::Peer* Peers::find(int fd) {
  const auto found =
      std::find_if(peers_.begin(), peers_.end(), [&](const Peer& peer) { return peer.fd == fd; });
  return found == peers_.end() ? nullptr : &*found;
}

unsigned Peers::count() const {
  if (pattern_ == Pattern::push) return workers_;
  return static_cast<unsigned>(std::count_if(peers_.begin(), peers_.end(),
                                             [](const Peer& peer) { return peer.prefixes != 0; }));
}

std::uint64_t Peers::in_kernel() const {
  std::uint64_t sum = 0;
  for (const auto& peer : peers_) {
    int bytes = 0;
    const bool takes = pattern_ == Pattern::push || peer.subscribed;
    // A connection that was closed meanwhile holds nothing.
    if (takes && ::ioctl(peer.fd, SIOCOUTQ, &bytes) == 0) sum += static_cast<std::uint64_t>(bytes);
  }
  return sum;
}

void Peers::expect() {
  expecting_ = true;
  for (auto& peer : peers_) peer.expected = peer.prefixes != 0;
}

}  // namespace tape::bus
