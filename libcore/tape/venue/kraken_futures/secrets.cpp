#include <tape/venue/kraken_futures/secrets.h>
#include <tape/venue/redact.h>

#include <algorithm>
#include <array>

namespace tape::venue::kraken_futures {
namespace {

constexpr auto kSecretMembers = std::to_array<std::string_view>(
    {"api_key", "apiKey", "APIKey", "ApiKey", "apikey", "api-key", "original_challenge",
     "signed_challenge", "originalChallenge", "signedChallenge", "Authent", "authent", "AUTHENT"});
constexpr auto kSecretParameters = std::to_array<std::string_view>(
    {"api_key", "apiKey", "APIKey", "ApiKey", "apikey", "api-key", "original_challenge",
     "signed_challenge", "Authent", "authent"});
constexpr std::array<std::string_view, 1> kChallenge = {"message"};

char lower(char c) { return static_cast<char>(c | 0x20); }

/// Whether `word` stands in the bytes in any case, so that its letter number `place` is at `at`.
bool stands_around(std::string_view bytes, std::size_t at, std::string_view word,
                   std::size_t place) {
  if (at < place || bytes.size() - at < word.size() - place) return false;
  const auto part = bytes.substr(at - place, word.size());
  return std::equal(part.begin(), part.end(), word.begin(),
                    [](char a, char b) { return lower(a) == b; });
}

/// Whether a string of the frame is the word challenge, perhaps with blanks behind it: what the
/// venue asks us to sign stands in the member message then.
bool is_challenge(std::string_view bytes) {
  constexpr std::string_view kWord = "\"challenge";
  for (auto at = bytes.find(kWord); at != std::string_view::npos; at = bytes.find(kWord, at + 1)) {
    auto end = at + kWord.size();
    while (end < bytes.size() && bytes[end] == ' ') ++end;
    if (end == bytes.size() || bytes[end] == '"') return true;
  }
  return false;
}

}  // namespace

bool may_hold_secret(std::string_view bytes) {
  // The letters looked for are rare in market data.
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    const char letter = lower(bytes[at]);
    if (letter != 'k' && letter != 'h') continue;
    if (stands_around(bytes, at, "key", 0) || stands_around(bytes, at, "challenge", 1) ||
        stands_around(bytes, at, "authent", 3)) {
      return true;
    }
  }
  return false;
}

bool redact_secrets(std::span<char> bytes) {
  const std::string_view text(bytes.data(), bytes.size());
  if (!may_hold_secret(text)) return false;  // nearly every frame
  bool changed = redact_members(bytes, kSecretMembers);
  changed = redact_parameters(bytes, kSecretParameters) || changed;
  if (is_challenge(text)) changed = redact_members(bytes, kChallenge) || changed;
  return changed;
}

bool redact_target(std::span<char> target) { return redact_parameters(target, kSecretParameters); }

}  // namespace tape::venue::kraken_futures
