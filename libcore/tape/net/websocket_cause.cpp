#include <tape/net/websocket_cause.h>

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/websocket/error.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tape::net {
namespace {

namespace websocket = boost::beast::websocket;
namespace http = boost::beast::http;

struct CodeName {
  std::uint16_t code;
  std::string_view name;
};

// RFC 6455, section 7.4.1, and the IANA registry of close codes.
constexpr std::array<CodeName, 13> kCodes = {{{1000, "normal"},
                                              {1001, "going away"},
                                              {1002, "protocol error"},
                                              {1003, "unsupported data"},
                                              {1007, "invalid payload"},
                                              {1008, "policy violation"},
                                              {1009, "message too big"},
                                              {1010, "extension missing"},
                                              {1011, "internal error"},
                                              {1012, "service restart"},
                                              {1013, "try again later"},
                                              {1014, "bad gateway"},
                                              {1015, "TLS failure"}}};

bool is_end(const ErrorCode& error) {
  return error == asio::error::eof || error == asio::ssl::error::stream_truncated ||
         error == http::error::end_of_stream || error == http::error::partial_message;
}

}  // namespace

bool is_answered(const ErrorCode& error) {
  return error.category() == websocket::make_error_code(websocket::error::closed).category();
}

std::string upgrade_cause(const websocket::response_type& answer, const ErrorCode& error) {
  if (is_answered(error)) {
    const auto reason = answer.reason();
    const auto status = one_line(
        fmt::format("{} {}", answer.result_int(), std::string_view(reason.data(), reason.size())));
    if (answer.result() != boost::beast::http::status::switching_protocols) {
      const bool moved = answer.result_int() / 100 == 3;
      return fmt::format("upgrade refused: HTTP {}{}", status,
                         moved ? "; redirects are not followed, correct the address" : "");
    }
    return fmt::format("upgrade answered wrongly: {}", one_line(error.message()));
  }
  if (is_end(error)) return "connection closed inside the upgrade";
  if (error.category() == http::make_error_code(http::error::bad_version).category()) {
    return fmt::format("the upgrade was answered by no HTTP/1.1: {}", one_line(error.message()));
  }
  return fmt::format("upgrade: {}", one_line(error.message()));
}

std::string peer_closed_cause(std::uint16_t code, std::string_view reason) {
  if (code == 0) return "closed by the peer without a code";
  const auto* const found = std::find_if(kCodes.begin(), kCodes.end(),
                                         [&](const CodeName& entry) { return entry.code == code; });
  auto out = fmt::format("closed by the peer: {}", code);
  if (found != kCodes.end()) out += fmt::format(" ({})", found->name);
  if (!reason.empty()) out += fmt::format(": {}", one_line(reason));
  return out;
}

std::string lost_cause(const ErrorCode& error) {
  if (is_end(error)) return "connection ended without a close frame";
  if (error == asio::error::connection_reset || error == asio::error::broken_pipe) {
    return "connection reset by the peer";
  }
  if (error == asio::error::timed_out) return "connection lost: the peer acknowledges nothing";
  if (is_answered(error)) return fmt::format("protocol error: {}", one_line(error.message()));
  return fmt::format("connection lost: {}", one_line(error.message()));
}

}  // namespace tape::net
