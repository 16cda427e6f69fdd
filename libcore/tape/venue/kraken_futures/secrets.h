// Overwrites what must not be recorded of Kraken's frames: API keys, challenges, signatures.
#pragma once

#include <span>
#include <string_view>

namespace tape::venue::kraken_futures {

/// Works on any bytes, JSON or not, and keeps their length. Returns whether a byte changed.
bool redact_secrets(std::span<char> bytes);
/// The same for path and query of a request.
bool redact_target(std::span<char> target);

/// Whether a word stands in the text that introduces a secret.
[[nodiscard]] bool may_hold_secret(std::string_view text);

}  // namespace tape::venue::kraken_futures
