// One line at the bottom of a terminal that is drawn over itself, for programs that run for long.
#pragma once

#include <cstddef>
#include <string_view>

namespace tape::cli {

class StatusLine {
 public:
  /// On stderr.
  StatusLine();
  /// Takes the line away.
  ~StatusLine();
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;

  /// False: stderr is no terminal.
  [[nodiscard]] bool shown() const { return terminal_; }
  /// Columns of the terminal; 0 = not known.
  [[nodiscard]] std::size_t width() const;
  void show(std::string_view line);

 private:
  bool terminal_;
  bool drawn_ = false;
};

}  // namespace tape::cli
