// What an answer of the REST service means to the one who asked: done, try again, wait, or give up
// a key.
#pragma once

#include <tape/venue/parser.h>
#include <tape/venue/session.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tape::venue::binance_usdm::live {

/// Looks into JSON whose bytes belong to someone else: a copy is parsed. Never throws for what the
/// bytes are. Views live until the next call.
class Reader {
 public:
  /// False unless the text is an object or an array from its first byte to its last.
  [[nodiscard]] bool open(std::string_view text);
  [[nodiscard]] Root root() { return parser_.root(); }
  [[nodiscard]] bool descend(std::string_view key) { return parser_.descend(key); }
  /// Of the base object, or of the first element of the base array.
  [[nodiscard]] std::optional<std::string_view> text(std::string_view key);
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key);

 private:
  Parser parser_;
  std::string buffer_;
};

/// Nothing unless the whole text is one number that fits.
[[nodiscard]] std::optional<std::int64_t> parse_integer(std::string_view text);

enum class Verdict : std::uint8_t {
  ok,            // 2xx and whole JSON without an error in it
  failed,        // to be asked again: 5xx, no JSON, nothing, an error of any other code
  unknown,       // the venue does not know whether it was done; all we ask may be asked twice
  rate_limited,  // 429, -1003
  banned,        // 418: requests went on after 429
  forbidden,     // 403: the firewall before the venue
  clock_off,     // -1021: our timestamp is outside its window
  key_gone,      // -1125: the listen key lives no more
  key_refused,   // -2014, -2015, -1022: API key, permission, address or signature
};

struct Judgement {
  Verdict verdict = Verdict::failed;
  std::string reason;     // for people; empty when ok
  Nanos retry_after = 0;  // what the venue asks for; 0 = it says nothing
};

/// Leaves the reader open on the body when the verdict is ok.
[[nodiscard]] Judgement judge(const Answer& answer, Reader& reader);

}  // namespace tape::venue::binance_usdm::live
