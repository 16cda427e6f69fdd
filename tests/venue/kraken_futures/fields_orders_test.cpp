#include <catch2/catch.hpp>

#include "support.h"

using namespace kraken;

namespace {

const std::string kOrder =
    R"({"orderId":"o","cliOrdId":null,"type":"lmt","symbol":"PI_XBTUSD","side":"buy","quantity":10,"filled":0,"limitPrice":9400,)"
    R"("stopPrice":null,"reduceOnly":false,"timestamp":"2019-09-05T16:33:50.734Z","lastUpdateTimestamp":"2019-09-05T16:33:50.735Z"})";

}  // namespace

TEST_CASE("kraken futures REST: an order sent") {
  Wire wire;
  auto event = wire.send(
      R"({"result":"success","sendStatus":{"order_id":"o","status":"placed","receivedTime":"2019-09-05T16:33:50.734Z",)"
      R"("orderEvents":[{"order":)" +
      kOrder +
      R"(,"reducedQuantity":null,"type":"PLACE"}]},"serverTime":"2019-09-05T16:33:50.734Z"})");
  CHECK(summary(event) == "orderAnswer sendorder");
  CHECK(body(event, "status") == "placed");
  CHECK(body(event, "orderId") == "o");
  CHECK(body(event, "answeredAt") == "1567701230734000000");
  CHECK(body(event, "orders[0].type") == "PLACE");
  CHECK(body(event, "orders[0].order.quantity") == "10");
  CHECK(body(event, "orders[0].order.updatedAt") == "1567701230735000000");
  CHECK(body(event, "orders[0].order.stopPrice").empty());

  event = wire.send(
      R"({"result":"success","sendStatus":{"status":"placed","orderEvents":[{"type":"PLACE","orderTrigger":{"uid":"t","type":"stp",)"
      R"("symbol":"PF_XBTUSD","side":"sell","quantity":1.0,"triggerPrice":70000.0,"triggerSide":"x","triggerSignal":"mark",)"
      R"("reduceOnly":false,"timestamp":"2026-05-18T00:00:00.000Z","lastUpdateTimestamp":"2026-05-18T00:00:00.000Z"}}]}})");
  CHECK(summary(event) == "orderAnswer sendorder");
  CHECK(body(event, "orders[0].order.orderId") == "t");
  CHECK(body(event, "orders[0].order.stopPrice") == "70000.0");
  CHECK(body(event, "orders[0].order.triggerSignal") == "mark");
}

TEST_CASE("kraken futures REST: orders cancelled and edited") {
  Wire wire;
  const std::string cancelled =
      R"({"result":"success","cancelStatus":{"receivedTime":"2019-08-01T15:57:37.518Z","cancelOnly":"all","status":"cancelled",)"
      R"("cancelledOrders":[{"order_id":"o"}],"orderEvents":[{"uid":"o","order":)" +
      kOrder + R"(,"type":"CANCEL"}]}})";
  auto event = wire.send(cancelled);
  CHECK(summary(event) == "orderAnswer cancelorder");
  CHECK(body(event, "orders[0].type") == "CANCEL");
  CHECK(summary(wire.answer("/derivatives/api/v3/cancelallorders", cancelled)) ==
        "orderAnswer cancelallorders");

  event = wire.send(
      R"({"result":"success","editStatus":{"status":"edited","orderId":"o","orderEvents":[{"old":)" +
      kOrder +
      R"(,"new":{"orderId":"o","limitPrice":7200},"reducedQuantity":null,"type":"EDIT"}]}})");
  CHECK(summary(event) == "orderAnswer editorder");
  CHECK(body(event, "orderId") == "o");
  CHECK(body(event, "orders[0].previous.limitPrice") == "9400");
  CHECK(body(event, "orders[0].order.limitPrice") == "7200");
}

TEST_CASE("kraken futures REST: batches and order states") {
  Wire wire;
  auto event = wire.send(
      R"({"result":"success","serverTime":"2019-09-05T16:41:40.996Z","batchStatus":[{"status":"placed","order_tag":"1","order_id":"a",)"
      R"("dateTimeReceived":"2019-09-05T16:41:40.996Z","orderEvents":[]},{"status":"cancelled","order_id":"b","cliOrdId":"c"}]})");
  CHECK(summary(event) == "orderAnswer batchorder");
  CHECK(body(event, "orders[0].order.status") == "placed");
  CHECK(body(event, "orders[1].order.orderId") == "b");
  CHECK(body(event, "orders[1].order.clientOrderId") == "c");

  event = wire.send(R"({"result":"success","orders":[{"order":)" + kOrder +
                    R"(,"status":"ENTERED_BOOK","updateReason":"LOADING_MARKET","error":null}]})");
  CHECK(summary(event) == "orderAnswer orders/status");
  CHECK(body(event, "orders[0].order.status") == "ENTERED_BOOK");
  CHECK(body(event, "orders[0].order.orderId") == "o");
  CHECK(body(event, "orders[0].reason") == "LOADING_MARKET");
  CHECK(summary(wire.answer("/derivatives/api/v3/orders/status", R"({"result":"success"})")) ==
        "opaque: missingField, orders/status: member 'orders' is missing");

  event = wire.send(R"({"serverTime":"2023-04-07T16:30:45.678Z","orderEvents":[{"order":)" +
                    kOrder + R"(,"type":"FILL"}]})");
  CHECK(summary(event) == "orderAnswer orders/status");
  CHECK(body(event, "orders[0].type") == "FILL");
}
