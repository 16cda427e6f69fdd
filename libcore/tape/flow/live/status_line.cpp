#include <tape/base/bytes.h>
#include <tape/flow/live/status_line.h>

#include <fmt/format.h>

namespace tape::flow {
namespace {

std::string age(Nanos duration) {
  if (duration < 0) return "none";
  const auto seconds = static_cast<double>(duration) / static_cast<double>(kSecond);
  if (seconds < 100) return fmt::format("{:.1f}s", seconds);
  return format_duration(duration / kSecond * kSecond);
}

}  // namespace

std::string status_line(const StatusFigures& figures, std::size_t width) {
  auto line =
      fmt::format("{:.{}f}/s | links {}/{} | feeds {}{} | last {} | gaps {} | {}", figures.rate,
                  figures.rate < 10 ? 1 : 0, figures.links_up, figures.links, figures.feeds,
                  figures.silent == 0 ? "" : fmt::format(", {} silent", figures.silent),
                  age(figures.last_age), figures.gaps, format_size(figures.file_bytes));
  if (!figures.file.empty()) line += ' ' + figures.file;
  for (auto& c : line) {
    if (c >= 0 && c < ' ') c = '?';
  }
  if (width != 0 && line.size() > width) {
    line.resize(width);
    line.resize(utf8_valid_prefix(line));
  }
  return line;
}

}  // namespace tape::flow
