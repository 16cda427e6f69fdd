// How the venue writes orders: in answers to requests about them, and on the user stream.
#pragma once

#include <tape/venue/exchange/orders/client_orders.h>

#include <string>
#include <string_view>

namespace tape::venue::binance_usdm {

/// Of REST. Its status is the order's.
[[nodiscard]] std::string order_answer(const ClientOrder& order);
/// ORDER_TRADE_UPDATE: NEW, AMENDMENT, CANCELED or EXPIRED. Its status is the order's.
[[nodiscard]] std::string order_update(const ClientOrder& order, std::string_view execution,
                                       Nanos now);

/// An entry of userTrades.
[[nodiscard]] std::string trade_answer(schema::Fill::Reader fill);

}  // namespace tape::venue::binance_usdm
