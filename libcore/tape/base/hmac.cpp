#include <tape/base/error.h>
#include <tape/base/hmac.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <utility>

namespace tape {
namespace {

std::vector<std::uint8_t> hmac(const EVP_MD* algorithm, Bytes key, Bytes data) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> sum{};
  unsigned size = 0;
  if (HMAC(algorithm, key.data(), static_cast<int>(key.size()), data.data(), data.size(),
           sum.data(), &size) == nullptr) {
    throw Error(Fault::internal, "HMAC is not available in libcrypto");
  }
  return {sum.begin(), sum.begin() + size};
}

/// Of the standard alphabet.
bool is_digit(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '/';
}

}  // namespace

std::vector<std::uint8_t> hmac_sha256(Bytes key, Bytes data) {
  return hmac(EVP_sha256(), key, data);
}

std::vector<std::uint8_t> hmac_sha512(Bytes key, Bytes data) {
  return hmac(EVP_sha512(), key, data);
}

std::string base64_encode(Bytes bytes) {
  // libcrypto ends the text with a NUL.
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::optional<std::vector<std::uint8_t>> base64_decode(std::string_view text) {
  std::string padded(text.substr(0, text.find_last_not_of('=') + 1));
  if (padded.size() % 4 == 1) return std::nullopt;
  const auto padding = (4 - padded.size() % 4) % 4;
  padded.append(padding, '=');
  std::vector<std::uint8_t> bytes(padded.size() / 4 * 3);
  // libcrypto steps over white space and minus signs at the ends, and takes '=' in the middle.
  const bool plain =
      std::all_of(padded.begin(), padded.end() - static_cast<int>(padding), is_digit);
  const int size =
      plain ? EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(padded.data()),
                              static_cast<int>(padded.size()))
            : -1;
  wipe(padded);
  if (size < 0) return std::nullopt;
  bytes.resize(static_cast<std::size_t>(size) - padding);
  return bytes;
}

void wipe(std::string& text) {
  OPENSSL_cleanse(text.data(), text.capacity());
  text.clear();
}

Secret::Secret(std::string&& text) : text_(text) { wipe(text); }

// A moved string may leave its characters behind, so they are copied and wiped.
Secret::Secret(Secret&& other) noexcept { *this = std::move(other); }

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  wipe(text_);
  text_ = other.text_;
  wipe(other.text_);
  return *this;
}

Secret::~Secret() { wipe(text_); }

}  // namespace tape
