// The frames that a recorder sends to the socket of Kraken Futures. It asks and listens, and sends
// nothing that changes an account.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tape::venue::kraken_futures {

enum class Ask : bool { subscribe, unsubscribe };

/// What a private subscription is signed with, on one connection.
struct Signature {
  std::string_view key;
  std::string_view challenge;
  std::string_view signed_challenge;
};

/// All texts are words that JSON has no escapes for.
[[nodiscard]] std::string feed_message(Ask ask, std::string_view feed,
                                       std::span<const std::string_view> symbols);
[[nodiscard]] std::string feed_message(Ask ask, std::string_view feed, const Signature& signature);
[[nodiscard]] std::string challenge_message(std::string_view key);
[[nodiscard]] std::string ping_message();

}  // namespace tape::venue::kraken_futures
