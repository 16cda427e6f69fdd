#include <tape/venue/kraken_futures/live/verdict.h>

#include "support.h"
#include <array>

using namespace kraken_live;
using tape::venue::Answer;
using tape::venue::kraken_futures::Judge;
using tape::venue::kraken_futures::Outcome;
using tape::venue::kraken_futures::Verdict;

namespace {

Verdict judged(Judge& judge, const Reply& reply, std::string_view target) {
  Answer answer;
  answer.status = reply.status;
  answer.cause = reply.cause;
  answer.body = reply.body;
  answer.headers = reply.headers;
  return judge.judge(answer, target);
}

Verdict judged(const Reply& reply, std::string_view target = "/api/v3/fills") {
  Judge judge;
  return judged(judge, reply, target);
}

std::string error(const std::string& code) {
  return R"({"result":"error","error":")" + code + R"(","serverTime":"2026-11-25T10:00:00.000Z"})";
}

}  // namespace

TEST_CASE("each endpoint's answer is good") {
  for (const auto* path :
       {"/accounts", "/openpositions", "/openorders", "/fills", "/notifications", "/instruments",
        "/instruments/status", "/tickers", "/history", "/api/v2/summary.json"}) {
    const auto target = std::string("/api/v3") + path;
    const auto verdict = judged(good(target), target);
    CAPTURE(path, verdict.why);
    CHECK(verdict.outcome == Outcome::good);
  }
}

TEST_CASE("executions of an answer are counted, and their times taken") {
  const auto verdict = judged({200,
                               R"({"result":"success","fills":[
      {"fill_id":"b","symbol":"PF_XBTUSD","side":"buy","size":1,"price":2,
       "fillTime":"2026-11-25T10:00:02.000Z","fillType":"maker"},
      {"fill_id":"a","symbol":"PF_XBTUSD","side":"buy","size":1,"price":2,
       "fillTime":"2026-11-25T10:00:01.000Z","fillType":"maker"}]})",
                               "",
                               {}});
  CHECK(verdict.outcome == Outcome::good);
  CHECK(verdict.fills == 2);
  CHECK(verdict.newest_fill - verdict.oldest_fill == kSecond);
}

TEST_CASE("failures of the venue") {
  const auto fails = [](std::uint16_t status, const std::string& body) {
    const auto verdict = judged({status, body, "", {}});
    CAPTURE(status, body, verdict.why);
    CHECK(verdict.outcome == Outcome::failed);
    CHECK(has(verdict.why, "HTTP " + std::to_string(status)));
  };
  fails(200, "");
  fails(502, "");
  fails(502, "<html><head><title>502 Bad Gateway</title></head></html>");
  fails(200, "<html>");
  fails(200, R"({"result":"success","fills":[{"fill_id":"a")");
  fails(200, "{}");
  fails(200, "null");
  fails(200, R"({"result":"success"})");
  fails(503, good("/fills").body);
  fails(200, error("Unavailable"));
  fails(200, error("marketUnavailable"));
  fails(500, R"({"errors":[{"code":92,"message":"INSUFFICIENT_MARGIN"}]})");
  CHECK(judged({0, "", "timeout", {}}).why == "timeout");
  CHECK(judged({0, "", "", {}}).outcome == Outcome::failed);
}

TEST_CASE("too many requests, and how long to wait") {
  CHECK(judged({200, error("apiLimitExceeded"), "", {}}).outcome == Outcome::limited);
  const auto wait = [](const std::string& text) {
    const auto verdict = judged({429, "", "", {{"retry-after", text}}});
    CHECK(verdict.outcome == Outcome::limited);
    return verdict.retry_after;
  };
  CHECK(wait("7") == 7 * kSecond);
  CHECK(wait("999999999999") == 300 * kSecond);
  CHECK(wait("99999999999999999999999") == 0);
  CHECK(wait("-5") == 0);
  CHECK(wait("Wed, 21 Oct 2026 07:28:00 GMT") == 0);
}

TEST_CASE("refused keys") {
  for (const auto* code : {"authenticationError", "nonceBelowThreshold", "nonceDuplicate"}) {
    CHECK(judged({200, error(code), "", {}}).outcome == Outcome::refused);
  }
  CHECK(judged({401, "", "", {}}).outcome == Outcome::refused);
  CHECK(judged({403, "<html>", "", {}}).outcome == Outcome::refused);
}

TEST_CASE("any bytes are judged") {
  constexpr std::string_view kTarget = "/api/v3/fills";
  Judge judge;
  const std::string deep(100'000, '[');
  const auto bodies = std::to_array<std::string>({
      deep,
      std::string("\0\xff\xfe", 3),
      R"({"result":5,"fills":{"a":1}})",
      R"({"result":"success","fills":[1,"x",null,[]]})",
      R"({"result":"success","fills":[{"fillTime":1e999,"size":99999999999999999999999999}]})",
      R"({"result":"success","fills":[{"fillTime":"9999999-99-99"}]})",
      R"({"result":"error","error":null,"errors":[null,1,{"code":{}}]})",
      R"({"result":"error","error":")" + std::string(10'000, 'x') + "\"}",
      "\xef\xbb\xbf{\"result\":\"success\",\"fills\":[]}",
      "nan",
      "\"",
  });
  for (const auto& body : bodies) {
    for (const auto status :
         std::to_array<std::uint16_t>({0, 100, 200, 299, 304, 404, 429, 500, 65535})) {
      const auto verdict = judged(judge, {status, body, "", {}}, kTarget);
      CHECK(verdict.why.size() < 1000);
    }
    // Cut anywhere.
    for (std::size_t size = 0; size < std::min<std::size_t>(body.size(), 100); ++size) {
      (void)judged(judge, {200, body.substr(0, size), "", {}}, kTarget);
    }
  }
}
