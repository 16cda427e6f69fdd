// What clients do with orders: placed, modified, cancelled, and cancelled when they are silent.
#pragma once

#include <tape/venue/binance_usdm/exchange/orders/rules.h>
#include <tape/venue/budget.h>
#include <tape/venue/exchange/orders/client_orders.h>
#include <tape/venue/exchange/orders/dead_man.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace tape::venue::binance_usdm {

class Trading {
 public:
  /// An event of the user stream of an account that no tape holds.
  using Tell = std::function<void(const std::string& account, const std::string& event)>;
  /// All of them outlive it.
  Trading(const ExchangeOptions& options, ExchangeHost& host, Tell tell);

  /// Whether it is about orders, and no question.
  [[nodiscard]] static bool takes(std::string_view method, std::string_view endpoint);
  /// One that it takes, of an account.
  [[nodiscard]] ExchangeReply on_call(const std::string& account, std::string_view endpoint,
                                      const ClientCall& call);
  /// GET openOrders, openOrder, order; nothing: the tape may know, this does not.
  [[nodiscard]] std::optional<ExchangeReply> look_up(const std::string& account,
                                                     std::string_view endpoint,
                                                     const ClientCall& call) const;
  void on_tick();

  /// Whether an event of the user stream says something that a client changed.
  [[nodiscard]] bool overruled(std::string_view account, schema::Event::Reader event) const;
  [[nodiscard]] bool touched(const std::string& account) const { return orders_.touched(account); }

 private:
  /// Of a market, and of the account's positions.
  [[nodiscard]] Ruling fit(const std::string& account, const ClientOrder& order) const;
  [[nodiscard]] Ruling rule(const std::string& account, const ClientOrder& order) const;
  [[nodiscard]] ExchangeReply act(const std::string& account, std::string_view endpoint,
                                  const ClientCall& call);
  ExchangeReply batch(const std::string& account, const ClientCall& call);
  ExchangeReply cancel_batch(const std::string& account, const Parameters& parameters);
  ExchangeReply modify(const std::string& account, const Parameters& parameters);
  ExchangeReply place(const std::string& account, const Parameters& parameters);
  ExchangeReply cancel(const std::string& account, const Parameters& parameters);
  ExchangeReply cancel_all(const std::string& account, const std::string& symbol);
  ExchangeReply count_down(const std::string& account, const Parameters& parameters);
  void remove(const std::string& account, ClientOrder order);

  const ExchangeOptions& options_;
  ExchangeHost& host_;
  const Tell tell_;
  ClientOrders orders_;
  DeadMan switches_;                                   // by symbol and account
  std::map<std::string, Budget, std::less<>> placed_;  // by account
  std::uint64_t last_id_ = 8'000'000'000'000'000;      // far from those of tapes; exact in a double
};

}  // namespace tape::venue::binance_usdm
