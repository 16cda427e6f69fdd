// An HTTP client: requests over kept-alive connections, each answered once, by an answer or by a
// cause.
#pragma once

#include <tape/base/time.h>
#include <tape/net/loop.h>
#include <tape/net/url.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tape::net {

struct HttpRequest {
  std::string method = "GET";
  Url url;  // http or https
  std::vector<std::pair<std::string, std::string>>
      headers;  // Host, User-Agent and Content-Length are made
  std::string body;
  Nanos timeout = 10 * kSecond;  // for everything
};

struct HttpAnswer {
  std::uint16_t status = 0;  // 0: no answer; `cause` says why
  std::string cause;         // also when the body was cut: "connection closed inside the body"
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;   // as far as it came, at most 16 MiB (nothing when more is announced);
                      // event::kFramePadding bytes of capacity behind
  Nanos latency = 0;  // from the request's start to the end of the answer
};

/// Keeps a few idle connections an origin; requests to one origin run side by side on connections
/// of their own. A kept connection that the peer closed meanwhile is replaced without a failure for
/// requests that may be repeated (GET, PUT, DELETE), never for POST.
class HttpClient {
 public:
  /// Throws Error{usage} for a CA file that cannot be read. URLs that must not be spoken to are a
  /// cause of the answer.
  HttpClient(Loop& loop, TlsOptions tls);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// `done` is called exactly once, later, on the loop's thread; never after the client is gone.
  void send(HttpRequest request, std::function<void(HttpAnswer&&)> done);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace tape::net
