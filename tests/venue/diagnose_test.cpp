#include <tape/venue/parser.h>

#include <catch2/catch.hpp>

#include <string>

using namespace tape;
using schema::OpaqueKind;
using venue::diagnose;

TEST_CASE("what a frame that is not understood looks like, with the byte", "[diagnose]") {
  using namespace std::string_literals;
  struct Case {
    std::string frame;
    OpaqueKind kind;
    std::int64_t at;
  };
  const Case cases[] = {
      {"", OpaqueKind::EMPTY, -1},
      {" \r\n", OpaqueKind::EMPTY, -1},
      {"<html>502</html>", OpaqueKind::HTML, 0},
      {"\n <html>", OpaqueKind::HTML, 2},
      {"{\"a\":\"\xff\"}", OpaqueKind::BINARY, 6},
      {"\x1f\x8b\x08", OpaqueKind::BINARY, 1},
      {R"({"a":1)", OpaqueKind::TRUNCATED, 6},
      {R"({"a":"b)", OpaqueKind::TRUNCATED, 7},
      {R"({"notifications"[{)", OpaqueKind::MALFORMED, 16},
      {R"({"a":1,,})", OpaqueKind::MALFORMED, 7},
      {R"({"a":NaN})", OpaqueKind::MALFORMED, 5},
      {"{\xC2\xA0\"a\":1}", OpaqueKind::MALFORMED, 1},
      {"{\"a\"\0:1}"s, OpaqueKind::MALFORMED, 4},
      {R"({"new":"kind"})", OpaqueKind::UNKNOWN_KIND, -1},
  };
  for (const auto& [frame, kind, at] : cases) {
    INFO(frame);
    const auto failure = diagnose(frame);
    CHECK(static_cast<int>(failure.kind) == static_cast<int>(kind));
    CHECK(failure.at == at);
    CHECK_FALSE(failure.reason.empty());
    CHECK(failure.reason.size() < 200);
  }
}
