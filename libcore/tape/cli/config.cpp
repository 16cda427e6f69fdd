#include <tape/cli/config.h>
#include <tape/cli/declare.h>

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <optional>
#include <sstream>

namespace tape::cli {
namespace {

constexpr std::size_t kMaxFile = std::size_t{1} << 20U;

/// How many letters must be changed, added or left out to make one of the other.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    auto diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const auto changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

/// "; did you mean 'symbol'?", or all the names there are when they are few, or nothing.
std::string suggestion(std::string_view name, const std::vector<std::string>& known) {
  const auto nearest =
      std::min_element(known.begin(), known.end(), [&](const std::string& a, const std::string& b) {
        return distance(name, a) < distance(name, b);
      });
  if (nearest != known.end() &&
      distance(name, *nearest) <= std::max<std::size_t>(2, name.size() / 3))
    return fmt::format("; did you mean '{}'?", *nearest);
  if (known.empty() || known.size() > 10) return {};
  return fmt::format("; there are {}", fmt::join(known, ", "));
}

std::string normal(std::string_view key) {
  std::string out(key);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    if (c == '_') return '-';
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

/// The value as it would stand on a command line; nothing for tables and lists.
std::optional<std::string> text_of(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* number = node.as_floating_point()) return fmt::format("{}", number->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  std::ostringstream out;
  if (const auto* moment = node.as_date_time()) {
    out << moment->get();
  } else if (const auto* day = node.as_date()) {
    out << day->get();
  } else {
    return std::nullopt;
  }
  return out.str();
}

struct TableForm {
  std::string name;
  bool is_list = false;
  std::vector<std::string> keys;  // empty: any
  std::vector<std::string> literals;
  std::string remedy;
};

[[noreturn]] void refuse(const std::string& where, const std::string& what) {
  throw Error(Fault::usage, where + ": " + what);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> ConfigRecord::pairs() const {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& setting : settings) pairs.emplace_back(setting.key, setting.value);
  return pairs;
}

class Config::Reader final : public CLI::Config {
 public:
  explicit Reader(CLI::App& app) : app_(app) {}

  std::string to_config(const CLI::App* /*app*/, bool /*defaults*/, bool /*descriptions*/,
                        std::string /*prefix*/) const override {
    throw Error(Fault::internal, "configuration files are read, never written");
  }

  /// Sets the options itself, so that what they refuse can be told with its place.
  std::vector<CLI::ConfigItem> from_config(std::istream& input) const override {
    read(input);
    return {};
  }

  void add(TableForm form) { forms_.push_back(std::move(form)); }

  [[nodiscard]] const std::vector<ConfigRecord>& found(std::string_view name) const {
    static const std::vector<ConfigRecord> kNone;
    const auto at = std::find_if(found_.begin(), found_.end(),
                                 [&](const auto& each) { return each.first == name; });
    return at == found_.end() ? kNone : at->second;
  }

 private:
  void read(std::istream& input) const;
  void set_option(const toml::key& key, const toml::node& node) const;
  void read_table(const TableForm& form, const toml::key& key, const toml::node& node) const;
  [[nodiscard]] ConfigRecord read_record(const TableForm& form, const toml::table& table) const;
  [[nodiscard]] CLI::Option* find_option(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> known_names() const;
  [[nodiscard]] std::string place(const toml::source_region& region) const {
    return fmt::format("{}:{}:{}", path_, region.begin.line, region.begin.column);
  }

  CLI::App& app_;
  std::vector<TableForm> forms_;
  // CLI11 reads through a const member.
  mutable std::string path_;
  mutable std::vector<std::pair<std::string, std::vector<ConfigRecord>>> found_;
};

namespace {

/// The key under which an option stands in a file: its long name, or that of a positional.
std::vector<std::string> keys_of(const CLI::Option& option) {
  if (!option.get_configurable()) return {};
  if (!option.get_lnames().empty()) return option.get_lnames();
  return option.get_positional() ? std::vector{normal(option.get_name(true))}
                                 : std::vector<std::string>();
}

}  // namespace

std::vector<std::string> Config::Reader::known_names() const {
  std::vector<std::string> names;
  for (const auto* option : app_.get_options()) {
    for (auto& key : keys_of(*option)) names.push_back(std::move(key));
  }
  for (const auto& form : forms_) names.push_back(form.name);
  return names;
}

CLI::Option* Config::Reader::find_option(std::string_view name) const {
  for (auto* option : app_.get_options(std::function<bool(CLI::Option*)>())) {
    const auto keys = keys_of(*option);
    if (std::find(keys.begin(), keys.end(), name) != keys.end()) return option;
  }
  return nullptr;
}

void Config::Reader::read(std::istream& input) const {
  const auto* help = app_.get_help_ptr();
  const auto* version = app_.get_version_ptr();
  if ((help != nullptr && help->count() != 0) || (version != nullptr && version->count() != 0))
    return;
  path_ = app_.get_config_ptr()->as<std::string>();
  std::string text;
  for (char c = 0; text.size() <= kMaxFile && input.get(c);) text += c;
  if (text.size() > kMaxFile)
    throw Error(Fault::usage, path_ + ": more than 1 MiB is no configuration");
  toml::table root;
  try {
    root = toml::parse(text, path_);
  } catch (const toml::parse_error& error) {
    refuse(place(error.source()), std::string(error.description()));
  }
  for (const auto& [key, node] : root) {
    const auto form =
        std::find_if(forms_.begin(), forms_.end(),
                     [name = key.str()](const TableForm& each) { return each.name == name; });
    // `account = "..."` may be an option beside [[account]].
    const bool is_table = node.is_table() || node.is_array_of_tables();
    if (form != forms_.end() && (is_table || find_option(key.str()) == nullptr)) {
      read_table(*form, key, node);
    } else {
      set_option(key, node);
    }
  }
}

void Config::Reader::set_option(const toml::key& key, const toml::node& node) const {
  const auto where = place(key.source());
  const std::string name(key.str());
  auto* option = find_option(name);
  if (option == nullptr) {
    refuse(where, fmt::format("'{}' is not known{}", name, suggestion(name, known_names())));
  }
  if (node.is_table() || node.is_array_of_tables())
    refuse(where, fmt::format("'{}' is an option: write {} = VALUE, not a table", name, name));
  std::vector<std::string> values;
  const auto add = [&](const toml::node& each) {
    auto text = text_of(each);
    if (!text) refuse(place(each.source()), fmt::format("'{}' takes no value of this form", name));
    const bool is_flag = option->get_expected_min() == 0;
    if (each.is_boolean() != is_flag) {
      refuse(place(each.source()),
             is_flag ? fmt::format("'{}' is true or false", name)
                     : fmt::format("'{}' takes a value, not true or false", name));
    }
    values.push_back(std::move(*text));
  };
  if (const auto* list = node.as_array()) {
    for (const auto& each : *list) add(each);
  } else {
    add(node);
  }
  if (values.empty()) refuse(where, fmt::format("'{}' is an empty list; leave the line out", name));
  if (!option->empty()) return;
  try {
    option->add_result(std::move(values));
    option->run_callback();
  } catch (const CLI::Error& error) {
    refuse(where, error.what());
  }
}

void Config::Reader::read_table(const TableForm& form, const toml::key& key,
                                const toml::node& node) const {
  std::vector<ConfigRecord> records;
  if (form.is_list && node.is_array_of_tables()) {
    for (const auto& each : *node.as_array())
      records.push_back(read_record(form, *each.as_table()));
  } else if (!form.is_list && node.is_table()) {
    records.push_back(read_record(form, *node.as_table()));
  } else {
    refuse(place(key.source()),
           fmt::format("'{}' is written as {}", form.name,
                       form.is_list ? "[[" + form.name + "]]" : "[" + form.name + "]"));
  }
  found_.emplace_back(form.name, std::move(records));
}

ConfigRecord Config::Reader::read_record(const TableForm& form, const toml::table& table) const {
  ConfigRecord record;
  record.where = place(table.source());
  for (const auto& [key, node] : table) {
    const auto where = place(key.source());
    const std::string name(key.str());
    const auto& literals = form.literals;
    if (std::find(literals.begin(), literals.end(), normal(name)) != literals.end()) {
      refuse(where, fmt::format("[{}] {}: {}", form.name, name, form.remedy));
    }
    if (!form.keys.empty() &&
        std::find(form.keys.begin(), form.keys.end(), name) == form.keys.end()) {
      refuse(where,
             fmt::format("[{}] '{}' is not known{}", form.name, name, suggestion(name, form.keys)));
    }
    auto text = text_of(node);
    if (!text) refuse(where, fmt::format("[{}] '{}' takes one value", form.name, name));
    record.settings.push_back({name, std::move(*text), where});
  }
  return record;
}

Config::Config(App& app) : reader_(std::make_shared<Reader>(app.options())) {
  app.options()
      .set_config("--config", "", "TOML: options by their long names, and tables beside them")
      ->type_name("FILE");
  app.options().config_formatter(reader_);
}

Config::~Config() = default;

void Config::add_table(std::string name, std::vector<std::string> keys) {
  reader_->add({std::move(name), false, std::move(keys), {}, {}});
}

void Config::add_records(std::string name, std::span<const std::string_view> keys,
                         std::span<const std::string_view> literals, std::string_view remedy) {
  reader_->add({std::move(name),
                true,
                {keys.begin(), keys.end()},
                {literals.begin(), literals.end()},
                std::string(remedy)});
}

const std::vector<ConfigSetting>& Config::table(std::string_view name) const {
  static const std::vector<ConfigSetting> kNone;
  const auto& records = reader_->found(name);
  return records.empty() ? kNone : records.front().settings;
}

const std::vector<ConfigRecord>& Config::records(std::string_view name) const {
  return reader_->found(name);
}

}  // namespace tape::cli
