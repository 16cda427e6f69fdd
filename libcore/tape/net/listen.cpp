#include <tape/base/error.h>
#include <tape/net/listen.h>

#include <fmt/format.h>

namespace tape::net {

std::uint16_t listen_at(Acceptor& acceptor, const std::string& host, std::uint16_t port) {
  ErrorCode error;
  const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, error);
  if (error) {
    throw Error(Fault::usage,
                fmt::format("listening on \"{}\": an address of this machine is wanted, such as "
                            "127.0.0.1 or ::1",
                            one_line(host)));
  }
  const Tcp::endpoint endpoint(address, port);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  std::uint16_t taken = 0;
  if (!error) taken = acceptor.local_endpoint(error).port();
  if (error) {
    throw Error(Fault::network, fmt::format("listening on {} port {}: {}; choose another address",
                                            host, port, error.message()));
  }
  return taken;
}

}  // namespace tape::net
