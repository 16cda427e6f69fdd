// HTTP/1.1 over a Transport: what the client, the proxy's CONNECT and nobody else share.
#pragma once

#include <tape/net/asio.h>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <functional>
#include <optional>
#include <string>

namespace tape::net {

class Transport;

/// One request and its answer; must stay where it is while an operation runs.
struct HttpCall {
  using Request = boost::beast::http::request<boost::beast::http::string_body>;
  using Parser = boost::beast::http::response_parser<boost::beast::http::string_body>;

  Request request;
  std::optional<Parser> parser;
  boost::beast::flat_buffer buffer;
};

using IoDone = std::function<void(const ErrorCode&)>;

/// "tape/VERSION".
[[nodiscard]] std::string user_agent();

/// Writes the request, then reads the answer up to the end of its header.
void exchange_header(Transport& transport, HttpCall& call, IoDone done);
/// Reads on to the end of the answer.
void read_body(Transport& transport, HttpCall& call, IoDone done);

/// "502 Bad Gateway" of the answer.
[[nodiscard]] std::string status_text(const HttpCall::Parser& parser);
/// Why an exchange failed, by where it stood.
[[nodiscard]] std::string exchange_cause(const HttpCall& call, const ErrorCode& error);

}  // namespace tape::net
