#include <tape/venue/exchange/message.h>

#include <catch2/catch.hpp>

namespace tape::venue {

TEST_CASE("values of a message are texts, numbers and words") {
  CHECK_FALSE(ClientMessage::parse("[1]"));
  CHECK_FALSE(ClientMessage::parse("{"));
  const auto message =
      ClientMessage::parse(R"({"a":"x","b":12,"c":0.5,"d":true,"e":null,"f":{},"g":[{"h":1},{}]})");
  REQUIRE(message);
  CHECK(message->value("a") == "x");
  CHECK(message->value("b") == "12");
  CHECK(message->value("c") == "0.5");
  CHECK(message->value("d") == "true");
  for (const auto* const name : {"e", "f", "g", "none"}) CHECK(message->value(name).empty());
  const auto objects = message->objects("g");
  REQUIRE(objects);
  REQUIRE(objects->size() == 2);
  CHECK(objects->front().value("h") == "1");
  CHECK_FALSE(message->objects("a"));
  CHECK_FALSE(ClientMessage::parse(R"({"g":[1]})")->objects("g"));
  const auto member = ClientMessage::parse_member(R"([1,"b",true])", "list");
  REQUIRE(member);
  CHECK(member->values("list") == std::vector<std::string>{"1", "b", "true"});
  CHECK_FALSE(ClientMessage::parse_member("[{}]", "list")->values("list"));
  CHECK_FALSE(ClientMessage::parse_member("1", "list")->values("list"));
  CHECK_FALSE(ClientMessage::parse_member("[", "list"));
}

TEST_CASE("parameters are decoded") {
  CHECK(parameter("a=1&b=x%20y+z&ab=2", "b") == "x y z");
  CHECK(parameter("a=1&b=x", "ab").empty());
  CHECK(parameter("", "a").empty());
  CHECK(parameters("a=1&b=2&a=%33", "a") == std::vector<std::string>{"1", "3"});
}

}  // namespace tape::venue
