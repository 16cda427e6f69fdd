#include <tape/serve/faults/late.h>

#include <catch2/catch.hpp>

namespace tape::serve {
namespace {

using Lane = Late::Lane;

Late::Item text(std::string what) { return Late::Text{{1}, std::move(what)}; }

std::string taken(Late& late) { return std::get<Late::Text>(late.take()).text; }

}  // namespace

TEST_CASE("what is late comes in its order, even when the delay is over") {
  Late late;
  CHECK_FALSE(late.waits(Lane::frames, 0));
  CHECK(late.waits(Lane::frames, 1));
  late.add(Lane::frames, 100, 50, text("a"));
  CHECK(late.waits(Lane::frames, 0));
  late.add(Lane::frames, 110, 0, text("b"));
  late.add(Lane::frames, 170, 0, text("c"));
  CHECK(late.next() == 150);
  CHECK(taken(late) == "a");
  CHECK(late.next() == 150);
  CHECK(taken(late) == "b");
  CHECK(late.next() == 170);
  CHECK(taken(late) == "c");
  CHECK_FALSE(late.next());
  CHECK_FALSE(late.waits(Lane::frames, 0));
}

TEST_CASE("frames and answers do not wait for one another") {
  Late late;
  late.add(Lane::frames, 100, 50, text("frame"));
  CHECK_FALSE(late.waits(Lane::answers, 0));
  late.add(Lane::answers, 100, 10, text("answer"));
  CHECK(late.next() == 110);
  CHECK(taken(late) == "answer");
  CHECK(taken(late) == "frame");
}

}  // namespace tape::serve
