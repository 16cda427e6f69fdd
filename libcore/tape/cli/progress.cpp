#include <tape/base/clock.h>
#include <tape/cli/declare.h>
#include <tape/cli/progress.h>

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <map>

namespace tape::cli {
namespace {

constexpr Nanos kFirst = kSecond;  // short work shows nothing
constexpr Nanos kRedraw = 200 * kMillisecond;
constexpr Nanos kLineEvery = 5 * kSecond;  // where lines are not drawn over

void put(const std::string& text) { (void)!::write(STDERR_FILENO, text.data(), text.size()); }

}  // namespace

void add_progress(App& app, ProgressMode& mode) {
  static const std::map<std::string, ProgressMode> kModes{{"auto", ProgressMode::automatic},
                                                          {"always", ProgressMode::always},
                                                          {"never", ProgressMode::never}};
  app.options()
      .add_option_function<std::string>(
          "--progress", [&mode](const std::string& text) { mode = kModes.at(text); },
          "show progress on stderr: auto, always, never (default: auto)")
      ->type_name("WHEN")
      ->check(CLI::IsMember({"auto", "always", "never"}));
}

bool use_color(int fd) {
  const char* no_color = std::getenv("NO_COLOR");
  return ::isatty(fd) != 0 && (no_color == nullptr || *no_color == '\0');
}

Progress::Progress(ProgressMode mode, std::string what)
    : terminal_(::isatty(STDERR_FILENO) != 0),
      what_(std::move(what)),
      started_(SystemClock().monotonic()) {
  shown_ = mode == ProgressMode::always || (mode == ProgressMode::automatic && terminal_);
}

Progress::~Progress() {
  if (shown_ && terminal_ && width_ > 0) put("\r" + std::string(width_, ' ') + "\r");
}

void Progress::draw(std::uint64_t events, std::string_view detail) {
  if (!shown_) return;
  const Nanos now = SystemClock().monotonic();
  const Nanos since = drawn_ == 0 ? now - started_ : now - drawn_;
  const Nanos pause = terminal_ ? (drawn_ == 0 ? kFirst : kRedraw) : kLineEvery;
  if (since < pause) return;
  drawn_ = now;
  const double seconds = static_cast<double>(now - started_) / static_cast<double>(kSecond);
  auto line = fmt::format("{}: {} events, {:.0f}/s{}{}", what_, events,
                          static_cast<double>(events) / std::max(seconds, 1e-9),
                          detail.empty() ? "" : ", ", detail);
  const std::size_t drawn = line.size();
  if (terminal_) {
    line = "\r" + line + std::string(width_ > drawn ? width_ - drawn : 0, ' ');
  } else {
    line += '\n';
  }
  width_ = std::max(width_, drawn);
  put(line);
}

}  // namespace tape::cli
