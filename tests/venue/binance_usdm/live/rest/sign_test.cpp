#include <tape/venue/binance_usdm/live/rest/sign.h>

#include <catch2/catch.hpp>

#include <string>

using tape::Secret;
using tape::venue::binance_usdm::live::sign;
using tape::venue::binance_usdm::live::signed_query;

TEST_CASE("the documented signature vector") {
  const Secret secret("2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9");
  CHECK(sign(secret,
             "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC"
             "&recvWindow=5000&timestamp=1591702613943") ==
        "3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9");
}

TEST_CASE("the signature stands last and covers all before it; times are milliseconds") {
  const Secret secret("s");
  const auto query = signed_query(secret, "", 1'591'702'613'943'999'999);
  const std::string total = "recvWindow=5000&timestamp=1591702613943";
  CHECK(query == total + "&signature=" + sign(secret, total));
  const auto more = signed_query(secret, "symbol=BTCUSDT", 1'591'702'613'943'000'000);
  CHECK(more ==
        "symbol=BTCUSDT&" + total + "&signature=" + sign(secret, "symbol=BTCUSDT&" + total));
}
