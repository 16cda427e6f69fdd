#include <tape/venue/kraken_futures/live/messages.h>

#include <fmt/format.h>

#include <iterator>

namespace tape::venue::kraken_futures {
namespace {

std::string_view event_of(Ask ask) { return ask == Ask::subscribe ? "subscribe" : "unsubscribe"; }

}  // namespace

std::string feed_message(Ask ask, std::string_view feed,
                         std::span<const std::string_view> symbols) {
  auto text = fmt::format(R"({{"event":"{}","feed":"{}")", event_of(ask), feed);
  if (!symbols.empty()) {
    text += R"(,"product_ids":[)";
    for (const auto symbol : symbols) {
      fmt::format_to(std::back_inserter(text), "\"{}\",", symbol);
    }
    text.back() = ']';
  }
  text += '}';
  return text;
}

std::string feed_message(Ask ask, std::string_view feed, const Signature& signature) {
  return fmt::format(
      R"({{"event":"{}","feed":"{}","api_key":"{}","original_challenge":"{}","signed_challenge":"{}"}})",
      event_of(ask), feed, signature.key, signature.challenge, signature.signed_challenge);
}

std::string challenge_message(std::string_view key) {
  return fmt::format(R"({{"event":"challenge","api_key":"{}"}})", key);
}

std::string ping_message() { return R"({"event":"ping"})"; }

}  // namespace tape::venue::kraken_futures
