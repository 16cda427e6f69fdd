// The last trades of each market, as a new subscription gets them and as REST answers them.
#pragma once

#include <tape/base/time.h>
#include <tape/event/event.h>

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace tape::venue::kraken_futures {

class Trades {
 public:
  void add(std::string_view symbol, schema::Trade::Reader trade);
  /// Replaces what is known of the market.
  void take(std::string_view symbol, schema::TradeSnapshot::Reader snapshot);
  /// A trade_snapshot frame, newest first; nothing where the tape has not had one.
  [[nodiscard]] std::optional<std::string> snapshot(std::string_view symbol) const;
  /// The list of a history answer, newest first: those before the moment; 0 = all.
  [[nodiscard]] std::optional<std::string> history(std::string_view symbol, Nanos before) const;

 private:
  struct Known {
    Nanos at = 0;
    std::string on_feed;  // as JSON
    std::string in_rest;
  };
  static constexpr std::size_t kKept = 100;
  [[nodiscard]] static Known rendered(std::string_view symbol, schema::Trade::Reader trade);

  std::map<std::string, std::deque<Known>, std::less<>> trades_;  // newest first
};

}  // namespace tape::venue::kraken_futures
