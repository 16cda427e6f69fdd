#include <tape/net/https.h>
#include <tape/net/websocket.h>

#include <catch2/catch.hpp>
#include <net/servers.h>

using Catch::Matchers::Contains;
using tape::kMillisecond;
using tape::net::Closed;
using tape::net::HttpAnswer;
using tape::net::HttpClient;
using tape::net::Loop;
using tape::net::parse_url;
using tape::net::WebSocket;
using tape::net::WebSocketOptions;
using namespace tape::net::test;
using Stage = tape::net::Closed::Stage;

namespace {

/// Sends loopback through a proxy, as an empty no_proxy does.
struct Proxied {
  explicit Proxied(std::uint16_t port)
      : url("http://127.0.0.1:" + std::to_string(port)),
        https("https_proxy", url.c_str()),
        http("http_proxy", url.c_str()),
        nothing("no_proxy", "") {}
  NoProxies none;
  std::string url;
  Variable https;
  Variable http;
  Variable nothing;
};

/// Connects to a TLS server; what came back for "hello", and how it closed.
std::pair<std::string, Closed> talk(std::uint16_t port, tape::Nanos timeout) {
  Loop loop;
  Recorder handler;
  WebSocketOptions options;
  options.url = parse_url("wss://localhost:" + std::to_string(port) + "/?key=SECRET");
  options.tls.ca_file = certificates().file("ca.pem");
  options.connect_timeout = timeout;
  WebSocket socket(loop, options, handler);
  handler.at_open = [&] { socket.send("hello"); };
  handler.at_message = [&] { loop.stop(); };
  handler.at_closed = [&] { loop.stop(); };
  run(loop);
  CHECK_THAT(handler.closed.cause, !Contains("SECRET"));
  return {handler.messages.empty() ? "" : handler.messages[0].bytes, handler.closed};
}

constexpr tape::Nanos kLong = 20 * tape::kSecond;

}  // namespace

TEST_CASE("TLS goes end to end through the proxy's tunnel, WebSocket and HTTP alike") {
  Server proxy(python("connect_proxy.py"));
  const Proxied environment(proxy.port);
  const Server websockets(node("ws_server.js", certificates().options("good")));
  CHECK(talk(websockets.port, kLong).first == "hello");
  CHECK(proxy.line() == "CONNECT localhost:" + std::to_string(websockets.port));

  const Server pages(python("http_server.py", certificates().options("good")));
  Loop loop;
  HttpClient client(loop, {certificates().file("ca.pem"), true});
  tape::net::HttpRequest request;
  request.url = parse_url("https://localhost:" + std::to_string(pages.port) + "/");
  client.send(request, [&](HttpAnswer&& answer) {
    CHECK(answer.status == 200);
    CHECK(answer.body == "ok");
    loop.stop();
  });
  run(loop);
  CHECK(proxy.line() == "CONNECT localhost:" + std::to_string(pages.port));
}

TEST_CASE("the server's certificate is verified through a proxy too") {
  const Server proxy(python("connect_proxy.py"));
  const Proxied environment(proxy.port);
  const Server server(node("ws_server.js", certificates().options("wrong-host")));
  const auto closed = talk(server.port, kLong).second;
  CHECK(closed.stage == Stage::tls);
  CHECK_THAT(closed.cause, Contains("certificate is for other.example"));
}

TEST_CASE("a proxy that refuses is told with its status and page") {
  const Server proxy(python("connect_proxy.py", {"--refuse", "407"}));
  const Proxied environment(proxy.port);
  const auto closed = talk(1, kLong).second;
  CHECK(closed.stage == Stage::proxy);
  CHECK(closed.http_status == 407);
  CHECK(closed.http_body == "<html>no way through</html>");
  CHECK_THAT(closed.cause, Contains("proxy 127.0.0.1:" + std::to_string(proxy.port)) &&
                               Contains("refused the tunnel: HTTP 407"));
}

TEST_CASE("a proxy that does not answer, ends, or is not there") {
  {
    const Server proxy(python("connect_proxy.py", {"--mute"}));
    const Proxied environment(proxy.port);
    const auto closed = talk(1, 300 * kMillisecond).second;
    CHECK(closed.stage == Stage::proxy);
    CHECK_THAT(closed.cause, Contains("timeout after 300ms waiting for the answer of the proxy"));
  }
  std::uint16_t port = 0;
  {
    const Server proxy(python("connect_proxy.py"));
    port = proxy.port;
    const Proxied environment(proxy.port);
    const auto closed = talk(1, kLong).second;  // nobody listens there: the proxy gives up
    CHECK(closed.stage == Stage::proxy);
    CHECK_THAT(closed.cause, Contains("connection closed before an answer"));
  }
  const Proxied environment(port);
  const auto closed = talk(1, kLong).second;
  CHECK(closed.stage == Stage::connect);
  CHECK_THAT(closed.cause, Contains("proxy 127.0.0.1") && Contains("Connection refused"));
}
