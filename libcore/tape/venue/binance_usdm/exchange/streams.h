// Streams by their names: what a client asks for, what a frame of the tape is of, and wrappers.
#pragma once

#include <tape/event/event.h>

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tape::venue::binance_usdm {

/// A frame of the tape: its stream and what the stream says, without the wrapper.
struct Streamed {
  std::string_view stream;  // empty where the frame has no wrapper
  std::string_view payload;
};
[[nodiscard]] Streamed unwrapped(std::string_view frame);
/// {"stream":"...","data":...}
[[nodiscard]] std::string wrapped(std::string_view stream, std::string_view payload);

/// Of a frame without a wrapper, by its event: "btcusdt@depth", "btcusdt@kline_1m".
[[nodiscard]] std::string stream_of(schema::Event::Reader event);

/// What a URL asks for; its address may be there or not: wss://host/market/stream?streams=a/b,
/// /ws/a/b. Combined streams come wrapped.
struct Wanted {
  bool valid = false;
  bool combined = false;
  std::vector<std::string> streams;
};
[[nodiscard]] Wanted wanted_by(std::string_view url);

/// A name that is no stream of the market.
[[nodiscard]] bool is_listen_key(std::string_view stream);
/// A name that is neither: the venue takes it and says nothing of it (clients tell connections of
/// theirs apart by "/ws/0", "/ws/1").
[[nodiscard]] bool is_nothing(std::string_view stream);

/// Streams of different speed ("@depth", "@depth@100ms") are one to the tape, which has seldom
/// more than one of them: a client that asks for another gets the one there is.
class Speeds {
 public:
  /// A client wants this one.
  void want(std::string_view stream);
  /// A frame came: all streams whose clients are to get it.
  [[nodiscard]] std::vector<std::string> takers(std::string_view stream);

 private:
  struct Family {
    std::string first;  // that came
    std::set<std::string> came;
    std::set<std::string> wanted;
  };
  std::map<std::string, Family, std::less<>> families_;
};

}  // namespace tape::venue::binance_usdm
