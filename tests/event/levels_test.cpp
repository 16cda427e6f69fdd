#include <tape/event/catalog.h>
#include <tape/event/json.h>
#include <tape/event/levels.h>

#include <capnp/any.h>
#include <catch2/catch.hpp>
#include <kj/exception.h>

#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

using namespace tape;
using namespace tape::event;

namespace {

struct Pair {
  std::int64_t price;
  std::int64_t quantity;
};

std::vector<std::uint8_t> pack(const std::vector<Pair>& levels) {
  std::vector<std::uint8_t> bytes(levels.size() * kMostPacked);
  auto* out = bytes.data();
  std::int64_t before = 0;
  for (const auto& level : levels) {
    out = pack_level(level.price, level.quantity, before, out);
    before = level.price;
  }
  bytes.resize(static_cast<std::size_t>(out - bytes.data()));
  return bytes;
}

void set(schema::PackedLevels::Builder packed, const std::vector<std::uint8_t>& bytes,
         std::size_t count) {
  packed.setPriceExponent(-2);
  packed.setQuantityExponent(-3);
  packed.setCount(static_cast<std::uint32_t>(count));
  packed.setLevels(capnp::Data::Reader(bytes.data(), bytes.size()));
}

std::vector<Pair> all(schema::PackedLevels::Reader packed) {
  std::vector<Pair> result;
  PackedCursor cursor(packed);
  for (LevelRow row; cursor.next(row);) {
    CHECK(row.price().exponent == packed.getPriceExponent());
    CHECK(row.quantity().exponent == packed.getQuantityExponent());
    result.push_back({row.price().mantissa, row.quantity().mantissa});
  }
  return result;
}

/// The same book update, with lists or packed.
schema::Event::Builder delta(Message& message, const std::vector<Pair>& bids, bool packed) {
  auto event = message.start();
  event.setReceivedAt(7);
  event.setVenue("v");
  event.getRaw().setText("frame");
  auto body = event.getBody().initBookDelta();
  body.setUpdateId(9);
  if (packed) {
    set(body.initBidsPacked(), pack(bids), bids.size());
  } else {
    auto list = body.initBids(static_cast<capnp::uint>(bids.size()));
    for (capnp::uint i = 0; i < list.size(); ++i) {
      set_decimal(list[i].getPrice(), {bids[i].price, -2});
      set_decimal(list[i].getQuantity(), {bids[i].quantity, -3});
    }
  }
  return event;
}

bool same(schema::Event::Reader a, schema::Event::Reader b) {
  return capnp::AnyStruct::Reader(a) == capnp::AnyStruct::Reader(b);
}

}  // namespace

TEST_CASE("a row of levels is laid out as the schema's Level") {
  Message message;
  (void)delta(message, {{6180020, 2507}}, false);
  const auto level = message.event().asReader().getBody().getBookDelta().getBids()[0];
  const auto data = capnp::AnyStruct::Reader(level).getDataSection();
  REQUIRE(data.size() == sizeof(LevelRow));
  LevelRow row;
  std::memcpy(&row, data.begin(), sizeof row);
  CHECK(format_decimal(row.price()) == "61800.20");
  CHECK(format_decimal(row.quantity()) == "2.507");
  CHECK(LevelRow().price().absent());
}

TEST_CASE("packed levels come back, whatever their numbers") {
  constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  std::mt19937_64 random(3);
  capnp::MallocMessageBuilder message;
  for (int round = 0; round < 2000; ++round) {
    std::vector<Pair> levels(random() % 40);
    for (auto& level : levels) {
      level.price = static_cast<std::int64_t>(random() >> (random() % 64));
      level.quantity = static_cast<std::int64_t>((random() >> 1U) >> (random() % 63));
      if (random() % 16 == 0) level.price = kLeast;
      if (random() % 16 == 0) level.price = kMost;
      if (random() % 16 == 0) level.quantity = kMost;
    }
    auto packed = message.initRoot<schema::PackedLevels>();
    set(packed, pack(levels), levels.size());
    const auto back = all(packed.asReader());
    REQUIRE(back.size() == levels.size());
    for (std::size_t i = 0; i < levels.size(); ++i) {
      REQUIRE(back[i].price == levels[i].price);
      REQUIRE(back[i].quantity == levels[i].quantity);
    }
  }
}

TEST_CASE("a level of a busy book takes a few bytes") {
  CHECK(pack({{6180020, 2507}, {6180010, 12}, {6179990, 0}}).size() == 4 + 2 + 1 + 1 + 1 + 1);
}

TEST_CASE("packed levels that cannot be are damage, and nothing worse") {
  const auto bytes = pack({{6180020, 2507}, {6180010, 300}});
  capnp::MallocMessageBuilder message;
  const auto read = [&](std::vector<std::uint8_t> stored, std::size_t count) {
    auto packed = message.initRoot<schema::PackedLevels>();
    set(packed, stored, count);
    return all(packed.asReader()).size();
  };
  CHECK(read(bytes, 2) == 2);
  CHECK_THROWS_AS(read(bytes, 1), kj::Exception);
  CHECK_THROWS_AS(read(bytes, 3), kj::Exception);
  CHECK_THROWS_AS(read(bytes, 0xFFFFFFFFU), kj::Exception);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_THROWS_AS(read({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)}, 2),
                    kj::Exception);
  }
  CHECK_THROWS_AS(read(std::vector<std::uint8_t>(40, 0xFF), 2), kj::Exception);
}

TEST_CASE("what leaves a tape has lists instead of packed levels") {
  const std::vector<Pair> bids{{6180020, 2507}, {6180010, 0}, {6179990, 1}};
  Message plain;
  Message packed;
  Message copy;
  (void)delta(plain, bids, false);
  (void)delta(packed, bids, true);
  CHECK(is_packed(packed.event().asReader()));
  CHECK_FALSE(is_packed(plain.event().asReader()));
  CHECK(same(copy.copy_unpacked(packed.event().asReader()), plain.event().asReader()));
  CHECK(copy.framed_size() == plain.framed_size());
  CHECK(same(copy.copy_unpacked(plain.event().asReader()), plain.event().asReader()));
  (void)copy.copy_with_raw(packed.event().asReader(), "frame");
  CHECK(same(copy.event().asReader(), plain.event().asReader()));
  CHECK(packed.framed_size() < plain.framed_size());
}

TEST_CASE("packed levels look like lists in JSON and to who reads a book") {
  const std::vector<Pair> bids{{6180020, 2507}, {6180010, 0}, {6179990, 1}};
  Message plain;
  Message packed;
  (void)delta(plain, bids, false);
  (void)delta(packed, bids, true);
  JsonWriter writer;
  std::string expected;
  std::string met;
  writer.append(plain.event().asReader(), 1, 2, expected);
  writer.append(packed.event().asReader(), 1, 2, met);
  CHECK(met == expected);
  CHECK(met.find("\"bids\":[{\"price\":\"61800.20\"") != std::string::npos);
  const auto view = bids_of(packed.event().asReader().getBody().getBookDelta());
  CHECK(view.size() == 3);
  std::vector<std::string> prices;
  view.for_each([&](Decimal price, Decimal) { prices.push_back(format_decimal(price)); });
  CHECK(prices == std::vector<std::string>{"61800.20", "61800.10", "61799.90"});
  CHECK(asks_of(packed.event().asReader().getBody().getBookDelta()).size() == 0);
}

TEST_CASE("JSON of damaged packed levels says so and leaves nothing half written") {
  Message message;
  auto event = delta(message, {{1, 2}}, true);
  event.getBody().getBookDelta().getBidsPacked().setCount(500);
  JsonWriter writer;
  std::string out = "before";
  CHECK_THROWS_WITH(writer.append(event.asReader(), 1, 2, out), Catch::Contains("packed levels"));
  CHECK(out == "before");
  CHECK_THROWS_AS(check_packed(event.asReader()), kj::Exception);
  CHECK_NOTHROW(check_packed(delta(message, {{1, 2}}, true).asReader()));
}
