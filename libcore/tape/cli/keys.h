// Single keys of a person at the terminal, without Enter.
#pragma once

#include <termios.h>

#include <optional>

namespace tape::cli {

enum class Key : unsigned char { space, right, plus, minus, quit };

/// Reads stdin key by key while it lives, if stdin and stderr are a terminal and we are in its
/// foreground; the terminal is put back as it was. At most one.
class Keys {
 public:
  Keys();
  ~Keys();
  Keys(const Keys&) = delete;
  Keys& operator=(const Keys&) = delete;

  [[nodiscard]] bool there() const { return there_; }
  /// A key that was pressed since; others are passed over. Does not wait.
  [[nodiscard]] std::optional<Key> next();

 private:
  bool there_ = false;
  termios before_{};
};

}  // namespace tape::cli
