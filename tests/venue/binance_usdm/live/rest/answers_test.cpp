#include <tape/venue/binance_usdm/live/rest/answers.h>

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

using tape::kSecond;
using tape::venue::Answer;
using tape::venue::binance_usdm::live::judge;
using tape::venue::binance_usdm::live::Judgement;
using tape::venue::binance_usdm::live::parse_integer;
using tape::venue::binance_usdm::live::Reader;
using tape::venue::binance_usdm::live::Verdict;

namespace {

Judgement judged(std::uint16_t status, std::string_view body,
                 const std::vector<std::pair<std::string, std::string>>& headers = {}) {
  Answer answer;
  answer.status = status;
  answer.body = body;
  answer.headers = headers;
  Reader reader;
  return judge(answer, reader);
}

}  // namespace

TEST_CASE("whole JSON without an error is good") {
  CHECK(judged(200, "{}").verdict == Verdict::ok);
  CHECK(judged(200, " [] \n").verdict == Verdict::ok);
  CHECK(judged(200, R"({"code":200,"msg":"success"})").verdict == Verdict::ok);
  CHECK(judged(200, R"([{"code":-1}])").verdict == Verdict::ok);
}

TEST_CASE("errors by code and by status") {
  const std::pair<int, Verdict> codes[] = {
      {-1003, Verdict::rate_limited}, {-1006, Verdict::unknown},     {-1007, Verdict::unknown},
      {-1021, Verdict::clock_off},    {-1125, Verdict::key_gone},    {-2014, Verdict::key_refused},
      {-2015, Verdict::key_refused},  {-1022, Verdict::key_refused}, {-1121, Verdict::failed}};
  for (const auto& [code, verdict] : codes) {
    const auto body = "{\"code\":" + std::to_string(code) + ",\"msg\":\"why\"}";
    INFO(body);
    CHECK(judged(400, body).verdict == verdict);
    CHECK(judged(200, body).verdict == verdict);
  }
  CHECK(judged(429, "").verdict == Verdict::rate_limited);
  CHECK(judged(418, R"({"code":-1003,"msg":"banned until"})").verdict == Verdict::banned);
  CHECK(judged(403, "<html>").verdict == Verdict::forbidden);
  CHECK(judged(400, R"({"code":-1121,"msg":"Invalid symbol."})").reason ==
        "HTTP 400, -1121 Invalid symbol.");
}

TEST_CASE("503 says one of three things") {
  CHECK(judged(503, R"({"code":-1000,"msg":"Unknown error, please check your request or try )"
                    R"(again later."})")
            .verdict == Verdict::unknown);
  CHECK(judged(503, R"({"code":0,"msg":"Service Unavailable."})").verdict == Verdict::failed);
  CHECK(judged(503, R"({"code":0,"msg":"Internal error; unable to process your request."})")
            .verdict == Verdict::failed);
}

TEST_CASE("the venue's wait is taken within reason") {
  CHECK(judged(429, "", {{"retry-after", "17"}}).retry_after == 17 * kSecond);
  for (const auto* const bad : {"", "-5", "0", "soon", "17s", "1e3"}) {
    CHECK(judged(429, "", {{"retry-after", bad}}).retry_after == 0);
  }
  CHECK(judged(418, "", {{"retry-after", "9223372036854775807"}}).retry_after == 259'200 * kSecond);
}

TEST_CASE("what is no whole JSON fails, whatever the status says") {
  const std::string_view bodies[] = {"",
                                     " ",
                                     "<html><body>502 Bad Gateway</body></html>",
                                     R"({"listenKey":"abc)",
                                     R"({"code":-1003,"msg":)",
                                     "{",
                                     "[",
                                     "]",
                                     "null",
                                     "7",
                                     "\"text\"",
                                     R"({"code")",
                                     "\xff\xfe{}",
                                     "{]"};
  for (const auto body : bodies) {
    INFO(body);
    CHECK(judged(200, body).verdict == Verdict::failed);
    CHECK_FALSE(judged(502, body).reason.empty());
  }
  Answer none;
  none.cause = "timeout";
  Reader reader;
  CHECK(judge(none, reader).reason == "timeout");
}

TEST_CASE("values of a wrong kind are not there") {
  Reader reader;
  REQUIRE(reader.open(R"({"a":null,"b":{"c":1},"d":"12","e":12.5,"f":99999999999999999999})"));
  CHECK_FALSE(reader.text("a"));
  CHECK_FALSE(reader.integer("b"));
  CHECK(reader.integer("d") == 12);
  CHECK_FALSE(reader.integer("e"));
  CHECK_FALSE(reader.integer("f"));
  CHECK_FALSE(reader.integer("g"));
  CHECK_FALSE(parse_integer(" 1"));
}
