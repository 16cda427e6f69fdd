#include <tape/base/error.h>
#include <tape/cli/scenario.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iterator>

using namespace tape;
using namespace tape::cli;

namespace {

struct Folder {
  Folder() {
    char name[] = "/tmp/tape-scenario-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] std::string file(const std::string& text) const {
    std::ofstream(path / "s.toml") << text;
    return (path / "s.toml").string();
  }
  std::filesystem::path path;
};

std::string refusal(const std::string& text) {
  const Folder folder;
  const auto path = folder.file(text);
  try {
    (void)read_scenario(path);
  } catch (const Error& error) {
    CHECK(error.fault == Fault::usage);
    const std::string what = error.what();
    CHECK(what.starts_with(path));
    return what.substr(path.size());
  }
  return "none";
}

}  // namespace

TEST_CASE("a scenario is a list of settings, each with its place") {
  const Folder folder;
  const auto path = folder.file(
      "[[fault]]\ndo = \"drop\"\nbetween = [\"+5s\", \"+9s\"]\ntimes = 3\n"
      "[[fault]]\nat = 2026-11-22T10:00:00Z\nprobability = 0.25\n"
      "when = { channel = \"book\", nth = 7 }\n");
  const auto records = read_scenario(path);
  REQUIRE(records.size() == 2);
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  auto first = records[0].pairs();
  std::sort(first.begin(), first.end());
  CHECK(first == Pairs{{"between", "+5s"}, {"between", "+9s"}, {"do", "drop"}, {"times", "3"}});
  auto second = records[1].pairs();
  std::sort(second.begin(), second.end());
  CHECK(second == Pairs{{"at", "2026-11-22T10:00:00Z"},
                        {"probability", "0.25"},
                        {"when.channel", "book"},
                        {"when.nth", "7"}});
  CHECK(records[1].where == path + ":5:1");
  CHECK(read_scenario("").empty());
}

TEST_CASE("what is no scenario is refused with its place") {
  CHECK(refusal("") == ": expected [[fault]] tables; there are none");
  CHECK(refusal("speed = 3\n") == ":1:1: 'speed': expected nothing but [[fault]] tables");
  CHECK(refusal("[[fault]]\ndo = true\n") == ":2:6: do: expected a text, a number or a time");
  CHECK(refusal("[[fault]]\nwhen = { a = { b = 1 } }\n") != "none");
  CHECK(refusal("[[fault\n").starts_with(":1:"));
}

TEST_CASE("a file of lines has each line at once") {
  const Folder folder;
  const auto path = (folder.path / "lines").string();
  LineFile file(path);
  const auto write = file.writer();
  write("one");
  write("two");
  std::ifstream in(path);
  CHECK(std::string(std::istreambuf_iterator<char>(in), {}) == "one\ntwo\n");
  CHECK_FALSE(LineFile("").writer());
  CHECK_THROWS_AS(LineFile((folder.path / "none" / "lines").string()), Error);
}
