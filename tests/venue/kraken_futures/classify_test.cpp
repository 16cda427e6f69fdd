#include <tape/venue/kraken_futures/classify.h>

#include <catch2/catch.hpp>

#include "support.h"

using namespace kraken;
using tape::venue::Unknown;

TEST_CASE("kraken futures: what no table knows is opaque, and is declined when asked to") {
  Wire wire;
  for (const auto* frame : {R"({"feed":"deposits_withdrawals","x":1})", R"({"event":"heartbeat"})",
                            R"({"event":"subscriptionStatus","pair":"XBT/USD"})",
                            R"({"e":"depthUpdate","E":1,"s":"BTCUSDT"})",
                            R"({"result":null,"id":1})", R"([1,2,3])", R"("text")", R"(17)"}) {
    INFO(frame);
    CHECK(summary(wire.send(frame)) == "opaque: unknownKind, no table knows this message");
    CHECK_FALSE(wire.offer(frame, Unknown::decline));
    CHECK(wire.count() == 0);
  }
  CHECK(wire.offer(R"({"feed":"heartbeat","time":1791518718452})", Unknown::decline));
}

TEST_CASE("kraken futures: bodies of an outage are told apart") {
  Wire wire;
  const auto kind_of = [&](std::string_view text) {
    return body(wire.answer("/derivatives/api/v3/openpositions", text), "kind");
  };
  CHECK(kind_of("") == "empty");
  CHECK(kind_of("  \n") == "empty");
  CHECK(kind_of("<html><h1>502 Bad Gateway</h1></html>") == "html");
  CHECK(kind_of(R"({"result":"success","openPositions":[{"side":"lo)") == "truncated");
  CHECK(kind_of("{}") == "missingField");
  CHECK(kind_of(R"({"result":"success"})") == "missingField");
  CHECK(kind_of(R"({"result":"success","openPositions":null})") == "missingField");
  CHECK(kind_of("\xff\xfe") == "binary");
  CHECK(body(wire.send("{}"), "kind") == "emptyJson");
  CHECK(body(wire.send("null"), "kind") == "emptyJson");
}

TEST_CASE("kraken futures: the path of an answer says what it is, an error says it first") {
  Wire wire;
  const std::string answer = R"({"result":"success"})";
  const auto reason = [&](std::string_view target) {
    return body(wire.answer(target, answer), "reason");
  };
  CHECK(reason("/derivatives/api/v3/fills?lastFillTime=2020-01-01T00:00:00Z") ==
        "fills: member 'fills' is missing");
  CHECK(reason("/derivatives/api/v3/instruments") ==
        "instruments: member 'instruments' is missing");
  CHECK(reason("/derivatives/api/v3/instruments/status") ==
        "instruments/status: member 'instrumentStatus' is missing");
  CHECK(reason("/api/history/v3/executions") == "executions: member 'elements' is missing");
  CHECK(reason("/api/history/v3/market/PF_XBTUSD/executions") ==
        "market executions: member 'elements' is missing");
  CHECK(reason("/derivatives/api/v3/transfer") == "no table knows this message");
  CHECK(summary(wire.answer("/derivatives/api/v3/fills",
                            R"({"result":"error","error":"Unavailable"})")) == "error");
  wire.direction = tape::schema::Direction::SENT;
  CHECK(body(wire.answer("/derivatives/api/v3/fills", R"({"result":"success","fills":[]})"),
             "kind") == "unknownKind");
}

TEST_CASE("kraken futures: a word in the bytes is looked for, not a member") {
  using tape::venue::kraken_futures::mentions_event;
  CHECK(mentions_event(R"({"feed":"book","event":"subscribed"})"));
  CHECK(mentions_event(R"("event")"));
  CHECK_FALSE(mentions_event(R"({"feed":"ticker","volume":1,"leverage":"50x","eventual":2})"));
  CHECK_FALSE(mentions_event(R"("even)"));
  CHECK_FALSE(mentions_event("v"));
  CHECK_FALSE(mentions_event(""));
  // The word as a value does not make a data frame a control frame.
  Wire wire;
  CHECK(summary(wire.send(
            R"({"feed":"ticker","product_id":"P","time":1676393235406,"tag":"event"})")) ==
        "ticker ticker P");
}
