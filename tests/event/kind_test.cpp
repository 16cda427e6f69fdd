#include <tape/event/kind.h>

#include <catch2/catch.hpp>

using namespace tape::event;

TEST_CASE("kinds have the names of the schema") {
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    const auto name = kind_name(static_cast<Kind>(kind));
    CHECK(kind_from_name(name) == static_cast<Kind>(kind));
  }
  CHECK(kind_name(Kind::BOOK_DELTA) == "bookDelta");
  CHECK(kind_name(static_cast<Kind>(kKinds)) == "unknown");
  CHECK_FALSE(kind_from_name("").has_value());
  CHECK_FALSE(kind_from_name("unknown").has_value());
}
