#include <tape/base/bytes.h>
#include <tape/base/error.h>
#include <tape/base/fd.h>
#include <tape/flow/live/metrics.h>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <iterator>

namespace tape::flow {
namespace {

enum class Colon : std::uint8_t { allowed, refused };

bool is_name(std::string_view name, Colon colon) {
  const auto ok = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (c == ':' && colon == Colon::allowed);
  };
  return !name.empty() && !(name.front() >= '0' && name.front() <= '9') &&
         std::all_of(name.begin(), name.end(), ok);
}

/// Backslash and line end everywhere, quotes in values of labels; bytes that are no UTF-8 would
/// spoil the whole file.
void escape(std::string_view text, bool quotes, std::string& out) {
  while (!text.empty()) {
    const auto good = utf8_valid_prefix(text);
    for (const char c : text.substr(0, good)) {
      if (c == '\\') {
        out += "\\\\";
      } else if (c == '\n') {
        out += "\\n";
      } else if (c == '"' && quotes) {
        out += "\\\"";
      } else {
        out += c;
      }
    }
    text.remove_prefix(good);
    if (text.empty()) return;
    out += "\xEF\xBF\xBD";
    text.remove_prefix(1);
  }
}

void append_value(double value, std::string& out) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else {
    fmt::format_to(std::back_inserter(out), "{}", value);
  }
}

}  // namespace

MetricsText::Family& MetricsText::family(std::string_view name, std::string_view help,
                                         std::string_view type) {
  const auto [at, is_new] = by_name_.try_emplace(std::string(name), families_.size());
  if (!is_new) {
    auto& found = families_[at->second];
    if (found.type == type) return found;
    throw Error(Fault::internal, fmt::format("metric {} is a {} and a {}", name, found.type, type));
  }
  if (!is_name(name, Colon::allowed)) {
    throw Error(Fault::internal, fmt::format("metric '{}': no name for Prometheus", name));
  }
  auto& made = families_.emplace_back();
  made.name = name;
  made.type = type;
  made.text = fmt::format("# HELP {} ", name);
  escape(help, false, made.text);
  fmt::format_to(std::back_inserter(made.text), "\n# TYPE {} {}\n", name, type);
  return made;
}

void MetricsText::add(std::string_view name, std::string_view help, std::string_view type,
                      Labels labels, double value) {
  for (const auto& [label, text] : labels) {
    if (!is_name(label, Colon::refused) || label.starts_with("__")) {
      throw Error(Fault::internal, fmt::format("metric {}: '{}' is no label", name, label));
    }
  }
  auto& out = family(name, help, type).text;
  out += name;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    out += i == 0 ? '{' : ',';
    out += labels[i].first;
    out += "=\"";
    escape(labels[i].second, true, out);
    out += '"';
  }
  out += labels.empty() ? " " : "} ";
  append_value(value, out);
  out += '\n';
}

std::string MetricsText::take() {
  std::string out;
  for (const auto& each : families_) out += each.text;
  families_.clear();
  by_name_.clear();
  return out;
}

void write_metrics(const std::string& path, std::string_view text) {
  const std::filesystem::path target(path);
  const auto name = fmt::format(".{}.{}.tmp", target.filename().string(), ::getpid());
  const auto draft = (target.parent_path() / name).string();
  try {
    const Fd file(
        ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!file) throw system_error(draft, errno);
    write_all(file.get(), as_bytes(text), draft);
    // The umask of a service is often tighter than the collector needs.
    if (::fchmod(file.get(), 0644) != 0) throw system_error(draft, errno);
    if (::rename(draft.c_str(), path.c_str()) != 0) throw system_error(path, errno);
  } catch (...) {
    (void)::unlink(draft.c_str());
    throw;
  }
}

}  // namespace tape::flow
