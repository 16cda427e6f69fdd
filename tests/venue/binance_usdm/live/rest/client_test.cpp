#include <tape/venue/binance_usdm/live/rest/client.h>
#include <tape/venue/binance_usdm/live/rest/sign.h>

#include <catch2/catch.hpp>
#include <venue/binance_usdm/live/stage.h>

#include <string>
#include <vector>

using namespace stage;
using tape::venue::binance_usdm::live::Call;
using tape::venue::binance_usdm::live::Client;
using tape::venue::binance_usdm::live::kNever;
using tape::venue::binance_usdm::live::Verdict;

namespace {

/// A client alone.
struct Bench {
  Client::Job add(Call call, Nanos every = 0, std::string symbol = {}) {
    const bool own =
        call != Call::server_time && call != Call::exchange_info && call != Call::depth;
    return client.add({call, own ? 0 : Client::kNoAccount, std::move(symbol)}, every);
  }
  void advance(Nanos by) {
    for (; by > 0; by -= kSecond) {
      now.monotonic += std::min(by, kSecond);
      now.utc += std::min(by, kSecond);
      client.tick(now, host);
    }
  }
  Request take() {
    REQUIRE_FALSE(host.requests.empty());
    auto request = host.requests.front();
    host.requests.erase(host.requests.begin());
    return request;
  }
  Verdict answer(std::uint16_t status, std::string_view body, const Headers& headers = {}) {
    tape::venue::Answer made;
    made.id = take().id;
    made.status = status;
    made.body = body;
    made.headers = headers;
    const auto result = client.on_answer(made, now, host);
    REQUIRE(result);
    return result->verdict;
  }
  /// Seconds until the next request, up to an hour.
  int wait() {
    int seconds = 0;
    while (host.requests.empty() && seconds < 3600) {
      advance(kSecond);
      ++seconds;
    }
    return seconds;
  }
  double counter(std::string_view name) {
    std::vector<tape::venue::Session::Counter> counters;
    client.count(counters, now);
    for (const auto& entry : counters) {
      if (entry.name == name) return entry.value;
    }
    return -1;
  }

  std::vector<Account> accounts = options({}, {}, {"desk"}).accounts;
  Client client{"https://fapi.binance.com", accounts};
  FakeHost host;
  tape::venue::Session::Now now{1'000 * kSecond, 1'600'000'020 * kSecond};
};

}  // namespace

TEST_CASE("a signed request has the key in its header and the signature last") {
  Bench bench;
  bench.client.ask(bench.add(Call::account), 0);
  bench.client.tick(bench.now, bench.host);
  const auto request = bench.take();
  CHECK(request.method == "GET");
  CHECK(request.account == "desk");
  CHECK(request.headers == Headers{{"X-MBX-APIKEY", "key of desk"}});
  const std::string total = "recvWindow=5000&timestamp=1600000020000";
  CHECK(request.url ==
        "https://fapi.binance.com/fapi/v2/account?" + total + "&signature=" +
            tape::venue::binance_usdm::live::sign(tape::Secret("secret of desk"), total));
  CHECK(request.body.empty());
}

TEST_CASE("public requests carry no key") {
  Bench bench;
  bench.client.ask(bench.add(Call::depth, 0, "币USDT"), 0);
  bench.client.tick(bench.now, bench.host);
  const auto request = bench.take();
  CHECK(request.headers.empty());
  CHECK(request.url == "https://fapi.binance.com/fapi/v1/depth?symbol=%E5%B8%81USDT&limit=1000");
}

TEST_CASE("a schedule goes on from each good answer; a job is asked once at a time") {
  Bench bench;
  const auto job = bench.add(Call::account, 5 * kMinute);
  bench.client.ask(job, 0);
  for (int round = 0; round < 3; ++round) {
    bench.advance(20 * kSecond);
    CHECK(bench.host.requests.size() == 1);
    CHECK(bench.answer(200, R"({"assets":[]})") == Verdict::ok);
    CHECK(bench.wait() == 300);
  }
}

TEST_CASE("what is asked for while under way is asked again; what is cancelled is not") {
  Bench bench;
  const auto job = bench.add(Call::account);
  bench.client.ask(job, 0);
  bench.advance(kSecond);
  bench.client.ask(job, 0);
  CHECK(bench.answer(200, R"({"assets":[]})") == Verdict::ok);
  CHECK(bench.wait() == 1);
  CHECK(bench.answer(200, R"({"assets":[]})") == Verdict::ok);
  CHECK(bench.wait() == 3600);

  bench.client.ask(job, 0);
  bench.advance(kSecond);
  bench.client.cancel(job);
  CHECK(bench.answer(500, "") == Verdict::failed);
  CHECK(bench.wait() == 3600);
}

TEST_CASE("failures are asked again, ever later, up to five minutes, and told once a run") {
  Bench bench;
  bench.client.ask(bench.add(Call::account), 0);
  std::vector<int> waits;
  for (int i = 0; i < 12; ++i) {
    waits.push_back(bench.wait());
    const std::string_view bodies[] = {"",   "<html>", "{\"assets\"",
                                       "[]", "{}",     "{\"assets\":null}"};
    CHECK(bench.answer(i % 2 == 0 ? 200 : 502, bodies[i % 6]) == Verdict::failed);
  }
  CHECK(waits == std::vector<int>{1, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300});
  CHECK(bench.host.warnings.size() == 1);
  CHECK(bench.counter("rest_failures") == 12);
  bench.wait();
  CHECK(bench.answer(200, R"({"assets":[]})") == Verdict::ok);
}

TEST_CASE("no answer at all is a failure; one that comes too late is nobody's") {
  Bench bench;
  bench.client.ask(bench.add(Call::account), 0);
  bench.advance(kSecond);
  const auto lost = bench.take();
  CHECK(bench.wait() == 31);
  tape::venue::Answer late;
  late.id = lost.id;
  late.status = 200;
  late.body = R"({"assets":[]})";
  CHECK_FALSE(bench.client.on_answer(late, bench.now, bench.host));
  CHECK(bench.answer(200, R"({"assets":[]})") == Verdict::ok);
}

TEST_CASE("429 and -1003 stop everything for the time that the venue names, or a minute") {
  Bench bench;
  const auto one = bench.add(Call::account);
  const auto two = bench.add(Call::server_time);
  bench.client.ask(one, 0);
  bench.advance(kSecond);
  CHECK(bench.answer(429, "", {{"retry-after", "17"}}) == Verdict::rate_limited);
  bench.client.ask(two, 0);
  CHECK(bench.wait() == 17);
  CHECK(bench.host.requests.size() == 2);
  CHECK(bench.answer(200, R"({"serverTime":1600000000000})") == Verdict::ok);
  CHECK(bench.answer(200, R"({"code":-1003,"msg":"Too many requests"})") == Verdict::rate_limited);
  CHECK(bench.wait() == 60);
  CHECK(bench.host.warnings.empty());
}

TEST_CASE("418 and 403 stop everything for longer, and the operator is told") {
  Bench bench;
  bench.client.ask(bench.add(Call::account), 0);
  bench.advance(kSecond);
  CHECK(bench.answer(418, "") == Verdict::banned);
  CHECK(bench.wait() == 600);
  CHECK(bench.host.warnings.size() == 1);
  CHECK(bench.answer(418, "", {{"retry-after", "1200"}}) == Verdict::banned);
  CHECK(bench.wait() == 1200);
  CHECK(bench.answer(403, "<html>") == Verdict::forbidden);
  CHECK(bench.wait() == 300);
  CHECK(bench.host.warnings.size() == 3);
}

TEST_CASE("the weight stays below four fifths of the limit") {
  Bench bench;
  for (int i = 0; i < 200; ++i) {
    bench.client.ask(bench.add(Call::depth, 0, "S" + std::to_string(i)), 0);
  }
  int first_minute = 0;
  for (int second = 0; second < 59; ++second) {
    bench.advance(kSecond);
    while (!bench.host.requests.empty()) {
      ++first_minute;
      const auto used = std::to_string(first_minute * 20);
      CHECK(bench.answer(200, R"({"lastUpdateId":1})", {{"x-mbx-used-weight-1m", used}}) ==
            Verdict::ok);
    }
  }
  CHECK(first_minute == 84);  // 70 % of 2400 by 20
  // The part that is kept for accounts.
  bench.client.ask(bench.add(Call::account), 0);
  bench.client.tick(bench.now, bench.host);
  CHECK(bench.host.requests.size() == 1);
  CHECK(bench.answer(200, R"({"assets":[]})") == Verdict::ok);
  bench.advance(2 * kSecond);
  CHECK(bench.host.requests.size() == 8);
}

TEST_CASE("what other programs of the host used counts as well, and exchangeInfo sets the limit") {
  Bench bench;
  const auto info = bench.add(Call::exchange_info);
  bench.client.ask(info, 0);
  bench.advance(kSecond);
  CHECK(bench.answer(200,
                     R"({"rateLimits":[{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE",)"
                     R"("intervalNum":1,"limit":1200}],"symbols":[]})",
                     {{"x-mbx-used-weight-1m", "955"}}) == Verdict::ok);
  CHECK(bench.counter("rest_weight_limit") == 1200);
  CHECK(bench.counter("rest_weight_used") == 955);
  bench.client.ask(bench.add(Call::open_orders), 0);
  CHECK(bench.wait() == 59);
}

TEST_CASE("rate limits of another kind change nothing") {
  for (const auto* const limits :
       {R"([{"rateLimitType":"ORDERS","interval":"MINUTE","intervalNum":1,"limit":1200}])",
        R"([{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":-1}])",
        R"([{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1}])", "[]", "{}",
        "7", "null"}) {
    Bench bench;
    bench.client.ask(bench.add(Call::exchange_info), 0);
    bench.advance(kSecond);
    const auto body = std::string("{\"rateLimits\":") + limits + ",\"symbols\":[]}";
    INFO(body);
    CHECK(bench.answer(200, body) == Verdict::ok);
    CHECK(bench.counter("rest_weight_limit") == 2400);
  }
}

TEST_CASE("code -1021: the venue's clock is asked for, and stamps from then on are by it") {
  Bench bench;
  bench.client.ask(bench.add(Call::account), 0);
  bench.advance(kSecond);
  CHECK(bench.answer(400, R"({"code":-1021,"msg":"outside of the recvWindow"})") ==
        Verdict::clock_off);
  bench.client.tick(bench.now, bench.host);
  REQUIRE(bench.host.requests.size() == 1);
  CHECK(bench.host.requests[0].url == "https://fapi.binance.com/fapi/v1/time");
  const auto venue_ms = bench.now.utc / kMillisecond + 7'000;
  CHECK(bench.answer(200, "{\"serverTime\":" + std::to_string(venue_ms) + "}") == Verdict::ok);
  CHECK(bench.wait() == 1);
  CHECK(bench.take().url.find("timestamp=" + std::to_string(venue_ms + 1'000) + "&") !=
        std::string::npos);
  CHECK(bench.counter("clock_offset_seconds") == Approx(7.0));
}

TEST_CASE("the venue's clock alone moves no stamp of ours, and a mad one none at all") {
  Bench bench;
  const auto time = bench.add(Call::server_time);
  const auto job = bench.add(Call::account);
  for (const auto* const body : {R"({"serverTime":1600000050000})", R"({"serverTime":1})",
                                 R"({"serverTime":9223372036854775807})"}) {
    bench.client.ask(time, 0);
    bench.advance(kSecond);
    CHECK(bench.answer(200, body) == Verdict::ok);
    CHECK(bench.counter("clock_offset_seconds") == Approx(29.0));
    if (bench.counter("rest_requests") == 1) bench.now.utc -= kSecond;
    bench.now.utc -= kSecond;
  }
  bench.client.ask(job, 0);
  bench.advance(kSecond);
  CHECK(bench.take().url.find("timestamp=" + std::to_string(bench.now.utc / kMillisecond)) !=
        std::string::npos);
}

TEST_CASE("code -1125 to a call that knows no such answer is a failure like others") {
  for (const auto call : {Call::account, Call::create_key}) {
    Bench bench;
    bench.client.ask(bench.add(call), 0);
    bench.advance(kSecond);
    CHECK(bench.answer(400, R"({"code":-1125,"msg":"no such key"})") == Verdict::key_gone);
    CHECK(bench.wait() <= 5);
  }
  Bench bench;
  bench.client.ask(bench.add(Call::keep_key), 0);
  bench.advance(kSecond);
  CHECK(bench.answer(400, R"({"code":-1125,"msg":"no such key"})") == Verdict::key_gone);
  CHECK(bench.wait() == 3600);
}

TEST_CASE("a refused key is told once, and asked again every five minutes") {
  Bench bench;
  bench.client.ask(bench.add(Call::account), 0);
  bench.client.ask(bench.add(Call::open_orders), 0);
  bench.advance(kSecond);
  for (int i = 0; i < 3; ++i) {
    REQUIRE(bench.host.requests.size() == 2);
    CHECK(bench.answer(401, R"({"code":-2015,"msg":"Invalid API-key"})") == Verdict::key_refused);
    CHECK(bench.answer(401, R"({"code":-2015,"msg":"Invalid API-key"})") == Verdict::key_refused);
    CHECK(bench.wait() == 300);
  }
  REQUIRE(bench.host.warnings.size() == 1);
  CHECK(bench.host.warnings[0].find("desk") != std::string::npos);
  CHECK(bench.host.warnings[0].find("secret") == std::string::npos);
}
