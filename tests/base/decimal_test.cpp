#include <tape/base/decimal.h>

#include <catch2/catch.hpp>

#include <cstdint>
#include <limits>
#include <random>
#include <string>

using tape::Decimal;
using tape::DecimalParse;

namespace {

Decimal parsed(std::string_view text) {
  Decimal value;
  REQUIRE(tape::parse_decimal(text, value) == DecimalParse::ok);
  return value;
}

std::string random_number(std::mt19937_64& random) {
  const auto pick = [&](std::uint64_t n) { return random() % n; };
  const auto digits = 1 + pick(18);
  const auto point = pick(digits + 1);
  std::string text;
  for (std::uint64_t i = 0; i < digits; ++i) {
    if (i == point && i != 0) text += '.';
    text += static_cast<char>('0' + pick(10));
  }
  // No superfluous zeros in front: what is written is the only way to write it.
  while (text.size() > 1 && text[0] == '0' && text[1] != '.') text.erase(0, 1);
  const bool zero = text.find_first_not_of("0.") == std::string::npos;
  return (!zero && pick(2) == 0 ? "-" : "") + text;
}

}  // namespace

TEST_CASE("decimals keep every digit") {
  const auto value = parsed("61800.20");
  CHECK(value.mantissa == 6180020);
  CHECK(value.exponent == -2);
  CHECK(tape::format_decimal(value) == "61800.20");
  CHECK(tape::format_decimal(parsed("0.00000")) == "0.00000");
  CHECK(parsed("4.48E-4").mantissa == 448);
  CHECK(parsed("4.48E-4").exponent == -6);
  CHECK(tape::format_decimal(parsed("4.48E-4")) == "0.000448");
  CHECK(tape::format_decimal(parsed("1e3")) == "1000");
  CHECK(tape::format_decimal(parsed("-0.5")) == "-0.5");
  CHECK(tape::format_decimal(parsed("-0")) == "0");
}

TEST_CASE("any number of up to 18 digits comes back as it was written") {
  std::mt19937_64 random(20261122);
  for (int i = 0; i < 20000; ++i) {
    const auto text = random_number(random);
    CAPTURE(text);
    REQUIRE(tape::format_decimal(parsed(text)) == text);
  }
}

TEST_CASE("the ends of 64 bits") {
  CHECK(parsed("9223372036854775807").mantissa == std::numeric_limits<std::int64_t>::max());
  Decimal value;
  CHECK(tape::parse_decimal("9223372036854775809", value) == DecimalParse::out_of_range);
  CHECK(tape::parse_decimal("12345678901234567890", value) == DecimalParse::out_of_range);
  CHECK(tape::parse_decimal("1e128", value) == DecimalParse::out_of_range);
  CHECK(tape::parse_decimal("1e-128", value) == DecimalParse::out_of_range);
  CHECK(tape::parse_decimal("1e99999999999999999999", value) == DecimalParse::out_of_range);
  CHECK(tape::format_decimal({std::numeric_limits<std::int64_t>::min(), -2}) ==
        "-92233720368547758.08");
  // The longest there is stays in the bounds of format_decimal's buffer.
  CHECK(tape::format_decimal({std::numeric_limits<std::int64_t>::min(), 127}).size() <=
        tape::kDecimalSize);
  CHECK(tape::format_decimal({std::numeric_limits<std::int64_t>::min(), -127}).size() <=
        tape::kDecimalSize);
}

TEST_CASE("what is no JSON number is refused") {
  for (const char* text : {"", "-", ".5", "5.", "+1", "1e", "1e+", "0x1", "1,5", " 1", "1 ", "NaN",
                           "Infinity", "--1", "1.2.3"}) {
    CAPTURE(text);
    CHECK_FALSE(tape::parse_decimal(text).has_value());
  }
}

TEST_CASE("absent is not zero") {
  const Decimal absent;
  CHECK(absent.absent());
  CHECK_FALSE(absent.zero());
  CHECK(tape::format_decimal(absent).empty());
  CHECK(parsed("0").zero());
  CHECK(tape::compare(absent, parsed("0")) == std::strong_ordering::less);
  CHECK(tape::compare(absent, parsed("-1")) == std::strong_ordering::less);
  CHECK(tape::compare(absent, absent) == std::strong_ordering::equal);
}

TEST_CASE("comparison is by value") {
  CHECK(tape::compare(parsed("1.0"), parsed("1.00")) == std::strong_ordering::equal);
  CHECK(tape::compare(parsed("-1"), parsed("1")) == std::strong_ordering::less);
  CHECK(tape::compare(parsed("0.1"), parsed("0.09")) == std::strong_ordering::greater);
  CHECK(tape::compare(parsed("0"), parsed("0.000")) == std::strong_ordering::equal);
  CHECK(tape::compare({1, 127}, {std::numeric_limits<std::int64_t>::max(), -127}) ==
        std::strong_ordering::greater);
  CHECK(tape::compare({-1, 127}, {1, -127}) == std::strong_ordering::less);
}

TEST_CASE("sums and differences are exact") {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20000; ++i) {
    const Decimal a{static_cast<std::int64_t>(random() % 2'000'000'000) - 1'000'000'000,
                    static_cast<std::int8_t>(-static_cast<int>(random() % 9))};
    const Decimal b{static_cast<std::int64_t>(random() % 2'000'000'000) - 1'000'000'000,
                    static_cast<std::int8_t>(-static_cast<int>(random() % 9))};
    const auto sum = tape::add(a, b);
    REQUIRE(sum.has_value());
    REQUIRE(sum->exponent == std::min(a.exponent, b.exponent));
    const auto back = tape::subtract(*sum, b);
    REQUIRE(back.has_value());
    REQUIRE(tape::compare(*back, a) == std::strong_ordering::equal);
  }
  CHECK(tape::format_decimal(*tape::add(parsed("0.1"), parsed("0.20"))) == "0.30");
  CHECK(tape::format_decimal(*tape::add(Decimal{}, parsed("5"))) == "5");
  CHECK(tape::format_decimal(*tape::subtract(Decimal{}, parsed("5"))) == "-5");
  CHECK_FALSE(tape::add({std::numeric_limits<std::int64_t>::max(), 0}, {1, 0}).has_value());
  CHECK_FALSE(tape::add({1, 127}, {1, -127}).has_value());
}
