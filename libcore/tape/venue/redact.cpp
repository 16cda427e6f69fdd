#include <tape/venue/redact.h>

#include <algorithm>

namespace tape::venue {
namespace {

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

/// Where the string value of the member whose key ends before `at` begins; npos if no string
/// follows. A broken frame may lack the colon.
std::size_t value_start(std::string_view text, std::size_t at, std::string_view quote) {
  const auto skip = [&] {
    while (at < text.size() && is_space(text[at])) ++at;
  };
  skip();
  if (at < text.size() && text[at] == ':') ++at;
  skip();
  return text.substr(std::min(at, text.size())).starts_with(quote) ? at + quote.size()
                                                                   : std::string_view::npos;
}

/// Where the string value that begins at `at` ends: its closing quote, or the end of a frame that
/// was cut.
std::size_t value_end(std::string_view text, std::size_t at, std::string_view quote) {
  while (at < text.size() && text[at] != '"' && !text.substr(at).starts_with(quote)) {
    at += text[at] == '\\' ? 2 : 1;
  }
  return std::min(at, text.size());
}

bool overwrite(std::span<char> bytes, std::size_t from, std::size_t to) {
  bool changed = false;
  for (auto i = from; i < to; ++i) {
    changed = changed || bytes[i] != kRedacted;
    bytes[i] = kRedacted;
  }
  return changed;
}

std::string json_escaped(std::string_view secret) {
  std::string text;
  for (const char c : secret) {
    if (c == '"' || c == '\\' || c == '/') text += '\\';
    text += c;
  }
  return text;
}

std::string percent_encoded(std::string_view secret) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text;
  for (const char c : secret) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      text += c;
    } else {
      text += '%';
      text += kDigits[byte >> 4U];
      text += kDigits[byte & 15U];
    }
  }
  return text;
}

}  // namespace

bool redact_members(std::span<char> bytes, std::span<const std::string_view> keys) {
  const std::string_view text(bytes.data(), bytes.size());
  bool changed = false;
  for (const auto key : keys) {
    for (auto at = text.find(key); at != std::string_view::npos; at = text.find(key, at + 1)) {
      const auto after = at + key.size();
      if (at == 0 || text[at - 1] != '"') continue;
      // An answer may quote what we sent: JSON inside a JSON string.
      const std::string_view quote = at > 1 && text[at - 2] == '\\' ? "\\\"" : "\"";
      if (!text.substr(after).starts_with(quote)) continue;
      const auto start = value_start(text, after + quote.size(), quote);
      if (start == std::string_view::npos) continue;
      changed = overwrite(bytes, start, value_end(text, start, quote)) || changed;
    }
  }
  return changed;
}

bool redact_parameters(std::span<char> bytes, std::span<const std::string_view> keys) {
  const std::string_view text(bytes.data(), bytes.size());
  bool changed = false;
  for (const auto key : keys) {
    for (auto at = text.find(key); at != std::string_view::npos; at = text.find(key, at + 1)) {
      const auto after = at + key.size();
      const bool begins = at == 0 || text[at - 1] == '&' || text[at - 1] == '?';
      if (!begins || after >= text.size() || text[after] != '=') continue;
      const auto end = std::min(text.find_first_of("& \"'#\r\n", after + 1), text.size());
      changed = overwrite(bytes, after + 1, end) || changed;
    }
  }
  return changed;
}

bool redact_url(std::span<char> url) {
  constexpr std::size_t kShortestKey = 32;
  constexpr std::string_view kSeparators = "/?&=#:@.,;";
  bool changed = false;
  std::size_t from = 0;
  for (std::size_t i = 0; i <= url.size(); ++i) {
    if (i != url.size() && kSeparators.find(url[i]) == std::string_view::npos) continue;
    const bool key = i - from >= kShortestKey &&
                     std::all_of(url.begin() + static_cast<std::ptrdiff_t>(from),
                                 url.begin() + static_cast<std::ptrdiff_t>(i), [](char c) {
                                   return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                                          (c >= 'A' && c <= 'Z');
                                 });
    if (key) changed = overwrite(url, from, i) || changed;
    from = i + 1;
  }
  return changed;
}

Secrets::Secrets(std::span<const std::string> literals) {
  for (const auto& secret : literals) {
    // Shorter ones would hit by chance and make evidence unreadable.
    if (secret.size() < 8) continue;
    for (auto& spelling : {secret, json_escaped(secret), percent_encoded(secret)}) {
      if (std::find(spellings_.begin(), spellings_.end(), spelling) == spellings_.end()) {
        spellings_.push_back(spelling);
      }
    }
  }
}

bool Secrets::redact(std::span<char> bytes) const {
  const std::string_view text(bytes.data(), bytes.size());
  bool changed = false;
  for (const auto& spelling : spellings_) {
    for (auto at = text.find(spelling); at != std::string_view::npos;
         at = text.find(spelling, at)) {
      changed = overwrite(bytes, at, at + spelling.size()) || changed;
      at += spelling.size();
    }
  }
  return changed;
}

}  // namespace tape::venue
