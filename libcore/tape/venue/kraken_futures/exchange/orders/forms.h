// How the venue writes orders: in answers to requests about them, and on its order feeds.
#pragma once

#include <tape/venue/exchange/orders/client_orders.h>

#include <string>
#include <string_view>
#include <vector>

namespace tape::venue::kraken_futures {

/// The status object of an answer to a request about one order.
struct OrderStatus {
  std::string_view status;
  std::string id;
  std::string client_id;
  std::vector<std::string> events;  // as JSON
};
/// `id_name`: "order_id" or "orderId"; `time_name` of when the request was received.
[[nodiscard]] std::string order_status(const OrderStatus& status, std::string_view id_name,
                                       std::string_view time_name, std::string_view tag, Nanos now);

[[nodiscard]] std::string place_event(const ClientOrder& order);
[[nodiscard]] std::string edit_event(const ClientOrder& from, const ClientOrder& to);
[[nodiscard]] std::string cancel_event(const ClientOrder& order);
[[nodiscard]] std::string reject_event(const ClientOrder& order, std::string_view reason);

/// Of one order in an answer about several. `gone`: why it is no more; empty: it is open.
[[nodiscard]] std::string order_details(const ClientOrder& order, std::string_view gone);

enum class Standing : bool { open, gone };
/// A change on an order feed.
[[nodiscard]] std::string order_change(std::string_view feed, const ClientOrder& order,
                                       std::string_view reason, Standing standing);
/// The same of an order that is gone, by its names alone.
[[nodiscard]] std::string order_removal(std::string_view feed, const ClientOrder& order,
                                        std::string_view reason);

}  // namespace tape::venue::kraken_futures
