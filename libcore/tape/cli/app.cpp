#include <tape/base/bytes.h>
#include <tape/base/diag.h>
#include <tape/base/version.h>
#include <tape/cli/app.h>
#include <tape/cli/declare.h>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <exception>

namespace tape::cli {
namespace {

constexpr std::string_view kExitText =
    "Exit status:\n"
    "  0  done and whole\n"
    "  1  failed: input unreadable, disk, network, permission, a time-out that was asked for\n"
    "  2  wrong usage\n"
    "  3  done, but damage or a torn tail was met, or a check that was asked for failed\n";

constexpr std::size_t kNameWidth = 32;
constexpr std::size_t kTextWidth = 100 - kNameWidth;

/// Breaks lines between words, but never before a dash: what begins with one is an option to those
/// who read help by program.
std::string wrap(const std::string& text, std::size_t width) {
  std::string out;
  std::size_t column = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto space = std::min(text.find(' ', at), text.size());
    const auto word = text.substr(at, space - at);
    if (column > 0) {
      const bool fits = column + 1 + word.size() <= width || word.starts_with('-');
      out += fits ? ' ' : '\n';
      column = fits ? column + 1 : 0;
    }
    out += word;
    column += word.size();
    at = space + 1;
  }
  return out;
}

/// Help in the order people need it: what it is, how it is mostly called, options, exit status.
class HelpFormatter final : public CLI::Formatter {
 public:
  explicit HelpFormatter(const std::vector<Example>& examples) : examples_(examples) {
    column_width(kNameWidth);
    label("OPTIONS", "OPTION");
    label("REQUIRED", "");
  }

  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override {
    std::string text = fmt::format("{}: {}\n", app->get_name(), app->get_description());
    if (!examples_.empty()) {
      text += "\nMost common:\n";
      for (const auto& example : examples_) {
        text += fmt::format("  {}\n      {}\n", example.command, example.does);
      }
    }
    text += "\n" + make_usage(app, std::move(name));
    text += make_positionals(app);
    text += make_groups(app, mode);
    text += "\n";
    text += kExitText;
    return text;
  }

  std::string make_usage(const CLI::App* app, std::string name) const override {
    std::string text = fmt::format("Usage: {} [OPTION...]", name.empty() ? app->get_name() : name);
    for (const auto* option :
         app->get_options([](const CLI::Option* each) { return each->get_positional(); })) {
      const bool many = option->get_expected_max() > 1;
      const bool needed = option->get_required();
      text += fmt::format(" {}{}{}{}", needed ? "" : "[", option->get_name(true), many ? "..." : "",
                          needed ? "" : "]");
    }
    return text + "\n";
  }

  std::string make_option_opts(const CLI::Option* option) const override {
    auto type = option->get_type_size() == 0 ? std::string() : option->get_type_name();
    // "WHEN:{auto,always,never}": the choices say enough.
    if (const auto choices = type.find(":{"); choices != std::string::npos) {
      type.erase(0, choices + 1);
    }
    return type.empty() || option->get_positional() ? std::string() : " " + type;
  }

  std::string make_option_desc(const CLI::Option* option) const override {
    auto text = option->get_description();
    const auto value = option->get_default_str();
    if (!value.empty() && option->get_type_size() != 0)
      text += fmt::format(" (default: {})", value);
    return wrap(text, kTextWidth);
  }

 private:
  const std::vector<Example>& examples_;
};

std::string one_line(std::string_view text) {
  std::string line(text);
  while (!line.empty() && line.back() == '\n') line.pop_back();
  for (std::size_t at = 0; (at = line.find('\n', at)) != std::string::npos;) {
    line.replace(at, 1, "; ");
  }
  return line;
}

void print(const std::string& text) {
  (void)std::fwrite(text.data(), 1, text.size(), stdout);
  (void)std::fflush(stdout);
}

int status(Exit exit) { return static_cast<int>(exit); }

}  // namespace

Exit worse(Exit a, Exit b) {
  const auto rank = [](Exit exit) {
    switch (exit) {
      case Exit::done:
        return 0;
      case Exit::damaged:
        return 1;
      case Exit::failed:
        return 2;
      case Exit::usage:
        return 3;
    }
    return 3;
  };
  return rank(a) >= rank(b) ? a : b;
}

App::App(std::string name, std::string purpose, std::vector<Example> examples)
    : name_(std::move(name)),
      examples_(std::move(examples)),
      cli_(std::make_unique<CLI::App>(std::move(purpose), name_)) {
  diag::set_program(name_);
  cli_->formatter(std::make_shared<HelpFormatter>(examples_));
  cli_->set_help_flag("-h,--help", "print this help and exit");
  cli_->set_version_flag("--version", fmt::format("{} {}", name_, tape::version()),
                         "print the version and exit");
  cli_->add_flag("-v,--verbose", verbose_, "say more on stderr");
}

App::~App() = default;

CLI::Option* App::add_duration(const std::string& names, Nanos& target, const std::string& help) {
  return cli_
      ->add_option_function<std::string>(
          names,
          [&target, names](const std::string& text) {
            const auto duration = parse_duration(text);
            if (!duration) {
              throw CLI::ValidationError(
                  names, fmt::format("'{}' is no duration; write 250ms, 5s or 1h30m", text));
            }
            target = *duration;
          },
          help)
      ->type_name("DURATION");
}

CLI::Option* App::add_size(const std::string& names, std::uint64_t& target,
                           const std::string& help) {
  return cli_
      ->add_option_function<std::string>(
          names,
          [&target, names](const std::string& text) {
            const auto size = parse_size(text);
            if (!size) {
              throw CLI::ValidationError(
                  names, fmt::format("'{}' is no size; write 4096, 64K, 1M or 2G", text));
            }
            target = *size;
          },
          help)
      ->type_name("SIZE");
}

CLI::Option* App::add_list(const std::string& names, std::vector<std::string>& target,
                           const std::string& help) {
  return cli_->add_option(names, target, help)->allow_extra_args(false)->type_name("X,...");
}

int App::parse(int argc, char** argv) {
  try {
    cli_->parse(argc, argv);
    return -1;
  } catch (const CLI::CallForHelp&) {
    print(cli_->help());
    return status(Exit::done);
  } catch (const CLI::CallForVersion&) {
    print(cli_->version() + "\n");
    return status(Exit::done);
  } catch (const CLI::RequiredError& error) {
    // What is missing may only be missing because of a word that is not known.
    const auto unknown = cli_->remaining();
    diag::error(fmt::format(
        "{}; try '{} --help'",
        unknown.empty() ? one_line(error.what()) : fmt::format("{} is not known", unknown.front()),
        name_));
    return status(Exit::usage);
  } catch (const CLI::ExtrasError&) {
    diag::error(fmt::format("{} is not known; try '{} --help'", cli_->remaining().front(), name_));
    return status(Exit::usage);
  } catch (const CLI::ParseError& error) {
    diag::error(fmt::format("{}; try '{} --help'", one_line(error.what()), name_));
    return status(Exit::usage);
  } catch (const Error& error) {  // of a configuration file
    diag::error(one_line(error.what()));
    return status(error.fault == Fault::usage ? Exit::usage : Exit::failed);
  }
}

int App::call(const std::function<Exit()>& body) const {
  try {
    return status(body());
  } catch (const ClosedOutput&) {
    return status(Exit::done);
  } catch (const Error& error) {
    diag::error(one_line(error.what()));
    return status(error.fault == Fault::usage ? Exit::usage : Exit::failed);
  } catch (const std::bad_alloc&) {
    diag::error("out of memory");
    return status(Exit::failed);
  } catch (const std::exception& error) {
    diag::error(one_line(error.what()));
    return status(Exit::failed);
  }
}

int App::run(int argc, char** argv, const std::function<Exit()>& body) {
  (void)::signal(SIGPIPE, SIG_IGN);
  const int parsed = parse(argc, argv);
  if (parsed >= 0) return parsed;
  diag::set_verbose(verbose_);
  return call(body);
}

std::optional<TimeSpec> parse_time(std::string_view text) {
  TimeSpec spec;
  if (text.starts_with("@#")) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto session = parse_hex(text.substr(2, colon - 2));
    const auto number = text.substr(colon + 1);
    const auto* end = number.data() + number.size();
    const auto [stop, code] = std::from_chars(number.data(), end, spec.ordinal);
    if (!session || code != std::errc() || stop != end || spec.ordinal == 0) return std::nullopt;
    spec.from = TimeSpec::From::event;
    spec.session = *session;
    return spec;
  }
  std::optional<Nanos> value;
  if (text.starts_with('+') || text.starts_with('-')) {
    spec.from = text.front() == '+' ? TimeSpec::From::first : TimeSpec::From::last;
    value = parse_duration(text.substr(1));
  } else {
    value = parse_moment(text);
  }
  if (!value || *value < 0) return std::nullopt;
  spec.value = *value;
  return spec;
}

CLI::Option* add_time(App& app, const std::string& names, std::optional<TimeSpec>& target,
                      const std::string& help) {
  return app.options()
      .add_option_function<std::string>(
          names,
          [&target, names](const std::string& text) {
            target = parse_time(text);
            if (!target) {
              throw CLI::ValidationError(
                  names, fmt::format("'{}' is no time; write 2026-11-22T10:00:00Z, 2026-11-22, "
                                     "@SECONDS, +DURATION, -DURATION or @#SESSION:ORDINAL",
                                     text));
            }
          },
          help)
      ->type_name("TIME");
}

}  // namespace tape::cli
