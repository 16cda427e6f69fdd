// Addresses of servers, what to trust, and which proxy stands between.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tape::net {

struct Url {
  std::string scheme;  // ws, wss, http, https
  std::string host;    // a name, an IPv4 address, or an IPv6 address without brackets
  std::uint16_t port = 0;
  std::string target;  // path and query, at least "/"

  [[nodiscard]] bool secure() const { return scheme == "wss" || scheme == "https"; }
  /// Host and, where it is not the scheme's own, port: the Host header.
  [[nodiscard]] std::string authority() const;
};

/// Throws Error{usage} naming the text (without its query) and what was expected. User names in
/// URLs are refused.
[[nodiscard]] Url parse_url(std::string_view text);

struct ListenAddress {
  std::string host;
  std::uint16_t port = 0;
};
/// "127.0.0.1:9464", "[::1]:9464", ":9464" for the first of them. Nothing when it is none.
[[nodiscard]] std::optional<ListenAddress> parse_listen_address(std::string_view text);

/// 127.0.0.0/8, ::1 or localhost.
[[nodiscard]] bool is_loopback(std::string_view host);

/// Certificates and host names are always verified; `verify = false` is refused with Error{usage}
/// for any host but loopback, and so is ws:// or http:// without TLS to any other host.
struct TlsOptions {
  std::string ca_file;  // PEM; empty = the system's store
  bool verify = true;
};

/// Throws Error{usage} as TlsOptions says.
void check_transport(const Url& url, const TlsOptions& tls);

/// The HTTP proxy for this URL by the environment: https_proxy or HTTPS_PROXY for wss and https,
/// http_proxy for ws and http, all_proxy; no_proxy and NO_PROXY list exceptions (names, .suffixes,
/// addresses, "*"). Loopback is never proxied unless no_proxy is set to the empty text explicitly.
/// Throws Error{usage} for a proxy that is no http:// URL.
[[nodiscard]] std::optional<Url> proxy_for(const Url& url);

}  // namespace tape::net
