#include <tape/base/bytes.h>

#include <catch2/catch.hpp>

#include <string>
#include <vector>

TEST_CASE("sizes") {
  CHECK(tape::parse_size("4096") == 4096U);
  CHECK(tape::parse_size("64K") == 65536U);
  CHECK(tape::parse_size("1MiB") == 1U << 20U);
  CHECK(tape::parse_size("2G") == std::uint64_t{2} << 30U);
  CHECK(tape::parse_size("1tb") == std::uint64_t{1} << 40U);
  for (const char* bad :
       {"", "K", "1X", "-1", "1.5M", "99999999999999999999", "99999999999T", "1KK"}) {
    CAPTURE(bad);
    CHECK_FALSE(tape::parse_size(bad).has_value());
  }
  CHECK(tape::format_size(1023) == "1023 B");
  CHECK(tape::format_size(1258291) == "1.2 MiB");
}

TEST_CASE("comma lists are taken apart, empty entries left out") {
  using List = std::vector<std::string>;
  CHECK(tape::split_lists({"a,b", "c"}) == List{"a", "b", "c"});
  CHECK(tape::split_lists({",a,,b,", "", ","}) == List{"a", "b"});
  CHECK(tape::split_lists({}).empty());
}

TEST_CASE("hexadecimal") {
  CHECK(tape::hex(std::uint64_t{0x9f3c2a}) == "00000000009f3c2a");
  CHECK(tape::parse_hex("00000000009F3c2a") == std::uint64_t{0x9f3c2a});
  CHECK(tape::parse_hex("ffffffffffffffff") == UINT64_MAX);
  CHECK_FALSE(tape::parse_hex("1ffffffffffffffff").has_value());
  CHECK_FALSE(tape::parse_hex("").has_value());
  CHECK_FALSE(tape::parse_hex("12g").has_value());
  const std::string bytes("\x00\xff\x10", 3);
  CHECK(tape::hex(tape::as_bytes(bytes)) == "00ff10");
}

TEST_CASE("UTF-8 is checked strictly, and the first bad byte is named") {
  const auto valid = [](std::string_view text) { return tape::utf8_valid_prefix(text); };
  for (const std::string_view good : {"", "plain", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80",
                                      "\xEF\xBF\xBF", "\xF4\x8F\xBF\xBF"}) {
    CHECK(valid(good) == good.size());
  }
  CHECK(valid(std::string_view("a\0b", 3)) == 3);
  struct Bad {
    std::string_view text;
    std::size_t at;
  };
  for (const auto& bad :
       {Bad{"ab\xFFzz", 2}, Bad{"\xC0\x80", 0}, Bad{"\xC1\xBF", 0}, Bad{"\xED\xA0\x80", 0},
        Bad{"\xF5\x80\x80\x80", 0}, Bad{"\xF4\x90\x80\x80", 0}, Bad{"\xE0\x80\x80", 0},
        Bad{"12345678\x80", 8}, Bad{"abc\xE2\x82", 3}, Bad{"1234567\xC3", 7}}) {
    CAPTURE(bad.text, bad.at);
    CHECK(valid(bad.text) == bad.at);
  }
}
