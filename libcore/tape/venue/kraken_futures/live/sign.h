// How Kraken Futures wants things signed: challenges of the socket, and requests.
#pragma once

#include <tape/base/hmac.h>
#include <tape/base/time.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace tape::venue::kraken_futures {

/// Whether the text can be the secret of a key: base64 and not empty.
[[nodiscard]] bool is_secret(std::string_view text);

/// Base64 of HMAC-SHA-512(decoded secret, SHA-256(challenge)): 88 characters.
/// docs.kraken.com, futures WebSocket v1, "challenge" (read 2026-11). Throws Error{usage} where
/// the secret is no base64.
[[nodiscard]] std::string sign_challenge(std::string_view challenge, const Secret& secret);

/// The header Authent: Base64 of HMAC-SHA-512(decoded secret, SHA-256(parameters + nonce + path)).
/// `parameters` as they are sent, URL-encoded (the rule since 2024-02-20); `path` as signed_path()
/// gives it. docs.kraken.com, futures REST, "authentication" (read 2026-11).
[[nodiscard]] std::string authent(std::string_view parameters, std::string_view nonce,
                                  std::string_view path, const Secret& secret);

/// Of an absolute URL without a query: its path without the prefix /derivatives.
[[nodiscard]] std::string_view signed_path(std::string_view url);

/// All but letters, digits and -._~ as %XX.
[[nodiscard]] std::string url_encode(std::string_view text);

/// Numbers that only rise: milliseconds of UTC, or one more than the last.
class Nonce {
 public:
  [[nodiscard]] std::string next(Nanos utc);

 private:
  std::int64_t last_ = 0;
};

}  // namespace tape::venue::kraken_futures
