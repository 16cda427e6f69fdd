#include <tape/bus/intake.h>
#include <tape/bus/socket.h>

#include <fmt/format.h>
#include <zmq.h>

#include <algorithm>
#include <cerrno>

namespace tape::bus {

struct Intake::Impl {
  explicit Impl(std::size_t most_bytes) : socket(context, ZMQ_PULL) {
    const std::int64_t most = static_cast<std::int64_t>(most_bytes);
    if (zmq_setsockopt(socket.handle(), ZMQ_MAXMSGSIZE, &most, sizeof most) != 0)
      throw_zmq("cannot bound the size of messages");
  }

  /// False: nothing is there right now.
  bool receive(std::string& out) {
    zmq_msg_t part;
    (void)zmq_msg_init(&part);
    if (zmq_msg_recv(&part, socket.handle(), ZMQ_DONTWAIT) < 0) {
      const int error = zmq_errno();
      (void)zmq_msg_close(&part);
      if (error != EAGAIN && error != EINTR) throw_zmq(fmt::format("{}: cannot receive", endpoint));
      return false;
    }
    out.append(static_cast<const char*>(zmq_msg_data(&part)), zmq_msg_size(&part));
    more = zmq_msg_more(&part) != 0;
    (void)zmq_msg_close(&part);
    return true;
  }

  Context context;
  Socket socket;
  std::string endpoint;
  std::string message;
  bool more = false;
};

Intake::Intake(const std::string& endpoint, std::size_t most_bytes)
    : impl_(std::make_unique<Impl>(most_bytes)) {
  impl_->endpoint = impl_->socket.attach(endpoint, Attach::bind);
}

Intake::~Intake() = default;

const std::string& Intake::endpoint() const { return impl_->endpoint; }

std::optional<std::string_view> Intake::next(Nanos timeout) {
  auto& impl = *impl_;
  zmq_pollitem_t item{impl.socket.handle(), 0, ZMQ_POLLIN, 0};
  const auto wait = static_cast<long>(std::clamp<Nanos>(timeout / kMillisecond, 0, 60'000));
  if (zmq_poll(&item, 1, wait) <= 0) return std::nullopt;
  impl.message.clear();
  impl.more = false;
  if (!impl.receive(impl.message)) return std::nullopt;
  // The parts of a message arrive together.
  while (impl.more && impl.receive(impl.message)) {
  }
  return impl.message;
}

}  // namespace tape::bus
