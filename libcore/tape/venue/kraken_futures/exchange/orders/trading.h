// What clients do with orders: placed, edited, cancelled, and cancelled when they are silent.
#pragma once

#include <tape/venue/exchange/feeds.h>
#include <tape/venue/exchange/message.h>
#include <tape/venue/exchange/orders/client_orders.h>
#include <tape/venue/exchange/orders/dead_man.h>
#include <tape/venue/kraken_futures/exchange/orders/forms.h>
#include <tape/venue/kraken_futures/exchange/orders/rules.h>
#include <tape/venue/kraken_futures/exchange/orders/statuses.h>

#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace tape::venue::kraken_futures {

class Trading {
 public:
  /// All of them outlive it.
  Trading(const ExchangeOptions& options, const Feeds& feeds, ExchangeHost& host);

  /// A POST about orders of an account; nothing: the endpoint is not about orders.
  [[nodiscard]] std::optional<ExchangeReply> on_call(const std::string& account,
                                                     std::string_view endpoint,
                                                     const ClientCall& call);
  void on_tick();
  /// Every market is in the order management period, whatever the tape says.
  void set_post_only(bool on) { post_only_ = on; }

  /// Whether a frame of an order feed says something that a client changed.
  [[nodiscard]] bool overruled(std::string_view account, schema::Event::Reader event) const;
  [[nodiscard]] const ClientOrders& orders() const { return orders_; }

 private:
  [[nodiscard]] ExchangeReply done(std::string_view member, std::string_view json) const;
  [[nodiscard]] ExchangeReply failed(std::string_view code) const;
  /// A trailing stop gets its price.
  [[nodiscard]] Ruling rule(const std::string& account, ClientOrder& order) const;
  OrderStatus send(const std::string& account, const Parameters& parameters);
  OrderStatus edit(const std::string& account, const Parameters& parameters);
  OrderStatus cancel(const std::string& account, const Parameters& parameters);
  ExchangeReply cancel_all(const std::string& account, std::string_view symbol);
  ExchangeReply cancel_after(const std::string& account, std::string_view timeout);
  ExchangeReply statuses(const std::string& account, const ClientCall& call);
  ExchangeReply batch(const std::string& account, std::string_view json);
  std::string batched(const std::string& account, const ClientMessage& element);
  void remove(const std::string& account, const ClientOrder& order, std::string_view reason);
  void tell(const std::string& account, const ClientOrder& order, std::string_view reason);
  void publish(const std::string& account, std::string_view feed, std::string_view text);

  const Feeds& feeds_;
  ExchangeHost& host_;
  ClientOrders orders_;
  Statuses statuses_;
  DeadMan switches_;  // by account
  std::mt19937_64 random_;
  bool post_only_ = false;
};

}  // namespace tape::venue::kraken_futures
