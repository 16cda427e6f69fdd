// Overwrites what must not be recorded of Binance's frames: listen keys, API keys, signatures.
#pragma once

#include <span>
#include <string_view>

namespace tape::venue::binance_usdm {

/// Works on any bytes, JSON or not, and keeps their length: members and parameters that hold a
/// secret; a stream name that is a listen key, in the wrapper, in a request's parameters and in the
/// list of subscriptions. Returns whether a byte changed.
bool redact_secrets(std::span<char> bytes);

/// Whether the text, a string that is no key of an object, may make something of its frame a
/// secret.
[[nodiscard]] bool may_hold_secret(std::string_view text);

/// How many bytes at the front of a stream name are a listen key: user data streams are named by
/// it, all others "..@.." or
/// "!..".
[[nodiscard]] std::size_t listen_key_length(std::string_view stream);

}  // namespace tape::venue::binance_usdm
