// What of Boost.Asio this module stands on: the loop's inside, and one socket type on one executor.
#pragma once

#include <tape/net/loop.h>
#include <tape/net/url.h>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/wait_traits.hpp>

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace tape::net {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;
using Tcp = asio::ip::tcp;
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<Tcp, Executor>;
using SteadyTimer =
    asio::basic_waitable_timer<std::chrono::steady_clock,
                               asio::wait_traits<std::chrono::steady_clock>, Executor>;

struct Loop::Impl {
  /// The context for these options; made at the first call, as reading the system's store takes
  /// milliseconds. Throws Error{usage} for a ca_file that cannot be read.
  asio::ssl::context& tls_context(const TlsOptions& options);

  std::map<std::pair<std::string, bool>, asio::ssl::context> contexts;
  asio::io_context io{1};
  asio::executor_work_guard<Executor> work{io.get_executor()};
};

/// Sets the timer to `delay` from now; `work` gets the error code, operation_aborted when the timer
/// was set anew or cancelled.
template <class Work>
void wait(SteadyTimer& timer, Nanos delay, Work&& work) {
  timer.expires_after(std::chrono::nanoseconds(delay));
  timer.async_wait(std::forward<Work>(work));
}

/// Text of a peer or of a library, fit for one line of a diagnostic: control characters replaced,
/// at most `most` bytes.
[[nodiscard]] std::string one_line(std::string_view text, std::size_t most = 200);

/// "HOST:PORT", with brackets around an IPv6 address.
[[nodiscard]] std::string address(const Url& url);

}  // namespace tape::net
