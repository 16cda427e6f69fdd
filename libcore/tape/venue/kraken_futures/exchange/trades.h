// The last trades of each market, as a new subscription gets them.
#pragma once

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

 private:
  static constexpr std::size_t kKept = 100;
  std::map<std::string, std::deque<std::string>, std::less<>> trades_;  // newest first, as JSON
};

}  // namespace tape::venue::kraken_futures
