#include <tape/base/error.h>
#include <tape/venue/kraken_futures/live/sign.h>

#include <catch2/catch.hpp>

#include <string>

using tape::Secret;
using namespace tape::venue::kraken_futures;

namespace {

Secret secret(std::string text) { return Secret(std::move(text)); }

}  // namespace

TEST_CASE("the documented challenge is signed as documented") {
  const auto key = secret(
      "7zxMEF5p/Z8l2p2U7Ghv6x14Af+Fx+92tPgUdVQ748FOIrEoT9bgT+bTRfXc5pz8na+hL/QdrCVG7bh9KpT0eMTm");
  CHECK(sign_challenge("c100b894-1729-464d-ace1-52dbce11db42", key) ==
        "4JEpF3ix66GA2B+ooK128Ift4XQVtc137N9yeg4Kqsn9PI0Kpzbysl9M1IeCEdjg0zl00wkVqcsnG4bmnlMb3A==");
}

TEST_CASE("a request is signed over parameters, nonce and path; the secret may lack its padding") {
  constexpr auto* kUnpadded =
      "rttp4AzwRfYEdQ7R7X8Z/04Y4TZPa97pqCypi3xXxAqftygftnI6H9yGV+OcUOOJeFtZkr8mVwbAndU3Kz4Q+eG";
  constexpr auto* kSigned =
      "DqUyz8Wh/72af7dimSXHw91IFxrAriTgVodyg2s67PU2mVStwLDQak+uIoCtfb43XONq0xVAp+vm5dqnhFAB1Q==";
  const auto authent_of = [](const std::string& text) {
    return authent("symbol=fi_xbtusd_180615", "1415957147987", "/api/v3/orderbook", secret(text));
  };
  CHECK(authent_of(kUnpadded) == kSigned);
  CHECK(authent_of(std::string(kUnpadded) + "=") == kSigned);
  CHECK(authent("", "1415957147987", "/api/v3/orderbook", secret(kUnpadded)) != kSigned);
}

TEST_CASE("a secret that is no base64 is refused without being shown") {
  CHECK(is_secret("Zm9v"));
  CHECK_FALSE(is_secret(""));
  CHECK_FALSE(is_secret("not base64"));
  try {
    (void)sign_challenge("c", secret("hush!"));
    FAIL("signed");
  } catch (const tape::Error& error) {
    CHECK(error.fault == tape::Fault::usage);
    CHECK(std::string(error.what()).find("hush") == std::string::npos);
  }
}

TEST_CASE("the path that is signed") {
  CHECK(signed_path("https://futures.kraken.com/derivatives/api/v3/fills") == "/api/v3/fills");
  CHECK(signed_path("http://127.0.0.1:8080/api/v3/fills") == "/api/v3/fills");
  CHECK(signed_path("https://host/derivativesnot/api") == "/derivativesnot/api");
  CHECK(signed_path("https://host").empty());
}

TEST_CASE("parameters are signed in the form in which they are sent") {
  CHECK(url_encode("2020-02-06T21:55:51.000Z") == "2020-02-06T21%3A55%3A51.000Z");
  CHECK(url_encode("a b&c=\xc3\xa9~_") == "a%20b%26c%3D%C3%A9~_");
}

TEST_CASE("nonces rise, whatever the clock does") {
  Nonce nonce;
  CHECK(nonce.next(1'600'000'000'000 * tape::kMillisecond) == "1600000000000");
  CHECK(nonce.next(1'600'000'000'000 * tape::kMillisecond) == "1600000000001");
  CHECK(nonce.next(1'500'000'000'000 * tape::kMillisecond) == "1600000000002");
  CHECK(nonce.next(1'600'000'000'500 * tape::kMillisecond) == "1600000000500");
}
