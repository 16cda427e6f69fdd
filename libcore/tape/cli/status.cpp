#include <tape/cli/status.h>

#include <sys/ioctl.h>
#include <unistd.h>

#include <string>

namespace tape::cli {
namespace {

constexpr std::string_view kErase = "\r\x1b[K";

}  // namespace

StatusLine::StatusLine() : terminal_(::isatty(STDERR_FILENO) == 1) {}

StatusLine::~StatusLine() {
  if (drawn_) (void)!::write(STDERR_FILENO, kErase.data(), kErase.size());
}

std::size_t StatusLine::width() const {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void StatusLine::show(std::string_view line) {
  const auto text = std::string(kErase).append(line);
  drawn_ = true;
  (void)!::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace tape::cli
