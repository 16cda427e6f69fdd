#include <tape/venue/exchange/json_object.h>

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace tape::venue {

TEST_CASE("an object is written as its members come") {
  CHECK(JsonObject().str() == "{}");
  const std::vector<std::string> list = {"1", "{}"};
  JsonObject json;
  json.text("a", "say \"x\"\n")
      .text_or_null("b", "")
      .number("c", Decimal{120, -2})
      .number("d", Decimal())
      .quoted("e", Decimal{120, -2})
      .quoted("f", Decimal())
      .integer("g", -5)
      .flag("h", true)
      .list("i", list)
      .list("j", {});
  CHECK(json.str() ==
        R"({"a":"say \"x\"\n","b":null,"c":1.20,"d":null,"e":"1.20","f":"0","g":-5,"h":true,)"
        R"("i":[1,{}],"j":[]})");
}

}  // namespace tape::venue
