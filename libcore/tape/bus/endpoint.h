// Where sockets of the bus bind and connect: addresses that stay on this machine.
#pragma once

#include <cstdint>
#include <string>

namespace tape::bus {

enum class Attach : std::uint8_t { bind, connect };

/// Throws Error{usage} unless it is "ipc://PATH" or "tcp://HOST:PORT" with a loopback host: what is
/// sent is neither encrypted nor authenticated. A bound tcp port may be "*": a free one.
void check_endpoint(const std::string& endpoint, Attach attach);

}  // namespace tape::bus
