#include <tape/base/error.h>
#include <tape/net/url.h>

#include <catch2/catch.hpp>
#include <net/servers.h>

using Catch::Matchers::Contains;
using tape::Error;
using tape::Fault;
using tape::net::is_loopback;
using tape::net::parse_url;
using tape::net::proxy_for;
using tape::net::TlsOptions;
using tape::net::test::NoProxies;
using tape::net::test::Variable;

namespace {

std::string refusal(const std::string& text) {
  try {
    (void)parse_url(text);
  } catch (const Error& error) {
    CHECK(error.fault == Fault::usage);
    return error.what();
  }
  return "taken";
}

std::string proxy(const std::string& url) {
  const auto found = proxy_for(parse_url(url));
  return found ? found->host + ":" + std::to_string(found->port) : "none";
}

}  // namespace

TEST_CASE("URLs come apart") {
  const auto kraken = parse_url("wss://futures.kraken.com/ws/v1");
  CHECK(kraken.scheme == "wss");
  CHECK(kraken.host == "futures.kraken.com");
  CHECK(kraken.port == 443);
  CHECK(kraken.target == "/ws/v1");
  CHECK(kraken.secure());
  CHECK(kraken.authority() == "futures.kraken.com");

  const auto local = parse_url("HTTP://LocalHost:8080?a=b/c");
  CHECK(local.scheme == "http");
  CHECK(local.host == "localhost");
  CHECK(local.port == 8080);
  CHECK(local.target == "/?a=b/c");
  CHECK_FALSE(local.secure());
  CHECK(local.authority() == "localhost:8080");

  const auto six = parse_url("ws://[::1]:80");
  CHECK(six.host == "::1");
  CHECK(six.target == "/");
  CHECK(six.authority() == "[::1]");
  CHECK(parse_url("https://[2001:DB8::7]:444/x").authority() == "[2001:db8::7]:444");
  CHECK(parse_url("wss://host:80/").authority() == "host:80");
}

TEST_CASE("what is no URL of ours is refused by name, and its query is not shown") {
  CHECK_THAT(refusal("futures.kraken.com/ws"),
             Contains("no \"://\"") && Contains("expected SCHEME"));
  CHECK_THAT(refusal("ftp://host/"), Contains("scheme"));
  CHECK_THAT(refusal("wss:///path"), Contains("no host name"));
  CHECK_THAT(refusal("wss://host:0/"), Contains("port"));
  CHECK_THAT(refusal("wss://host:65536/"), Contains("port"));
  CHECK_THAT(refusal("wss://host:/"), Contains("port"));
  CHECK_THAT(refusal("wss://host:44x/"), Contains("port"));
  CHECK_THAT(refusal("wss://[::1/"), Contains("without"));
  CHECK_THAT(refusal("wss://[host]/"), Contains("IPv6"));
  CHECK_THAT(refusal("wss://[::1]443/"), Contains("follows"));
  CHECK_THAT(refusal("wss://ho st/"), Contains("blanks"));
  CHECK_THAT(refusal("wss://host/a\r\nX: y"), Contains("control"));
  CHECK_THAT(refusal("wss://h\xc3\xb6st/"), Contains("ASCII"));
  CHECK_THAT(refusal("wss://host/#part"), Contains("fragment"));
  CHECK_THAT(refusal("wss://ho$t/"), Contains("no host name"));
  CHECK_THAT(refusal("wss://host/ws?listenKey=SECRET#x"), !Contains("SECRET"));
  const auto user = refusal("https://user:hunter2@host/");
  CHECK_THAT(user, Contains("refused") && Contains("***@host") && !Contains("hunter2"));
  CHECK_THAT(refusal("user:hunter2@host"), !Contains("hunter2"));
}

TEST_CASE("loopback is 127.0.0.0/8, ::1 and localhost, nothing that looks like it") {
  for (const auto* host : {"127.0.0.1", "127.255.0.9", "::1", "localhost", "LOCALHOST"}) {
    CHECK(is_loopback(host));
  }
  for (const auto* host : {"128.0.0.1", "127.0.0.1.example", "localhost.example", "::2", "",
                           "0.0.0.0", "127.1", "10.0.0.1"}) {
    CHECK_FALSE(is_loopback(host));
  }
}

TEST_CASE("without TLS or verification only loopback is spoken to") {
  const TlsOptions verified;
  const TlsOptions unverified{"", false};
  CHECK_NOTHROW(check_transport(parse_url("ws://127.0.0.1:1/"), verified));
  CHECK_NOTHROW(check_transport(parse_url("wss://localhost/"), unverified));
  CHECK_NOTHROW(check_transport(parse_url("wss://host/"), verified));
  CHECK_THROWS_WITH(check_transport(parse_url("ws://host/x?k=SECRET"), verified),
                    Contains("ws://host") && Contains("use wss://") && !Contains("SECRET"));
  CHECK_THROWS_WITH(check_transport(parse_url("http://10.0.0.1/"), verified), Contains("https://"));
  CHECK_THROWS_WITH(check_transport(parse_url("wss://host/"), unverified),
                    Contains("loopback only"));
  CHECK_THROWS_AS(check_transport(parse_url("https://127.0.0.1.example/"), unverified), Error);
}

TEST_CASE("proxies come from the environment, the special variable first") {
  const NoProxies none;
  CHECK(proxy("wss://host/") == "none");
  const Variable all("ALL_PROXY", "http://all:1");
  CHECK(proxy("wss://host/") == "all:1");
  CHECK(proxy("http://host/") == "all:1");
  const Variable lower_all("all_proxy", "http://lower-all:2");
  CHECK(proxy("wss://host/") == "lower-all:2");
  const Variable upper("HTTPS_PROXY", "http://upper:3");
  CHECK(proxy("https://host/") == "upper:3");
  const Variable lower("https_proxy", "lower:4");
  CHECK(proxy("wss://host/") == "lower:4");
  CHECK(proxy("ws://host/") == "lower-all:2");
  const Variable plain("http_proxy", "http://plain");
  CHECK(proxy("ws://host/") == "plain:80");
  CHECK(proxy("wss://host/") == "lower:4");
}

TEST_CASE("HTTP_PROXY, which a request can set in CGI, is not believed") {
  const NoProxies none;
  const Variable cgi("HTTP_PROXY", "http://evil:1");
  CHECK(proxy("http://host/") == "none");
}

TEST_CASE("no_proxy lists exceptions") {
  const NoProxies none;
  const Variable https("https_proxy", "http://proxy:3128");
  struct Case {
    const char* no_proxy;
    const char* url;
    bool proxied;
  };
  const auto c = GENERATE(
      Case{"*", "wss://host/", false}, Case{"host", "wss://host/", false},
      Case{"host", "wss://sub.host/", false}, Case{"host", "wss://ghost/", true},
      Case{".host", "wss://sub.host/", false}, Case{".host", "wss://host/", true},
      Case{"HOST", "wss://host/", false}, Case{"a, b\thost,,", "wss://host/", false},
      Case{"host:443", "wss://host/", false}, Case{"host:444", "wss://host/", true},
      Case{"10.0.0.1", "wss://10.0.0.1/", false}, Case{"10.0.0.1", "wss://10.0.0.11/", true},
      Case{"2001:db8::1", "wss://[2001:db8::1]/", false},
      Case{"[2001:db8::1]:444", "wss://[2001:db8::1]/", true},
      Case{"[2001:db8::1]:444", "wss://[2001:db8::1]:444/", false},
      Case{"other", "wss://host/", true}, Case{",", "wss://host/", true});
  CAPTURE(c.no_proxy, c.url);
  const Variable exceptions("no_proxy", c.no_proxy);
  const Variable weaker("NO_PROXY", "*");
  CHECK((proxy(c.url) != "none") == c.proxied);
}

TEST_CASE("NO_PROXY counts where no_proxy is not set") {
  const NoProxies none;
  const Variable https("https_proxy", "http://proxy:3128");
  const Variable exceptions("NO_PROXY", "host");
  CHECK(proxy("wss://host/") == "none");
}

TEST_CASE("loopback is proxied only where no_proxy is set to nothing") {
  const NoProxies none;
  const Variable https("https_proxy", "http://proxy:3128");
  CHECK(proxy("wss://127.0.0.1/") == "none");
  const Variable exceptions("no_proxy", "other");
  CHECK(proxy("wss://localhost/") == "none");
  const Variable empty("no_proxy", "");
  CHECK(proxy("wss://127.0.0.1/") == "proxy:3128");
}

TEST_CASE("a proxy that is no http:// URL is refused without its password") {
  const NoProxies none;
  const auto* const text = GENERATE("socks5://proxy:1080", "https://proxy",
                                    "http://me:hunter2@proxy:1", "me:hunter2@proxy:1");
  const Variable https("https_proxy", text);
  CHECK_THROWS_WITH(proxy("wss://host/"), Contains("proxy") && !Contains("hunter2"));
}
