#include <tape/base/version.h>
#include <tape/net/http_io.h>
#include <tape/net/transport.h>

#include <boost/asio/ssl/error.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <fmt/format.h>

namespace tape::net {

namespace http = boost::beast::http;

std::string user_agent() { return fmt::format("tape/{}", version()); }

void exchange_header(Transport& transport, HttpCall& call, IoDone done) {
  http::async_write(
      transport, call.request,
      [&transport, &call, done = std::move(done)](const ErrorCode& error, std::size_t) mutable {
        if (error) return done(error);
        http::async_read_header(
            transport, call.buffer, *call.parser,
            [done = std::move(done)](const ErrorCode& failure, std::size_t) { done(failure); });
      });
}

void read_body(Transport& transport, HttpCall& call, IoDone done) {
  http::async_read(transport, call.buffer, *call.parser,
                   [done = std::move(done)](const ErrorCode& error, std::size_t) { done(error); });
}

std::string status_text(const HttpCall::Parser& parser) {
  const auto& answer = parser.get();
  const auto reason = answer.reason();
  return one_line(
      fmt::format("{} {}", answer.result_int(), std::string_view(reason.data(), reason.size())));
}

std::string exchange_cause(const HttpCall& call, const ErrorCode& error) {
  const bool in_body = call.parser && call.parser->is_header_done();
  if (error == http::error::body_limit) return "body is larger than the bound";
  if (error == http::error::end_of_stream || error == http::error::partial_message ||
      error == asio::error::eof || error == asio::ssl::error::stream_truncated) {
    if (in_body) return "connection closed inside the body";
    return call.parser && call.parser->got_some() ? "connection closed inside the answer's header"
                                                  : "connection closed before an answer";
  }
  if (error.category() == http::make_error_code(http::error::bad_version).category()) {
    return fmt::format("the answer is no HTTP/1.1: {}", one_line(error.message()));
  }
  return fmt::format("{} {}", one_line(error.message()),
                     in_body ? "inside the body" : "before the answer's header was whole");
}

}  // namespace tape::net
