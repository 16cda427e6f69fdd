#include <tape/net/framer.h>

#include <catch2/catch.hpp>

namespace tape::net {

TEST_CASE("a frame is a header of the text's length and the text") {
  asio::io_context io;
  Framer framer(io.get_executor());
  // RFC 6455, 5.2: final, text, not masked; the length in 7 bits, in 16 or in 64.
  const auto [size, header] = GENERATE(table<std::size_t, std::string>(
      {{0, std::string("\x81\x00", 2)},
       {5, "\x81\x05"},
       {125, "\x81\x7d"},
       {126, std::string("\x81\x7e\x00\x7e", 4)},
       {65535, "\x81\x7e\xff\xff"},
       {65536, std::string("\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10)}}));
  const std::string text(size, 'x');
  for (int turn = 0; turn < 2; ++turn) CHECK(*framer.text(text) == header + text);
}

}  // namespace tape::net
