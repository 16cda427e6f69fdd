// Keys for CURVE, ZeroMQ's encryption: made, kept in files, read.
#pragma once

#include <string>

namespace tape::bus {

/// Z85 text, 40 characters each.
struct CurveKeys {
  std::string public_key;
  std::string secret;
};

/// Throws Error{network} where libzmq was built without CURVE.
[[nodiscard]] CurveKeys make_curve_keys();
/// A new file of mode 0600. Throws Error{io}; one that exists stays as it is.
void write_curve_keys(const std::string& path, const CurveKeys& keys);
/// Throws Error: {io} unreadable; {usage} no such file, or one that others may read.
[[nodiscard]] CurveKeys read_curve_keys(const std::string& path);

}  // namespace tape::bus
