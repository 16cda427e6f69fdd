#include <tape/venue/binance_usdm/secrets.h>
#include <tape/venue/redact.h>

#include <algorithm>
#include <cstring>

namespace tape::venue::binance_usdm {
namespace {

constexpr std::string_view kMembers[] = {"listenKey", "apiKey", "X-MBX-APIKEY", "x-mbx-apikey",
                                         "signature"};
constexpr std::string_view kParameters[] = {"listenKey", "apiKey", "signature"};
// Listen keys have 64 characters, symbols half of that at most: "<listen key>@account" is a request
// of its own.
constexpr std::size_t kLongestSymbol = 47;

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size() && is_space(text[at])) ++at;
  return at;
}

/// Where the string that begins before `at` ends: at its quote, or at the end of the bytes.
std::size_t string_end(std::string_view text, std::size_t at) {
  while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
  return std::min(at, text.size());
}

/// Behind the colon of a member whose quoted key ends at `at`; npos if there is none.
std::size_t member_value(std::string_view text, std::size_t at) {
  at = skip_space(text, at);
  if (at >= text.size() || text[at] != ':') return std::string_view::npos;
  return skip_space(text, at + 1);
}

bool redact_stream(std::span<char> bytes, std::size_t from, std::size_t to) {
  const auto length = listen_key_length({bytes.data() + from, to - from});
  bool changed = false;
  for (auto i = from; i < from + length; ++i) {
    changed = changed || bytes[i] != kRedacted;
    bytes[i] = kRedacted;
  }
  return changed;
}

/// Where `text` holds `word` from `from` on, looked for by a character of it that market data
/// seldom has.
std::size_t find(std::string_view text, std::string_view word, std::size_t rare,
                 std::size_t from = 0) {
  for (auto at = from + rare; at < text.size(); ++at) {
    const auto* const found = std::memchr(text.data() + at, word[rare], text.size() - at);
    if (found == nullptr) break;
    at = static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
    if (text.substr(at - rare, word.size()) == word) return at - rare;
  }
  return std::string_view::npos;
}

bool holds(std::string_view text, std::string_view word, std::size_t rare) {
  return find(text, word, rare) != std::string_view::npos;
}

/// Every "stream": "name".
bool redact_wrappers(std::span<char> bytes) {
  const std::string_view text(bytes.data(), bytes.size());
  constexpr std::string_view kKey = "stream\"";
  bool changed = false;
  constexpr std::size_t kRare = 2;
  for (auto at = find(text, kKey, kRare); at != std::string_view::npos;
       at = find(text, kKey, kRare, at)) {
    at += kKey.size();
    if (at == kKey.size() || text[at - kKey.size() - 1] != '"') continue;
    const auto value = member_value(text, at);
    if (value == std::string_view::npos || value >= text.size() || text[value] != '"') continue;
    at = string_end(text, value + 1);
    changed = redact_stream(bytes, value + 1, at) || changed;
  }
  return changed;
}

/// Every string in "params": [..] and "result": [..], which name streams.
bool redact_lists(std::span<char> bytes, std::string_view quoted_key) {
  const std::string_view text(bytes.data(), bytes.size());
  bool changed = false;
  for (auto at = text.find(quoted_key); at != std::string_view::npos;
       at = text.find(quoted_key, at)) {
    at += quoted_key.size();
    auto value = member_value(text, at);
    if (value == std::string_view::npos || value >= text.size() || text[value] != '[') continue;
    for (++value; value < text.size() && text[value] != ']'; ++value) {
      if (text[value] != '"') continue;
      const auto end = string_end(text, value + 1);
      // The name of a property, not of a stream.
      if (text.substr(value + 1, end - value - 1) != "combined") {
        changed = redact_stream(bytes, value + 1, end) || changed;
      }
      value = end;
    }
    at = std::min(value, text.size());
  }
  return changed;
}

/// All words that introduce a secret but the stream's: "listenKey", "apiKey", "APIKEY", "apikey",
/// "signature".
bool may_hold_key(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    at = static_cast<const char*>(std::memchr(at, 'K', static_cast<std::size_t>(end - at)));
    if (at == nullptr) break;
    const auto left = static_cast<std::size_t>(end - at);
    if (left >= 3 && (std::memcmp(at, "Key", 3) == 0 || std::memcmp(at, "KEY", 3) == 0))
      return true;
    ++at;
  }
  return holds(text, "signature", 2) || holds(text, "x-mbx-apikey", 0);
}

/// Market data begins like this; requests and their answers do not.
bool is_market_data(std::string_view text) {
  return text.starts_with("{\"stream\":") || text.starts_with("{\"e\":") ||
         text.starts_with("{\"u\":");
}

}  // namespace

std::size_t listen_key_length(std::string_view stream) {
  if (stream.empty() || stream.front() == '!') return 0;
  const auto at = stream.find('@');
  if (at == std::string_view::npos) return stream.size();
  return at > kLongestSymbol ? at : 0;
}

bool may_hold_secret(std::string_view text) {
  return text.find_first_of("Kgx") != std::string_view::npos && may_hold_key(text);
}

bool redact_secrets(std::span<char> bytes) {
  if (bytes.empty()) return false;
  const std::string_view text(bytes.data(), bytes.size());
  bool changed = redact_wrappers(bytes);
  if (!is_market_data(text)) {
    changed = redact_lists(bytes, "\"params\"") || changed;
    changed = redact_lists(bytes, "\"result\"") || changed;
  }
  if (may_hold_key(text)) {
    changed = redact_members(bytes, kMembers) || changed;
    changed = redact_parameters(bytes, kParameters) || changed;
  }
  return changed;
}

}  // namespace tape::venue::binance_usdm
