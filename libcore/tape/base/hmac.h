// What signing requests needs: HMAC, base64, and strings that are wiped when they go.
#pragma once

#include <tape/base/bytes.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tape {

/// 32 bytes.
[[nodiscard]] std::vector<std::uint8_t> hmac_sha256(Bytes key, Bytes data);
/// 64 bytes.
[[nodiscard]] std::vector<std::uint8_t> hmac_sha512(Bytes key, Bytes data);

/// Standard alphabet, padded.
[[nodiscard]] std::string base64_encode(Bytes bytes);
/// Padding may be missing, as secrets are often copied without it. Nothing when it is no base64.
[[nodiscard]] std::optional<std::vector<std::uint8_t>> base64_decode(std::string_view text);

/// A secret: overwritten before its memory is given back, never copied by accident, never printed.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string&& text);
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  [[nodiscard]] std::string_view reveal() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }

 private:
  std::string text_;
};

/// Overwrites the text in a way that no optimiser removes, then clears it.
void wipe(std::string& text);

}  // namespace tape
