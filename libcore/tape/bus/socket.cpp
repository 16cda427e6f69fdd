#include <tape/base/error.h>
#include <tape/base/fd.h>
#include <tape/bus/socket.h>

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace tape::bus {
namespace {

constexpr std::string_view kIpc = "ipc://";
constexpr int kKeepAliveIdleS = 10;
constexpr int kKeepAliveEveryS = 5;
constexpr int kKeepAliveTries = 4;

/// The mask of the process while a socket file is made: no moment at which others could open it.
class Umask {
 public:
  explicit Umask(mode_t mask) : before_(::umask(mask)) {}
  ~Umask() { ::umask(before_); }
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;

 private:
  mode_t before_;
};

/// libzmq removes whatever stands at the path before it binds. Only a socket that nobody listens on
/// may go.
void check_socket_path(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return;
  if (!S_ISSOCK(info.st_mode))
    throw Error(Fault::io, fmt::format("{}: exists and is no socket; choose another path", path));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return;  // bind says so
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (probe &&
      ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    throw Error(Fault::network,
                fmt::format("{}: another program listens there; choose another path", path));
  }
}

void bind_ipc(void* handle, const std::string& endpoint) {
  const std::string path = endpoint.substr(kIpc.size());
  if (path != "*") check_socket_path(path);
  int bound = 0;
  int error = 0;
  {
    const Umask mask(0077);
    bound = zmq_bind(handle, endpoint.c_str());
    error = errno;
  }
  if (bound != 0) {
    errno = error;
    throw_zmq(fmt::format("cannot bind {}", endpoint));
  }
}

}  // namespace

void throw_zmq(const std::string& what) {
  const int error = zmq_errno();
  throw Error(Fault::network, fmt::format("{}: {}", what, zmq_strerror(error)));
}

Context::Context() : handle_(zmq_ctx_new()) {
  if (handle_ == nullptr) throw_zmq("cannot start ZeroMQ");
}
Context::~Context() { terminate(); }

void Context::terminate() {
  while (handle_ != nullptr && zmq_ctx_term(handle_) != 0 && zmq_errno() == EINTR) {
  }
  handle_ = nullptr;
}

Socket::Socket(const Context& context, int type) : handle_(zmq_socket(context.handle(), type)) {
  if (handle_ == nullptr) throw_zmq("cannot make a socket");
  set(ZMQ_LINGER, 0);
  // Of a host that dies without a word its peers learn in half a minute, though they only listen.
  // Not by ZeroMQ's heartbeats: those need the other program to read, and a slow consumer is alive.
  set(ZMQ_TCP_KEEPALIVE, 1);
  set(ZMQ_TCP_KEEPALIVE_IDLE, kKeepAliveIdleS);
  set(ZMQ_TCP_KEEPALIVE_INTVL, kKeepAliveEveryS);
  set(ZMQ_TCP_KEEPALIVE_CNT, kKeepAliveTries);
}
Socket::~Socket() { close(); }

void Socket::set(int option, int value) {
  if (zmq_setsockopt(handle_, option, &value, sizeof value) != 0) {
    throw_zmq(fmt::format("cannot set option {} of a socket", option));
  }
}

void Socket::set(int option, const std::string& value) {
  if (zmq_setsockopt(handle_, option, value.data(), value.size()) != 0) {
    throw_zmq(fmt::format("cannot set option {} of a socket", option));
  }
}

std::string Socket::attach(const std::string& endpoint, Attach attach, Safety safety) {
  check_endpoint(endpoint, attach, safety);
  set(ZMQ_IPV6, endpoint.starts_with("tcp://[") ? 1 : 0);
  if (attach == Attach::connect) {
    if (zmq_connect(handle_, endpoint.c_str()) != 0)
      throw_zmq(fmt::format("cannot connect to {}", endpoint));
    return endpoint;
  }
  const bool ipc = endpoint.starts_with(kIpc);
  if (ipc) {
    bind_ipc(handle_, endpoint);
  } else if (zmq_bind(handle_, endpoint.c_str()) != 0) {
    throw_zmq(fmt::format("cannot bind {}", endpoint));
  }
  std::array<char, 1024> bound{};
  std::size_t size = bound.size();
  if (zmq_getsockopt(handle_, ZMQ_LAST_ENDPOINT, bound.data(), &size) != 0)
    throw_zmq("cannot tell the endpoint");
  std::string text(bound.data());
  if (ipc) {
    path_ = text.substr(kIpc.size());
    if (::chmod(path_.c_str(), 0600) != 0)
      throw system_error(fmt::format("{}: cannot set mode 0600", path_), errno);
  }
  return text;
}

void Socket::process() const {
  int events = 0;
  std::size_t size = sizeof events;
  (void)zmq_getsockopt(handle_, ZMQ_EVENTS, &events, &size);
}

void Socket::close() {
  if (!path_.empty()) (void)::unlink(path_.c_str());
  path_.clear();
  if (handle_ != nullptr) (void)zmq_close(handle_);
  handle_ = nullptr;
}

}  // namespace tape::bus
