#include <tape/base/error.h>
#include <tape/flow/files.h>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace tape;
using flow::FilePolicy;
using flow::Files;
namespace fs = std::filesystem;

namespace {

constexpr Nanos kMoment = 1795341603217000000;  // 2026-11-22T10:00:03.217Z

struct Folder {
  Folder() {
    char name[] = "/tmp/tape-files-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    path = name;
  }
  ~Folder() { fs::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string path;
};

void make(const std::string& path, std::size_t size, Nanos modified) {
  std::ofstream(path) << std::string(size, 'x');
  timespec times[2] = {{modified / kSecond, modified % kSecond},
                       {modified / kSecond, modified % kSecond}};
  REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
}

}  // namespace

TEST_CASE("names of files are filled in with UTC", "[files]") {
  CHECK(flow::expand_pattern("logs/%Y%m%d-%H%M%S.tape", kMoment) == "logs/20261122-100003.tape");
  CHECK(flow::expand_pattern("100%%.tape", kMoment) == "100%.tape");
  CHECK_THROWS_AS(flow::expand_pattern("%j.tape", kMoment), Error);
  CHECK_THROWS_AS(flow::expand_pattern("x%", kMoment), Error);
}

TEST_CASE("only names that the pattern could have made are ours", "[files]") {
  CHECK(flow::pattern_made("%Y%m%d.tape", "20261122.tape"));
  CHECK(flow::pattern_made("%Y%m%d.tape", "20261122-2.tape"));
  CHECK_FALSE(flow::pattern_made("%Y%m%d.tape", "2026112.tape"));
  CHECK_FALSE(flow::pattern_made("%Y%m%d.tape", "important.tape"));
  CHECK_FALSE(flow::pattern_made("%Y%m%d.tape", "20261122-x.tape"));
  CHECK_FALSE(flow::pattern_made("%Y%m%d.tape", "20261122.tape.gz"));
}

TEST_CASE("a name that is taken gets a number; a plain name is refused", "[files]") {
  const Folder folder;
  Files rotating({.pattern = folder.path + "/%H%M%S.tape"});
  CHECK(rotating.open(kMoment).path == folder.path + "/100003.tape");
  CHECK(rotating.open(kMoment).path == folder.path + "/100003-2.tape");
  CHECK(rotating.open(kMoment).path == folder.path + "/100003-3.tape");

  Files plain({.pattern = folder.path + "/a.tape"});
  CHECK(plain.open(kMoment).path == folder.path + "/a.tape");
  CHECK(plain.open(kMoment).path == folder.path + "/a-2.tape");  // the file after it
  Files again({.pattern = folder.path + "/a.tape"});
  CHECK_THROWS_AS(again.open(kMoment), Error);
  Files forced({.pattern = folder.path + "/a.tape", .force = true});
  CHECK(forced.open(kMoment).path == folder.path + "/a.tape");
}

TEST_CASE("rotation is due by size or by age", "[files]") {
  const Files files({.pattern = "a.tape", .rotate_size = 100, .rotate_every = kSecond});
  CHECK_FALSE(files.due(99, kSecond - 1));
  CHECK(files.due(100, 0));
  CHECK(files.due(0, kSecond));
  CHECK_FALSE(Files({.pattern = "a.tape"}).due(1U << 30U, 3600 * kSecond));
}

TEST_CASE("old files past --keep go, oldest first, and nothing else", "[files]") {
  const Folder folder;
  for (int day = 1; day <= 5; ++day) {
    make(folder.path + "/0" + std::to_string(day) + ".tape", 100,
         kMoment - (6 - day) * 86400 * kSecond);
  }
  make(folder.path + "/notes.tape", 100, 0);
  const auto current = folder.path + "/05.tape";

  SECTION("by age") {
    const Files files({.pattern = folder.path + "/%d.tape", .keep_for = 3 * 86400 * kSecond});
    auto removed = files.retain(current, kMoment);
    CHECK(removed == std::vector<std::string>{folder.path + "/02.tape", folder.path + "/01.tape"});
  }
  SECTION("by sum of sizes") {
    const Files files({.pattern = folder.path + "/%d.tape", .keep_bytes = 250});
    CHECK(files.retain(current, kMoment).size() == 2);
    CHECK(fs::exists(folder.path + "/04.tape"));
    CHECK(fs::exists(folder.path + "/03.tape"));
    CHECK_FALSE(fs::exists(folder.path + "/02.tape"));
  }
  CHECK(fs::exists(current));
  CHECK(fs::exists(folder.path + "/notes.tape"));
}

TEST_CASE("too little free space is a clear failure", "[files]") {
  const Folder folder;
  const Files files({.pattern = folder.path + "/a.tape", .min_free = UINT64_MAX});
  CHECK_THROWS_WITH(files.check_free(folder.path + "/a.tape"), Catch::Contains("--min-free"));
  CHECK_NOTHROW(Files({.pattern = "a.tape"}).check_free("a.tape"));
}

TEST_CASE("what --keep takes is an age or a size", "[files]") {
  FilePolicy policy;
  flow::parse_keep("30d", policy);
  CHECK(policy.keep_for == 30 * 86400 * kSecond);
  CHECK_FALSE(policy.keep_bytes);
  flow::parse_keep("200G", policy);
  CHECK_FALSE(policy.keep_for);
  CHECK(policy.keep_bytes == std::uint64_t{200} << 30U);
  CHECK_THROWS_AS(flow::parse_keep("much", policy), Error);
}
