// Random JSON, as odd as the grammar lets it be, and frames with the bytes behind them that a
// matcher may read.
#pragma once

#include <tape/event/frame.h>

#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tape::shape::test {

/// A frame followed by readable bytes that would go on with its last value.
class Padded {
 public:
  explicit Padded(std::string_view text, char filler = '7') : bytes_(text.begin(), text.end()) {
    bytes_.insert(bytes_.end(), event::kFramePadding, filler);
    size_ = text.size();
  }
  [[nodiscard]] std::string_view text() const { return {bytes_.data(), size_}; }
  [[nodiscard]] std::span<char> bytes() { return {bytes_.data(), size_}; }

 private:
  std::vector<char> bytes_;
  std::size_t size_ = 0;
};

class RandomJson {
 public:
  explicit RandomJson(unsigned seed) : random_(seed) {}

  std::string value(int depth = 0) {
    const auto kind = pick(depth > 5 ? 5 : 9);
    switch (kind) {
      case 0:
        return string();
      case 1:
      case 2:
        return number();
      case 3:
        return pick(2) == 0 ? "true" : "false";
      case 4:
        return "null";
      case 5:
      case 6:
        return array(depth);
      default:
        return object(depth);
    }
  }

  std::string string() {
    static const std::vector<std::string> kParts = {"a",
                                                    "Z",
                                                    "0",
                                                    " ",
                                                    "\\\"",
                                                    "\\\\",
                                                    "\\/",
                                                    "\\n",
                                                    "\\u00e9",
                                                    "é",
                                                    "€",
                                                    "𝄞",
                                                    "\\ud834\\udd1e",
                                                    "\\ud834",
                                                    "\\u0000",
                                                    "{",
                                                    "]",
                                                    ",",
                                                    ":",
                                                    "1.50",
                                                    "-0",
                                                    "true",
                                                    "BTCUSDT",
                                                    "long text that is more than sixteen bytes"};
    std::string out = "\"";
    for (auto i = pick(5); i > 0; --i) out += kParts[pick(kParts.size())];
    return out + "\"";
  }

  std::string number() {
    static const std::vector<std::string> kNumbers = {"0",
                                                      "-0",
                                                      "0.0",
                                                      "-0.00",
                                                      "1",
                                                      "10",
                                                      "100.00",
                                                      "0.00001",
                                                      "1e5",
                                                      "1E-7",
                                                      "4.48E+4",
                                                      "-1.5",
                                                      "123456789012345678",
                                                      "1234567890123456789",
                                                      "99999999999999999999999999999999999",
                                                      "0.000000000000000000000000000001",
                                                      "1700000000000",
                                                      "9223372036854775807",
                                                      "1e400",
                                                      "-9223372036854775808"};
    if (pick(3) == 0) return kNumbers[pick(kNumbers.size())];
    auto out = std::to_string(static_cast<long>(random_() % 2000000) - 1000000);
    if (pick(2) == 0) out += "." + std::to_string(random_() % 1000);
    return out;
  }

  std::string blank() {
    static const std::vector<std::string> kBlanks = {"", "", "", "", "", " ", "\n", "\t  ", "\r\n"};
    return style_ == 0 ? "" : style_ == 1 ? " " : kBlanks[pick(kBlanks.size())];
  }
  void new_style() { style_ = pick(3); }

  std::string array(int depth) {
    std::string out = "[" + blank();
    const auto count = pick(4);
    // Elements that are alike, or not.
    const bool alike = pick(2) == 0;
    const auto element = value(depth + 1);
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0) out += blank() + "," + blank();
      out += alike ? varied(element) : value(depth + 1);
    }
    return out + blank() + "]";
  }

  std::string object(int depth) {
    static const std::vector<std::string> kKeys = {"a", "b", "price", "a", "x\\ny", "é", ""};
    std::string out = "{" + blank();
    const auto count = pick(5);
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0) out += blank() + "," + blank();
      out += "\"" + kKeys[pick(kKeys.size())] + "\"" + blank() + ":" + blank() + value(depth + 1);
    }
    return out + blank() + "}";
  }

  /// The same with other digits.
  std::string varied(std::string text) {
    for (auto& c : text) {
      if (c >= '1' && c <= '9') c = static_cast<char>('1' + pick(9));
    }
    return text;
  }

  std::size_t pick(std::size_t count) { return random_() % count; }

 private:
  std::mt19937 random_;
  std::size_t style_ = 0;
};

}  // namespace tape::shape::test
