#include <tape/cli/config.h>
#include <tape/cli/declare.h>
#include <tape/cli/record_options.h>
#include <tape/flow/live/credentials.h>

#include <catch2/catch.hpp>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>

using namespace tape;
using namespace tape::cli;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

constexpr std::array<std::string_view, 4> kKeys{"label", "key-file", "secret-file", "credential"};
constexpr std::array<std::string_view, 2> kLiterals{"key", "api-secret"};

/// A tool with an option of each form, and the file it is given.
struct Tool {
  Tool() {
    char name[] = "/tmp/tape-config-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    folder = name;
    auto& options = app.options();
    options.add_option("SOURCE", sources, "sources")->required();
    options.add_option("-o,--output", output, "output")->required();
    options.add_option("--level", level, "level")->check(CLI::Range(1, 19));
    options.add_flag("--force", force, "force");
    (void)app.add_duration("--rotate-every", every, "a duration");
    (void)app.add_list("--symbol", symbols, "symbols");
    (void)app.add_list("--account", accounts, "accounts");
    (void)add_time(app, "--from", from, "a time");
    config.add_table("endpoints");
    config.add_table("limits", {"lag", "queue"});
    config.add_records("account", kKeys, kLiterals, "say where it is kept");
  }
  ~Tool() { std::filesystem::remove_all(folder); }
  Tool(const Tool&) = delete;
  Tool& operator=(const Tool&) = delete;

  /// Parses `--config FILE` with this text and more words; the exit status.
  int run(const std::string& text, std::vector<std::string> words = {}) {
    const auto path = folder + "/t.toml";
    std::ofstream(path) << text;
    words.insert(words.begin(), {"tape-test", "--config", path});
    std::vector<char*> pointers;
    pointers.reserve(words.size());
    for (auto& word : words) pointers.push_back(word.data());
    return app.run(static_cast<int>(pointers.size()), pointers.data(), [] { return Exit::done; });
  }

  /// What is said of this text, without the folder.
  std::string refusal(const std::string& text) {
    const auto path = folder + "/t.toml";
    std::ofstream(path) << text;
    try {
      app.options().parse(line(path), false);
    } catch (const Error& error) {
      CHECK(error.fault == Fault::usage);
      const std::string what = error.what();
      REQUIRE(what.starts_with(folder + "/"));
      return what.substr(folder.size() + 1);
    }
    return "taken";
  }

  [[nodiscard]] static std::string line(const std::string& path) {
    return "in -o out --config " + path;
  }

  std::string folder;
  App app{"tape-test", "tests", {}};
  std::vector<std::string> sources;
  std::string output;
  int level = 3;
  bool force = false;
  Nanos every = -1;
  std::vector<std::string> symbols;
  std::vector<std::string> accounts;
  std::optional<TimeSpec> from;
  Config config{app};
};

std::string refusal(const std::string& text) { return Tool().refusal(text); }

}  // namespace

TEST_CASE("a file sets what the command line left open, also what is required", "[config]") {
  Tool tool;
  REQUIRE(tool.run("source = [\"a\", \"b\"]\n"
                   "output = \"logs/%Y.tape\"\n"
                   "rotate-every = \"1h\"\n"
                   "level = 7\n"
                   "force = true\n"
                   "symbol = [\"PI_XBTUSD\", \"PF_ETHUSD\"]\n"
                   "from = 2026-11-22T10:00:00Z\n") == 0);
  CHECK(tool.sources == std::vector<std::string>{"a", "b"});
  CHECK(tool.output == "logs/%Y.tape");
  CHECK(tool.every == 3600 * kSecond);
  CHECK(tool.level == 7);
  CHECK(tool.force);
  CHECK(tool.symbols == std::vector<std::string>{"PI_XBTUSD", "PF_ETHUSD"});
  REQUIRE(tool.from);
  CHECK(tool.from->value == 1795341600 * kSecond);
}

TEST_CASE("the command line beats the file", "[config]") {
  Tool tool;
  REQUIRE(tool.run("source = [\"a\", \"b\"]\noutput = \"x\"\nlevel = 7\nsymbol = [\"A\", \"B\"]\n",
                   {"c", "--level", "2", "--symbol", "C"}) == 0);
  CHECK(tool.sources == std::vector<std::string>{"c"});
  CHECK(tool.output == "x");
  CHECK(tool.level == 2);
  CHECK(tool.symbols == std::vector<std::string>{"C"});
}

TEST_CASE("what is required and stands nowhere is wrong usage", "[config]") {
  Tool tool;
  CHECK(tool.run("source = \"a\"\n") == 2);
}

TEST_CASE("a wrong file is wrong usage, and --help needs none", "[config]") {
  CHECK(Tool().run("nothing = 1\n", {"a", "-o", "b"}) == 2);
  CHECK(Tool().run("nothing = 1\n", {"--help"}) == 0);
  Tool absent;
  CHECK_THROWS_AS(absent.app.options().parse(absent.line(absent.folder + "/absent.toml"), false),
                  CLI::FileError);
}

TEST_CASE("tables are kept beside the options", "[config]") {
  Tool tool;
  REQUIRE(tool.run("source = \"a\"\noutput = \"b\"\naccount = \"desk=env:D\"\n"
                   "[endpoints]\nwebsocket = \"wss://x\"\n",
                   {}) == 0);
  CHECK(tool.accounts == std::vector<std::string>{"desk=env:D"});
  REQUIRE(tool.config.table("endpoints").size() == 1);
  const auto& setting = tool.config.table("endpoints").front();
  CHECK(setting.key == "websocket");
  CHECK(setting.value == "wss://x");
  CHECK_THAT(setting.where, Catch::Matchers::EndsWith("/t.toml:5:1"));
  CHECK(tool.config.table("limits").empty());
  CHECK(tool.config.records("account").empty());
}

TEST_CASE("a list of tables keeps its order", "[config]") {
  Tool tool;
  REQUIRE(tool.run("source = \"a\"\noutput = \"b\"\n"
                   "[[account]]\nlabel = \"z\"\ncredential = \"k\"\n"
                   "[[account]]\nlabel = \"a\"\nkey-file = \"p\"\nsecret-file = \"q\"\n") == 0);
  const auto& records = tool.config.records("account");
  REQUIRE(records.size() == 2);
  CHECK_THAT(records[0].where, Catch::Matchers::EndsWith("/t.toml:3:1"));
  REQUIRE(records[0].settings.size() == 2);
  CHECK(records[0].settings[1].value == "z");
  CHECK(records[1].settings.size() == 3);
}

TEST_CASE("what is refused is told with its place and the name that was meant", "[config]") {
  CHECK(refusal("level = 1\nsimbol = \"X\"\n") ==
        "t.toml:2:1: 'simbol' is not known; did you mean 'symbol'?");
  CHECK(refusal("rotate_every = \"1h\"\n") ==
        "t.toml:1:1: 'rotate_every' is not known; did you mean 'rotate-every'?");
  CHECK(refusal("zzzzzzzzz = 1\n") == "t.toml:1:1: 'zzzzzzzzz' is not known");
  CHECK_THAT(refusal("config = \"x\"\n"), StartsWith("t.toml:1:1: 'config' is not known"));
  CHECK_THAT(refusal("help = true\n"), StartsWith("t.toml:1:1: 'help' is not known"));
  CHECK_THAT(refusal("\n  rotate-every = \"soon\"\n"),
             StartsWith("t.toml:2:3: ") && Contains("'soon' is no duration"));
  CHECK_THAT(refusal("level = 40\n"), StartsWith("t.toml:1:1: ") && Contains("40"));
  CHECK(refusal("level = true\n") == "t.toml:1:9: 'level' takes a value, not true or false");
  CHECK(refusal("force = 1\n") == "t.toml:1:9: 'force' is true or false");
  CHECK(refusal("symbol = []\n") == "t.toml:1:1: 'symbol' is an empty list; leave the line out");
  CHECK(refusal("symbol = [[1]]\n") == "t.toml:1:11: 'symbol' takes no value of this form");
  CHECK(refusal("[level]\nx = 1\n") ==
        "t.toml:1:2: 'level' is an option: write level = VALUE, not a table");
  CHECK(refusal("[limits]\nlagg = 1\n") ==
        "t.toml:2:1: [limits] 'lagg' is not known; did you mean 'lag'?");
  CHECK(refusal("[limits]\nxxxxxx = 1\n") ==
        "t.toml:2:1: [limits] 'xxxxxx' is not known; there are lag, queue");
  CHECK(refusal("[[limits]]\nlag = 1\n") == "t.toml:1:3: 'limits' is written as [limits]");
  CHECK(refusal("[endpoints]\nx = [1]\n") == "t.toml:2:1: [endpoints] 'x' takes one value");
  CHECK_THAT(refusal("level = \n"), StartsWith("t.toml:1:"));
  CHECK_THAT(refusal("level = 1\nlevel = 2\n"), StartsWith("t.toml:2:"));
  CHECK_THAT(refusal("level = \"\xff\"\n"), StartsWith("t.toml:1:"));
}

TEST_CASE("a key in the file is refused and not shown", "[config]") {
  for (const auto* name : {"key", "KEY", "api_secret", "api-secret"}) {
    const auto said =
        refusal("[[account]]\nlabel = \"a\"\n" + std::string(name) + " = \"hunter2\"\n");
    CHECK(said == "t.toml:3:1: [account] " + std::string(name) + ": say where it is kept");
  }
}

TEST_CASE("the sample files are of the form", "[config]") {
  for (const std::string name : {"kraken", "binance"}) {
    CAPTURE(name);
    App app("tape-test", "tests", {});
    RecordArguments arguments;
    add_record_options(app, arguments);
    Config config(app);
    config.add_table("polls");
    config.add_records("account", flow::kAccountSettings, flow::kLiteralKeys, flow::kLiteralRemedy);
    app.options().parse("--config " TAPE_SOURCE_DIR "/samples/systemd/" + name + ".toml", false);
    CHECK(arguments.symbols.size() >= 2);
    CHECK(arguments.sources.size() == 1);
    CHECK_FALSE(arguments.metrics_file.empty());
    CHECK(config.table("polls").size() == 3);
    REQUIRE(config.records("account").size() == 1);
    CHECK(config.records("account").front().settings.size() == 2);
  }
}
