#include <tape/base/hmac.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <type_traits>
#include <utility>

namespace {

std::string sha256_hex(std::string_view key, std::string_view data) {
  return tape::hex(tape::hmac_sha256(tape::as_bytes(key), tape::as_bytes(data)));
}

std::string sha512_hex(std::string_view key, std::string_view data) {
  return tape::hex(tape::hmac_sha512(tape::as_bytes(key), tape::as_bytes(data)));
}

std::string encoded(std::string_view text) { return tape::base64_encode(tape::as_bytes(text)); }

/// "none" where it is no base64.
std::string decoded(std::string_view text) {
  const auto bytes = tape::base64_decode(text);
  return bytes ? std::string(tape::as_text(*bytes)) : "none";
}

}  // namespace

TEST_CASE("HMAC, the vectors of RFC 4231") {
  const std::string key1(20, '\x0b');
  CHECK(sha256_hex(key1, "Hi There") ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(sha512_hex(key1, "Hi There") ==
        "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
        "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854");
  CHECK(sha256_hex("Jefe", "what do ya want for nothing?") ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(sha512_hex("Jefe", "what do ya want for nothing?") ==
        "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
        "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737");
  const std::string long_key(131, '\xaa');  // longer than a block
  constexpr std::string_view kText = "Test Using Larger Than Block-Size Key - Hash Key First";
  CHECK(sha256_hex(long_key, kText) ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  CHECK(sha512_hex(long_key, kText) ==
        "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
        "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598");
}

TEST_CASE("base64, the vectors of RFC 4648") {
  const auto known = std::to_array<std::pair<std::string_view, std::string_view>>({
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
  });
  for (const auto& [plain, text] : known) {
    CHECK(encoded(plain) == text);
    CHECK(decoded(text) == plain);
    CHECK(decoded(text.substr(0, text.find('='))) == plain);  // copied without its padding
  }
}

TEST_CASE("base64 keeps every byte") {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  for (std::size_t size = 0; size <= all.size(); ++size) {
    REQUIRE(decoded(encoded(all.substr(0, size))) == all.substr(0, size));
  }
  CHECK(encoded("\xfb\xff\xfe") == "+//+");
}

TEST_CASE("what is no base64 is told apart") {
  for (const auto* text : {"A", "AAAAA", "Zm9v!", "Zm 9v", " Zm9v", "Zm9v\n", "Zm-_",
                           "Zg==Zg==", "Z=9v", "Zm9v----", "Zm9v\xc3\xa9"}) {
    CAPTURE(text);
    CHECK_FALSE(tape::base64_decode(text).has_value());
  }
}

TEST_CASE("a secret moves, and leaves nothing behind") {
  std::string text = "0123456789 longer than a string holds in itself";
  const auto copy = text;
  tape::Secret secret(std::move(text));
  CHECK(secret.reveal() == copy);
  CHECK(text.empty());  // NOLINT(bugprone-use-after-move): that it is wiped is the contract
  tape::Secret other(std::move(secret));
  CHECK(other.reveal() == copy);
  CHECK(secret.empty());  // NOLINT(bugprone-use-after-move): the same
  secret = std::move(other);
  CHECK(secret.reveal() == copy);
  CHECK(other.empty());  // NOLINT(bugprone-use-after-move): the same
  static_assert(!std::is_copy_constructible_v<tape::Secret>);
  static_assert(!std::is_copy_assignable_v<tape::Secret>);
}

TEST_CASE("wiping overwrites the bytes before it clears them") {
  std::string text(100, 'x');
  const char* const bytes = text.data();
  tape::wipe(text);
  REQUIRE(text.empty());
  REQUIRE(text.data() == bytes);  // the same memory, within its capacity
  CHECK(std::all_of(bytes, bytes + 100, [](char c) { return c == '\0'; }));
}
