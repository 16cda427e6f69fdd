// What every tool's main() shares: options and help, exit status, signals, and how times and sizes
// are spelled.
#pragma once

#include <tape/base/error.h>
#include <tape/base/time.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): named by CLI11
class App;
class Option;
}  // namespace CLI

namespace tape::cli {

/// Exit status, the same for all tools (the help text lists it).
enum class Exit : int { done = 0, failed = 1, usage = 2, damaged = 3 };

/// The worse of two outcomes of one run: damaged beats done, failed beats damaged.
[[nodiscard]] Exit worse(Exit a, Exit b);

struct Example {
  std::string command;  // "tape-cat day.tape | jq ."
  std::string does;     // "every event as JSON"
};

/// One command line program. main() is:
///
///   cli::App app("tape-cat", "Prints, filters and converts tapes.", {{"tape-cat a.tape", "..."},
///   ...}); app.options().add_option(...); return app.run(argc, argv, [&] { ...; return
///   cli::Exit::done; });
class App {
 public:
  App(std::string name, std::string purpose, std::vector<Example> examples);
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  /// To declare options on (cli/declare.h). --help, --version and -v are there already.
  [[nodiscard]] CLI::App& options() { return *cli_; }

  /// Options whose values have units: "250ms", "64K". What is no duration or size is wrong usage.
  CLI::Option* add_duration(const std::string& names, Nanos& target, const std::string& help);
  CLI::Option* add_size(const std::string& names, std::uint64_t& target, const std::string& help);

  /// An option that may repeat. Takes one value each time, so that it never eats the FILE behind
  /// it.
  CLI::Option* add_list(const std::string& names, std::vector<std::string>& target,
                        const std::string& help);

  /// Parses, then calls `body` and maps what it throws: Error{usage} 2, any other 1, a closed
  /// stdout 0 (quietly). Wrong usage is one line on stderr and a hint to --help. SIGPIPE is ignored
  /// from here on.
  int run(int argc, char** argv, const std::function<Exit()>& body);

 private:
  int parse(int argc, char** argv);
  [[nodiscard]] int call(const std::function<Exit()>& body) const;

  std::string name_;
  std::vector<Example> examples_;
  std::unique_ptr<CLI::App> cli_;
  bool verbose_ = false;
};

/// Thrown by Output when nobody reads stdout any more; App::run ends quietly with 0.
struct ClosedOutput {};

/// SIGINT and SIGTERM as a stop token: the first asks for a clean end, a second one ends the
/// process at once. At most one at a time; make it inside the body of App::run, before threads are
/// started.
class Signals {
 public:
  enum class Hangup : std::uint8_t { ends_process, is_a_flag };
  explicit Signals(Hangup hangup = Hangup::ends_process);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  [[nodiscard]] std::stop_token token() const;
  [[nodiscard]] bool stopped() const;
  /// The signal that asked for the end, 0 when none did.
  [[nodiscard]] int signal() const;
  /// Becomes readable once the end was asked for and stays so: for poll() beside an input.
  [[nodiscard]] int descriptor() const;
  /// True once after one or more SIGHUP (only with is_a_flag).
  [[nodiscard]] bool take_hangup();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A time as it was written; what it means may depend on the tapes (cli/input.h resolves it).
struct TimeSpec {
  enum class From : std::uint8_t {
    epoch,  // value is the moment
    first,  // +DURATION: value after the first event
    last,   // -DURATION: value before the last event
    event,  // @#SESSION:ORDINAL: the moment of that event
  };
  From from = From::epoch;
  Nanos value = 0;
  std::uint64_t session = 0;
  std::uint64_t ordinal = 0;
};

/// RFC 3339, a date, "@SECONDS[.FRACTION]", "+DURATION", "-DURATION", "@#SESSION:ORDINAL".
[[nodiscard]] std::optional<TimeSpec> parse_time(std::string_view text);

/// An option that takes a time; may be given once. What is none is wrong usage.
CLI::Option* add_time(App& app, const std::string& names, std::optional<TimeSpec>& target,
                      const std::string& help);

}  // namespace tape::cli
