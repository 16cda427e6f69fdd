// Why a WebSocket did not open or did not last, in words for people.
#pragma once

#include <tape/net/asio.h>

#include <boost/beast/websocket/rfc6455.hpp>

#include <string>
#include <string_view>

namespace tape::net {

/// Whether the upgrade failed by an answer (and not for want of one).
[[nodiscard]] bool is_answered(const ErrorCode& error);
[[nodiscard]] std::string upgrade_cause(const boost::beast::websocket::response_type& answer,
                                        const ErrorCode& error);
/// A connection that a close frame ended.
[[nodiscard]] std::string peer_closed_cause(std::uint16_t code, std::string_view reason);
/// A connection that ended without one.
[[nodiscard]] std::string lost_cause(const ErrorCode& error);

}  // namespace tape::net
