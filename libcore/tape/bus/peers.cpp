#include <tape/bus/parts.h>
#include <tape/bus/peers.h>

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <zmq.h>

#include <algorithm>

namespace tape::bus {
Peers::Peers(const Context& context, const Socket& socket, Pattern pattern)
    : socket_(socket), monitor_(context, socket), pattern_(pattern) {}

void Peers::update() {
  const auto before = changes_;
  read_monitor();
  if (pattern_ == Pattern::pub) {
    read_subscriptions();
  } else {
    socket_.process();
  }
  if (changes_ == before) return;
  take_all_ = std::all_of(peers_.begin(), peers_.end(), [](const Peer& peer) {
    return !peer.subscribed || (peer.prefixes & 1U) != 0;
  });
}

void Peers::read_monitor() {
  using enum Monitor::Change::Kind;
  while (const auto change = monitor_.next()) {
    ++changes_;
    if (change->kind == made && find(change->fd) == nullptr) peers_.push_back({change->fd});
    if (change->kind != lost) continue;
    remove(change->fd);
    if (!change->admitted) continue;
    ++departures_;
    if (pattern_ == Pattern::push && expecting_) ++left_;
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
  if (pattern_ == Pattern::push) return monitor_.admitted();
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
