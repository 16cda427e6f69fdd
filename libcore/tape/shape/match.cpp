#include <tape/base/varint.h>
#include <tape/shape/match.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <array>
#include <cstring>

namespace tape::shape {
namespace {

bool is_digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }

// Eight characters at a time, the first in the lowest byte.
constexpr std::uint64_t kZeros = 0x3030'3030'3030'3030U;

std::uint64_t load_eight(const char* p) {
  std::uint64_t chunk = 0;
  std::memcpy(&chunk, p, sizeof chunk);
  return chunk ^ kZeros;
}

/// How many of them are digits, counted from the first.
unsigned count_digits(std::uint64_t chunk) {
  const auto others = (((chunk & 0x7F7F'7F7F'7F7F'7F7FU) + 0x7676'7676'7676'7676U) | chunk) &
                      0x8080'8080'8080'8080U;
  return others == 0 ? 8 : static_cast<unsigned>(__builtin_ctzll(others)) / 8;
}

/// The number that the first `count` of them are, 1 to 8.
std::uint64_t number_of(std::uint64_t chunk, unsigned count) {
  chunk <<= 8 * (8 - count);
  chunk = chunk * 10 + (chunk >> 8U);
  constexpr std::uint64_t kPairs = 0x0000'00FF'0000'00FFU;
  return ((chunk & kPairs) * 0x000F'4240'0000'0064U +
          ((chunk >> 16U) & kPairs) * 0x0000'2710'0000'0001U) >>
         32U;
}

constexpr std::array<std::uint64_t, 17> kPowers = [] {
  std::array<std::uint64_t, 17> powers{1};
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = 10 * powers[i - 1];
  return powers;
}();

/// Digits behind `mantissa`; more than 18 are seen to be more, but not all taken. Reads at most 24
/// bytes.
inline const char* take_digits(const char* p, std::uint64_t& mantissa) {
  const auto first = load_eight(p);
  const auto count = count_digits(first);
  if (count == 0) return p;
  mantissa = mantissa * kPowers[count] + number_of(first, count);
  p += count;
  if (count < 8) return p;
  const auto second = load_eight(p);
  const auto more = count_digits(second);
  if (more == 0) return p;
  mantissa = mantissa * kPowers[more] + number_of(second, more);
  p += more;
  if (more < 8) return p;
  for (const char* const limit = p + 4; is_digit(*p) && p < limit; ++p)
    mantissa = mantissa * 10 + static_cast<std::uint64_t>(*p - '0');
  return p;
}

/// The number that `count` digits are, 1 to 16. Reads 16 bytes.
inline std::uint64_t number_at(const char* p, unsigned count) {
  if (count <= 8) return number_of(load_eight(p), count);
  return number_of(load_eight(p), 8) * kPowers[count - 8] + number_of(load_eight(p + 8), count - 8);
}

#ifdef __SSE2__
/// The same as the steps below for numbers of fewer than 16 characters: where one ends is known
/// before its digits are looked at. Null also where those steps must decide. Reads 32 bytes.
inline const char* take_short(const char* p, Value& out) {
  const auto bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  // As signed numbers, bytes from 0x80 on are below the digits.
  const auto digits = _mm_and_si128(_mm_cmplt_epi8(_mm_set1_epi8('/'), bytes),
                                    _mm_cmplt_epi8(bytes, _mm_set1_epi8(':')));
  const auto point = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('.'));
  const auto points = static_cast<unsigned>(_mm_movemask_epi8(point));
  const auto all = static_cast<unsigned>(_mm_movemask_epi8(digits)) | points;
  const auto size = static_cast<unsigned>(__builtin_ctz(~all));
  if (size == 0 || size >= 16) return nullptr;
  const auto inside = points & ((1U << size) - 1);
  const auto whole = inside == 0 ? size : static_cast<unsigned>(__builtin_ctz(inside));
  if (whole == 0 || (*p == '0' && whole > 1)) return nullptr;
  auto mantissa = number_at(p, whole);
  unsigned decimals = 0;
  if (inside != 0) {
    decimals = size - whole - 1;
    if (decimals == 0 || (inside & (inside - 1)) != 0) return nullptr;
    mantissa = mantissa * kPowers[decimals] + number_at(p + whole + 1, decimals);
  }
  out.mantissa = static_cast<std::int64_t>(mantissa);
  out.exponent = static_cast<std::int8_t>(-static_cast<int>(decimals));
  out.canonical = true;
  return p + size;
}
#endif

/// Behind a canonical number; null when there is none. Reads at most 50 bytes.
inline const char* take_canonical(const char* p, Value& out) {
#ifdef __SSE2__
  if (const char* const end = take_short(p, out)) return end;
#endif
  const bool minus = *p == '-';
  if (minus) ++p;
  const char* const digits = p;
  std::uint64_t mantissa = 0;
  p = take_digits(p, mantissa);
  auto count = p - digits;
  if (count == 0 || (*digits == '0' && count > 1)) return nullptr;
  std::ptrdiff_t decimals = 0;
  if (*p == '.') {
    const char* const point = ++p;
    p = take_digits(p, mantissa);
    decimals = p - point;
    if (decimals == 0) return nullptr;
    count += decimals;
  }
  if (count > 18 || (minus && mantissa == 0)) return nullptr;
  const auto value = static_cast<std::int64_t>(mantissa);
  out.mantissa = minus ? -value : value;
  out.exponent = static_cast<std::int8_t>(-decimals);
  out.canonical = true;
  return p;
}

/// The quote that ends a plain string, or null.
const char* find_quote(const char* p, const char* end) {
#ifdef __SSE2__
  const auto quote = _mm_set1_epi8('"');
  const auto slash = _mm_set1_epi8('\\');
  const auto blank = _mm_set1_epi8(' ');
  for (; p < end; p += 16) {
    const auto bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    // As signed numbers, bytes from 0x80 on are below a blank too.
    const auto stop =
        _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, slash)),
                     _mm_cmplt_epi8(bytes, blank));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(stop));
    if (mask == 0) continue;
    p += __builtin_ctz(mask);
    return p < end && *p == '"' ? p : nullptr;
  }
  return nullptr;
#else
  for (; p < end; ++p) {
    if (*p == '"') return p;
    if (*p == '\\' || static_cast<signed char>(*p) < ' ') return nullptr;
  }
  return nullptr;
#endif
}

const char* find_number_end(const char* p, const char* end) {
  while (p != end && (is_digit(*p) || *p == '-' || *p == '+' || *p == '.' || (*p | 0x20) == 'e'))
    ++p;
  return p;
}

/// Behind the value, or null.
inline const char* take_value(const Op& op, const char* p, const char* end, Value& out) {
  out.canonical = false;
  const char* stop = op.numeric ? take_canonical(p, out) : nullptr;
  switch (op.token) {
    case Token::string:
      if (stop != nullptr && *stop == '"') break;
      out.canonical = false;
      stop = find_quote(p, end);
      break;
    case Token::number:
      if (stop != nullptr && !is_digit(*stop) && *stop != '.' && (*stop | 0x20) != 'e') break;
      out.canonical = false;
      stop = find_number_end(p, end);
      if (!is_number({p, static_cast<std::size_t>(stop - p)})) return nullptr;
      break;
    case Token::word:
      if (std::memcmp(p, "true", 4) == 0) stop = p + 4;
      if (std::memcmp(p, "false", 5) == 0) stop = p + 5;
      break;
  }
  if (stop == nullptr || stop > end) return nullptr;
  out.text = p;
  out.size = static_cast<std::uint32_t>(stop - p);
  return stop;
}

struct OpenLoop {
  std::size_t value = 0;  // index of its count
};

}  // namespace

bool is_number(std::string_view text) {
  const char* p = text.data();
  const char* const end = p + text.size();
  const auto digits = [&] {
    const char* const begin = p;
    while (p != end && is_digit(*p)) ++p;
    return p != begin;
  };
  if (p != end && *p == '-') ++p;
  const bool zero = p != end && *p == '0';
  const char* const whole = p;
  if (!digits() || (zero && p - whole > 1)) return false;
  if (p != end && *p == '.') {
    ++p;
    if (!digits()) return false;
  }
  if (p != end && (*p | 0x20) == 'e') {
    ++p;
    if (p != end && (*p == '+' || *p == '-')) ++p;
    if (!digits()) return false;
  }
  return p == end;
}

bool Values::grow() {
  if (size_ >= kMaxValues) return false;
  room_.resize(std::max<std::size_t>(64, 2 * size_));
  return true;
}

namespace {

/// Whether the text of the op stands at `p`. Most are short, and 64 bytes may be read behind the
/// frame.
inline bool stands(const Op& op, const char* text, const char* p, const char* end) {
  std::uint64_t head = 0;
  std::memcpy(&head, p, sizeof head);
  if (((head ^ op.head) & op.head_mask) != 0 || static_cast<std::size_t>(end - p) < op.size)
    return false;
  if (op.size <= 8) return true;
  // The last eight may overlap the ones before.
  const auto differ = [&](std::size_t at) {
    std::uint64_t here = 0;
    std::uint64_t there = 0;
    std::memcpy(&here, p + at, sizeof here);
    std::memcpy(&there, text + at, sizeof there);
    return here != there;
  };
  for (std::size_t at = 8; at + 8 < op.size; at += 8) {
    if (differ(at)) return false;
  }
  return !differ(op.size - 8);
}

}  // namespace

bool match(const Program& program, std::string_view frame, Values& values) {
  const char* p = frame.data();
  const char* const end = p + frame.size();
  const char* const bytes = program.bytes.data();
  const auto& ops = program.ops;
  const auto stands_here = [&](const Op& op) { return stands(op, bytes + op.begin, p, end); };
  const auto take = [&](const Op& op) {
    auto* const value = values.add();
    p = value == nullptr ? nullptr : take_value(op, p, end, *value);
    return p != nullptr;
  };
  // The same as the steps below, for loops that books are full of.
  const auto pairs = [&](std::size_t at) {
    const auto count = values.size() - 1;
    const Op* const body = ops.data() + at + 1;
    for (std::int64_t met = 1;; ++met) {
      if (!stands_here(body[0])) return false;
      p += body[0].size;
      if (!take(body[1]) || !stands_here(body[2])) return false;
      p += body[2].size;
      if (!take(body[3]) || !stands_here(body[4])) return false;
      p += body[4].size;
      if (!stands_here(ops[at])) {
        values.at(count).mantissa = met;
        return true;
      }
      p += ops[at].size;
    }
  };
  OpenLoop loops[kMaxNesting];
  std::size_t depth = 0;
  values.clear();
  for (std::size_t i = 0; i < ops.size(); ++i) {
    const auto& op = ops[i];
    switch (op.kind) {
      case Op::Kind::literal:
        if (!stands_here(op)) return false;
        p += op.size;
        break;
      case Op::Kind::value:
        if (!take(op)) return false;
        break;
      case Op::Kind::loop: {
        auto* const count = values.add();
        if (count == nullptr) return false;
        *count = {};
        // Behind a loop always stands the end of its array.
        const auto& behind = ops[op.other + 1];
        if (p < end && *p == bytes[behind.begin]) {
          i = op.other;
        } else if (op.pair) {
          if (!pairs(i)) return false;
          i = op.other;
        } else {
          count->mantissa = 1;
          loops[depth++].value = values.size() - 1;
        }
        break;
      }
      case Op::Kind::end: {
        const auto& loop = ops[op.other];
        if (stands_here(loop)) {
          p += loop.size;
          ++values.at(loops[depth - 1].value).mantissa;
          i = op.other;
        } else {
          --depth;
        }
        break;
      }
    }
  }
  return p == end;
}

void Residuals::add(std::size_t index, std::string_view text) {
  put_varint(index - next_, stored_);
  put_varint(text.size(), stored_);
  stored_ += text;
  next_ = index + 1;
}

}  // namespace tape::shape
