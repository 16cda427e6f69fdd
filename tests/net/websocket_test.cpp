#include <tape/base/error.h>
#include <tape/base/version.h>
#include <tape/net/websocket.h>

#include <catch2/catch.hpp>
#include <net/servers.h>

using Catch::Matchers::Contains;
using tape::kMillisecond;
using tape::kSecond;
using tape::net::Closed;
using tape::net::Loop;
using tape::net::parse_url;
using tape::net::WebSocket;
using tape::net::WebSocketOptions;
using namespace tape::net::test;
using Stage = tape::net::Closed::Stage;

namespace {

/// One connection to a server of tests/support, and what came of it.
class Session {
 public:
  explicit Session(std::uint16_t port, const std::string& path = "/ws?listenKey=SECRET") {
    options.url = parse_url("ws://127.0.0.1:" + std::to_string(port) + path);
    handler.at_closed = [this] { loop.stop(); };
  }

  void open() { socket.emplace(loop, options, handler); }
  /// Connects, sends the texts, runs until the connection has ended or `messages` came.
  void talk(std::vector<std::string> texts, std::size_t messages) {
    handler.at_open = [this, texts] {
      for (const auto& text : texts) socket->send(text);
    };
    handler.at_message = [this, messages] {
      if (handler.messages.size() == messages) loop.stop();
    };
    open();
    run(loop);
  }
  [[nodiscard]] std::string text(std::size_t index) const {
    return handler.messages.at(index).bytes;
  }

  NoProxies environment;
  Loop loop;
  Recorder handler;
  WebSocketOptions options;
  std::optional<WebSocket> socket;
};

constexpr std::size_t kForever = ~std::size_t{0};

}  // namespace

TEST_CASE("texts go out and come back in order, queued before the connection stands too") {
  const Server server(node("ws_server.js"));
  Session session(server.port);
  session.handler.at_message = [&] {
    if (session.handler.messages.size() == 4) session.loop.stop();
  };
  session.handler.at_open = [&] { session.socket->send("third"); };
  session.open();
  session.socket->send("first");
  session.socket->send("");
  session.socket->send("agent");
  run(session.loop);
  CHECK(session.text(0) == "first");
  CHECK(session.text(1).empty());
  CHECK(session.text(2) == "agent: tape/" + std::string(tape::version()));
  CHECK(session.text(3) == "third");
  CHECK(session.handler.messages[0].text);
  CHECK(session.handler.padding == 0);
  CHECK(session.handler.closings == 0);
}

TEST_CASE("compression is agreed on with either server, or not offered") {
  const bool deflate = GENERATE(true, false);
  const bool javascript = GENERATE(true, false);
  const Server server(javascript ? node("ws_server.js", {"--deflate"}) : python("ws_server.py"));
  Session session(server.port);
  session.options.deflate = deflate;
  const std::string large(200'000, 'y');  // over the bound from which we compress
  session.talk({"extensions", large, "small"}, 3);
  REQUIRE(session.handler.messages.size() == 3);
  CHECK((session.text(0).find("permessage-deflate") != std::string::npos) == deflate);
  CHECK(session.text(1).substr(1) == large.substr(1));
  CHECK(session.text(1).size() == large.size());
  CHECK(session.text(2) == "small");
}

TEST_CASE("many messages in a row come each on its own") {
  const bool deflate = GENERATE(true, false);
  const Server server(node("ws_server.js", deflate ? std::vector<std::string>{"--deflate"}
                                                   : std::vector<std::string>{}));
  Session session(server.port);
  session.talk({"burst 5000"}, 5000);
  REQUIRE(session.handler.messages.size() == 5000);
  for (std::size_t i = 0; i < 5000; ++i) {
    REQUIRE(session.text(i) == "message " + std::to_string(i));
  }
}

TEST_CASE("a message is whole however it was cut into frames; kinds are told apart") {
  const Server server(python("ws_server.py"));
  Session session(server.port);
  session.talk({"fragments one- two- three", "binary", "text"}, 3);
  REQUIRE(session.handler.messages.size() == 3);
  CHECK(session.text(0) == "one-two-three");
  CHECK(session.handler.messages[0].text);
  CHECK(session.text(1) == std::string("\x00\x01\xff", 3));
  CHECK_FALSE(session.handler.messages[1].text);
  CHECK(session.handler.messages[2].text);
}

TEST_CASE("big messages come whole up to the bound, cut with their true size above it") {
  const bool deflate = GENERATE(true, false);
  const Server server(node("ws_server.js", deflate ? std::vector<std::string>{"--deflate"}
                                                   : std::vector<std::string>{}));
  Session session(server.port);
  session.options.max_message = 1'000'000;
  session.talk({"big 1000000", "big 1000001", "big 20000000", "after"}, 4);
  REQUIRE(session.handler.messages.size() == 4);
  const std::vector<std::size_t> totals = {1'000'000, 1'000'001, 20'000'000, 5};
  for (std::size_t i = 0; i < totals.size(); ++i) {
    CHECK(session.handler.messages[i].total == totals[i]);
    CHECK(session.text(i).size() == std::min<std::size_t>(totals[i], 1'000'000));
    CHECK(session.handler.messages[i].sum.has_value() == (totals[i] > 1'000'000));
  }
  CHECK(session.text(3) == "after");
}

TEST_CASE("pings are answered, and sent when asked for") {
  Server server(node("ws_server.js"));
  Session session(server.port);
  session.talk({"ping"}, 1);
  CHECK(session.text(0) == "pong: are you there");

  Session pinging(server.port);
  pinging.options.ping_every = 5 * kMillisecond;
  pinging.options.silence = 20 * kSecond;
  pinging.open();
  const auto end = pinging.loop.after(300 * kMillisecond, [&] { pinging.loop.stop(); });
  run(pinging.loop);
  CHECK(pinging.handler.closings == 0);
  for (int i = 0; i < 3; ++i) CHECK(server.line() == "ping");
}

TEST_CASE("pongs are signs of life, so silence ends only a peer that says nothing at all") {
  const Server server(node("ws_server.js"));
  Session quiet(server.port);
  quiet.options.silence = 50 * kMillisecond;
  quiet.talk({}, kForever);
  CHECK(quiet.handler.closings == 1);
  CHECK(quiet.handler.closed.stage == Stage::established);
  CHECK(quiet.handler.closed.cause == "silent for 50ms");
  CHECK(quiet.handler.closed.close_code == 0);

  Session alive(server.port);
  alive.options.silence = 3 * kSecond;
  alive.options.ping_every = 100 * kMillisecond;
  alive.open();
  // Longer than the silence, which is long enough for a busy machine.
  const auto end = alive.loop.after(4 * kSecond, [&] { alive.loop.stop(); });
  run(alive.loop);
  CHECK(alive.handler.closings == 0);
}

TEST_CASE("the peer's close code and reason are told") {
  const Server server(node("ws_server.js"));
  Session session(server.port);
  session.talk({"close 1001 going down\tnow"}, kForever);
  CHECK(session.handler.closings == 1);
  CHECK(session.handler.closed.stage == Stage::established);
  CHECK(session.handler.closed.close_code == 1001);
  CHECK(session.handler.closed.cause == "closed by the peer: 1001 (going away): going down now");

  Session other(server.port);
  other.talk({"close 4001"}, kForever);
  CHECK(other.handler.closed.close_code == 4001);
  CHECK(other.handler.closed.cause == "closed by the peer: 4001");
}

TEST_CASE("a peer that closes but keeps the connection does not hold us") {
  const Server server(node("ws_server.js"));
  Session session(server.port);
  session.talk({"quit"}, kForever);
  CHECK(session.handler.closings == 1);
  CHECK(session.handler.closed.close_code == 1001);
  CHECK_THAT(session.handler.closed.cause, Contains("closed by the peer: 1001"));
}

TEST_CASE("a peer that goes without a close frame is told from one that closes") {
  const Server server(node("ws_server.js"));
  Session reset(server.port);
  reset.talk({"reset"}, kForever);
  CHECK(reset.handler.closed.cause == "connection reset by the peer");
  CHECK(reset.handler.closed.close_code == 0);
  Session ended(server.port);
  ended.talk({"end"}, kForever);
  CHECK(ended.handler.closed.cause == "connection ended without a close frame");
}

TEST_CASE("text that is no UTF-8 ends the connection as RFC 6455 wants it") {
  const Server server(python("ws_server.py", {"--no-deflate"}));
  Session session(server.port);
  session.talk({"invalid"}, kForever);
  CHECK_THAT(session.handler.closed.cause, Contains("protocol error"));
  CHECK(session.handler.messages.empty());
}

TEST_CASE("closing says goodbye after what was queued, and tells our reason") {
  Server server(node("ws_server.js"));
  Session session(server.port);
  session.handler.at_open = [&] {
    session.socket->send("ping");
    session.socket->close("the run ends");
    session.socket->send("ignored");
  };
  session.open();
  run(session.loop);
  CHECK(session.handler.closings == 1);
  CHECK(session.handler.closed.cause == "the run ends");
  CHECK(session.handler.closed.stage == Stage::established);
  CHECK(server.line() == "closed 1000 ");
}

TEST_CASE("closing before the connection stands ends the attempt, later") {
  const Server server(node("ws_server.js"));
  Session session(server.port, "/mute");
  session.open();
  session.socket->close("changed our mind");
  CHECK(session.handler.closings == 0);
  run(session.loop);
  CHECK(session.handler.closings == 1);
  CHECK_FALSE(session.handler.opened);
  CHECK(session.handler.closed.cause == "changed our mind");
}

TEST_CASE("a dropped connection makes no call any more, wherever it was dropped") {
  const Server server(node("ws_server.js"));
  const auto where = GENERATE(0, 1, 2);
  Session session(server.port);
  int calls = 0;
  const auto drop = [&] {
    ++calls;
    session.socket.reset();
  };
  if (where == 1) session.handler.at_open = drop;
  if (where == 2) {
    session.handler.at_open = [&] { session.socket->send("burst 100"); };
    session.handler.at_message = drop;
  }
  session.open();
  if (where == 0) session.socket.reset();
  const auto end = session.loop.after(200 * kMillisecond, [&] { session.loop.stop(); });
  run(session.loop);
  CHECK(session.handler.closings == 0);
  CHECK(calls == (where == 0 ? 0 : 1));
  CHECK(session.handler.messages.size() == (where == 2 ? 1 : 0));
}

TEST_CASE("a paused connection hands nothing over, is not called silent, and loses nothing") {
  const Server server(node("ws_server.js"));
  Session session(server.port);
  session.options.silence = 5 * kSecond;
  Loop::Timer resume;
  std::size_t while_paused = 0;
  session.handler.at_open = [&] { session.socket->send("burst 2000"); };
  session.handler.at_message = [&] {
    const auto count = session.handler.messages.size();
    if (count == 2000) session.loop.stop();
    if (count != 10) return;
    session.socket->pause(true);
    resume = session.loop.after(100 * kMillisecond, [&] {
      while_paused = session.handler.messages.size() - 10;
      session.socket->pause(false);
    });
  };
  session.open();
  run(session.loop);
  CHECK(while_paused == 0);
  REQUIRE(session.handler.messages.size() == 2000);
  CHECK(session.text(1999) == "message 1999");
}

TEST_CASE("pausing and going on within one message neither reads twice nor stops") {
  const Server server(node("ws_server.js"));
  Session session(server.port);
  session.handler.at_open = [&] { session.socket->send("burst 100"); };
  session.handler.at_message = [&] {
    session.socket->pause(true);
    session.socket->pause(false);
    if (session.handler.messages.size() == 100) session.loop.stop();
  };
  session.open();
  run(session.loop);
  CHECK(session.text(99) == "message 99");
}

TEST_CASE("the kernel's view of the connection is there while it stands") {
  const Server server(node("ws_server.js"));
  Session session(server.port);
  std::optional<tape::net::TcpInfo> early;
  std::optional<tape::net::TcpInfo> standing;
  session.handler.at_message = [&] {
    standing = session.socket->tcp_info();
    session.socket->close("enough");
  };
  session.handler.at_open = [&] { session.socket->send("x"); };
  session.open();
  early = session.socket->tcp_info();
  run(session.loop);
  CHECK_FALSE(early);
  REQUIRE(standing);
  CHECK(standing->round_trip > 0);
  CHECK(standing->round_trip < 10 * kSecond);
  CHECK_FALSE(session.socket->tcp_info());
}

TEST_CASE("an upgrade answered by an error page is evidence, and no secret of the target shows") {
  const Server server(node("ws_server.js"));
  Session session(server.port, "/html");
  session.talk({}, kForever);
  CHECK_FALSE(session.handler.opened);
  const auto& closed = session.handler.closed;
  CHECK(closed.stage == Stage::upgrade);
  CHECK(closed.http_status == 502);
  CHECK(closed.http_body == "<html><body><h1>502 Bad Gateway</h1></body></html>\n");
  CHECK(closed.cause == "upgrade refused: HTTP 502 Bad Gateway");

  Session moved(server.port, "/moved");
  moved.talk({}, kForever);
  CHECK(moved.handler.closed.http_status == 302);
  CHECK_THAT(moved.handler.closed.cause, Contains("302") && Contains("redirects are not followed"));

  Session dropped(server.port, "/drop");
  dropped.talk({}, kForever);
  CHECK(dropped.handler.closed.stage == Stage::upgrade);
  CHECK(dropped.handler.closed.cause == "connection closed inside the upgrade");
}

TEST_CASE("each stage that takes too long is named") {
  const Server server(node("ws_server.js"));
  Session mute(server.port, "/mute");
  mute.options.connect_timeout = 200 * kMillisecond;
  mute.talk({}, kForever);
  CHECK(mute.handler.closed.stage == Stage::upgrade);
  CHECK_THAT(mute.handler.closed.cause, Contains("timeout after 200ms") && Contains("upgrade"));
}

TEST_CASE("nobody at the port, and nobody by the name") {
  std::uint16_t port = 0;
  { port = Server(node("ws_server.js")).port; }
  Session refused(port);
  refused.talk({}, kForever);
  CHECK(refused.handler.closings == 1);
  CHECK(refused.handler.closed.stage == Stage::connect);
  CHECK(refused.handler.closed.cause ==
        "127.0.0.1:" + std::to_string(port) + ": Connection refused");

  Session unknown(port);
  unknown.options.url = parse_url("wss://no-such-host.invalid/?listenKey=SECRET");
  unknown.options.connect_timeout = 20 * kSecond;
  unknown.talk({}, kForever);
  CHECK(unknown.handler.closed.stage == Stage::resolve);
  CHECK_THAT(unknown.handler.closed.cause, Contains("no-such-host.invalid") && !Contains("SECRET"));
}

TEST_CASE("what must not be spoken to is refused at once") {
  Loop loop;
  Recorder handler;
  WebSocketOptions options;
  options.url = parse_url("ws://192.0.2.1/");
  CHECK_THROWS_AS(WebSocket(loop, options, handler), tape::Error);
  options.url = parse_url("wss://192.0.2.1/");
  options.tls.verify = false;
  CHECK_THROWS_AS(WebSocket(loop, options, handler), tape::Error);
  CHECK(handler.closings == 0);
}

TEST_CASE("a loop that goes with a connection still open leaves nothing behind") {
  const Server server(node("ws_server.js"));
  Session session(server.port);
  session.talk({"x"}, 1);
  CHECK(session.handler.messages.size() == 1);
}
