#include <tape/base/fd.h>
#include <tape/event/frame.h>
#include <tape/flow/splitter.h>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <random>
#include <string>
#include <thread>
#include <vector>

using namespace tape;
using flow::Run;
using flow::Splitter;

namespace {

struct Pipe {
  Pipe() {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    reading = Fd(ends[0]);
    writing = Fd(ends[1]);
  }
  void put(const std::string& bytes) { write_all(writing.get(), as_bytes(bytes), "pipe"); }
  Fd reading;
  Fd writing;
};

struct Piece {
  std::string bytes;
  bool terminated;
  bool oversize;
};

/// Everything that comes out of the splitter, with the input written by a second thread in given
/// pieces.
std::vector<Piece> split(const std::vector<std::string>& writes, std::optional<char> delimiter) {
  Pipe pipe;
  std::jthread writer([&] {
    for (const auto& bytes : writes) pipe.put(bytes);
    pipe.writing.reset();
  });
  Splitter splitter(pipe.reading.get(), "pipe", delimiter);
  std::vector<Piece> pieces;
  Run run;
  for (;;) {
    switch (splitter.next(run)) {
      case Splitter::Next::run:
        pieces.push_back({{run.bytes.data(), run.bytes.size()}, run.terminated, run.oversize});
        REQUIRE(run.number == pieces.size());
        break;
      case Splitter::Next::end:
        return pieces;
      case Splitter::Next::drained:
        (void)splitter.fill(-1, -1);
    }
  }
}

std::vector<std::string> texts(const std::vector<Piece>& pieces) {
  std::vector<std::string> all;
  for (const auto& piece : pieces) all.push_back(piece.bytes);
  return all;
}

}  // namespace

TEST_CASE("lines keep every byte but the newline", "[splitter]") {
  const auto pieces = split({"a\n\nb\r\nlast"}, '\n');
  REQUIRE(texts(pieces) == std::vector<std::string>{"a", "", "b\r", "last"});
  CHECK(pieces[2].terminated);
  CHECK_FALSE(pieces[3].terminated);
}

TEST_CASE("a final newline makes no further line, an empty input none", "[splitter]") {
  CHECK(texts(split({"a\n"}, '\n')) == std::vector<std::string>{"a"});
  CHECK(split({}, '\n').empty());
}

TEST_CASE("runs that are cut anywhere between writes come out whole", "[splitter]") {
  const std::string all = "{\"one\":1}\n{\"two\":22}\n{\"three\":333}\n";
  for (std::size_t cut = 0; cut <= all.size(); ++cut) {
    CHECK(texts(split({all.substr(0, cut), all.substr(cut)}, '\n')) ==
          std::vector<std::string>{"{\"one\":1}", "{\"two\":22}", "{\"three\":333}"});
  }
}

TEST_CASE("NUL ends runs that hold newlines", "[splitter]") {
  using namespace std::string_literals;
  CHECK(texts(split({"a\nb\0c\0"s}, '\0')) == std::vector<std::string>{"a\nb", "c"});
}

TEST_CASE("a document is one run, also when it is empty", "[splitter]") {
  const auto pieces = split({"{\n}\n"}, std::nullopt);
  REQUIRE(texts(pieces) == std::vector<std::string>{"{\n}\n"});
  CHECK(pieces[0].terminated);
  CHECK(texts(split({}, std::nullopt)) == std::vector<std::string>{""});
}

TEST_CASE("a run of exactly the largest size is kept, one byte more is oversize", "[splitter]") {
  const std::string largest(event::kMaxFrame, 'x');
  auto pieces = split({largest, "\nnext\n"}, '\n');
  REQUIRE(pieces.size() == 2);
  CHECK(pieces[0].bytes == largest);
  CHECK_FALSE(pieces[0].oversize);

  pieces = split({largest, "y\nnext\n"}, '\n');
  REQUIRE(pieces.size() == 2);
  CHECK(pieces[0].oversize);
  CHECK(pieces[0].bytes == std::string(event::kOversizeKept, 'x'));
  CHECK(pieces[1].bytes == "next");
  CHECK_FALSE(pieces[1].oversize);
}

TEST_CASE("an oversize run has its length and its digest", "[splitter]") {
  Pipe pipe;
  const std::string huge(3 * event::kMaxFrame + 5, 'h');
  std::jthread writer([&] {
    pipe.put(huge);
    pipe.writing.reset();
  });
  Splitter splitter(pipe.reading.get(), "pipe", '\n');
  Run run;
  while (splitter.next(run) != Splitter::Next::run) (void)splitter.fill(-1, -1);
  CHECK(run.oversize);
  CHECK_FALSE(run.terminated);
  CHECK(run.total_bytes == huge.size());
  CHECK(run.sum == sha256(as_bytes(huge)));
  CHECK(splitter.next(run) == Splitter::Next::end);
}

TEST_CASE("a file that is read ahead is cut as a pipe is", "[splitter]") {
  std::mt19937 random(11);
  const auto any = [&](std::size_t most) { return random() % most; };
  for (int round = 0; round < 6; ++round) {
    std::string all;
    while (all.size() < 3'000'000) {
      // Lines of some bytes, some longer than what fits in front of a block, some than a block.
      const auto kind = any(200);
      const auto size = kind == 0 ? any(900'000) : kind < 4 ? any(150'000) : any(300);
      all.append(size, static_cast<char>('a' + any(26)));
      all += '\n';
    }
    if (round % 2 == 0) all += "the last one";
    const Fd file(::memfd_create("capture", 0));
    write_all(file.get(), as_bytes(all), "capture");
    REQUIRE(::lseek(file.get(), 0, SEEK_SET) == 0);
    Splitter splitter(file.get(), "capture", '\n');
    const auto expected = split({all}, '\n');
    Run run;
    std::size_t met = 0;
    for (auto next = splitter.next(run); next != Splitter::Next::end; next = splitter.next(run)) {
      if (next == Splitter::Next::drained) {
        (void)splitter.fill(-1, -1);
        continue;
      }
      REQUIRE(met < expected.size());
      REQUIRE(std::string_view(run.bytes.data(), run.bytes.size()) == expected[met].bytes);
      REQUIRE(run.terminated == expected[met].terminated);
      ++met;
    }
    CHECK(met == expected.size());
  }
}

TEST_CASE("waiting ends at the time-out and at the stop descriptor", "[splitter]") {
  Pipe input;
  Pipe stop;
  Splitter splitter(input.reading.get(), "pipe", '\n');
  Run run;
  REQUIRE(splitter.next(run) == Splitter::Next::drained);
  CHECK(splitter.fill(0, stop.reading.get()) == Splitter::Filled::timeout);
  stop.put("x");
  CHECK(splitter.fill(-1, stop.reading.get()) == Splitter::Filled::stopped);
}
