#include <tape/base/bytes.h>
#include <tape/base/error.h>
#include <tape/flow/files.h>

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <utility>

namespace tape::flow {
namespace {

namespace fs = std::filesystem;

/// Where a conversion letter's digits stand in "2026-11-22T10:00:03".
std::string_view digits_of(char letter, std::string_view rfc3339) {
  switch (letter) {
    case 'Y':
      return rfc3339.substr(0, 4);
    case 'm':
      return rfc3339.substr(5, 2);
    case 'd':
      return rfc3339.substr(8, 2);
    case 'H':
      return rfc3339.substr(11, 2);
    case 'M':
      return rfc3339.substr(14, 2);
    case 'S':
      return rfc3339.substr(17, 2);
    case '%':
      return "%";
    default:
      return {};
  }
}

/// "a/b.tape", 2 -> "a/b-2.tape".
std::string numbered(const std::string& path, int number) {
  fs::path file(path);
  const auto extension = file.extension().string();
  file.replace_extension();
  return fmt::format("{}-{}{}", file.string(), number, extension);
}

bool match(std::string_view pattern, std::string_view name) {
  std::size_t at = 0;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%' || pattern.substr(i + 1, 1) == "%") {
      if (pattern[i] == '%') ++i;
      if (at >= name.size() || name[at++] != pattern[i]) return false;
      continue;
    }
    const std::size_t digits = pattern[++i] == 'Y' ? 4 : 2;
    for (std::size_t k = 0; k < digits; ++k, ++at) {
      if (at >= name.size() || name[at] < '0' || name[at] > '9') return false;
    }
  }
  return at == name.size();
}

}  // namespace

std::string expand_pattern(const std::string& pattern, Nanos moment) {
  const auto time = format_rfc3339(moment);
  std::string path;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%') {
      path += pattern[i];
      continue;
    }
    const auto digits = i + 1 < pattern.size() ? digits_of(pattern[++i], time) : std::string_view{};
    if (digits.empty()) {
      throw Error(Fault::usage,
                  fmt::format("{}: expected %Y %m %d %H %M %S or %% after '%'", pattern));
    }
    path += digits;
  }
  return path;
}

bool pattern_made(const std::string& pattern, const std::string& name) {
  if (match(pattern, name)) return true;
  const fs::path file(name);
  auto stem = file.stem().string();
  const auto dash = stem.rfind('-');
  if (dash == std::string::npos || dash + 1 == stem.size()) return false;
  if (stem.find_first_not_of("0123456789", dash + 1) != std::string::npos) return false;
  stem.resize(dash);
  return match(pattern, stem + file.extension().string());
}

void parse_keep(const std::string& text, FilePolicy& policy) {
  policy.keep_for = parse_duration(text);
  if (!policy.keep_for) policy.keep_bytes = parse_size(text);
  if (!policy.keep_for && !policy.keep_bytes) {
    throw Error(Fault::usage, "--keep " + text + ": expected a duration (30d) or a size (200G)");
  }
}

Files::Files(FilePolicy policy) : policy_(std::move(policy)) {
  (void)expand_pattern(policy_.pattern, 0);
}

Files::Opened Files::open(Nanos now) {
  const auto first = expand_pattern(policy_.pattern, now);
  const bool may_number = first != policy_.pattern || !last_.empty();
  // A recording never writes over its own earlier files, whatever --force says.
  const auto existing =
      policy_.force && last_.empty() ? log::Existing::replace : log::Existing::refuse;
  constexpr int kTries = 10'000;
  auto path = first;
  for (int number = 2;; ++number) {
    struct stat about {};
    const bool taken = existing == log::Existing::refuse && ::lstat(path.c_str(), &about) == 0;
    if (!taken || !may_number || number > kTries) break;
    path = numbered(first, number);
  }
  Opened opened{path, std::make_unique<log::FileSink>(path, existing)};
  last_ = path;
  return opened;
}

bool Files::due(std::uint64_t bytes, Nanos age) const {
  return (policy_.rotate_size != 0 && bytes >= policy_.rotate_size) ||
         (policy_.rotate_every != 0 && age >= policy_.rotate_every);
}

std::vector<std::string> Files::retain(const std::string& current, Nanos now) const {
  std::vector<std::string> removed;
  if (!policy_.keep_for && !policy_.keep_bytes) return removed;
  struct Old {
    std::string path;
    Nanos modified;
    std::uint64_t size;
  };
  std::vector<Old> old;
  const fs::path pattern(policy_.pattern);
  const auto folder = fs::path(current).parent_path();
  std::error_code ignored;
  for (const auto& entry :
       fs::directory_iterator(folder.empty() ? fs::path(".") : folder, ignored)) {
    struct stat about {};
    const auto path = (folder / entry.path().filename()).string();
    if (path == current || ::lstat(path.c_str(), &about) != 0 || !S_ISREG(about.st_mode)) continue;
    if (!pattern_made(pattern.filename().string(), entry.path().filename().string())) continue;
    old.push_back({path, about.st_mtim.tv_sec * kSecond + about.st_mtim.tv_nsec,
                   static_cast<std::uint64_t>(about.st_size)});
  }
  std::sort(old.begin(), old.end(), [](const Old& a, const Old& b) {
    return std::pair(a.modified, a.path) > std::pair(b.modified, b.path);
  });
  std::uint64_t sum = 0;
  for (const auto& file : old) {
    sum += file.size;
    const bool too_old = policy_.keep_for && now - file.modified > *policy_.keep_for;
    const bool too_much = policy_.keep_bytes && sum > *policy_.keep_bytes;
    if ((too_old || too_much) && fs::remove(file.path, ignored)) removed.push_back(file.path);
  }
  return removed;
}

void Files::check_free(const std::string& path) const {
  if (policy_.min_free == 0) return;
  struct statvfs about {};
  const auto folder = fs::path(path).parent_path();
  const auto where = folder.empty() ? std::string(".") : folder.string();
  if (::statvfs(where.c_str(), &about) != 0) throw system_error(where, errno);
  const auto free = static_cast<std::uint64_t>(about.f_bavail) * about.f_frsize;
  if (free < policy_.min_free) {
    throw Error(Fault::io,
                fmt::format("{}: {} free, --min-free asks for {}; free some space or lower it",
                            where, format_size(free), format_size(policy_.min_free)));
  }
}

}  // namespace tape::flow
