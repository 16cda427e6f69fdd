#include <tape/net/websocket.h>

#include <catch2/catch.hpp>
#include <net/servers.h>

using tape::kMillisecond;
using tape::kSecond;
using tape::net::Loop;
using tape::net::parse_url;
using tape::net::WebSocket;
using tape::net::WebSocketOptions;
using namespace tape::net::test;

namespace {

/// A connection to the echo server by way of the spoiling proxy.
struct Spoiled {
  explicit Spoiled(std::vector<std::string> more = {}) : proxy(command(std::move(more))) {
    options.url = parse_url("wss://localhost:" + std::to_string(proxy.port) + "/");
    options.tls.ca_file = certificates().file("ca.pem");
    handler.at_closed = [this] { loop.stop(); };
  }
  std::vector<std::string> command(std::vector<std::string> more) const {
    more.insert(more.begin(), "127.0.0.1:" + std::to_string(server.port));
    return python("chaos_proxy.py", more);
  }
  void go() {
    socket.emplace(loop, options, handler);
    run(loop);
  }

  NoProxies environment;
  Server server{node("ws_server.js", [] {
    auto all = certificates().options("good");
    all.emplace_back("--deflate");
    return all;
  }())};
  Server proxy;
  Loop loop;
  Recorder handler;
  WebSocketOptions options;
  std::optional<WebSocket> socket;
};

}  // namespace

TEST_CASE("bytes that come in tiny slices make the same messages") {
  Spoiled spoiled({"--schedule", "0 slice 7"});
  spoiled.handler.at_open = [&] { spoiled.socket->send("burst 300"); };
  spoiled.handler.at_message = [&] {
    if (spoiled.handler.messages.size() == 300) spoiled.loop.stop();
  };
  spoiled.go();
  REQUIRE(spoiled.handler.messages.size() == 300);
  CHECK(spoiled.handler.messages[299].bytes == "message 299");
}

TEST_CASE("a connection that is reset, ended or cut inside a message says so") {
  struct Case {
    std::string command;
    std::string cause;
  };
  const auto c = GENERATE(Case{"reset", "connection reset by the peer"},
                          Case{"close", "connection ended without a close frame"},
                          Case{"cut 3", "connection ended without a close frame"},
                          Case{"cut 3 reset", "connection reset by the peer"});
  CAPTURE(c.command);
  Spoiled spoiled;
  spoiled.handler.at_open = [&] { spoiled.socket->send("first"); };
  spoiled.handler.at_message = [&] {
    if (spoiled.handler.messages.size() == 1) spoiled.proxy.tell(c.command);
    // A cut needs bytes to count: one answer after another, as more of ours under way would meet a
    // closed socket, which resets.
    if (c.command.starts_with("cut")) spoiled.socket->send("big 1000");
  };
  spoiled.go();
  CHECK(spoiled.handler.closings == 1);
  CHECK(spoiled.handler.closed.cause == c.cause);
}

TEST_CASE("a path that stalls is given up for its silence") {
  Spoiled spoiled;
  spoiled.options.ping_every = 50 * kMillisecond;
  spoiled.options.silence = kSecond;
  spoiled.handler.at_open = [&] { spoiled.proxy.tell("stall"); };
  spoiled.go();
  CHECK(spoiled.handler.closed.cause == "silent for 1s");
}
