#include <tape/base/error.h>
#include <tape/bus/curve.h>
#include <tape/bus/monitor.h>
#include <tape/bus/socket.h>
#include <tape/bus/subscriber.h>

#include <fmt/format.h>
#include <zmq.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace tape::bus {
namespace {

constexpr Nanos kSlice = 50 * kMillisecond;  // between two looks at the stop token
constexpr std::size_t kParts = 3;
// Messages between two looks at the connections when there is no pause in them.
constexpr std::uint64_t kLookEvery = 256;
// The largest Event, as JSON with every byte of it escaped.
constexpr std::int64_t kMaxPart = std::int64_t{128} << 20U;

}  // namespace

struct Subscriber::Impl {
  explicit Impl(const SubscriberOptions& options)
      : socket(context, options.pull ? ZMQ_PULL : ZMQ_SUB), monitor(context, socket) {
    for (auto& part : parts) (void)zmq_msg_init(&part);
    socket.set(ZMQ_RCVHWM, options.high_water);
    if (zmq_setsockopt(socket.handle(), ZMQ_MAXMSGSIZE, &kMaxPart, sizeof kMaxPart) != 0) {
      throw_zmq("cannot bound messages");
    }
    const bool curve = !options.curve_server_key.empty();
    if (curve) {
      const auto keys = make_curve_keys();  // who we are is not asked
      socket.set(ZMQ_CURVE_SERVERKEY, options.curve_server_key);
      socket.set(ZMQ_CURVE_PUBLICKEY, keys.public_key);
      socket.set(ZMQ_CURVE_SECRETKEY, keys.secret);
    }
    endpoint =
        socket.attach(options.endpoint, options.attach, curve ? Safety::curve : Safety::plain);
    if (options.pull) return;
    for (const auto& filter : options.filters) subscribe(filter);
    subscribe(kRunTopics);
  }
  ~Impl() {
    for (auto& part : parts) (void)zmq_msg_close(&part);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void subscribe(std::string_view filter) {
    if (zmq_setsockopt(socket.handle(), ZMQ_SUBSCRIBE, filter.data(), filter.size()) != 0) {
      throw_zmq(fmt::format("cannot subscribe to \"{}\"", filter));
    }
  }

  void look() {
    while (monitor.next()) met = met || monitor.admitted() > 0;
  }

  /// False when nothing came in time.
  bool wait(Nanos timeout, const std::stop_token& stop) {
    for (;;) {
      if (stop.stop_requested()) return false;
      look();
      const Nanos slice = std::min(timeout, kSlice);
      zmq_pollitem_t item{socket.handle(), 0, ZMQ_POLLIN, 0};
      const int ready =
          zmq_poll(&item, 1, static_cast<long>((slice + kMillisecond - 1) / kMillisecond));
      if (ready > 0) return true;
      if (ready < 0 && zmq_errno() != EINTR) throw_zmq(fmt::format("{}: cannot wait", endpoint));
      if (timeout <= slice) return false;
      timeout -= slice;
    }
  }

  bool receive_first(Nanos timeout, const std::stop_token& stop) {
    for (;;) {
      if (zmq_msg_recv(&parts[0], socket.handle(), ZMQ_DONTWAIT) >= 0) return true;
      if (zmq_errno() == EINTR) continue;
      if (zmq_errno() != EAGAIN) throw_zmq(fmt::format("{}: cannot receive", endpoint));
      if (!wait(timeout, stop)) return false;
    }
  }

  /// The parts of a message come together: what follows the first is there.
  void receive_rest() {
    std::size_t count = 1;
    while (zmq_msg_more(&parts[count - 1]) != 0 && count < kParts) {
      if (zmq_msg_recv(&parts[count], socket.handle(), 0) >= 0) {
        ++count;
      } else if (zmq_errno() != EINTR) {
        throw_zmq(fmt::format("{}: cannot receive", endpoint));
      }
    }
    const bool more = zmq_msg_more(&parts[count - 1]) != 0;
    if (count != kParts || more || zmq_msg_size(&parts[2]) != kHeadSize) {
      throw Error(
          Fault::format,
          fmt::format("{}: a message of {} frames, the last of {} bytes; topic, payload and {} "
                      "bytes were expected: is it a tape-replay publisher?",
                      endpoint, more ? "more than 3" : std::to_string(count),
                      zmq_msg_size(&parts[count - 1]), kHeadSize));
    }
  }

  Bytes aligned_payload() {
    const auto* data = static_cast<const std::uint8_t*>(zmq_msg_data(&parts[1]));
    const std::size_t size = zmq_msg_size(&parts[1]);
    if (reinterpret_cast<std::uintptr_t>(data) % sizeof(std::uint64_t) == 0) return {data, size};
    const std::size_t words = (size + sizeof(std::uint64_t) - 1) / sizeof(std::uint64_t);
    if (copy.size() < words) copy.resize(words);
    std::memcpy(copy.data(), data, size);
    return {reinterpret_cast<const std::uint8_t*>(copy.data()), size};
  }

  Context context;
  Socket socket;
  Monitor monitor;
  bool met = false;  // a sender was there
  std::uint64_t messages = 0;
  std::string endpoint;
  std::array<zmq_msg_t, kParts> parts{};
  std::vector<std::uint64_t> copy;
  Received received;
};

Subscriber::Subscriber(const SubscriberOptions& options) : impl_(std::make_unique<Impl>(options)) {}
Subscriber::~Subscriber() = default;

const std::string& Subscriber::endpoint() const { return impl_->endpoint; }

bool Subscriber::lost() {
  impl_->look();
  return impl_->met && impl_->monitor.admitted() == 0;
}

const Received* Subscriber::next(Nanos timeout, const std::stop_token& stop) {
  auto& i = *impl_;
  if (++i.messages % kLookEvery == 0) i.look();
  if (!i.receive_first(timeout, stop)) return nullptr;
  i.receive_rest();
  i.received.topic = {static_cast<const char*>(zmq_msg_data(&i.parts[0])),
                      zmq_msg_size(&i.parts[0])};
  i.received.payload = i.aligned_payload();
  i.received.head = read_head(static_cast<const std::uint8_t*>(zmq_msg_data(&i.parts[2])));
  return &i.received;
}

}  // namespace tape::bus
