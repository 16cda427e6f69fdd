// Progress of long work, on stderr, for a person who waits at a terminal.
#pragma once

#include <tape/base/time.h>
#include <tape/cli/app.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace tape::cli {

enum class ProgressMode : std::uint8_t { automatic, always, never };

/// Declares --progress auto|always|never.
void add_progress(App& app, ProgressMode& mode);

/// ANSI colours on this descriptor: a terminal, and NO_COLOR is not set.
[[nodiscard]] bool use_color(int fd);

/// One line that is drawn over itself a few times a second, on a terminal; with `always` elsewhere
/// a line each.
class Progress {
 public:
  Progress(ProgressMode mode, std::string what);
  /// Takes the line away.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Call as often as is handy: reads the clock only every few hundred calls.
  void update(std::uint64_t events) {
    if (shown_ && (++calls_ & kMask) == 0) draw(events, {});
  }
  /// Draws now.
  void draw(std::uint64_t events, std::string_view detail);

 private:
  static constexpr std::uint64_t kMask = 255;
  bool shown_ = false;
  bool terminal_ = false;
  std::string what_;
  std::uint64_t calls_ = 0;
  Nanos started_ = 0;
  Nanos drawn_ = 0;
  std::size_t width_ = 0;
};

}  // namespace tape::cli
