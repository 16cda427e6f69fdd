#include <tape/base/digest.h>
#include <tape/base/error.h>
#include <tape/venue/kraken_futures/live/sign.h>

#include <algorithm>

namespace tape::venue::kraken_futures {
namespace {

std::string sign(Bytes message, const Secret& secret) {
  const auto key = base64_decode(secret.reveal());
  if (!key) {
    throw Error(Fault::usage,
                "kraken-futures: a secret is not base64; copy it again from the page of API keys");
  }
  return base64_encode(hmac_sha512(*key, sha256(message)));
}

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

}  // namespace

bool is_secret(std::string_view text) {
  const auto key = base64_decode(text);
  return key && !key->empty();
}

std::string sign_challenge(std::string_view challenge, const Secret& secret) {
  return sign(as_bytes(challenge), secret);
}

std::string authent(std::string_view parameters, std::string_view nonce, std::string_view path,
                    const Secret& secret) {
  std::string message(parameters);
  message += nonce;
  message += path;
  return sign(as_bytes(message), secret);
}

std::string_view signed_path(std::string_view url) {
  constexpr std::string_view kPrefix = "/derivatives";
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos) {
    url.remove_prefix(scheme + 3);
  }
  url.remove_prefix(std::min(url.find('/'), url.size()));
  if (url.starts_with(kPrefix) && url.substr(kPrefix.size()).starts_with('/')) {
    url.remove_prefix(kPrefix.size());
  }
  return url;
}

std::string url_encode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (is_plain(c)) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += kDigits[byte >> 4U];
    encoded += kDigits[byte & 15U];
  }
  return encoded;
}

std::string Nonce::next(Nanos utc) {
  last_ = std::max(last_ + 1, utc / kMillisecond);
  return std::to_string(last_);
}

}  // namespace tape::venue::kraken_futures
