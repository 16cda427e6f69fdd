#include "support.h"

using namespace kraken_live;
using tape::venue::Request;

namespace {

constexpr LinkId kPublic = 1;
constexpr LinkId kPrivate = 2;

std::string error(const std::string& code) {
  return R"({"result":"error","error":")" + code + R"(","serverTime":"2026-11-25T10:00:00.000Z"})";
}

/// A private link that stands, the round after it made.
void connect(Rig& rig) {
  rig.open(kPrivate);
  first_messages(rig, kPrivate);
  rig.pass(kSecond);
}

std::string header(const Request& request, std::string_view name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) return value;
  }
  return "";
}

/// Executions one a second, numbered from 1; answers as the venue does, newest first.
class Executions {
 public:
  int newest = 0;
  std::size_t page = 100;

  [[nodiscard]] static Nanos at(int number) { return 1'795'000'000 * kSecond + number * kSecond; }

  [[nodiscard]] Reply answer(const Request& request) const {
    std::string list;
    std::size_t count = 0;
    const auto bound = request.url.find("lastFillTime=");
    std::string before = bound == std::string::npos ? "9999" : request.url.substr(bound + 13);
    for (auto colon = before.find("%3A"); colon != std::string::npos; colon = before.find("%3A")) {
      before.replace(colon, 3, ":");
    }
    for (int number = newest; number > 0 && count < page; --number) {
      const auto moment = tape::format_rfc3339(at(number)).substr(0, 23) + "Z";
      if (moment >= before) continue;
      list +=
          std::string(count == 0 ? "" : ",") + R"({"fill_id":"f)" + std::to_string(number) +
          R"(","order_id":"o","symbol":"PF_XBTUSD","side":"buy","size":1,"price":2,"fillTime":")" +
          moment + R"(","fillType":"maker"})";
      ++count;
    }
    return {200, R"({"result":"success","fills":[)" + list + "]}", "", {}};
  }
};

}  // namespace

TEST_CASE("polls keep their schedule") {
  Rig rig(desk());
  rig.start();
  CHECK(rig.asked("/instruments/status") == 1);
  CHECK(rig.asked("https://status.kraken.com/api/v2/summary.json") == 1);
  CHECK(rig.asked("/accounts") == 0);  // after the connection
  connect(rig);
  CHECK(rig.asked("/accounts") == 1);
  rig.pass(3600 * kSecond);
  CHECK(rig.asked("/instruments/status") == 61);
  CHECK(rig.asked("summary.json") == 61);
  CHECK(rig.asked("/instruments") - rig.asked("/instruments/status") == 2);
  CHECK(rig.asked("/tickers") == 0);
  for (const auto* poll :
       {"/accounts", "/openpositions", "/openorders", "/fills", "/notifications"}) {
    CAPTURE(poll);
    CHECK(rig.asked(poll) >= 60);
    CHECK(rig.asked(poll) <= 61);
  }
  CHECK(rig.host.warnings.empty());
  CHECK(rig.asked("cancel") == 0);
  for (const auto& request : rig.host.requests) CHECK(request.method == "GET");
}

TEST_CASE("requests of an account are signed, public ones are not") {
  auto options = desk();
  add_account(options, "hedge", "theKeyOfHedge");
  Rig rig(std::move(options));
  rig.start();
  rig.pass(200 * kSecond);
  std::map<std::string, long long> nonces;
  for (const auto& request : rig.host.requests) {
    if (request.account.empty()) {
      CHECK(request.headers.empty());
      continue;
    }
    CHECK(header(request, "APIKey") == (request.account == "desk" ? kKey : "theKeyOfHedge"));
    CHECK(header(request, "Authent").size() == 88);
    const auto nonce = std::stoll(header(request, "Nonce"));
    CHECK(nonce > nonces[request.account]);
    nonces[request.account] = nonce;
    CHECK(request.url.starts_with("https://futures.kraken.com/derivatives/api/v3/"));
  }
  CHECK(nonces.size() == 2);
  CHECK(rig.asked("/accounts", "hedge") >= 3);
}

TEST_CASE("the round comes when all feeds have begun, or after 10 s") {
  Rig rig(desk());
  rig.start();
  rig.open(kPrivate);
  rig.pass(kSecond);
  CHECK(rig.asked("/accounts") == 0);
  SECTION("begun") {
    first_messages(rig, kPrivate);
    rig.pass(100 * kMillisecond);
  }
  SECTION("time") {
    rig.pass(8900 * kMillisecond);
    CHECK(rig.asked("/accounts") == 0);
    rig.pass(100 * kMillisecond);
  }
  for (const auto* poll :
       {"/accounts", "/openpositions", "/openorders", "/fills", "/notifications"}) {
    CHECK(rig.asked(poll) == 1);
  }
  rig.pass(30 * kSecond);
  CHECK(rig.asked("/accounts") == 1);
  rig.lose(kPrivate);
  rig.pass(2 * kSecond);
  connect(rig);
  CHECK(rig.asked("/accounts") == 2);
  CHECK(rig.asked("/openorders") == 2);
}

TEST_CASE("a request from before the connection is no part of the round") {
  Rig rig(desk());
  rig.start();
  connect(rig);
  rig.lose(kPrivate);
  rig.answers = nullptr;
  rig.pass(65 * kSecond);
  const auto before = rig.asked("/accounts");
  CHECK(before == 2);  // the second one is under way
  connect(rig);
  CHECK(rig.asked("/accounts") == before);
  rig.answers = [](const auto& request) { return good(request.url); };
  rig.pass(11 * kSecond);
  CHECK(rig.asked("/accounts") == before + 1);
}

TEST_CASE("connections that come and go make no storm of rounds") {
  Rig rig(desk());
  rig.start();
  for (int i = 0; i < 60; ++i) {
    connect(rig);
    rig.lose(kPrivate);
    rig.pass(kSecond);
  }
  CHECK(rig.asked("/openorders") >= 10);
  CHECK(rig.asked("/openorders") <= 13);
}

TEST_CASE("accounts without a link are polled at once") {
  auto options = desk();
  options.feeds = {"book"};
  options.polls = {{"fills", 0}};
  Rig rig(std::move(options));
  rig.start();
  CHECK(rig.host.links.size() == 1);
  CHECK(rig.asked("/accounts") == 1);
  CHECK(rig.asked("/fills") == 0);
}

TEST_CASE("addresses and intervals are as configured") {
  auto options = desk();
  options.endpoints = {{"rest", "http://127.0.0.1:1/derivatives/api/v3"},
                       {"status_page", "http://127.0.0.1:1/summary.json"},
                       {"websocket", "ws://127.0.0.1:1/ws/v1"}};
  options.polls = {{"tickers", 5 * kSecond}, {"instruments", 0}, {"accounts", 0}};
  Rig rig(std::move(options));
  rig.start();
  connect(rig);
  rig.pass(59 * kSecond);
  CHECK(rig.host.links[0].url == "ws://127.0.0.1:1/ws/v1");
  CHECK(rig.asked("/tickers") == 13);
  CHECK(rig.asked("/instruments") == rig.asked("/instruments/status"));
  CHECK(rig.asked("/accounts") == 0);
  CHECK(rig.asked("http://127.0.0.1:1/") == rig.host.requests.size());
}

TEST_CASE("an outage is polled ever slower, and never given up") {
  const auto reply =
      GENERATE(Reply{502, "<html>502 Bad Gateway</html>", "", {}}, Reply{503, "", "", {}},
               Reply{200, "", "", {}}, Reply{200, R"({"result":"success","accounts":{"ca)", "", {}},
               Reply{0, "", "timeout", {}}, Reply{200, error("Unavailable"), "", {}});
  Rig rig(desk());
  rig.answers = [&](const auto&) { return Reply(reply); };
  rig.start();
  connect(rig);
  rig.pass(60 * kSecond);
  CHECK(rig.asked("/accounts") >= 3);
  CHECK(rig.asked("/accounts") <= 5);
  CHECK(rig.warned("desk: accounts failed 3 times") == 1);
  const auto before = rig.asked("/accounts");
  rig.pass(3600 * kSecond);
  CHECK(rig.asked("/accounts") - before >= 11);
  CHECK(rig.asked("/accounts") - before <= 16);
  CHECK(rig.asked("/instruments/status") - 4 <= 16);
  CHECK(rig.warned("accounts failed") == 1);
  CHECK(rig.counter("request_failures", "desk") == rig.counter("requests", "desk"));
  rig.answers = [](const auto& request) { return good(request.url); };
  rig.pass(301 * kSecond);
  CHECK(rig.warned("desk: accounts answers again") == 1);
  const auto after = rig.asked("/accounts");
  rig.pass(600 * kSecond);
  CHECK(rig.asked("/accounts") - after == 10);
}

TEST_CASE("rounds in an outage do not undo its patience") {
  Rig rig(desk());
  rig.answers = [](const auto&) { return Reply{502, "", "", {}}; };
  rig.start();
  for (int i = 0; i < 150; ++i) {
    connect(rig);
    rig.lose(kPrivate);
    rig.pass(kSecond);
  }
  CHECK(rig.asked("/accounts") <= 300 / 30 + 5);
}

TEST_CASE("too many requests: the account waits, longer each time; others go on") {
  const auto reply =
      GENERATE(Reply{200, error("apiLimitExceeded"), "", {}}, Reply{429, "", "", {}});
  auto options = desk();
  add_account(options, "hedge", "theKeyOfHedge");
  Rig rig(std::move(options));
  rig.answers = [&](const Request& request) {
    return request.account == "desk" ? reply : good(request.url);
  };
  rig.start();
  connect(rig);
  rig.pass(9 * kSecond);
  std::size_t all = 0;
  for (const auto& request : rig.host.requests) all += request.account == "desk" ? 1U : 0U;
  CHECK(all <= 5);
  rig.pass(3600 * kSecond);
  all = 0;
  for (const auto& request : rig.host.requests) all += request.account == "desk" ? 1U : 0U;
  CHECK(all >= 10);
  CHECK(all <= 100);
  CHECK(rig.warned("desk: the venue says that we ask too much") == 1);
  CHECK(rig.counter("rate_limited", "desk") == static_cast<double>(all));
  CHECK(rig.asked("/accounts", "hedge") >= 60);
}

TEST_CASE("the venue's own word on when to come back is heard") {
  Rig rig(symbols({"PF_XBTUSD"}));
  rig.answers = [](const auto&) { return Reply{429, "", "", {{"retry-after", "100"}}}; };
  rig.start();
  const auto first = rig.asked("/instruments/status");
  rig.pass(99 * kSecond);
  CHECK(rig.asked("/instruments/status") == first);
  rig.pass(2 * kSecond);
  CHECK(rig.asked("/instruments/status") == first + 1);
}

TEST_CASE("a refused key of REST is told once and asked again slowly") {
  Rig rig(desk());
  rig.answers = [](const Request& request) {
    return request.account.empty() ? good(request.url)
                                   : Reply{200, error("authenticationError"), "", {}};
  };
  rig.start();
  connect(rig);
  rig.pass(50 * kSecond);
  CHECK(rig.counter("requests", "desk") <= 5);
  CHECK(rig.warned("desk: the venue refuses our requests (HTTP 200, authenticationError)") == 1);
  rig.pass(3600 * kSecond);
  CHECK(rig.warned("refuses") == 1);
  CHECK(rig.counter("requests", "desk") <= 100);
  CHECK(rig.asked("/instruments/status") >= 60);
  rig.answers = [](const auto& request) { return good(request.url); };
  rig.pass(400 * kSecond);
  const auto before = rig.counter("requests", "desk");
  rig.pass(60 * kSecond);
  CHECK(rig.counter("requests", "desk") - before == 5);
}

TEST_CASE("after a lost connection executions are paged back to the last one known") {
  Executions executions;
  executions.newest = 30;
  Rig rig(desk());
  rig.answers = [&](const Request& request) {
    return has(request.url, "/fills") ? executions.answer(request) : good(request.url);
  };
  rig.start();
  connect(rig);
  CHECK(rig.asked("lastFillTime") == 0);  // nothing was known, so nothing is missing
  rig.lose(kPrivate);
  executions.newest = 350;
  connect(rig);
  rig.pass(30 * kSecond);
  // The latest are 251 to 350; then 152 to 251, 53 to 152, and 1 to 53, which has the 30 known.
  CHECK(rig.asked("lastFillTime") == 3);
  CHECK(rig.counter("fill_pages") == 3);
  const auto request = std::find_if(rig.host.requests.begin(), rig.host.requests.end(),
                                    [](const auto& r) { return has(r.url, "lastFillTime"); });
  const auto oldest = tape::format_rfc3339(Executions::at(251)).substr(0, 20);
  std::string encoded = oldest + "001Z";
  for (auto colon = encoded.find(':'); colon != std::string::npos; colon = encoded.find(':')) {
    encoded.replace(colon, 1, "%3A");
  }
  CHECK(request->url ==
        "https://futures.kraken.com/derivatives/api/v3/fills?lastFillTime=" + encoded);
  rig.pass(300 * kSecond);
  CHECK(rig.asked("lastFillTime") == 3);
  CHECK(rig.host.warnings.empty());
}

TEST_CASE("the socket's executions count as known") {
  Executions executions;
  Rig rig(desk());
  rig.answers = [&](const Request& request) {
    return has(request.url, "/fills") ? executions.answer(request) : good(request.url);
  };
  rig.start();
  connect(rig);
  rig.receive(
      kPrivate,
      R"({"feed":"fills","fills":[{"instrument":"PF_XBTUSD","time":)" +
          std::to_string(Executions::at(120) / kMillisecond) +
          R"(,"price":1,"seq":1,"buy":true,"qty":1,"order_id":"o","fill_id":"f120","fill_type":"maker"}]})");
  executions.newest = 250;
  rig.lose(kPrivate);
  connect(rig);
  rig.pass(30 * kSecond);
  CHECK(rig.asked("lastFillTime") == 1);
}

TEST_CASE("paging has a bound, and what is beyond is told") {
  Executions executions;
  executions.newest = 1;
  Rig rig(desk());
  rig.answers = [&](const Request& request) {
    return has(request.url, "/fills") ? executions.answer(request) : good(request.url);
  };
  rig.start();
  connect(rig);
  rig.lose(kPrivate);
  executions.newest = 100'000;
  executions.page = 5;
  connect(rig);
  double most = 0;
  for (int second = 0; second < 120; ++second) {
    rig.pass(kSecond);
    most = std::max(most, rig.counter("rate_limit_used", "desk"));
  }
  CHECK(rig.asked("lastFillTime") == 20);
  CHECK(rig.warned("more executions since the connection was lost than 20 pages hold") == 1);
  CHECK(most <= 100);
  CHECK(most > 50);
}

TEST_CASE("executions that share a millisecond end the paging") {
  Rig rig(desk());
  rig.answers = [&](const Request& request) {
    Executions executions;
    executions.newest = 1;
    return has(request.url, "/fills") ? executions.answer(request) : good(request.url);
  };
  rig.start();
  connect(rig);
  rig.lose(kPrivate);
  connect(rig);
  rig.pass(60 * kSecond);
  CHECK(rig.asked("lastFillTime") == 2);  // with the last known and before it
}

TEST_CASE("a page that fails is asked for again") {
  Executions executions;
  executions.newest = 30;
  bool fail = false;
  Rig rig(desk());
  rig.answers = [&](const Request& request) {
    if (fail && has(request.url, "lastFillTime")) return Reply{502, "", "", {}};
    return has(request.url, "/fills") ? executions.answer(request) : good(request.url);
  };
  rig.start();
  connect(rig);
  rig.lose(kPrivate);
  executions.newest = 180;
  fail = true;
  connect(rig);
  rig.pass(16 * kSecond);
  CHECK(rig.asked("lastFillTime") == 2);
  fail = false;
  rig.pass(60 * kSecond);
  CHECK(rig.asked("lastFillTime") == 3);
}

TEST_CASE("a gap of trades asks for the last trades, each product every 10 s at most") {
  auto options = symbols({"PF_XBTUSD"});
  Rig rig(std::move(options));
  rig.start();
  rig.open(kPublic);
  rig.receive(kPublic, trade(1));
  rig.receive(kPublic, trade(2));
  rig.pass(kSecond);
  CHECK(rig.asked("/history") == 0);
  (void)rig.take_sent(kPublic);
  for (std::uint64_t i = 0; i < 300; ++i) {
    rig.receive(kPublic, trade(10 + 2 * i));
    rig.pass(100 * kMillisecond);
  }
  CHECK(rig.asked("https://futures.kraken.com/derivatives/api/v3/history?symbol=PF_XBTUSD") >= 3);
  CHECK(rig.asked("/history") <= 4);
  CHECK(rig.take_sent(kPublic, R"({"event":"subscribe")").empty());
  rig.pass(60 * kSecond);
  CHECK(rig.asked("/history") <= 4);
}

TEST_CASE("last trades that cannot be had are asked for three times") {
  Rig rig(symbols({"PF_XBTUSD"}));
  rig.answers = [](const auto& request) {
    return has(request.url, "/history") ? Reply{502, "", "", {}} : good(request.url);
  };
  rig.start();
  rig.open(kPublic);
  rig.receive(kPublic, trade(1));
  rig.receive(kPublic, trade(5));
  rig.pass(300 * kSecond);
  CHECK(rig.asked("/history") == 3);
}

TEST_CASE("a host that never answers does not stop the polls for ever") {
  Rig rig(symbols({"PF_XBTUSD"}));
  rig.answers = nullptr;
  rig.start();
  rig.pass(59 * kSecond);
  CHECK(rig.asked("/instruments/status") == 1);
  rig.pass(20 * kSecond);
  CHECK(rig.asked("/instruments/status") == 2);
}

TEST_CASE("answers that nobody asked for are ignored") {
  Rig rig(desk());
  rig.start();
  rig.answer(0, Reply{200, "", "", {}});
  rig.answer(999'999, Reply{429, "<html>", "", {{"retry-after", "x"}}});
  connect(rig);
  rig.answer(1, Reply{502, "", "", {}});  // answered before
  rig.pass(60 * kSecond);
  CHECK(rig.host.warnings.empty());
  CHECK(rig.counter("request_failures") == 0);
}
