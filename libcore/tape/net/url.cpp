#include <tape/base/error.h>
#include <tape/net/url.h>

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdlib>

namespace tape::net {
namespace {

constexpr std::string_view kExpected =
    "expected SCHEME://HOST[:PORT][/PATH] with ws, wss, http or https";

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::uint16_t default_port(std::string_view scheme) {
  return scheme == "wss" || scheme == "https" ? 443 : 80;
}

bool is_ipv6(const std::string& text) {
  in6_addr address{};
  return ::inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

bool is_name(std::string_view host) {
  return !host.empty() && host.size() <= 253 && host.front() != '.' && host.front() != '-' &&
         std::all_of(host.begin(), host.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '_';
         });
}

/// What a message may show of a URL: neither user names nor query, which may hold secrets.
std::string shown(std::string_view text) {
  text = text.substr(0, text.find_first_of("?#"));
  const auto scheme = text.find("://");
  const auto start = scheme == std::string_view::npos ? 0 : scheme + 3;
  const auto end = std::min(text.find('/', start), text.size());
  const auto at = text.substr(0, end).rfind('@');
  std::string out(text);
  if (at != std::string_view::npos && at >= start) out.replace(start, at - start, "***");
  std::replace_if(
      out.begin(), out.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }, '?');
  return out;
}

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
  throw Error(Fault::usage, fmt::format("URL \"{}\": {}; {}", shown(text), why, kExpected));
}

std::uint16_t parse_port(std::string_view digits, std::string_view text) {
  std::uint16_t port = 0;
  const auto* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, port);
  if (digits.empty() || error != std::errc() || stop != end || port == 0) {
    refuse(text, "the port is not a number from 1 to 65535");
  }
  return port;
}

/// Sets host and port from HOST[:PORT] or [IPV6][:PORT].
void parse_authority(std::string_view authority, std::string_view text, Url& url) {
  std::string_view port;
  bool has_port = false;
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos) refuse(text, "\"[\" without \"]\"");
    url.host = lower(authority.substr(1, end - 1));
    if (!is_ipv6(url.host)) refuse(text, "no IPv6 address between the brackets");
    port = authority.substr(end + 1);
    has_port = !port.empty();
    if (has_port && port.front() != ':') refuse(text, "something follows \"]\"");
    if (has_port) port.remove_prefix(1);
  } else {
    const auto colon = authority.find(':');
    has_port = colon != std::string_view::npos;
    if (has_port) port = authority.substr(colon + 1);
    url.host = lower(authority.substr(0, colon));
    if (!is_name(url.host)) refuse(text, "no host name or address");
  }
  if (has_port) url.port = parse_port(port, text);
}

/// The value of the first variable that is set and not empty.
std::string environment(std::initializer_list<const char*> names) {
  for (const char* const name : names) {
    const char* const value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return {};
}

/// Whether an entry of no_proxy ("name", ".suffix", "address", "*", each but the last with ":PORT"
/// if wanted) is this URL. A name stands for its subdomains too, as with curl.
bool excepted(std::string_view raw, const Url& url) {
  std::string entry = lower(raw);
  if (entry == "*") return true;
  std::string port;
  if (entry.starts_with('[')) {
    const auto end = entry.find(']');
    if (end == std::string::npos) return false;
    if (entry.size() > end + 1) port = entry.substr(end + 2);
    entry = entry.substr(1, end - 1);
  } else if (std::count(entry.begin(), entry.end(), ':') == 1) {
    port = entry.substr(entry.find(':') + 1);
    entry.resize(entry.find(':'));
  }
  if (!port.empty() && port != std::to_string(url.port)) return false;
  if (entry.empty()) return false;
  if (entry == url.host) return true;
  if (entry.front() != '.') entry.insert(entry.begin(), '.');
  return url.host.size() > entry.size() && url.host.ends_with(entry);
}

bool listed(std::string_view list, const Url& url) {
  constexpr std::string_view kSeparators = ", \t";
  while (!list.empty()) {
    const auto end = std::min(list.find_first_of(kSeparators), list.size());
    if (end > 0 && excepted(list.substr(0, end), url)) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

}  // namespace

std::string Url::authority() const {
  std::string out = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != default_port(scheme)) out += ":" + std::to_string(port);
  return out;
}

Url parse_url(std::string_view text) {
  const auto colon = text.find("://");
  if (colon == std::string_view::npos) refuse(text, "no \"://\"");
  Url url;
  url.scheme = lower(text.substr(0, colon));
  constexpr std::array<std::string_view, 4> kSchemes = {"ws", "wss", "http", "https"};
  if (std::find(kSchemes.begin(), kSchemes.end(), url.scheme) == kSchemes.end()) {
    refuse(text, "this scheme is not spoken");
  }
  const auto rest = text.substr(colon + 3);
  if (std::any_of(rest.begin(), rest.end(),
                  [](unsigned char c) { return c <= ' ' || c >= 0x7f; })) {
    refuse(text, "blanks, control characters and bytes outside of ASCII must be percent-encoded");
  }
  if (rest.find('#') != std::string_view::npos) refuse(text, "a fragment (#) goes to no server");
  const auto end = std::min(rest.find_first_of("/?"), rest.size());
  const auto authority = rest.substr(0, end);
  if (authority.find('@') != std::string_view::npos) {
    refuse(text, "user names and passwords in URLs are refused");
  }
  url.port = default_port(url.scheme);
  parse_authority(authority, text, url);
  url.target = rest.substr(end);
  if (!url.target.starts_with('/')) url.target.insert(url.target.begin(), '/');
  return url;
}

std::optional<ListenAddress> parse_listen_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  ListenAddress address;
  const auto* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + colon + 1, end, address.port);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  auto host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  address.host = host.empty() ? "127.0.0.1" : host;
  return address;
}

bool is_loopback(std::string_view host) {
  const std::string name = lower(host);
  if (name == "localhost" || name == "::1") return true;
  in_addr four{};
  if (::inet_pton(AF_INET, name.c_str(), &four) == 1) return (ntohl(four.s_addr) >> 24U) == 127;
  in6_addr six{};
  return ::inet_pton(AF_INET6, name.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

void check_transport(const Url& url, const TlsOptions& tls) {
  if (is_loopback(url.host)) return;
  if (!url.secure()) {
    const auto* const secure = url.scheme == "ws" ? "wss" : "https";
    throw Error(Fault::usage,
                fmt::format("{}://{}: without TLS anyone on the way can read and change what is "
                            "recorded; use {}:// (plain connections go to loopback only)",
                            url.scheme, url.authority(), secure));
  }
  if (!tls.verify) {
    throw Error(Fault::usage,
                fmt::format("{}://{}: certificates are left unverified on loopback only; name the "
                            "server's CA file instead",
                            url.scheme, url.authority()));
  }
}

std::optional<Url> proxy_for(const Url& url) {
  std::string proxy;
  if (url.secure()) {
    proxy = environment({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"});
  } else {
    // Not HTTP_PROXY: a CGI request header "Proxy" sets it (httpoxy, CVE-2016-5385).
    proxy = environment({"http_proxy", "all_proxy", "ALL_PROXY"});
  }
  if (proxy.empty()) return std::nullopt;
  const char* no_proxy = std::getenv("no_proxy");
  if (no_proxy == nullptr) no_proxy = std::getenv("NO_PROXY");
  const bool emptied = no_proxy != nullptr && *no_proxy == '\0';
  if (is_loopback(url.host) && !emptied) return std::nullopt;
  if (no_proxy != nullptr && listed(no_proxy, url)) return std::nullopt;

  Url parsed = parse_url(proxy.find("://") == std::string::npos ? "http://" + proxy : proxy);
  if (parsed.scheme != "http") {
    throw Error(Fault::usage,
                fmt::format("proxy {}: only http:// proxies (CONNECT) are spoken to; set "
                            "https_proxy to one, or no_proxy to {}",
                            shown(proxy), url.host));
  }
  return parsed;
}

}  // namespace tape::net
