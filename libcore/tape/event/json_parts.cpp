#include <tape/event/json_parts.h>

#include <array>

namespace tape::event {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

/// What a byte becomes inside a JSON string: 0 = itself, 'u' = \u00XX, else the letter after the
/// backslash.
constexpr std::array<char, 256> make_escapes() {
  std::array<char, 256> table{};
  for (std::size_t i = 0; i < 0x20; ++i) table[i] = 'u';
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  table['"'] = '"';
  table['\\'] = '\\';
  return table;
}
constexpr auto kEscapes = make_escapes();

}  // namespace

void append_escaped(std::string_view text, std::string& out) {
  std::size_t done = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(text[i]);
    const char escape = kEscapes[byte];
    if (escape == 0) [[likely]] {
      continue;
    }
    out.append(text.data() + done, i - done);
    done = i + 1;
    out += '\\';
    out += escape;
    if (escape == 'u') {
      out += "00";
      out += kHexDigits[byte >> 4U];
      out += kHexDigits[byte & 15U];
    }
  }
  out.append(text.data() + done, text.size() - done);
}

void put_nanos(std::uint64_t nanos, char* out) {
  for (int i = 8; i >= 0; --i) {
    out[i] = static_cast<char>('0' + nanos % 10);
    nanos /= 10;
  }
}

void append_hex_string(std::string_view bytes, std::string& out) {
  out += '"';
  for (const char c : bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    out += kHexDigits[byte >> 4U];
    out += kHexDigits[byte & 15U];
  }
  out += '"';
}

void append_session(std::uint64_t session, std::string& out) {
  char text[18];
  text[0] = text[17] = '"';
  for (std::size_t i = 16; i > 0; --i) {
    text[i] = kHexDigits[session & 15U];
    session >>= 4U;
  }
  out.append(text, sizeof text);
}

void append_seconds(Nanos moment, std::string& out) {
  auto magnitude = static_cast<std::uint64_t>(moment);
  if (moment < 0) {
    magnitude = ~magnitude + 1;
    out += '-';
  }
  constexpr auto kPerSecond = static_cast<std::uint64_t>(kSecond);
  append_number(magnitude / kPerSecond, out);
  char fraction[10];
  fraction[0] = '.';
  put_nanos(magnitude % kPerSecond, fraction + 1);
  out.append(fraction, sizeof fraction);
}

}  // namespace tape::event
