#include <tape/base/decimal.h>

#include <algorithm>
#include <limits>

namespace tape {
namespace {

__extension__ using Wide = __int128;

bool digit(char c) { return c >= '0' && c <= '9'; }

std::optional<Wide> scale(Wide value, int digits) {
  // 38 digits fit; what needs more cannot come back into 64 bits anyway.
  for (; digits > 0; --digits) {
    if (value > std::numeric_limits<std::int64_t>::max() * Wide{1'000'000'000'000'000'000} ||
        value < std::numeric_limits<std::int64_t>::min() * Wide{1'000'000'000'000'000'000}) {
      return std::nullopt;
    }
    value *= 10;
  }
  return value;
}

std::optional<Decimal> combine(Decimal a, Decimal b, int sign) {
  const int exponent = std::min(a.exponent, b.exponent);
  const auto left = scale(a.mantissa, a.exponent - exponent);
  const auto right = scale(b.mantissa, b.exponent - exponent);
  if (!left || !right) return std::nullopt;
  const Wide sum = *left + sign * *right;
  if (sum > std::numeric_limits<std::int64_t>::max() ||
      sum < std::numeric_limits<std::int64_t>::min()) {
    return std::nullopt;
  }
  return Decimal{static_cast<std::int64_t>(sum), static_cast<std::int8_t>(exponent)};
}

}  // namespace

namespace {

/// Digits with at most one point inside, so few that they fit whatever they are: what nearly every
/// number is.
bool parse_short(std::string_view text, Decimal& out) {
  const bool minus = !text.empty() && text.front() == '-';
  const char* p = text.data() + (minus ? 1 : 0);
  const char* const end = text.data() + text.size();
  if (p == end || end - p > 18 || !digit(*p) || !digit(end[-1])) return false;
  const char* point = nullptr;
  std::int64_t mantissa = 0;
  for (; p != end; ++p) {
    if (digit(*p)) {
      mantissa = mantissa * 10 + (*p - '0');
    } else if (*p == '.' && point == nullptr) {
      point = p;
    } else {
      return false;
    }
  }
  const auto decimals = point == nullptr ? 0 : end - point - 1;
  out = {minus ? -mantissa : mantissa, static_cast<std::int8_t>(-decimals)};
  return true;
}

}  // namespace

DecimalParse parse_decimal(std::string_view text, Decimal& out) {
  if (parse_short(text, out)) return DecimalParse::ok;
  const char* p = text.data();
  const char* const end = p + text.size();
  const bool minus = p != end && *p == '-';
  if (minus) ++p;
  if (p == end || !digit(*p)) return DecimalParse::malformed;

  std::uint64_t mantissa = 0;
  bool overflow = false;
  int exponent = 0;
  const auto take = [&](char c) {
    const auto next = static_cast<std::uint64_t>(c - '0');
    if (mantissa >
        (static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) - next) / 10) {
      overflow = true;
    } else {
      mantissa = mantissa * 10 + next;
    }
  };
  for (; p != end && digit(*p); ++p) take(*p);
  if (p != end && *p == '.') {
    ++p;
    if (p == end || !digit(*p)) return DecimalParse::malformed;
    for (; p != end && digit(*p); ++p) {
      take(*p);
      --exponent;
    }
  }
  if (p != end && (*p == 'e' || *p == 'E')) {
    ++p;
    bool negative = false;
    if (p != end && (*p == '+' || *p == '-')) negative = *p++ == '-';
    if (p == end || !digit(*p)) return DecimalParse::malformed;
    int power = 0;
    for (; p != end && digit(*p); ++p) power = std::min(power * 10 + (*p - '0'), 100'000);
    exponent += negative ? -power : power;
  }
  if (p != end) return DecimalParse::malformed;
  if (overflow || exponent <= Decimal::kAbsent || exponent > 127) return DecimalParse::out_of_range;
  const auto value = static_cast<std::int64_t>(mantissa);
  out = {minus ? -value : value, static_cast<std::int8_t>(exponent)};
  return DecimalParse::ok;
}

std::optional<Decimal> parse_decimal(std::string_view text) {
  Decimal value;
  if (parse_decimal(text, value) != DecimalParse::ok) return std::nullopt;
  return value;
}

char* format_decimal(Decimal value, char* out) {
  if (value.absent()) return out;
  char digits[20];
  int count = 0;
  auto rest = value.mantissa < 0 ? ~static_cast<std::uint64_t>(value.mantissa) + 1
                                 : static_cast<std::uint64_t>(value.mantissa);
  do {
    digits[count++] = static_cast<char>('0' + rest % 10);
    rest /= 10;
  } while (rest != 0);
  if (value.mantissa < 0) *out++ = '-';
  const int exponent = value.exponent;
  if (exponent >= 0) {
    while (count > 0) *out++ = digits[--count];
    if (value.mantissa != 0) out = std::fill_n(out, exponent, '0');
    return out;
  }
  const int before = count + exponent;
  if (before <= 0) {
    *out++ = '0';
    *out++ = '.';
    out = std::fill_n(out, -before, '0');
  } else {
    for (int i = 0; i < before; ++i) *out++ = digits[--count];
    *out++ = '.';
  }
  while (count > 0) *out++ = digits[--count];
  return out;
}

std::string format_decimal(Decimal value) {
  char text[kDecimalSize];
  return {text, format_decimal(value, text)};
}

std::strong_ordering compare(Decimal a, Decimal b) {
  if (a.absent() || b.absent()) return !a.absent() <=> !b.absent();
  if (a.exponent == b.exponent) return a.mantissa <=> b.mantissa;
  const auto sign = [](std::int64_t m) { return (m > 0) - (m < 0); };
  if (sign(a.mantissa) != sign(b.mantissa)) return sign(a.mantissa) <=> sign(b.mantissa);
  if (a.mantissa == 0) return std::strong_ordering::equal;
  const int exponent = std::min(a.exponent, b.exponent);
  const auto left = scale(a.mantissa, a.exponent - exponent);
  const auto right = scale(b.mantissa, b.exponent - exponent);
  // Only one of the two is scaled; if that one outgrows 38 digits it is the greater in magnitude.
  if (!left) return sign(a.mantissa) <=> 0;
  if (!right) return 0 <=> sign(b.mantissa);
  return *left <=> *right;
}

std::optional<Decimal> add(Decimal a, Decimal b) {
  if (a.absent()) return b;
  if (b.absent()) return a;
  return combine(a, b, 1);
}

std::optional<Decimal> subtract(Decimal a, Decimal b) {
  if (b.absent()) return a;
  if (a.absent()) a = {0, b.exponent};
  return combine(a, b, -1);
}

}  // namespace tape
