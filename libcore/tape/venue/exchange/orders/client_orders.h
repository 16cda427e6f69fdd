// The open orders of each account: those of the tape, but for what clients did to them, and those
// that clients placed. Nothing executes the latter: they rest until they are edited or cancelled.
#pragma once

#include <tape/venue/exchange/exchange.h>

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tape::venue {

struct ClientOrder {
  std::string id;
  std::string client_id;
  std::string symbol;
  schema::Side side = schema::Side::UNKNOWN;
  std::string position_side;
  std::string type;  // in the words of the venue's stream
  std::string time_in_force;
  std::string status;
  Decimal limit_price;
  Decimal stop_price;
  Decimal quantity;  // at first, what is filled included
  Decimal filled;
  std::string trigger;       // signal of a conditional order
  Decimal activation_price;  // of one that trails the market, with the distance in percent
  Decimal callback_rate;
  Decimal trailing_deviation;  // or with the distance in a unit
  std::string trailing_unit;
  bool reduce_only = false;
  bool of_tape = false;  // at first
  Nanos created_at = 0;
  Nanos updated_at = 0;

  [[nodiscard]] Decimal remaining() const;
};
[[nodiscard]] ClientOrder read_order(schema::Order::Reader order);
void write_order(const ClientOrder& order, schema::Order::Builder out);

class ClientOrders {
 public:
  /// The host outlives it.
  explicit ClientOrders(ExchangeHost& host) : host_(host) {}

  /// By the venue's id or, where that is empty, the client's.
  [[nodiscard]] std::optional<ClientOrder> find(const std::string& account, std::string_view id,
                                                std::string_view client_id) const;
  /// All of a symbol; empty: of any. Those of the tape first.
  [[nodiscard]] std::vector<ClientOrder> all(const std::string& account,
                                             std::string_view symbol) const;
  /// That clients placed or edited.
  [[nodiscard]] std::size_t own(const std::string& account) const;

  /// Placed or edited: what the tape says of that order is not true any more.
  void put(const std::string& account, ClientOrder order);
  void cancel(const std::string& account, const ClientOrder& order);

  /// Whether the orders of the account are not those of the tape.
  [[nodiscard]] bool touched(const std::string& account) const;
  /// Whether what the tape says of the order is not true any more.
  [[nodiscard]] bool overruled(const std::string& account, std::string_view id) const;
  /// All of them as a body; `edit` is called for each.
  void write(const std::string& account, schema::OpenOrders::Builder out,
             const std::function<void(schema::Order::Builder)>& edit) const;

 private:
  struct Book {
    std::vector<ClientOrder> own;                  // in the order of their placing
    std::set<std::string, std::less<>> overruled;  // ids of the tape
  };
  /// Orders of the tape that stand. Valid during the call.
  void see(const std::string& account,
           const std::function<void(schema::Order::Reader)>& take) const;

  ExchangeHost& host_;
  std::map<std::string, Book, std::less<>> books_;
};

}  // namespace tape::venue
