#include <tape/cli/output.h>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/tapes.h"
#include <csignal>

using namespace tape;
using namespace tape::cli;
using namespace tape::cli::testing;

TEST_CASE("an existing file is written over only when that is asked for") {
  const Folder folder;
  const auto path = folder / "out";
  spill(path, "precious");
  CHECK_THROWS_WITH(Output({path, false}, Content::text), Catch::Contains("--force"));
  CHECK_THROWS_AS(make_sink({path, false}), Error);
  CHECK(slurp(path) == "precious");
  Output out({path, true}, Content::text);
  out.write("new");
  out.close();
  CHECK(slurp(path) == "new");
}

TEST_CASE("large and small writes come out in order") {
  const Folder folder;
  Output out({folder / "out", false}, Content::binary);
  std::string all;
  for (int i = 0; i < 2000; ++i) {
    const std::string piece(static_cast<std::size_t>(i), static_cast<char>('a' + i % 26));
    out.write(piece);
    all += piece;
  }
  out.close();
  CHECK(slurp(folder / "out") == all);
  struct stat info {};
  REQUIRE(::stat((folder / "out").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
}

TEST_CASE("a directory and a missing folder are named") {
  const Folder folder;
  CHECK_THROWS_WITH(Output({folder / ".", false}, Content::text), Catch::Contains("directory"));
  CHECK_THROWS_AS(Output({folder / "no/such", false}, Content::text), Error);
}

TEST_CASE("a full disk is a failure that names the file") {
  Output out({"/dev/full", false}, Content::text);
  out.buffer() = "x";
  CHECK_THROWS_WITH(out.flush(), Catch::Contains("/dev/full"));
  CHECK_NOTHROW(out.close());
}

TEST_CASE("a reader that went away is an outcome of its own") {
  const Folder folder;
  const auto path = folder / "pipe";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  (void)::signal(SIGPIPE, SIG_IGN);
  const int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK);
  Output out({path, false}, Content::text);
  (void)::close(reader);
  out.buffer() = "x";
  CHECK_THROWS_AS(out.flush(), ClosedOutput);
}

TEST_CASE("output must not be an input") {
  const Folder folder;
  spill(folder / "a", "x");
  CHECK_THROWS_AS(refuse_same_file({folder / "./a", true}, {folder / "a"}), Error);
  CHECK_NOTHROW(refuse_same_file({folder / "b", true}, {folder / "a"}));
}
