#include <tape/base/error.h>
#include <tape/net/https.h>
#include <tape/net/web_server.h>
#include <tape/net/websocket.h>

#include <catch2/catch.hpp>

#include "servers.h"
#include <algorithm>

namespace tape::net {
namespace {

using test::certificates;
using test::Recorder;

/// Answers every request with its method, target and body, and every message with itself.
class Echo final : public WebServer::Handler {
 public:
  void on_request(PeerId peer, WebRequest&& request) override {
    requests.push_back(request);
    if (at_request) return at_request(peer);
    server->reply(peer, {201,
                         "text/plain",
                         {{"X-Test", "yes"}},
                         request.method + " " + request.target + " " + request.body});
  }
  std::optional<WebReply> on_upgrade(PeerId, const WebRequest& request) override {
    if (request.target == "/no") return WebReply{404, "text/plain", {}, "nothing here"};
    return std::nullopt;
  }
  void on_open(PeerId peer) override {
    peers.push_back(peer);
    if (at_open) at_open(peer);
  }
  void on_message(PeerId peer, std::string_view message) override {
    server->send({&peer, 1}, message);
  }
  void on_control(PeerId) override { ++controls; }
  void on_gone(PeerId peer, std::string_view why) override {
    gone.push_back(peer);
    cause = why;
    if (at_gone) at_gone();
  }
  void on_drained(PeerId) override { ++drained; }

  WebServer* server = nullptr;
  std::vector<WebRequest> requests;
  std::vector<PeerId> peers;
  std::vector<PeerId> gone;
  std::string cause;
  int controls = 0;
  int drained = 0;
  std::function<void(PeerId)> at_request;
  std::function<void(PeerId)> at_open;
  std::function<void()> at_gone;
};

struct Bench {
  explicit Bench(WebServerOptions options = {}) : server(loop, std::move(options), echo) {
    echo.server = &server;
  }
  [[nodiscard]] Url url(const std::string& scheme, const std::string& target) const {
    return parse_url(scheme + "://127.0.0.1:" + std::to_string(server.port()) + target);
  }
  [[nodiscard]] std::unique_ptr<WebSocket> dial(const std::string& target, Nanos ping = 0,
                                                const std::string& scheme = "ws",
                                                const TlsOptions& tls = {}) {
    WebSocketOptions options;
    options.url = url(scheme, target);
    options.tls = tls;
    options.ping_every = ping;
    return std::make_unique<WebSocket>(loop, std::move(options), client);
  }

  test::NoProxies none;
  Loop loop;
  Echo echo;
  WebServer server;
  Recorder client;
};

}  // namespace

TEST_CASE("requests are answered one after another on one connection") {
  Bench bench;
  HttpClient http(bench.loop, {});
  std::vector<std::string> bodies;
  const std::function<void(int)> ask = [&](int left) {
    HttpRequest request;
    request.method = "POST";
    request.url = bench.url("http", "/a?b=" + std::to_string(left));
    request.headers = {{"X-Mine", "1"}};
    request.body = "x";
    http.send(request, [&, left](HttpAnswer&& answer) {
      CHECK(answer.status == 201);
      bodies.push_back(answer.body);
      left > 0 ? ask(left - 1) : bench.loop.stop();
    });
  };
  ask(2);
  test::run(bench.loop);
  CHECK(bodies == std::vector<std::string>{"POST /a?b=2 x", "POST /a?b=1 x", "POST /a?b=0 x"});
  const auto& headers = bench.echo.requests.front().headers;
  CHECK(std::find(headers.begin(), headers.end(),
                  std::pair<std::string, std::string>("x-mine", "1")) != headers.end());
}

TEST_CASE("an answer may come later, or never") {
  Bench bench;
  HttpClient http(bench.loop, {});
  Loop::Timer later;
  bench.echo.at_request = [&](PeerId peer) {
    if (bench.echo.requests.size() == 1) {
      later = bench.loop.after(kMillisecond, [&bench, peer] {
        bench.server.reply(peer, {200, "text/plain", {}, "late"});
      });
    } else {
      bench.server.drop(peer);
    }
  };
  std::vector<HttpAnswer> answers;
  const auto ask = [&](auto&& then) {
    HttpRequest request;
    request.method = "POST";
    request.url = bench.url("http", "/");
    http.send(request, then);
  };
  ask([&](HttpAnswer&& first) {
    answers.push_back(std::move(first));
    ask([&](HttpAnswer&& second) {
      answers.push_back(std::move(second));
      bench.loop.stop();
    });
  });
  test::run(bench.loop);
  CHECK(answers[0].body == "late");
  CHECK(answers[1].status == 0);
  CHECK(bench.echo.gone.empty());
}

TEST_CASE("messages come back whole and in order, over TLS and plain") {
  const bool tls = GENERATE(false, true);
  WebServerOptions options;
  if (tls) {
    options.certificate = certificates().file("good.pem");
    options.key = certificates().file("good.key");
  }
  Bench bench(options);
  TlsOptions trust;
  if (tls) trust.ca_file = certificates().file("ca.pem");
  constexpr std::size_t kCount = 500;
  bench.client.at_message = [&] {
    if (bench.client.messages.size() == kCount) bench.loop.stop();
  };
  const auto socket = bench.dial("/", 0, tls ? "wss" : "ws", trust);
  std::string noise(3000, 'x');
  for (std::size_t i = 0; i < kCount; ++i) socket->send(std::to_string(i) + noise.substr(i));
  test::run(bench.loop);
  for (std::size_t i = 0; i < kCount; ++i) {
    // The test's client writes on the first byte of what it was given.
    REQUIRE(bench.client.messages[i].bytes == std::to_string(i) + noise.substr(i));
    REQUIRE(bench.client.messages[i].text);
  }
  CHECK(bench.echo.drained > 0);
}

TEST_CASE("a refused upgrade says why") {
  Bench bench;
  bench.client.at_closed = [&] { bench.loop.stop(); };
  const auto socket = bench.dial("/no");
  test::run(bench.loop);
  CHECK(bench.client.closed.stage == Closed::Stage::upgrade);
  CHECK(bench.client.closed.http_status == 404);
  CHECK(bench.client.closed.http_body == "nothing here");
}

TEST_CASE("the server closes with a code behind what is queued, or drops without one") {
  const bool drop = GENERATE(false, true);
  Bench bench;
  bench.echo.at_open = [&](PeerId peer) {
    if (drop) return bench.server.drop(peer);
    for (int i = 0; i < 100; ++i) bench.server.send({&peer, 1}, "last words");
    bench.server.close(peer, 1012, "service restart");
    bench.server.send({&peer, 1}, "too late");
  };
  bench.client.at_closed = [&] { bench.loop.stop(); };
  const auto socket = bench.dial("/");
  test::run(bench.loop);
  CHECK(bench.client.messages.size() == (drop ? 0 : 100));
  CHECK(bench.client.closed.close_code == (drop ? 0 : 1012));
  if (!drop) CHECK(bench.client.closed.cause.find("service restart") != std::string::npos);
}

TEST_CASE("a connection can end behind what is queued, without a handshake") {
  Bench bench;
  bench.echo.at_open = [&](PeerId peer) {
    for (int i = 0; i < 100; ++i) bench.server.send({&peer, 1}, "last words");
    bench.server.close(peer, 0, "");
  };
  bench.client.at_closed = [&] { bench.loop.stop(); };
  const auto socket = bench.dial("/");
  test::run(bench.loop);
  CHECK(bench.client.messages.size() == 100);
  CHECK(bench.client.closed.close_code == 0);
}

TEST_CASE("a paused client is not heard, not even its pings, until it is heard again") {
  Bench bench;
  std::unique_ptr<WebSocket> socket;
  int before = -1;
  bench.echo.at_open = [&](PeerId peer) { bench.server.pause(peer, true); };
  bench.echo.at_gone = [&] { bench.loop.stop(); };
  socket = bench.dial("/", 5 * kMillisecond);
  const auto resume = bench.loop.after(100 * kMillisecond, [&] {
    before = bench.echo.controls;
    bench.server.pause(bench.echo.peers.at(0), false);
    socket->close("enough");
  });
  test::run(bench.loop);
  CHECK(before == 0);
  CHECK(bench.echo.controls >= 1);
  CHECK(bench.echo.gone == bench.echo.peers);
}

TEST_CASE("a server goes away with a paused client that has said something") {
  auto bench = std::make_unique<Bench>();
  bench->echo.at_open = [&](PeerId peer) { bench->server.pause(peer, true); };
  auto socket = bench->dial("/", 5 * kMillisecond);
  const auto end = bench->loop.after(50 * kMillisecond, [&] { bench->loop.stop(); });
  test::run(bench->loop);
  CHECK(bench->echo.peers.size() == 1);
  CHECK(bench->echo.controls == 0);
}

TEST_CASE("a client that leaves is told of once, one that is pinged answers") {
  Bench bench;
  std::unique_ptr<WebSocket> socket;
  bench.echo.at_open = [&](PeerId peer) { bench.server.ping(peer); };
  bench.echo.at_gone = [&] { bench.loop.stop(); };
  socket = bench.dial("/", 5 * kMillisecond);
  const auto leave = bench.loop.after(100 * kMillisecond, [&] { socket->close("enough"); });
  test::run(bench.loop);
  CHECK(bench.echo.gone == bench.echo.peers);
  CHECK(bench.echo.controls >= 2);
  CHECK(bench.echo.cause == "closed by the client");
}

TEST_CASE("all get the same frames, small and large, pings between them, whoever leaves") {
  Bench bench;
  constexpr std::size_t kClients = 4;
  constexpr std::size_t kMessages = 1000;
  const auto text = [](std::size_t i) {
    return std::to_string(i) + std::string(i % 100 == 99 ? 100'000 : i, 'y');
  };
  std::vector<std::unique_ptr<Recorder>> readers;
  std::vector<std::unique_ptr<WebSocket>> sockets;
  std::size_t sent = 0;
  Loop::Timer more;
  const std::function<void()> send = [&] {
    for (std::size_t i = 0; i < 50; ++i) bench.server.send(bench.echo.peers, text(sent++));
    for (const auto peer : bench.echo.peers) bench.server.ping(peer);
    if (sent == 200) sockets.back().reset();
    if (sent < kMessages) more = bench.loop.after(0, send);
  };
  bench.echo.at_open = [&](PeerId) {
    if (bench.echo.peers.size() == kClients) send();
  };
  const auto done = [&] {
    const bool all = std::all_of(readers.begin(), readers.end() - 1, [&](const auto& reader) {
      return reader->messages.size() == kMessages;
    });
    if (all) bench.loop.stop();
  };
  for (std::size_t i = 0; i < kClients; ++i) {
    readers.push_back(std::make_unique<Recorder>());
    readers.back()->at_message = done;
    WebSocketOptions options;
    options.url = bench.url("ws", "/");
    sockets.push_back(std::make_unique<WebSocket>(bench.loop, std::move(options), *readers.back()));
  }
  test::run(bench.loop);
  for (std::size_t reader = 0; reader + 1 < kClients; ++reader) {
    for (std::size_t i = 1; i < kMessages; ++i) {
      // The test's client writes on the first byte of what it was given.
      REQUIRE(readers[reader]->messages[i].bytes.substr(1) == text(i).substr(1));
    }
  }
  CHECK(bench.echo.gone.size() == 1);
  CHECK(bench.echo.controls > 0);
}

TEST_CASE("nothing follows the answer to a client that closes") {
  Bench bench;
  Loop::Timer more;
  std::unique_ptr<WebSocket> socket;
  std::function<void()> send;
  bench.echo.at_open = [&](PeerId peer) {
    send = [&, peer] {
      bench.server.send({&peer, 1}, "one more");
      more = bench.loop.after(0, send);
    };
    send();
  };
  bench.client.at_message = [&] {
    if (bench.client.messages.size() == 5) socket->close("enough");
  };
  bench.echo.at_gone = [&] { bench.loop.stop(); };
  socket = bench.dial("/");
  test::run(bench.loop);
  CHECK(bench.echo.cause == "closed by the client");
}

TEST_CASE("a client that takes nothing is cut off when its queue is full") {
  WebServerOptions options;
  options.max_queue = std::size_t{1} << 20U;
  Bench bench(options);
  const std::string large(std::size_t{64} << 10U, 'x');
  Loop::Timer more;
  std::unique_ptr<WebSocket> socket;
  std::function<void()> send;
  bench.echo.at_open = [&](PeerId peer) {
    socket->pause(true);
    send = [&, peer] {
      for (int i = 0; i < 8; ++i) bench.server.send({&peer, 1}, large);
      CHECK(bench.server.queued(peer) <= options.max_queue + large.size());
      more = bench.loop.after(kMillisecond, send);
    };
    send();
  };
  bench.echo.at_gone = [&] { bench.loop.stop(); };
  socket = bench.dial("/");
  test::run(bench.loop);
  CHECK(bench.echo.cause.find("too slow") == 0);
}

TEST_CASE("what cannot be listened at, or served with, is said") {
  Loop loop;
  Echo echo;
  WebServerOptions options;
  options.host = "example.com";
  CHECK_THROWS_AS(WebServer(loop, options, echo), Error);
  options.host = "127.0.0.1";
  options.certificate = "/nowhere/cert.pem";
  CHECK_THROWS_WITH(WebServer(loop, options, echo), Catch::Contains("/nowhere/cert.pem"));
  CHECK(parse_listen_address("[::1]:80")->host == "::1");
  CHECK(parse_listen_address(":8080")->port == 8080);
  CHECK_FALSE(parse_listen_address("127.0.0.1"));
  CHECK_FALSE(parse_listen_address("127.0.0.1:99999"));
}

}  // namespace tape::net
