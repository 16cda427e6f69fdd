// TLS as this module wants it: whom to trust, which name to expect, and what was wrong with a
// certificate.
#pragma once

#include <tape/net/asio.h>

#include <boost/asio/ssl/stream.hpp>

#include <memory>
#include <string>

namespace tape::net {

using TlsStream = asio::ssl::stream<Socket&>;

/// What the verification of a peer's chain found first; empty = nothing wrong so far.
struct PeerCheck {
  std::string host;
  std::string fault;  // one line with the remedy
};

/// Server name indication and, unless verification is off in the context, host name or address to
/// be found in the certificate. `check` learns what was wrong; it lives as long as the stream.
void expect_host(TlsStream& stream, const std::string& host, std::shared_ptr<PeerCheck> check);

/// Why the handshake failed, by the certificate's fault where there is one.
[[nodiscard]] std::string handshake_cause(const PeerCheck& check, const ErrorCode& error);

}  // namespace tape::net
