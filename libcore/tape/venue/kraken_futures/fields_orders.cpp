// REST answers to orders: sent, cancelled, edited, in a batch, asked for (docs.kraken.com, futures
// REST v3).
#include <tape/venue/kraken_futures/fields.h>
#include <tape/venue/kraken_futures/shared.h>
#include <tape/venue/rows.h>

namespace tape::venue::kraken_futures {
namespace {

constexpr auto kOrder = std::to_array<Field>({
    {"orderId", "orderId"},
    {"cliOrdId", "clientOrderId"},
    {"type", "type"},
    {"symbol", "symbol"},
    {"side", "side", side},
    {"quantity", "quantity", decimal},
    {"filled", "filled", decimal},
    {"limitPrice", "limitPrice", decimal},
    {"stopPrice", "stopPrice", decimal},
    {"triggerSignal", "triggerSignal"},
    {"reduceOnly", "reduceOnly", boolean},
    {"timestamp", "createdAt", iso},
    {"lastUpdateTimestamp", "updatedAt", iso},
});

// A conditional order that has not fired yet.
constexpr auto kTrigger = std::to_array<Field>({
    {"uid", "orderId"},
    {"clientId", "clientOrderId"},
    {"type", "type"},
    {"symbol", "symbol"},
    {"side", "side", side},
    {"quantity", "quantity", decimal},
    {"limitPrice", "limitPrice", decimal},
    {"triggerPrice", "stopPrice", decimal},
    {"triggerSide", "", ignored},
    {"triggerSignal", "triggerSignal"},
    {"reduceOnly", "reduceOnly", boolean},
    {"timestamp", "createdAt", iso},
    {"lastUpdateTimestamp", "updatedAt", iso},
    {"startTime", "", ignored},
});

constexpr auto kStep =
    join(std::to_array<Field>({
             {"type", "type"},
             {"uid", "", ignored},
             {"reason", "reason"},
             {"reducedQuantity", "", ignored},
             {"executionId", "", ignored},
             {"price", "", ignored},
             {"amount", "", ignored},
             {"takerReducedQuantity", "", ignored},
         }),
         Under<"order.", "order.", kOrder>::kFields, Under<"new.", "order.", kOrder>::kFields,
         Under<"old.", "previous.", kOrder>::kFields,
         Under<"orderPriorEdit.", "previous.", kOrder>::kFields,
         Under<"orderPriorExecution.", "previous.", kOrder>::kFields,
         Under<"orderTrigger.", "order.", kTrigger>::kFields);

constexpr auto kAnswer = join(std::to_array<Field>({
                                  {"status", "status", text, expected},
                                  {"order_id", "orderId"},
                                  {"orderId", "orderId"},
                                  {"cliOrdId", "clientOrderId"},
                                  {"cli_ord_id", "clientOrderId"},
                                  {"receivedTime", "answeredAt", iso},
                                  {"cancelOnly", "", ignored},
                                  {"cancelledOrders", "", ignored},
                              }),
                              Under<"orderEvents[].", "orders[].", kStep>::kFields);

constexpr auto kSend = join(kEnvelope, std::to_array<Field>({{"sendStatus", "", parts, required}}),
                            Under<"sendStatus.", "", kAnswer>::kFields);
constexpr auto kCancel =
    join(kEnvelope, std::to_array<Field>({{"cancelStatus", "", parts, required}}),
         Under<"cancelStatus.", "", kAnswer>::kFields);
constexpr auto kEdit = join(kEnvelope, std::to_array<Field>({{"editStatus", "", parts, required}}),
                            Under<"editStatus.", "", kAnswer>::kFields);

constexpr auto kBatch =
    join(kEnvelope, std::to_array<Field>({
                        {"batchStatus", "", parts, required},
                        {"batchStatus[].order_tag", "", ignored},
                        {"batchStatus[].status", "orders[].order.status", text, expected},
                        {"batchStatus[].order_id", "orders[].order.orderId"},
                        {"batchStatus[].cliOrdId", "orders[].order.clientOrderId"},
                        {"batchStatus[].cli_ord_id", "orders[].order.clientOrderId"},
                        {"batchStatus[].dateTimeReceived", "orders[].order.updatedAt", iso},
                        {"batchStatus[].receivedTime", "orders[].order.updatedAt", iso},
                        {"batchStatus[].orderEvents", "", ignored},
                    }));

constexpr auto kOrdersStatus =
    join(kEnvelope,
         std::to_array<Field>({
             {"orders", "", parts, required},
             {"orders[].status", "orders[].order.status", text, expected},
             {"orders[].updateReason", "orders[].reason"},
             {"orders[].error", "", ignored},
         }),
         Under<"orders[].order.", "orders[].order.", kOrder>::kFields);

constexpr auto kOrderEvents =
    join(kEnvelope, std::to_array<Field>({{"orderEvents", "", parts, required}}),
         Under<"orderEvents[].", "orders[].", kStep>::kFields);

constexpr auto kTables = std::to_array<Table>({
    {"sendorder", "orderAnswer", "sendorder", kSend},
    {"cancelorder", "orderAnswer", "cancelorder", kCancel},
    {"cancelallorders", "orderAnswer", "cancelallorders", kCancel},
    {"editorder", "orderAnswer", "editorder", kEdit},
    {"batchorder", "orderAnswer", "batchorder", kBatch},
    {"orders/status", "orderAnswer", "orders/status", kOrdersStatus},
    {"order events", "orderAnswer", "orders/status", kOrderEvents},
});

}  // namespace

std::span<const Table> order_tables() { return kTables; }

}  // namespace tape::venue::kraken_futures
