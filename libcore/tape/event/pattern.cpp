#include <tape/event/pattern.h>

#include <algorithm>

namespace tape::event {
namespace {

// A longer word is matched as a pattern, so that lowering needs no more than this on the stack.
constexpr std::size_t kLongestWord = 256;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

bool same(char a, char b, Case letters) {
  return a == b || (letters == Case::ignored && lower(a) == lower(b));
}

/// Matches one character against the bracket expression at the front of `pattern`; its length, or 0
/// if it is not closed, in which case the bracket stands for itself, as in the shell.
std::size_t match_bracket(std::string_view pattern, char c, Case letters, bool& matched) {
  std::size_t i = 1;
  const bool negated = i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^');
  if (negated) ++i;
  bool found = false;
  for (bool first = true; i < pattern.size(); first = false) {
    if (pattern[i] == ']' && !first) {
      matched = found != negated;
      return i + 1;
    }
    const char from = pattern[i];
    char to = from;
    if (i + 2 < pattern.size() && pattern[i + 1] == '-' && pattern[i + 2] != ']') {
      to = pattern[i + 2];
      i += 2;
    }
    ++i;
    const auto within = [&](char x) { return from <= x && x <= to; };
    const char upper = c >= 'a' && c <= 'z' ? static_cast<char>(c & ~0x20) : c;
    found |= within(c) || (letters == Case::ignored && (within(lower(c)) || within(upper)));
  }
  return 0;
}

/// Length of the UTF-8 character at the front, so that `?` is one character and not one byte.
std::size_t character(std::string_view text) {
  std::size_t length = 1;
  while (length < text.size() && (static_cast<std::uint8_t>(text[length]) & 0xC0U) == 0x80U)
    ++length;
  return length;
}

struct Step {
  std::size_t pattern = 0;  // what was taken of each; 0 and 0: no match
  std::size_t text = 0;
};

/// Matches the first item of `pattern`, which is no `*`, at the front of `text`.
Step match_one(std::string_view pattern, std::string_view text, Case letters) {
  if (pattern.front() == '?') return {1, character(text)};
  if (pattern.front() == '[') {
    bool matched = false;
    if (const auto length = match_bracket(pattern, text.front(), letters, matched); length != 0) {
      return matched ? Step{length, 1} : Step{};
    }
  }
  const std::size_t escape = pattern.front() == '\\' && pattern.size() > 1 ? 1 : 0;
  return same(pattern[escape], text.front(), letters) ? Step{escape + 1, 1} : Step{};
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text, Case letters) {
  // One star is remembered: what stands before it never needs another try.
  std::string_view star;
  std::string_view star_text;
  bool starred = false;
  while (true) {
    if (!pattern.empty() && pattern.front() == '*') {
      pattern.remove_prefix(1);
      star = pattern;
      star_text = text;
      starred = true;
      continue;
    }
    if (pattern.empty() && text.empty()) return true;
    if (!pattern.empty() && !text.empty()) {
      if (const auto step = match_one(pattern, text, letters); step.pattern != 0) {
        pattern.remove_prefix(step.pattern);
        text.remove_prefix(step.text);
        continue;
      }
    }
    if (!starred || star_text.empty()) return false;
    star_text.remove_prefix(1);
    pattern = star;
    text = star_text;
  }
}

Patterns::Patterns(const std::vector<std::string>& patterns, Case letters) : letters_(letters) {
  for (const auto& pattern : patterns) add(pattern);
}

void Patterns::add(std::string pattern) {
  const bool plain = pattern.find_first_of("*?[\\") == std::string::npos;
  if (!plain || pattern.size() > kLongestWord) {
    globs_.push_back(std::move(pattern));
    return;
  }
  if (letters_ == Case::ignored) {
    std::transform(pattern.begin(), pattern.end(), pattern.begin(), lower);
  }
  words_.insert(std::move(pattern));
}

bool Patterns::match(std::string_view text) const {
  if (!words_.empty() && text.size() <= kLongestWord && has_word(text)) return true;
  return std::any_of(globs_.begin(), globs_.end(),
                     [&](const auto& glob) { return glob_matches(glob, text, letters_); });
}

bool Patterns::has_word(std::string_view text) const {
  if (letters_ == Case::kept) return words_.contains(text);
  char lowered[kLongestWord];
  std::transform(text.begin(), text.end(), lowered, lower);
  return words_.contains(std::string_view(lowered, text.size()));
}

}  // namespace tape::event
