#include <tape/base/error.h>
#include <tape/flow/play/command.h>

#include <catch2/catch.hpp>

#include <string>

namespace tape::flow {

TEST_CASE("commands are JSON objects") {
  CHECK(parse_command(R"({"command":"status"})").verb == Command::Verb::status);
  CHECK(parse_command(R"({"command":"step"})").count == 1);
  CHECK(parse_command(R"({"command":"step","count":5})").count == 5);
  CHECK(parse_command(R"({"command":"credit","count":2})").verb == Command::Verb::credit);
  CHECK(parse_command(R"({"command":"speed","speed":2.5})").speed == 2.5);
  CHECK(parse_command(R"({"command":"speed","speed":"max"})").speed == 0);
  CHECK(parse_command(R"({"command":"seek","at":"+5m"})").at == "+5m");
}

TEST_CASE("what is no command is refused as usage") {
  for (const std::string text :
       {"", "pause", "[]", "{}", R"({"command":1})", R"({"command":"fly"})",
        R"({"command":"pause","count":1})", R"({"command":"step","count":0})",
        R"({"command":"step","count":-1})", R"({"command":"step","count":"1"})",
        R"({"command":"speed"})", R"({"command":"speed","speed":0})",
        R"({"command":"speed","speed":"slow"})", R"({"command":"seek"})",
        R"({"command":"seek","at":5})"}) {
    INFO(text);
    try {
      (void)parse_command(text);
      FAIL("was taken");
    } catch (const Error& error) {
      CHECK(error.fault == Fault::usage);
    }
  }
}

}  // namespace tape::flow
