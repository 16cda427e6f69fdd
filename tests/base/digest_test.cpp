#include <tape/base/digest.h>

#include <catch2/catch.hpp>

#include <string>

TEST_CASE("SHA-256, known answers (FIPS 180-4)") {
  const auto sum = [](std::string_view text) {
    return tape::hex(tape::sha256(tape::as_bytes(text)));
  };
  CHECK(sum("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sum("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sum("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST_CASE("a streaming SHA-256 starts anew after finish") {
  tape::Sha256 digest;
  digest.update(tape::as_bytes("ab"));
  digest.update(tape::as_bytes("c"));
  CHECK(digest.finish() == tape::sha256(tape::as_bytes("abc")));
  digest.update(tape::as_bytes("abc"));
  CHECK(digest.finish() == tape::sha256(tape::as_bytes("abc")));
  CHECK(digest.finish() == tape::sha256({}));
}

TEST_CASE("XXH64, known answers with seed 0") {
  tape::Xxh64 digest;
  CHECK(digest.value() == 0xEF46DB3751D8E999U);
  digest.update(tape::as_bytes("a"));
  CHECK(digest.value() == 0xD24EC4F1A98C6E5BU);
  digest.reset();
  digest.update(tape::as_bytes("ab"));
  digest.update(tape::as_bytes("c"));
  CHECK(digest.value() == 0x44BC2CF5AD770999U);
}
