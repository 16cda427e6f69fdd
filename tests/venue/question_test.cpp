#include <tape/venue/question.h>

#include <catch2/catch.hpp>

#include <array>
#include <string_view>

namespace tape::venue {

TEST_CASE("parameters of given names are left out of a target, the rest stays as it is") {
  constexpr std::array<std::string_view, 2> kNames{"timestamp", "signature"};
  CHECK(without_parameters("/a/b", kNames) == "/a/b");
  CHECK(without_parameters("/a?timestamp=1", kNames) == "/a");
  CHECK(without_parameters("/a?x=1&timestamp=2&y=&signature=**", kNames) == "/a?x=1&y=");
  CHECK(without_parameters("/a?timestamps=1&x", kNames) == "/a?timestamps=1&x");
  CHECK(without_parameters("?&&timestamp", kNames) == "?&");
  CHECK(without_parameters("", kNames).empty());
}

TEST_CASE("a venue's own stamps are left out of what it was asked") {
  CHECK(asked_of("binance-usdm", "/a?x=1&timestamp=2&recvWindow=3&signature=4") == "/a?x=1");
  CHECK(asked_of("kraken-futures", "/a?timestamp=2") == "/a?timestamp=2");
  CHECK(asked_of("", "/a?timestamp=2") == "/a?timestamp=2");
}

}  // namespace tape::venue
