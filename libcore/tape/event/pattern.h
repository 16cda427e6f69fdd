// Text patterns as in the shell, and sets of them that are matched without allocation.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace tape::event {

enum class Case : std::uint8_t { kept, ignored };

/// `*`, `?` (one UTF-8 character), `[abc]`, `[a-z]`, `[!a-z]`; `\` takes the next character as it
/// is.
[[nodiscard]] bool glob_matches(std::string_view pattern, std::string_view text,
                                Case letters = Case::kept);

/// The patterns of one option: plain words are looked up, the others are tried one after the other.
class Patterns {
 public:
  Patterns(const std::vector<std::string>& patterns, Case letters);
  void add(std::string pattern);
  [[nodiscard]] bool empty() const { return words_.empty() && globs_.empty(); }
  /// Whether any of them matches the whole of `text`.
  [[nodiscard]] bool match(std::string_view text) const;

 private:
  struct Hash {
    using is_transparent = void;  // NOLINT: the standard's name
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  [[nodiscard]] bool has_word(std::string_view text) const;

  Case letters_;
  std::unordered_set<std::string, Hash, std::equal_to<>> words_;
  std::vector<std::string> globs_;
};

}  // namespace tape::event
