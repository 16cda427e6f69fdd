#include <tape/base/error.h>
#include <tape/net/https.h>
#include <tape/net/websocket.h>

#include <catch2/catch.hpp>
#include <net/servers.h>

using Catch::Matchers::Contains;
using tape::kSecond;
using tape::net::Closed;
using tape::net::HttpAnswer;
using tape::net::HttpClient;
using tape::net::Loop;
using tape::net::parse_url;
using tape::net::TlsOptions;
using tape::net::WebSocket;
using tape::net::WebSocketOptions;
using namespace tape::net::test;
using Stage = tape::net::Closed::Stage;

namespace {

TlsOptions our_ca() { return {certificates().file("ca.pem"), true}; }

/// How a connection to a TLS server with this certificate ends: "stands" when it opened.
Closed attempt(const std::string& certificate, const std::string& host, const TlsOptions& tls) {
  const NoProxies environment;
  const Server server(node("ws_server.js", certificates().options(certificate)));
  Loop loop;
  Recorder handler;
  handler.at_closed = [&] { loop.stop(); };
  WebSocketOptions options;
  options.url = parse_url("wss://" + host + ":" + std::to_string(server.port) + "/?key=SECRET");
  options.tls = tls;
  WebSocket socket(loop, options, handler);
  std::string echoed;
  handler.at_open = [&] { socket.send("hello"); };
  handler.at_message = [&] {
    echoed = handler.messages.at(0).bytes;
    loop.stop();
  };
  run(loop);
  if (handler.opened) {
    CHECK(echoed == "hello");
    return {Stage::established, "stands", 0, 0, {}};
  }
  CHECK(handler.closings == 1);
  CHECK_THAT(handler.closed.cause, !Contains("SECRET") && !Contains("\n"));
  return handler.closed;
}

HttpAnswer fetch(const std::string& certificate, const TlsOptions& tls) {
  const NoProxies environment;
  const Server server(python("http_server.py", certificates().options(certificate)));
  Loop loop;
  HttpClient client(loop, tls);
  HttpAnswer got;
  tape::net::HttpRequest request;
  request.url = parse_url("https://localhost:" + std::to_string(server.port) + "/x?key=SECRET");
  client.send(request, [&](HttpAnswer&& answer) {
    got = std::move(answer);
    loop.stop();
  });
  run(loop);
  return got;
}

}  // namespace

TEST_CASE("a certificate of a trusted CA for the name or the address is taken") {
  CHECK(attempt("good", "localhost", our_ca()).cause == "stands");
  CHECK(attempt("good", "127.0.0.1", our_ca()).cause == "stands");
}

TEST_CASE("a certificate for others is refused and says whom it is for") {
  const auto name = attempt("wrong-host", "localhost", our_ca());
  CHECK(name.stage == Stage::tls);
  CHECK_THAT(name.cause, Contains("certificate is for other.example, 192.0.2.7, not localhost"));
  const auto number = attempt("wrong-host", "127.0.0.1", our_ca());
  CHECK(number.stage == Stage::tls);
  CHECK_THAT(number.cause, Contains("certificate is for other.example, 192.0.2.7, not 127.0.0.1"));
}

TEST_CASE("an expired certificate is refused with its date") {
  const auto closed = attempt("expired", "localhost", our_ca());
  CHECK(closed.stage == Stage::tls);
  CHECK_THAT(closed.cause, Contains("expired on Jan  1 00:00:00 2020 GMT") && Contains("renew"));
}

TEST_CASE("a self-signed certificate is refused") {
  const auto closed = attempt("self-signed", "localhost", our_ca());
  CHECK(closed.stage == Stage::tls);
  CHECK_THAT(closed.cause,
             Contains("certificate of localhost is self-signed") && Contains("CA file"));
}

TEST_CASE("a certificate of a CA that is not trusted is refused, by the system's store too") {
  const auto closed = attempt("unknown-ca", "localhost", our_ca());
  CHECK(closed.stage == Stage::tls);
  CHECK_THAT(closed.cause, Contains("from an unknown CA (CN = tape test other-ca)"));
  CHECK_THAT(attempt("good", "localhost", {}).cause, Contains("from an unknown CA"));
}

TEST_CASE("a self-signed certificate that is named as the CA file is trusted") {
  CHECK(attempt("self-signed", "localhost", {certificates().file("self-signed.pem"), true}).cause ==
        "stands");
}

TEST_CASE("verification can be left out on loopback only") {
  CHECK(attempt("expired", "127.0.0.1", {"", false}).cause == "stands");
  Loop loop;
  Recorder handler;
  WebSocketOptions options;
  options.url = parse_url("wss://host.example/");
  options.tls.verify = false;
  CHECK_THROWS_WITH(WebSocket(loop, options, handler), Contains("loopback only"));
}

TEST_CASE("a CA file that is none is refused at once, by name") {
  Loop loop;
  CHECK_THROWS_WITH(HttpClient(loop, {"/nowhere/ca.pem", true}),
                    Contains("CA file /nowhere/ca.pem"));
  CHECK_THROWS_AS(HttpClient(loop, {certificates().file("good.key"), true}), tape::Error);
}

TEST_CASE("a server that speaks no TLS, and one that only takes the connection") {
  const NoProxies environment;
  const Server plain(node("ws_server.js"));
  Loop loop;
  Recorder handler;
  handler.at_closed = [&] { loop.stop(); };
  WebSocketOptions options;
  options.url = parse_url("wss://localhost:" + std::to_string(plain.port) + "/");
  options.tls = our_ca();
  const WebSocket socket(loop, options, handler);
  run(loop);
  CHECK(handler.closed.stage == Stage::tls);
  CHECK_THAT(handler.closed.cause,
             Contains("TLS handshake with localhost") || Contains("inside the TLS handshake"));

  const Server mute(python("http_server.py", certificates().options("good")));
  options.url = parse_url("ws://localhost:" + std::to_string(mute.port) + "/");
  options.connect_timeout = kSecond;
  const WebSocket unanswered(loop, options, handler);
  run(loop);
  CHECK(handler.closed.stage == Stage::upgrade);
}

TEST_CASE("HTTP requests verify as WebSockets do") {
  const auto good = fetch("good", our_ca());
  CHECK(good.status == 200);
  CHECK(good.body == "ok");
  CHECK(good.cause.empty());
  const auto refused = fetch("wrong-host", our_ca());
  CHECK(refused.status == 0);
  CHECK_THAT(refused.cause, Contains("certificate is for other.example") && !Contains("SECRET"));
  CHECK_THAT(fetch("expired", our_ca()).cause, Contains("expired"));
  CHECK_THAT(fetch("unknown-ca", our_ca()).cause, Contains("unknown CA"));
}
