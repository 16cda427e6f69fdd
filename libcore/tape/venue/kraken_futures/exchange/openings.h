// What a subscription begins with, by what the tape said so far.
#pragma once

#include <tape/venue/kraken_futures/exchange/names.h>
#include <tape/venue/kraken_futures/exchange/pages.h>
#include <tape/venue/kraken_futures/exchange/trades.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace tape::venue::kraken_futures {

class Openings {
 public:
  /// All of them outlive it.
  Openings(const ExchangeOptions& options, const ClientOrders& orders, const Notices& notices,
           const Trades& trades, Pages& pages, ExchangeHost& host)
      : options_(options),
        orders_(orders),
        notices_(notices),
        trades_(trades),
        pages_(pages),
        host_(host) {}

  /// A frame of the tape, which is whole or begins something.
  void take(const FeedKind& feed, std::string_view name, const TapeEvent& tape);
  /// Computed, else the last whole message of the feed; nothing where the tape has none yet.
  [[nodiscard]] std::optional<std::string> of(const FeedKind& feed, const std::string& name,
                                              const std::string& symbol,
                                              const std::string& account);

 private:
  [[nodiscard]] std::optional<std::string> of_orders(std::string_view feed,
                                                     const std::string& account);

  const ExchangeOptions& options_;
  const ClientOrders& orders_;
  const Notices& notices_;
  const Trades& trades_;
  Pages& pages_;
  ExchangeHost& host_;
  std::map<std::string, std::string, std::less<>> last_;  // whole frames, by feed
};

/// Whether the message holds everything of its feed, and no change.
[[nodiscard]] bool is_whole(schema::Event::Reader event);

}  // namespace tape::venue::kraken_futures
