// What the venue says of an account or a market now, made of what the tape said so far: REST
// answers that the tape does not hold, and what subscriptions begin with.
#pragma once

#include <tape/venue/exchange/orders/client_orders.h>
#include <tape/venue/kraken_futures/exchange/notices.h>
#include <tape/venue/kraken_futures/exchange/trades.h>
#include <tape/venue/kraken_futures/fields.h>
#include <tape/venue/writer.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tape::venue::kraken_futures {

class Pages {
 public:
  /// All of them outlive it.
  Pages(const ExchangeOptions& options, const ClientOrders& orders, const Notices& notices,
        const Trades& trades, ExchangeHost& host);

  /// Body of an answer; nothing where the tape does not know enough, or the endpoint is another.
  [[nodiscard]] std::optional<std::string> rest(std::string_view endpoint,
                                                const std::string& account, std::string_view query);
  /// Of one of both feeds of orders: all of them, as clients changed them.
  [[nodiscard]] std::string orders(std::string_view feed, const std::string& account);
  /// All that are current.
  [[nodiscard]] std::string notifications();
  /// Of an account that the tape has nothing of: there is nothing. Nothing for other feeds.
  [[nodiscard]] std::optional<std::string> empty(std::string_view feed);

 private:
  using Fill = std::function<void(schema::Event::Builder)>;
  [[nodiscard]] std::string write(Kind kind, std::span<const FixedMember> fixed, const Fill& fill);
  [[nodiscard]] std::string answer(Kind kind, const Fill& fill);
  /// Nothing where the tape has the account, but not yet all of that part of it.
  [[nodiscard]] std::optional<std::string> of_account(
      Kind kind, std::string_view part, const std::string& account,
      const std::function<void(schema::AccountState::Reader, schema::Event::Builder)>& fill);
  [[nodiscard]] std::optional<std::string> open_orders(const std::string& account);
  [[nodiscard]] std::optional<std::string> fills(const std::string& account,
                                                 std::string_view before);
  [[nodiscard]] std::optional<std::string> tickers(std::string_view symbol);
  [[nodiscard]] std::optional<std::string> history(std::string_view query) const;
  enum class Way : bool { socket, rest };
  [[nodiscard]] std::vector<std::string> notification_list(Way way);

  const ExchangeOptions& options_;
  const ClientOrders& orders_;
  const Notices& notices_;
  const Trades& trades_;
  ExchangeHost& host_;
  std::map<Kind, std::unique_ptr<TableWriter>> writers_;
  event::Message message_;
};

}  // namespace tape::venue::kraken_futures
