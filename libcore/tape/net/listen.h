// Where a server of ours listens: an address of this machine and a port.
#pragma once

#include <tape/net/asio.h>

#include <boost/asio/basic_socket_acceptor.hpp>

#include <cstdint>
#include <string>

namespace tape::net {

using Acceptor = asio::basic_socket_acceptor<Tcp, Executor>;

/// Listens at once; returns the port. `host` is an address or "localhost", port 0 takes a free one.
/// Throws Error{usage} for another host and Error{network} where listening fails.
std::uint16_t listen_at(Acceptor& acceptor, const std::string& host, std::uint16_t port);

}  // namespace tape::net
