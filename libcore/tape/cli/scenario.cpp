#include <tape/base/error.h>
#include <tape/cli/input.h>
#include <tape/cli/scenario.h>

#include <fmt/format.h>
#include <toml++/toml.h>

#include <cerrno>
#include <sstream>
#include <utility>

namespace tape::cli {
namespace {

constexpr std::size_t kMaxFile = std::size_t{1} << 20U;
constexpr std::string_view kFault = "fault";

[[noreturn]] void refuse(const std::string& where, const std::string& what) {
  throw Error(Fault::usage, where + ": " + what);
}

class File {
 public:
  explicit File(const std::string& path) : path_(path) {}

  [[nodiscard]] std::vector<ConfigRecord> read() const {
    const auto root = parse();
    std::vector<ConfigRecord> records;
    for (const auto& [key, node] : root) {
      if (key.str() != kFault || !node.is_array_of_tables()) {
        refuse(place(key.source()),
               fmt::format("'{}': expected nothing but [[fault]] tables", key.str()));
      }
      for (const auto& each : *node.as_array()) {
        auto& record = records.emplace_back();
        record.where = place(each.source());
        add(*each.as_table(), "", record);
      }
    }
    if (records.empty()) refuse(path_, "expected [[fault]] tables; there are none");
    return records;
  }

 private:
  [[nodiscard]] toml::table parse() const {
    std::ifstream in(path_, std::ios::binary);
    if (!in) throw system_error(path_, errno);
    std::string text(kMaxFile + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (in.bad()) throw system_error(path_, errno);
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (text.size() > kMaxFile) refuse(path_, "more than 1 MiB is no scenario");
    try {
      return toml::parse(text, path_);
    } catch (const toml::parse_error& error) {
      refuse(place(error.source()), std::string(error.description()));
    }
  }

  [[nodiscard]] std::string place(const toml::source_region& region) const {
    return fmt::format("{}:{}:{}", path_, region.begin.line, region.begin.column);
  }

  void add(const toml::table& table, const std::string& prefix, ConfigRecord& record) const {
    for (const auto& [key, node] : table) {
      const auto name = prefix + std::string(key.str());
      if (const auto* const inner = node.as_table(); inner != nullptr && prefix.empty()) {
        add(*inner, name + '.', record);
      } else if (const auto* const list = node.as_array()) {
        for (const auto& each : *list)
          record.settings.push_back({name, text(name, each), place(each.source())});
      } else {
        record.settings.push_back({name, text(name, node), place(key.source())});
      }
    }
  }

  [[nodiscard]] std::string text(const std::string& name, const toml::node& node) const {
    if (const auto* const text = node.as_string()) return text->get();
    if (const auto* const number = node.as_integer()) return std::to_string(number->get());
    if (const auto* const number = node.as_floating_point()) {
      return fmt::format("{}", number->get());
    }
    if (const auto* const moment = node.as_date_time()) {
      std::ostringstream out;
      out << moment->get();
      return out.str();
    }
    refuse(place(node.source()), fmt::format("{}: expected a text, a number or a time", name));
  }

  std::string path_;
};

}  // namespace

std::vector<ConfigRecord> read_scenario(const std::string& path) {
  return path.empty() ? std::vector<ConfigRecord>() : File(path).read();
}

Nanos moment(const std::string& text, const std::vector<std::string>& files) {
  const auto time = parse_time(text);
  if (time) return resolve_time(*time, files);
  throw Error(Fault::usage, text + " is no time, such as +5s or 2026-11-22T10:00:00Z");
}

LineFile::LineFile(std::string path) : path_(std::move(path)) {
  if (path_.empty()) return;
  out_.open(path_, std::ios::binary | std::ios::trunc);
  if (!out_) throw system_error(path_, errno);
}

std::function<void(const std::string&)> LineFile::writer() {
  if (path_.empty()) return {};
  return [this](const std::string& line) {
    out_ << line << '\n';
    if (!out_.flush()) throw system_error(path_, errno);
  };
}

}  // namespace tape::cli
