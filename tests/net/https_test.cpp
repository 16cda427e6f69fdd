#include <tape/net/https.h>

#include <catch2/catch.hpp>
#include <net/servers.h>

#include <sstream>

using Catch::Matchers::Contains;
using tape::kMillisecond;
using tape::kSecond;
using tape::net::HttpAnswer;
using tape::net::HttpClient;
using tape::net::HttpRequest;
using tape::net::Loop;
using tape::net::parse_url;
using namespace tape::net::test;

namespace {

class Client {
 public:
  Client() { client.emplace(loop, tape::net::TlsOptions{}); }

  HttpRequest request(const std::string& path, const std::string& method = "GET") const {
    HttpRequest made;
    made.method = method;
    made.url = parse_url("http://127.0.0.1:" + std::to_string(server.port) + path);
    made.timeout = 20 * kSecond;
    return made;
  }
  HttpAnswer get(const std::string& path, const std::string& method = "GET") {
    return send(request(path, method));
  }
  HttpAnswer send(HttpRequest made) {
    HttpAnswer got;
    int calls = 0;
    client->send(std::move(made), [&](HttpAnswer&& answer) {
      got = std::move(answer);
      ++calls;
      loop.stop();
    });
    CHECK(calls == 0);
    run(loop);
    CHECK(calls == 1);
    CHECK(got.body.capacity() >= got.body.size() + tape::event::kFramePadding);
    CHECK_THAT(got.cause, !Contains("SECRET"));
    return got;
  }
  /// "CONNECTION METHOD PATH" of the next request that the server saw.
  std::string seen() { return server.line(); }

  NoProxies environment;
  Server server{python("http_server.py")};
  Loop loop;
  std::optional<HttpClient> client;
};

}  // namespace

TEST_CASE("a request goes out as it was asked for and its answer comes whole") {
  Client client;
  auto request = client.request("/echo?symbol=PI_XBTUSD&signature=abc%2B", "POST");
  request.headers = {{"APIKey", "k"}, {"Host", "forged.example"}};
  request.body = "a=1";
  const auto answer = client.send(request);
  CHECK(answer.status == 200);
  CHECK(answer.cause.empty());
  CHECK(answer.latency > 0);
  CHECK_THAT(answer.body, Contains(R"("method": "POST")") && Contains(R"("body": "a=1")"));
  CHECK_THAT(answer.body, Contains("/echo?symbol=PI_XBTUSD&signature=abc%2B"));
  CHECK_THAT(answer.body, Contains(R"("APIKey": "k")") && Contains(R"("Content-Length": "3")"));
  CHECK_THAT(answer.body, Contains(R"("User-Agent": "tape/)") && !Contains("forged"));
  CHECK_THAT(answer.body, !Contains("Accept-Encoding"));
  const auto found = std::find(answer.headers.begin(), answer.headers.end(),
                               std::pair<std::string, std::string>("x-mixed-case", "Yes"));
  CHECK(found != answer.headers.end());
}

TEST_CASE("connections are kept, and requests side by side have their own") {
  Client client;
  for (int i = 0; i < 3; ++i) CHECK(client.get("/").status == 200);
  for (int i = 0; i < 3; ++i) CHECK(client.seen() == "1 GET /");
  int left = 3;
  for (int i = 0; i < 3; ++i) {
    client.client->send(client.request("/"), [&](HttpAnswer&& answer) {
      CHECK(answer.status == 200);
      if (--left == 0) client.loop.stop();
    });
  }
  run(client.loop);
  std::vector<std::string> lines = {client.seen(), client.seen(), client.seen()};
  std::sort(lines.begin(), lines.end());
  CHECK(lines == std::vector<std::string>{"1 GET /", "2 GET /", "3 GET /"});
}

TEST_CASE("chunked bodies and bodies without a length come whole, errors with their page") {
  Client client;
  CHECK(client.get("/chunked").body == "one two three");
  const auto until_end = client.get("/until-end");
  CHECK(until_end.body == "all there is");
  CHECK(until_end.cause.empty());
  const auto page = client.get("/html");
  CHECK(page.status == 503);
  CHECK(page.body == "<html>down for maintenance</html>");
  CHECK(page.cause.empty());
}

TEST_CASE("a body that was cut keeps its status and what came of it") {
  Client client;
  const auto answer = client.get("/cut?key=SECRET");
  CHECK(answer.status == 200);
  CHECK(answer.body == "half of");
  CHECK(answer.cause == "connection closed inside the body");
}

TEST_CASE("time-outs say where it stood") {
  Client client;
  auto stalled = client.request("/stall?key=SECRET");
  stalled.timeout = 500 * kMillisecond;
  const auto begun = client.send(stalled);
  CHECK(begun.status == 200);
  CHECK(begun.body == "begun");
  CHECK(begun.cause == "timeout after 500ms inside the body");
  auto mute = client.request("/mute?key=SECRET");
  mute.timeout = 500 * kMillisecond;
  const auto nothing = client.send(mute);
  CHECK(nothing.status == 0);
  CHECK(nothing.cause == "timeout after 500ms waiting for the answer");
}

TEST_CASE("a body over the bound is cut there") {
  Client client;
  const auto answer = client.get("/endless");
  CHECK(answer.status == 200);
  CHECK(answer.body.size() <= std::size_t{16} << 20U);
  CHECK(answer.body.size() > std::size_t{15} << 20U);
  CHECK_THAT(answer.cause, Contains("larger"));
}

TEST_CASE("an answer that is no HTTP is said to be none") {
  Client client;
  const auto answer = client.get("/not-http");
  CHECK(answer.status == 0);
  CHECK_THAT(answer.cause, Contains("no HTTP/1.1"));
}

TEST_CASE("a kept connection that is dead is replaced for what may be repeated, never for POST") {
  Client client;
  const auto* const method = GENERATE("GET", "PUT", "DELETE");
  CHECK(client.get("/leave-later").body == "next one fails");
  CHECK(client.seen() == "1 GET /leave-later");
  const auto repeated = client.get("/", method);
  CHECK(repeated.status == 200);
  CHECK(client.seen() == "2 " + std::string(method) + " /");

  CHECK(client.get("/leave-later").status == 200);
  CHECK(client.seen() == "2 GET /leave-later");
  const auto post = client.get("/", "POST");
  CHECK(post.status == 0);
  CHECK_FALSE(post.cause.empty());
}

TEST_CASE("a kept connection that the peer has closed is not used again, for POST neither") {
  Client client;
  CHECK(client.get("/leave").body == "bye");
  // Its end is on the way: it comes while the loop waits.
  const auto pause = client.loop.after(200 * kMillisecond, [&] { client.loop.stop(); });
  run(client.loop);
  CHECK(client.get("/", "POST").status == 200);
}

TEST_CASE("what cannot be sent as it is, is not sent") {
  Client client;
  auto request = client.request("/");
  request.headers = {{"APIKey", "k\r\nX-Evil: SECRET"}};
  const auto split = client.send(request);
  CHECK(split.status == 0);
  CHECK_THAT(split.cause, Contains("not sent: header APIKey"));
  request = client.request("/", "GET /evil HTTP/1.1\r\n");
  CHECK_THAT(client.send(request).cause, Contains("method"));
  request = client.request("/");
  request.url.target = "/ SECRET";
  CHECK_THAT(client.send(request).cause, Contains("target"));
  request = client.request("/");
  request.url = parse_url("http://192.0.2.1/");
  CHECK_THAT(client.send(request).cause, Contains("use https://"));
  request.url.scheme = "ws";
  CHECK_THAT(client.send(request).cause, Contains("scheme"));
}

TEST_CASE("nobody at the port is a cause") {
  Client client;
  std::uint16_t port = 0;
  { port = Server(python("http_server.py")).port; }
  auto request = client.request("/");
  request.url.port = port;
  const auto answer = client.send(request);
  CHECK(answer.status == 0);
  CHECK_THAT(answer.cause, Contains("Connection refused") && Contains(std::to_string(port)));
}

TEST_CASE("no answer comes once the client is gone, in a callback too") {
  Client client;
  int calls = 0;
  client.client->send(client.request("/"), [&](HttpAnswer&&) {
    ++calls;
    client.client.reset();
  });
  client.client->send(client.request("/mute"), [&](HttpAnswer&&) { calls += 100; });
  const auto end = client.loop.after(500 * kMillisecond, [&] { client.loop.stop(); });
  run(client.loop);
  CHECK(calls == 1);
}
