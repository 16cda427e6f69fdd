#include <tape/base/error.h>
#include <tape/event/catalog.h>
#include <tape/event/slot.h>

#include <catch2/catch.hpp>

#include "sample_events.h"
#include <set>

using namespace tape::event;
namespace schema = tape::schema;

TEST_CASE("slots read what the generated accessors wrote") {
  Message message;
  const auto event = sample::best_quote(message).asReader();
  const auto layout = layout_of(capnp::Schema::from<schema::BestQuote>());
  const Sections body(body_of(event));
  const auto bid = load_decimal(body.data(), layout.find("bid"));
  CHECK(bid.mantissa == 6180020);
  CHECK(bid.exponent == -2);
  CHECK(body.integer(layout.find("updateId")) == 10'182'330'417'552);
  CHECK(layout.find("eventAt").type == SlotType::moment);
  CHECK_THROWS_AS(layout.find("nosuch"), tape::Error);
}

TEST_CASE("what lies beyond an older, shorter struct has its default") {
  const Sections none{capnp::AnyStruct::Reader()};
  const auto opaque = layout_of(capnp::Schema::from<schema::Opaque>());
  CHECK(none.integer(opaque.find("at")) == -1);
  CHECK(none.text(opaque.find("reason")).empty());
  CHECK(none.bytes(opaque.find("sha256")).empty());
  const auto level = layout_of(capnp::Schema::from<schema::Level>());
  CHECK(load_decimal(none.data(), level.find("price")).absent());
  const auto book = layout_of(capnp::Schema::from<schema::BookDelta>());
  CHECK(none.structs(book.find("bids")).size() == 0);
  CHECK_FALSE(none.has(book.find("bids")));
}

TEST_CASE("every kind has a body in the catalog, and facts about fields hold") {
  for (std::size_t kind = 0; kind < kKinds; ++kind)
    REQUIRE(body_node(static_cast<Kind>(kind)) != nullptr);
  CHECK(body_node(static_cast<Kind>(kKinds)) == nullptr);
  CHECK(body_node(Kind::BOOK_DELTA)->name == "BookDelta");
  CHECK_FALSE(body_node(Kind::BOOK_DELTA)->holds_symbol);
  CHECK(body_node(Kind::FILL)->holds_symbol);
  CHECK(body_node(Kind::ORDER_UPDATE)->holds_id);
  CHECK_FALSE(body_node(Kind::HEARTBEAT)->holds_id);
  const auto fill = layout_of(capnp::Schema::from<schema::Fill>());
  CHECK(is_tri(fill.find("maker")));
  CHECK_FALSE(is_tri(fill.find("side")));
  CHECK(is_side(fill.find("side")));
  CHECK(is_id(fill.find("clientOrderId")));
  CHECK_FALSE(is_id(fill.find("feeCurrency")));
  CHECK(is_session(layout_of(capnp::Schema::from<schema::State>()).find("session")));
  CHECK(is_id(layout_of(capnp::Schema::from<schema::Trade>()).find("number")));
  CHECK_THROWS_AS(node_of(capnp::Schema::from<capnp::schema::Node>()), tape::Error);
}
