// What a State keeps beside each book and market.
#pragma once

#include <tape/event/pattern.h>
#include <tape/state/state.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace tape::state {

struct State::BookEntry {
  std::string venue;
  std::string symbol;
  std::string snapshot_channel;
  std::string delta_channel;
  Book book;
  bool crossed = false;  // reported already

  /// Whether a recorder event about this channel (empty: about all) speaks of the book.
  [[nodiscard]] bool comes_by(std::string_view channel) const {
    return channel.empty() || channel == delta_channel || channel == snapshot_channel;
  }
};

struct State::MarketEntry {
  std::string venue;
  std::string symbol;
  Market market;
};

[[nodiscard]] inline bool matches(const std::vector<std::string>& patterns, std::string_view text,
                                  event::Case letters) {
  return patterns.empty() ||
         std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
           return event::glob_matches(pattern, text, letters);
         });
}

}  // namespace tape::state
