// Answers to questions about single orders: those that are open, and those that were cancelled a
// moment ago.
#pragma once

#include <tape/venue/exchange/orders/client_orders.h>

#include <string>
#include <string_view>
#include <vector>

namespace tape::venue::kraken_futures {

class Statuses {
 public:
  /// Both outlive it.
  Statuses(const ClientOrders& orders, const ExchangeHost& host) : orders_(orders), host_(host) {}

  /// Cancelled, for a reason in the words of the order feeds.
  void gone(const std::string& account, const ClientOrder& order, std::string_view reason);

  /// The list of POST orders/status, by what it was asked; those that are unknown are not in it.
  /// Empty: nothing was asked for.
  [[nodiscard]] std::string list(const std::string& account, const ClientCall& call);

 private:
  struct Gone {
    std::string account;
    ClientOrder order;
    std::string reason;
    Nanos at = 0;  // by the clients' clock
  };
  [[nodiscard]] std::string one(const std::string& account, std::string_view id,
                                std::string_view client_id) const;

  const ClientOrders& orders_;
  const ExchangeHost& host_;
  std::vector<Gone> gone_;  // in the order of their going
};

}  // namespace tape::venue::kraken_futures
