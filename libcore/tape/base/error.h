// Failures that end an operation: one exception type with a fault class and a message for people.
#pragma once

#include <stdexcept>
#include <string>

namespace tape {

/// What kind of failure it is; the tools map it to their exit status.
enum class Fault {
  usage,       // the command line or configuration asks for what cannot be (exit 2)
  io,          // a file, pipe, disk or permission (exit 1)
  format,      // the input is not what it should be: not a tape, a newer major version (exit 1)
  limit,       // a bound was exceeded (exit 1)
  network,     // a socket or a peer (exit 1)
  timeout,     // a time-out that was asked for (exit 1)
  permission,  // a key or a mode that is refused (exit 1)
  internal,    // a broken promise of ours (exit 1)
};

/// Thrown for failures. The message names what, where (file and offset, or venue and symbol) and
/// the remedy.
struct Error : std::runtime_error {
  Error(Fault fault_class, const std::string& message)
      : std::runtime_error(message), fault(fault_class) {}
  Fault fault;
};

/// An io Error with "what: strerror(errno_value)".
[[nodiscard]] Error system_error(const std::string& what, int errno_value);

}  // namespace tape
