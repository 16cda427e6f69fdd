// A small HTTP server for one page a program shows of itself: its metrics.
#pragma once

#include <tape/net/loop.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace tape::net {

/// GET and HEAD only, no TLS. At most 32 connections at once (further ones are dropped), headers of
/// at most 8 KiB, ten seconds for a request to come and its answer to go, a minute of idleness.
class HttpServer {
 public:
  struct Reply {
    std::uint16_t status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body;
  };
  /// Called on the loop's thread with the target ("/metrics").
  using Handler = std::function<Reply(std::string_view target)>;

  /// Listens at once. `host` is an address or "localhost", port 0 takes a free one. Throws
  /// Error{usage} for another host and Error{network} where listening fails.
  HttpServer(Loop& loop, const std::string& host, std::uint16_t port, Handler handler);
  /// Drops all connections.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  [[nodiscard]] std::uint16_t port() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace tape::net
