#include <tape/cli/keys.h>

#include <poll.h>
#include <unistd.h>

namespace tape::cli {
namespace {

/// Nothing there, or the end.
std::optional<char> read_byte() {
  pollfd wait{STDIN_FILENO, POLLIN, 0};
  char byte = 0;
  if (::poll(&wait, 1, 0) <= 0 || ::read(STDIN_FILENO, &byte, 1) != 1) return std::nullopt;
  return byte;
}

}  // namespace

Keys::Keys() {
  if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDERR_FILENO) == 0) return;
  // In the background, changing the terminal would stop us.
  if (::tcgetpgrp(STDIN_FILENO) != ::getpgrp() || ::tcgetattr(STDIN_FILENO, &before_) != 0) return;
  termios raw = before_;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  there_ = ::tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

Keys::~Keys() {
  if (there_) (void)::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
}

std::optional<Key> Keys::next() {
  while (there_) {
    const auto byte = read_byte();
    if (!byte) return std::nullopt;
    switch (*byte) {
      case ' ':
        return Key::space;
      case '+':
        return Key::plus;
      case '-':
        return Key::minus;
      case 'q':
        return Key::quit;
      case '\x1b':
        // Right arrow: ESC [ C
        if (read_byte() == '[' && read_byte() == 'C') return Key::right;
        break;
      default:
        break;
    }
  }
  return std::nullopt;
}

}  // namespace tape::cli
