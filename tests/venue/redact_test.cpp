#include <tape/venue/redact.h>

#include <catch2/catch.hpp>

#include <array>
#include <string>

using namespace tape::venue;

namespace {

constexpr std::array<std::string_view, 2> kKeys{"api_key", "signed_challenge"};

std::string members(std::string text) {
  (void)redact_members({text.data(), text.size()}, kKeys);
  return text;
}
std::string parameters(std::string text) {
  static constexpr std::array<std::string_view, 1> kParameters{"signature"};
  (void)redact_parameters({text.data(), text.size()}, kParameters);
  return text;
}
std::string url(std::string text) {
  (void)redact_url({text.data(), text.size()});
  return text;
}

}  // namespace

TEST_CASE("values of secret members are overwritten, their length kept", "[redact]") {
  CHECK(members(R"({"api_key":"CANARY","feed":"fills"})") ==
        R"({"api_key":"******","feed":"fills"})");
  CHECK(members(R"({"api_key" :  "CAN\"ARY" ,"x":{"signed_challenge":"a=="}})") ==
        R"({"api_key" :  "********" ,"x":{"signed_challenge":"***"}})");
}

TEST_CASE("frames that break off are redacted up to their end", "[redact]") {
  CHECK(members(R"({"api_key":"CANARY)") == R"({"api_key":"******)");
  CHECK(members(R"({"api_key":"CANARY\)") == R"({"api_key":"*******)");
  CHECK(members(R"({"api_key":)") == R"({"api_key":)");
  CHECK(members(R"("api_key)") == R"("api_key)");
}

TEST_CASE("members of other names and values that are no strings stay", "[redact]") {
  for (const auto* same : {R"({"my_api_key":"x"})", R"({"api_key":null})", R"({"api_keys":"x"})",
                           R"({"x":"api_key"})", ""}) {
    CHECK(members(same) == same);
  }
}

TEST_CASE("parameters of queries and forms", "[redact]") {
  CHECK(parameters("symbol=A&signature=abcdef") == "symbol=A&signature=******");
  CHECK(parameters("/fapi/v1/order?signature=ab&x=1") == "/fapi/v1/order?signature=**&x=1");
  CHECK(parameters("nosignature=ab") == "nosignature=ab");
}

TEST_CASE("long runs of letters and digits in a URL are keys", "[redact]") {
  const std::string key(64, 'k');
  CHECK(url("wss://fstream.binance.com/ws/" + key) ==
        "wss://fstream.binance.com/ws/" + std::string(64, '*'));
  CHECK(url("wss://x/stream?streams=" + key + "/btcusdt@depth") ==
        "wss://x/stream?streams=" + std::string(64, '*') + "/btcusdt@depth");
  CHECK(url("/history?uid=89f0f4f9-66b5-45eb-ba3f-6eeb2da5cadd") ==
        "/history?uid=89f0f4f9-66b5-45eb-ba3f-6eeb2da5cadd");
  CHECK(url("wss://futures.kraken.com/ws/v1") == "wss://futures.kraken.com/ws/v1");
}

TEST_CASE("secrets that the process holds are found in every spelling", "[redact]") {
  const std::array<std::string, 2> literals{"CANARY/key+1==", "short"};
  const Secrets secrets(literals);
  std::string text = R"(a CANARY/key+1== b CANARY\/key+1== c CANARY%2Fkey%2B1%3D%3D short)";
  CHECK(secrets.redact({text.data(), text.size()}));
  CHECK(text.find("CANARY") == std::string::npos);
  CHECK(text.find("short") != std::string::npos);  // too short to be overwritten wherever it stands
  CHECK_FALSE(secrets.redact({text.data(), text.size()}));
}
