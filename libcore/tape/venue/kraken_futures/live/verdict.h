// What an answer to a request is worth: good, a failure of the venue, too many requests, or a
// refused key.
#pragma once

#include <tape/venue/venue.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tape::venue::kraken_futures {

enum class Outcome : std::uint8_t {
  good,
  failed,   // no answer, an HTTP error, no JSON, an error of the venue: to be asked again later
  limited,  // we ask too much
  refused,  // the key or its signature
};

struct Verdict {
  Outcome outcome = Outcome::failed;
  std::string why;        // unless good; for people
  Nanos retry_after = 0;  // what the venue asked for; 0 = nothing
  // Of an answer with executions.
  std::size_t fills = 0;
  Nanos oldest_fill = 0;
  Nanos newest_fill = 0;
};

/// Reads answers as the recorder will: with the tables of this venue. Any bytes will do.
class Judge {
 public:
  Judge();

  /// `target`: path and query of the request.
  [[nodiscard]] Verdict judge(const Answer& answer, std::string_view target);

 private:
  std::unique_ptr<Protocol> protocol_;
  std::string buffer_;
};

}  // namespace tape::venue::kraken_futures
