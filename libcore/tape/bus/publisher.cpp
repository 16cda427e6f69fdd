#include <tape/base/error.h>
#include <tape/bus/holds.h>
#include <tape/bus/parts.h>
#include <tape/bus/peers.h>
#include <tape/bus/publisher.h>
#include <tape/bus/socket.h>

#include <fmt/format.h>
#include <zmq.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <limits>

namespace tape::bus {
namespace {

// Payloads of this size on are counted while they wait in libzmq, which itself counts messages
// only: together they stay below kMaxWaiting, a single larger one excepted.
constexpr std::size_t kLarge = 4096;
constexpr std::size_t kMaxWaiting = std::size_t{8} << 20U;
// Of small payloads to subscribers every so many is followed too, so that a slow consumer is told
// from a stalled one.
constexpr std::uint64_t kFollowEvery = 32;
// Messages between two looks at the consumers.
constexpr std::uint64_t kLookEvery = 512;
constexpr Nanos kWatchEvery = 100 * kMillisecond;
constexpr int kSliceMs = 20;  // longest wait for room before a look at the consumers
constexpr int kPollMs = 1;
// Subscriptions of one consumer may come in several reads: a quiet time before the run starts.
constexpr Nanos kSettle = 20 * kMillisecond;
// The kernel's queues to the consumers count as empty when they are so often in a row, a poll
// apart: libzmq's thread may be about to write the rest of a batch.
constexpr int kQuiet = 5;
constexpr int kAbandonLingerMs = 200;

int milliseconds(Nanos duration) {
  return static_cast<int>(
      std::clamp<Nanos>(duration / kMillisecond, 1, std::numeric_limits<int>::max()));
}

}  // namespace

struct Publisher::Impl {
  Impl(const PublisherOptions& given, const Clock& with_clock, std::stop_token with_stop)
      : options(given),
        clock(with_clock),
        stop(std::move(with_stop)),
        socket(context, given.pattern == Pattern::pub ? ZMQ_XPUB : ZMQ_PUSH),
        peers(context, socket, given.pattern) {
    socket.set(ZMQ_SNDHWM, options.high_water);
    socket.set(ZMQ_SNDTIMEO, kSliceMs);
    if (options.pattern == Pattern::pub) {
      if (options.slow == Slow::wait) socket.set(ZMQ_XPUB_NODROP, 1);
      socket.set(ZMQ_XPUB_VERBOSER, 1);
    }
    // Nothing is kept for a consumer that is not there, or not any more.
    if (options.attach == Attach::connect) socket.set(ZMQ_IMMEDIATE, 1);
    const bool curve = !options.curve_secret.empty();
    if (curve) {
      socket.set(ZMQ_CURVE_SERVER, 1);
      socket.set(ZMQ_CURVE_SECRETKEY, options.curve_secret);
    }
    endpoint =
        socket.attach(options.endpoint, options.attach, curve ? Safety::curve : Safety::plain);
  }

  /// Takes in what the consumers did; throws when one of them is gone.
  void look() {
    peers.update();
    holds.settle(peers.changes());
    if (ending) return;
    if (peers.left() > 0) {
      throw Error(Fault::network,
                  fmt::format("{}: a consumer left before the end of the run; {} remain", endpoint,
                              peers.count()));
    }
    if (!options.watch) return;
    if (const Nanos now = clock.monotonic(); now >= watch_at) {
      watch_at = now + kWatchEvery;
      options.watch();
    }
  }

  void pause(int milliseconds_at_most) const {
    zmq_pollitem_t item{socket.handle(), 0, ZMQ_POLLIN, 0};
    (void)zmq_poll(&item, 1, milliseconds_at_most);
  }

  /// Repeats `attempt`, which waits a little itself, until it succeeds. False when stop was
  /// requested before.
  template <typename Attempt>
  bool persist(Attempt attempt) {
    const Nanos started = clock.monotonic();
    Nanos progress_at = started;
    const auto measure = [&] { return ledger.taken.load() + movements; };
    std::uint64_t taken = measure();
    ++stalls.count;
    bool done = false;
    while (!done && (finishing || !stop.stop_requested())) {
      done = attempt();
      if (done) break;
      look();
      // The last worker may leave with its end marker while one more is about to be sent.
      if (ending && options.pattern == Pattern::push && peers.count() == 0) break;
      const Nanos now = clock.monotonic();
      if (const auto so_far = measure(); so_far != taken) {
        taken = so_far;
        progress_at = now;
      }
      if (now - progress_at > options.stall_timeout) {
        throw Error(
            Fault::timeout,
            fmt::format(
                "{}: a consumer took nothing for {}; --stall-timeout allows for slower ones",
                endpoint, format_duration(options.stall_timeout)));
      }
    }
    const Nanos took = clock.monotonic() - started;
    stalls.total += took;
    stalls.longest = std::max(stalls.longest, took);
    return done;
  }

  /// The first part decides: XPUB and PUSH take the others of a message whatever waits already.
  bool send_first(zmq_msg_t& message) {
    const auto attempt = [&](int flags) {
      if (zmq_msg_send(&message, socket.handle(), ZMQ_SNDMORE | flags) >= 0) return true;
      if (zmq_errno() != EAGAIN && zmq_errno() != EINTR)
        throw_zmq(fmt::format("{}: cannot send", endpoint));
      return false;
    };
    try {
      if (attempt(ZMQ_DONTWAIT) || persist([&] { return attempt(0); })) return true;
    } catch (...) {
      (void)zmq_msg_close(&message);
      throw;
    }
    (void)zmq_msg_close(&message);
    return false;
  }

  void send_rest(zmq_msg_t& message, int flags) {
    while (zmq_msg_send(&message, socket.handle(), flags) < 0) {
      if (zmq_errno() == EINTR) continue;
      (void)zmq_msg_close(&message);
      broken = true;
      throw_zmq(fmt::format("{}: cannot send", endpoint));
    }
  }

  [[nodiscard]] bool has_room(std::size_t size) const {
    const auto waiting = ledger.bytes.load();
    return waiting == 0 || waiting + size <= kMaxWaiting;
  }

  bool send(std::string_view topic, Bytes payload, const Head& head, bool follow,
            Slab* slab = nullptr) {
    if (payload.size() >= kLarge && options.slow == Slow::wait) {
      follow = true;
      if (!has_room(payload.size()) && !persist([&] {
            if (has_room(payload.size())) return true;
            pause(kPollMs);
            return false;
          })) {
        return false;
      }
    }
    zmq_msg_t first;
    init_constant(first, topic);
    if (!send_first(first)) return false;
    zmq_msg_t second;
    if (slab != nullptr && payload.size() > kInlinePart) {
      if (!follow && uncounted()) {
        init_held(second, payload, *slab);
      } else {
        init_lent(second, payload, *slab, follow ? &ledger : nullptr);
      }
    } else if (follow) {
      init_followed(second, payload, ledger);
    } else {
      init_copied(second, payload);
    }
    send_rest(second, ZMQ_SNDMORE);
    zmq_msg_t third;
    (void)zmq_msg_init_size(&third, kHeadSize);  // fits into the message itself
    write_head(head, static_cast<std::uint8_t*>(zmq_msg_data(&third)));
    send_rest(third, 0);
    return true;
  }

  /// Every consumer gets every message.
  [[nodiscard]] bool uncounted() const {
    return options.pattern == Pattern::pub && options.slow == Slow::wait && peers.take_all() &&
           !holds.spent();
  }

  void init_held(zmq_msg_t& message, Bytes payload, Slab& slab) {
    if (auto* const gone = holds.use(slab, peers.changes())) {
      init_telling(message, payload, *gone);
    } else {
      init_constant(message, payload);
    }
  }

  bool send_next(std::string_view topic, Bytes payload, const Head& head, Slab* slab) {
    if (++messages % kLookEvery == 0) look();
    const bool follow = options.pattern == Pattern::push || messages % kFollowEvery == 0;
    return send(topic, payload, head, follow, slab);
  }

  /// Waits until libzmq handed all that is followed to the kernel, and the consumers took it from
  /// there. They must have: a consumer's libzmq that finds an ipc connection closed while it waits
  /// for its program to read drops what it did not read from the kernel yet.
  void drain() {
    const Stalls before = stalls;
    int quiet = 0;
    (void)persist([&] {
      const auto waits = peers.in_kernel();
      quiet = ledger.empty() && waits == 0 ? quiet + 1 : 0;
      if (waits != in_kernel) ++movements;
      in_kernel = waits;
      if (quiet >= kQuiet) return true;
      pause(kPollMs);
      return false;
    });
    stalls = before;  // the end of a run is no stall
  }

  /// All pipes to workers are empty, so that as many messages as workers go to each of them once,
  /// in turn. A worker that leaves meanwhile, with its message, may make libzmq skip another one:
  /// then all that are left get one more.
  void send_to_each(std::string_view topic, Bytes payload, const Head& head) {
    std::uint64_t departures = 0;
    do {
      departures = peers.departures();
      for (unsigned workers = peers.count(); workers > 0; --workers)
        (void)send(topic, payload, head, true);
      peers.update();
    } while (peers.departures() != departures && peers.count() > 0);
  }

  void close(int linger_ms) {
    socket.set(ZMQ_LINGER, linger_ms);
    peers.close();
    socket.close();
    closed = true;
  }

  const PublisherOptions options;
  const Clock& clock;
  std::stop_token stop;
  Ledger ledger;  // outlives the context, whose thread writes it
  Holds holds;    // the same: its thread reads
  Context context;
  Socket socket;
  Peers peers;
  std::string endpoint;
  Stalls stalls;
  std::uint64_t messages = 0;
  std::uint64_t in_kernel = 0;
  std::uint64_t movements = 0;  // changes of in_kernel
  Nanos watch_at = 0;
  bool finishing = false;  // a stop request does not end what waits
  bool ending = false;     // consumers may leave
  bool broken = false;     // inside a message
  bool closed = false;
};

Publisher::Publisher(const PublisherOptions& options, const Clock& clock, std::stop_token stop)
    : impl_(std::make_unique<Impl>(options, clock, std::move(stop))) {}
Publisher::~Publisher() = default;

const std::string& Publisher::endpoint() const { return impl_->endpoint; }
const Stalls& Publisher::stalls() const { return impl_->stalls; }

unsigned Publisher::consumers() {
  impl_->peers.update();
  return impl_->peers.count();
}

bool Publisher::wait_for(unsigned consumers, Nanos timeout) {
  auto& i = *impl_;
  const Nanos deadline = i.clock.monotonic() + timeout;
  std::uint64_t changes = 0;
  Nanos changed_at = i.clock.monotonic();
  while (consumers > 0) {
    if (i.stop.stop_requested()) return false;
    i.look();
    const Nanos now = i.clock.monotonic();
    if (i.peers.changes() != changes) {
      changes = i.peers.changes();
      changed_at = now;
    }
    if (i.peers.count() >= consumers && now - changed_at >= kSettle) break;
    if (i.peers.count() < consumers && now >= deadline) {
      throw Error(Fault::timeout,
                  fmt::format("{}: {} of {} consumers came within {}; {} (--wait, --wait-timeout)",
                              i.endpoint, i.peers.count(), consumers, format_duration(timeout),
                              i.options.pattern == Pattern::pub
                                  ? "one counts when it subscribes to tape/ or to everything"
                                  : "a worker counts when it is connected"));
    }
    i.pause(kPollMs * 5);
  }
  i.peers.expect();
  return true;
}

bool Outlet::lend(std::string_view topic, Bytes payload, const Head& head, Slab& /*slab*/) {
  return send(topic, payload, head);
}

bool Publisher::send(std::string_view topic, Bytes payload, const Head& head) {
  return impl_->send_next(topic, payload, head, nullptr);
}

bool Publisher::lend(std::string_view topic, Bytes payload, const Head& head, Slab& slab) {
  return impl_->send_next(topic, payload, head, &slab);
}

void Publisher::tend() { impl_->look(); }

void Publisher::finish(std::string_view topic, Bytes payload, const Head& head) {
  auto& i = *impl_;
  i.finishing = true;
  i.look();
  i.drain();
  i.look();
  i.ending = true;
  if (i.options.pattern == Pattern::pub) {
    (void)i.send(topic, payload, head, true);
  } else {
    i.send_to_each(topic, payload, head);
  }
  i.drain();
  const Nanos started = i.clock.monotonic();
  const int linger = milliseconds(i.options.stall_timeout);
  i.close(linger);
  i.context.terminate();
  if (i.clock.monotonic() - started >= linger * kMillisecond) {
    throw Error(Fault::timeout,
                fmt::format("{}: a consumer did not take the end of the run within {}", i.endpoint,
                            format_duration(i.options.stall_timeout)));
  }
}

void Publisher::abandon(std::string_view topic, Bytes payload, const Head& head) {
  auto& i = *impl_;
  if (i.closed) return;
  try {
    i.peers.update();
    const unsigned markers = i.options.pattern == Pattern::push ? i.peers.count() : 1;
    for (unsigned sent = 0; sent < markers && !i.broken; ++sent) {
      zmq_msg_t probe;
      init_constant(probe, topic);
      if (zmq_msg_send(&probe, i.socket.handle(), ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0) {
        (void)zmq_msg_close(&probe);
        break;
      }
      zmq_msg_t body;
      init_copied(body, payload);
      i.send_rest(body, ZMQ_SNDMORE);
      zmq_msg_t last;
      (void)zmq_msg_init_size(&last, kHeadSize);
      write_head(head, static_cast<std::uint8_t*>(zmq_msg_data(&last)));
      i.send_rest(last, 0);
    }
    i.close(kAbandonLingerMs);
  } catch (const std::exception&) {
    // The failure that led here is the one to tell.
  }
}

}  // namespace tape::bus
