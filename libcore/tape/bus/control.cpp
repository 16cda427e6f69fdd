#include <tape/base/error.h>
#include <tape/bus/control.h>
#include <tape/bus/socket.h>

#include <fmt/format.h>
#include <zmq.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace tape::bus {
namespace {

// A question is one short JSON object.
constexpr std::int64_t kMostBytes = std::int64_t{64} << 10U;
// Questions that are answered in one call: whoever floods us does not stop the run.
constexpr int kMostAtOnce = 64;

}  // namespace

struct Control::Impl {
  Impl() : socket(context, ZMQ_REP) {
    if (zmq_setsockopt(socket.handle(), ZMQ_MAXMSGSIZE, &kMostBytes, sizeof kMostBytes) != 0)
      throw_zmq("cannot bound the size of questions");
  }

  /// False: nobody asks right now.
  bool receive() {
    question.clear();
    bool more = true;
    while (more) {
      zmq_msg_t part;
      (void)zmq_msg_init(&part);
      if (zmq_msg_recv(&part, socket.handle(), ZMQ_DONTWAIT) < 0) {
        const int error = zmq_errno();
        (void)zmq_msg_close(&part);
        if (error != EAGAIN && error != EINTR)
          throw_zmq(fmt::format("{}: cannot receive", endpoint));
        return false;
      }
      question.append(static_cast<const char*>(zmq_msg_data(&part)), zmq_msg_size(&part));
      more = zmq_msg_more(&part) != 0;
      (void)zmq_msg_close(&part);
    }
    return true;
  }

  Context context;
  Socket socket;
  std::string endpoint;
  std::string question;
};

Control::Control(const std::string& endpoint) : impl_(std::make_unique<Impl>()) {
  impl_->endpoint = impl_->socket.attach(endpoint, Attach::bind);
}

Control::~Control() = default;

const std::string& Control::endpoint() const { return impl_->endpoint; }

void Control::serve(Nanos timeout, const std::function<std::string(std::string_view)>& answer) {
  auto& impl = *impl_;
  if (timeout > 0) {
    zmq_pollitem_t item{impl.socket.handle(), 0, ZMQ_POLLIN, 0};
    if (zmq_poll(&item, 1, static_cast<long>(std::max<Nanos>(timeout / kMillisecond, 1))) <= 0)
      return;
  }
  for (int i = 0; i < kMostAtOnce && impl.receive(); ++i) {
    const auto text = answer(impl.question);
    // Whoever asked may be gone; that is no failure of ours.
    (void)zmq_send(impl.socket.handle(), text.data(), text.size(), ZMQ_DONTWAIT);
  }
}

}  // namespace tape::bus
