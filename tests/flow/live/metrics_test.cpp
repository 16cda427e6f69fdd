#include <tape/base/error.h>
#include <tape/flow/live/metrics.h>

#include <catch2/catch.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>

using namespace tape;
using flow::MetricsText;
using flow::write_metrics;
namespace fs = std::filesystem;

namespace {

struct Folder {
  Folder() {
    char name[] = "/tmp/tape-metrics-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    path = name;
  }
  ~Folder() { fs::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::ptrdiff_t files() const {
    return std::distance(fs::directory_iterator(path), fs::directory_iterator());
  }
  std::string path;
};

std::string content(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string sample() {
  MetricsText text;
  text.counter("tape_events_total", "Events recorded.", {{"venue", "v"}}, 12);
  text.gauge("tape_links_up", "Connections that stand.", {}, 2);
  text.counter("tape_events_total", "Events recorded.",
               {{"venue", "a\"b\\c\nd\xff"}, {"channel", "é"}}, 1e17);
  text.gauge("tape_age_seconds", "Of the last\nmessage \\ frame.", {},
             std::numeric_limits<double>::infinity());
  return text.take();
}

}  // namespace

TEST_CASE("figures of one name stand together under one head", "[metrics]") {
  CHECK(sample() ==
        "# HELP tape_events_total Events recorded.\n"
        "# TYPE tape_events_total counter\n"
        "tape_events_total{venue=\"v\"} 12\n"
        "tape_events_total{venue=\"a\\\"b\\\\c\\nd\xEF\xBF\xBD\",channel=\"é\"} 1e+17\n"
        "# HELP tape_links_up Connections that stand.\n"
        "# TYPE tape_links_up gauge\n"
        "tape_links_up 2\n"
        "# HELP tape_age_seconds Of the last\\nmessage \\\\ frame.\n"
        "# TYPE tape_age_seconds gauge\n"
        "tape_age_seconds +Inf\n");
  MetricsText text;
  text.gauge("a", "x", {}, -std::numeric_limits<double>::infinity());
  text.gauge("a", "x", {}, std::numeric_limits<double>::quiet_NaN());
  text.gauge("a", "x", {}, 0.25);
  CHECK(text.take() == "# HELP a x\n# TYPE a gauge\na -Inf\na NaN\na 0.25\n");
  CHECK(text.take().empty());
}

TEST_CASE("what Prometheus does not take is refused", "[metrics]") {
  MetricsText text;
  text.gauge("a", "x", {}, 1);
  CHECK_THROWS_AS(text.counter("a", "x", {}, 1), Error);
  for (const auto* name : {"", "1a", "a-b", "a b", "é"}) {
    CHECK_THROWS_AS(text.gauge(name, "x", {}, 1), Error);
    CHECK_THROWS_AS(text.gauge("b", "x", {{name, "v"}}, 1), Error);
  }
  CHECK_THROWS_AS(text.gauge("b", "x", {{"a:b", "v"}}, 1), Error);
  CHECK_THROWS_AS(text.gauge("b", "x", {{"__b", "v"}}, 1), Error);
}

TEST_CASE("promtool finds no fault", "[metrics]") {
  if (std::system("command -v promtool >/dev/null 2>&1") != 0) {
    WARN("skipped: promtool is not installed (Debian: prometheus)");
    return;
  }
  const Folder folder;
  const auto path = folder.path + "/t.prom";
  write_metrics(path, sample());
  CHECK(std::system(("promtool check metrics < " + path).c_str()) == 0);
  write_metrics(path, "tape_x{ 1\n");
  CHECK(std::system(("promtool check metrics < " + path + " >/dev/null 2>&1").c_str()) != 0);
}

TEST_CASE("the file is replaced whole and can be read by others", "[metrics]") {
  const Folder folder;
  const auto path = folder.path + "/t.prom";
  const auto before = ::umask(077);
  write_metrics(path, "one\n");
  ::umask(before);
  std::ifstream reader(path);
  write_metrics(path, "two\n");
  std::string old;
  std::getline(reader, old);
  CHECK(old == "one");
  CHECK(content(path) == "two\n");
  CHECK(folder.files() == 1);
  struct stat about {};
  REQUIRE(::stat(path.c_str(), &about) == 0);
  CHECK((about.st_mode & 0777U) == 0644);
}

TEST_CASE("a file that cannot be written leaves nothing behind", "[metrics]") {
  const Folder folder;
  CHECK_THROWS_AS(write_metrics(folder.path + "/none/t.prom", "x"), Error);
  fs::create_directory(folder.path + "/t.prom");
  CHECK_THROWS_AS(write_metrics(folder.path + "/t.prom", "x"), Error);
  CHECK(folder.files() == 1);
}
