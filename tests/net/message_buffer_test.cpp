#include <tape/net/message_buffer.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>

using tape::event::kFramePadding;
using tape::net::MessageBuffer;

namespace {

/// Puts `text` in, in pieces as the buffer offers room.
void fill(MessageBuffer& buffer, std::string_view text) {
  while (!text.empty()) {
    const auto space = buffer.space();
    REQUIRE_FALSE(space.empty());
    const auto size = std::min(space.size(), text.size());
    std::copy_n(text.begin(), size, space.begin());
    buffer.commit(size);
    text.remove_prefix(size);
  }
}

std::string kept(MessageBuffer& buffer) {
  const auto bytes = buffer.kept();
  for (std::size_t i = 0; i < kFramePadding; ++i) CHECK(bytes.data()[bytes.size() + i] == 0);
  return {bytes.begin(), bytes.end()};
}

std::string pattern(std::size_t size) {
  std::string text(size, ' ');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i % 23);
  return text;
}

}  // namespace

TEST_CASE("messages up to the bound are kept whole") {
  const auto size = GENERATE(0, 1, 65535, 65536, 65537, 299999, 300000);
  MessageBuffer buffer(300000);
  const auto text = pattern(static_cast<std::size_t>(size));
  fill(buffer, text);
  CHECK(kept(buffer) == text);
  CHECK(buffer.total() == text.size());
}

TEST_CASE("of a larger one the front is kept, the rest counted, and memory does not grow") {
  MessageBuffer buffer(100000);
  const auto text = pattern(5'000'000);
  fill(buffer, text);
  CHECK(kept(buffer) == text.substr(0, 100000));
  CHECK(buffer.total() == text.size());
  CHECK(buffer.capacity() <= 100000);
  CHECK(buffer.digest() == tape::sha256(tape::as_bytes(text)));
  buffer.clear();
  CHECK_FALSE(buffer.digest());
  fill(buffer, "next");
  CHECK(kept(buffer) == "next");
  CHECK(buffer.total() == 4);
}

TEST_CASE("a bound below the usual size holds") {
  MessageBuffer buffer(10);
  fill(buffer, "0123456789abc");
  CHECK(kept(buffer) == "0123456789");
  CHECK(buffer.total() == 13);
}

TEST_CASE(
    "small messages need no other memory, and a huge one's is given back after many of them") {
  MessageBuffer buffer(16 << 20);
  const auto first = buffer.capacity();
  for (int i = 0; i < 1000; ++i) {
    fill(buffer, "small");
    buffer.clear();
  }
  CHECK(buffer.capacity() == first);
  fill(buffer, pattern(5 << 20));
  buffer.clear();
  const auto grown = buffer.capacity();
  CHECK(grown >= 5 << 20);
  fill(buffer, "small");
  buffer.clear();
  CHECK(buffer.capacity() == grown);  // the next may be huge again
  for (int i = 0; i < 10000; ++i) {
    fill(buffer, "small");
    CHECK(kept(buffer) == "small");
    buffer.clear();
  }
  CHECK(buffer.capacity() == first);
}
