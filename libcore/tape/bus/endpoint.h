// Where sockets of the bus bind and connect: addresses that stay on this machine.
#pragma once

#include <cstdint>
#include <string>

namespace tape::bus {

enum class Attach : std::uint8_t { bind, connect };

/// Whether what is sent is encrypted, and the sender proves who it is.
enum class Safety : std::uint8_t { plain, curve };

/// Throws Error{usage} unless it is "ipc://PATH" or "tcp://HOST:PORT", with a loopback host where
/// what is sent is plain. A bound tcp port may be "*": a free one.
void check_endpoint(const std::string& endpoint, Attach attach, Safety safety = Safety::plain);

}  // namespace tape::bus
