#include <tape/base/error.h>
#include <tape/bus/endpoint.h>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>

namespace tape::bus {
namespace {

constexpr std::string_view kTcp = "tcp://";
constexpr std::string_view kIpc = "ipc://";

bool is_number(std::string_view text, unsigned most) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && value <= most;
}

/// 127.0.0.0/8, written out.
bool is_loopback_v4(std::string_view host) {
  if (!host.starts_with("127.") || std::count(host.begin(), host.end(), '.') != 3) return false;
  for (std::size_t at = 0; at <= host.size();) {
    const auto dot = std::min(host.find('.', at), host.size());
    if (!is_number(host.substr(at, dot - at), 255)) return false;
    at = dot + 1;
  }
  return true;
}

}  // namespace

void check_endpoint(const std::string& endpoint, Attach attach, Safety safety) {
  const std::string_view text = endpoint;
  const auto refuse = [&](std::string_view why) {
    return Error(Fault::usage,
                 fmt::format("{}: {}", endpoint.empty() ? "(empty endpoint)" : endpoint, why));
  };
  if (text.starts_with(kIpc)) {
    const auto path = text.substr(kIpc.size());
    if (path.empty()) throw refuse("no path; write ipc:///run/user/1000/tape");
    if (path.front() == '@')
      throw refuse("an abstract socket is open to every user; use a path, which gets mode 0600");
    return;
  }
  if (!text.starts_with(kTcp))
    throw refuse("is no endpoint; write tcp://127.0.0.1:5555 or ipc://PATH");
  const auto address = text.substr(kTcp.size());
  const auto colon = address.rfind(':');
  if (colon == std::string_view::npos)
    throw refuse("no port; write tcp://127.0.0.1:5555, or :* for a free one");
  const auto host = address.substr(0, colon);
  const auto port = address.substr(colon + 1);
  const bool any_port = attach == Attach::bind && (port == "*" || port == "0");
  if (!any_port && (!is_number(port, 65535) || port == "0"))
    throw refuse("the port is no number from 1 to 65535");
  if (host.empty()) throw refuse("no host; write tcp://127.0.0.1:5555");
  if (safety == Safety::curve) return;
  if (host != "localhost" && host != "[::1]" && !is_loopback_v4(host)) {
    throw refuse(
        "only loopback addresses (127.0.0.1, [::1]) and ipc:// are taken, since what is sent is "
        "neither encrypted nor authenticated; use --curve-server, or a tunnel such as ssh -L, to "
        "reach another machine");
  }
}

}  // namespace tape::bus
