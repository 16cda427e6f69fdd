#include <tape/base/error.h>
#include <tape/net/http_server.h>
#include <tape/net/https.h>

#include <catch2/catch.hpp>
#include <net/servers.h>

#include <thread>

using Catch::Matchers::Contains;
using tape::net::HttpServer;
using tape::net::Loop;
using namespace tape::net::test;

namespace {

/// Runs the loop while a Python script visits the server; what the script printed, joined by "|".
std::string visit(Loop& loop, std::uint16_t port, const std::string& script) {
  Process visitor({TAPE_PYTHON, "-c",
                   "import http.client, socket\n"
                   "PORT = " +
                       std::to_string(port) +
                       "\n"
                       "def ask(c, *request):\n"
                       "    c.request(*request)\n"
                       "    answer = c.getresponse()\n"
                       "    return answer, answer.read().decode()\n" +
                       script + "\nprint('end', flush=True)\n"});
  std::string seen;
  std::jthread reader([&] {
    for (auto line = visitor.line(); line != "end"; line = visitor.line()) seen += line + "|";
    loop.post([&] { loop.stop(); });
  });
  run(loop);
  reader.join();
  return seen;
}

HttpServer::Reply page(std::string_view target) {
  if (target == "/metrics") return {200, "text/plain; version=0.0.4", "up 1\n"};
  return {404, "text/plain", "not here: " + std::string(target)};
}

}  // namespace

TEST_CASE("GET and HEAD are answered on a kept connection, anything else is not allowed") {
  Loop loop;
  const HttpServer server(loop, "127.0.0.1", 0, page);
  const auto seen = visit(loop, server.port(), R"(
c = http.client.HTTPConnection("127.0.0.1", PORT)
for request in (("GET", "/metrics"), ("HEAD", "/metrics"), ("GET", "/x?y"), ("DELETE", "/metrics"), ("GET", "/metrics")):
    answer, body = ask(c, *request)
    print(answer.status, answer.getheader("Content-Type"), answer.getheader("Content-Length"), repr(body), flush=True)
)");
  CHECK(seen ==
        "200 text/plain; version=0.0.4 5 'up 1\\n'|"
        "200 text/plain; version=0.0.4 5 ''|"
        "404 text/plain 14 'not here: /x?y'|"
        "405 text/plain; charset=utf-8 18 'only GET and HEAD\\n'|"
        "200 text/plain; version=0.0.4 5 'up 1\\n'|");
}

TEST_CASE("large headers, bodies and what is no HTTP end the connection, not the server") {
  Loop loop;
  const HttpServer server(loop, "127.0.0.1", 0, page);
  const auto seen = visit(loop, server.port(), R"(
def raw(data):
    with socket.create_connection(("127.0.0.1", PORT)) as s:
        try:
            s.sendall(data)
            got = s.recv(100)
        except ConnectionError:
            got = b""
    print(got[:12].decode(), flush=True)
raw(b"GET / HTTP/1.1\r\nX: " + b"y" * 20000 + b"\r\n\r\n")
raw(b"POST / HTTP/1.1\r\nContent-Length: 100000000\r\n\r\n" + b"z" * 100000)
raw(b"\x16\x03\x01\x00\xff\x01 not http\r\n\r\n")
raw(b"GET /metrics HTTP/1.0\r\n\r\n")
)");
  CHECK(seen == "|||HTTP/1.0 200|");
}

TEST_CASE("connections over the bound are dropped, and their places come back") {
  Loop loop;
  const HttpServer server(loop, "127.0.0.1", 0, page);
  const auto seen = visit(loop, server.port(), R"(
held = [http.client.HTTPConnection("127.0.0.1", PORT) for _ in range(32)]
print({ask(c, "GET", "/metrics")[0].status for c in held}, flush=True)
try:
    print(ask(http.client.HTTPConnection("127.0.0.1", PORT), "GET", "/metrics")[0].status, flush=True)
except (ConnectionError, http.client.RemoteDisconnected):
    print("dropped", flush=True)
for c in held: c.close()
answered = False
for _ in range(1000):
    try:
        answered = ask(http.client.HTTPConnection("127.0.0.1", PORT), "GET", "/metrics")[0].status == 200
        break
    except (ConnectionError, http.client.RemoteDisconnected):
        pass
print(answered, flush=True)
)");
  CHECK(seen == "{200}|dropped|True|");
}

TEST_CASE("an address in use or none of ours is refused with what to do") {
  Loop loop;
  const HttpServer server(loop, "localhost", 0, page);
  CHECK_THROWS_WITH(HttpServer(loop, "127.0.0.1", server.port(), page),
                    Contains("listening on 127.0.0.1 port " + std::to_string(server.port())));
  CHECK_THROWS_AS(HttpServer(loop, "192.0.2.1", 0, page), tape::Error);
  CHECK_THROWS_WITH(HttpServer(loop, "metrics.example", 0, page), Contains("an address"));
}

TEST_CASE("a server that goes while visitors are there drops them") {
  Loop loop;
  std::optional<HttpServer> server;
  server.emplace(loop, "127.0.0.1", std::uint16_t{0}, [&](std::string_view) {
    server.reset();
    return HttpServer::Reply{};
  });
  const auto seen = visit(loop, server->port(), R"(
idle = socket.create_connection(("127.0.0.1", PORT))
try:
    ask(http.client.HTTPConnection("127.0.0.1", PORT), "GET", "/")
except (ConnectionError, http.client.RemoteDisconnected):
    print("dropped", flush=True)
try:
    print(idle.recv(1), flush=True)
except ConnectionError:
    print(b"", flush=True)
)");
  CHECK(seen == "dropped|b''|");
}
