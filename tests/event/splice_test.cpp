#include <tape/event/levels.h>
#include <tape/event/splice.h>

#include <capnp/any.h>
#include <catch2/catch.hpp>
#include <kj/exception.h>

#include "sample_events.h"
#include <random>
#include <string>
#include <vector>

using namespace tape;
using namespace tape::event;

namespace {

constexpr std::uint64_t kShape = 0x1122334455667788;

/// An event as a tape holds it: rendered, the name of the shape written last or first.
std::vector<capnp::word> rendered(Message& message, Kind kind, std::mt19937_64& random, bool last) {
  Message filled;
  const auto from = sample::random_event(filled, kind, random).asReader();
  auto event = message.start();
  if (!last) event.getRaw().initRendered().setShape(kShape);
  event.setVenue(from.getVenue());
  event.setSymbol(from.getSymbol());
  event.setReceivedAt(from.getReceivedAt());
  event.setSequence(from.getSequence());
  if (kind == Kind::BEST_QUOTE) event.getBody().setBestQuote(from.getBody().getBestQuote());
  if (kind == Kind::TRADE) event.getBody().setTrade(from.getBody().getTrade());
  if (kind == Kind::TICKER) event.getBody().setTicker(from.getBody().getTicker());
  if (last) event.getRaw().initRendered().setShape(kShape);
  return sample::framed(message);
}

std::span<const capnp::word> words_of(std::span<const std::uint64_t> out) {
  return {reinterpret_cast<const capnp::word*>(out.data()), out.size()};
}

void pack(LevelPacker& packer, schema::PackedLevels::Builder out) {
  const auto run = packer.run(0);
  out.setPriceExponent(run.price_exponent);
  out.setQuantityExponent(run.quantity_exponent);
  out.setCount(run.count);
  out.setLevels(capnp::Data::Reader(run.levels.data(), run.levels.size()));
}

/// Levels of one side or both, or none, packed; rendered or with its text.
std::vector<capnp::word> packed(Message& message, std::mt19937_64& random, bool text) {
  auto event = message.start();
  event.setVenue("binance-usdm");
  event.setChannel("depth");
  event.setSymbol("BTCUSDT");
  event.setOrdinal(random());
  const auto fill = [&](auto body) {
    body.setUpdateId(random());
    LevelPacker packer;
    for (const bool bid : {true, false}) {
      packer.clear();
      const auto levels = 1 + random() % 40;
      for (std::size_t i = 0; i < levels; ++i)
        packer.add({static_cast<std::int64_t>(random() % 100'000), -2},
                   {static_cast<std::int64_t>(random() % 1000), -3});
      if (random() % 8 == 0) continue;
      pack(packer, bid ? body.initBidsPacked() : body.initAsksPacked());
    }
  };
  if (random() % 2 == 0) {
    fill(event.getBody().initBookDelta());
  } else {
    fill(event.getBody().initBookSnapshot());
  }
  if (text) {
    event.getRaw().setText("{}");
  } else {
    event.getRaw().initRendered().setShape(kShape);
  }
  return sample::framed(message);
}

bool same(schema::Event::Reader one, schema::Event::Reader other) {
  return capnp::AnyStruct::Reader(one) == capnp::AnyStruct::Reader(other);
}

}  // namespace

TEST_CASE("an event with its frame put behind it is the one that a builder makes") {
  std::mt19937_64 random(20261126);
  Message message;
  Message built;
  OwnMemory memory;
  for (unsigned round = 0; round < 300; ++round) {
    const auto kind = round % 3 == 0   ? Kind::BEST_QUOTE
                      : round % 3 == 1 ? Kind::TRADE
                                       : Kind::TICKER;
    const bool last = random() % 2 == 0;
    const auto framed = rendered(message, kind, random, last);
    const std::string frame(random() % 200, static_cast<char>('a' + random() % 26));
    View stored;
    stored.reset(framed);
    const auto out = splice_raw(framed, frame, memory);
    REQUIRE_FALSE(out.empty());
    View spliced;
    spliced.reset(words_of(out));
    (void)built.copy_with_raw(stored.event(), frame);
    CHECK(same(spliced.event(), built.event().asReader()));
    CHECK(raw_bytes(spliced.event()) == frame);
    // Nothing is left of the shape's name; written last, not even its room.
    if (last) CHECK(words_of(out).size_bytes() == built.framed_size());
    CHECK(std::find(out.begin(), out.end(), kShape) == out.end());
    CHECK(parse_framed_size(words_of(out)).words == out.size());
  }
}

TEST_CASE("what cannot leave by putting bytes behind it is said so") {
  std::mt19937_64 random(7);
  Message message;
  OwnMemory memory;
  const auto framed = rendered(message, Kind::TRADE, random, true);
  CHECK_FALSE(splice_raw(framed, "{}", memory).empty());
  CHECK(splice_raw(framed, "\xff", memory).empty());
  CHECK(splice_raw(framed, std::string_view("a\0b", 3), memory).empty());
  auto event = message.start();
  event.getRaw().initRendered().setResiduals(capnp::Data::Reader(nullptr, 0));
  std::vector<std::uint8_t> text{1, 2, 3};
  event.getRaw().initRendered().setResiduals(capnp::Data::Reader(text.data(), text.size()));
  CHECK(splice_raw(sample::framed(message), "{}", memory).empty());
  event = message.start();
  event.getRaw().initRendered().setProgram(capnp::Data::Reader(text.data(), text.size()));
  CHECK(splice_raw(sample::framed(message), "{}", memory).empty());
  (void)message.start();
  CHECK(splice_raw(sample::framed(message), "{}", memory).empty());
  CHECK(splice_raw({}, "{}", memory).empty());
}

TEST_CASE("no word of a message can make it read or write beside it") {
  std::mt19937_64 random(11);
  Message message;
  OwnMemory memory;
  unsigned spliced = 0;
  for (unsigned round = 0; round < 3000; ++round) {
    auto framed = rendered(message, Kind::TRADE, random, random() % 2 == 0);
    auto* bytes = reinterpret_cast<std::uint8_t*>(framed.data());
    for (unsigned flips = 1 + static_cast<unsigned>(random() % 3); flips > 0; --flips)
      bytes[random() % (framed.size() * sizeof(capnp::word))] = static_cast<std::uint8_t>(random());
    const auto out = splice_raw(framed, R"({"a":1})", memory);
    if (out.empty()) continue;
    ++spliced;
    REQUIRE(parse_framed_size(words_of(out)).words == out.size());
    try {
      View view;
      view.reset(words_of(out));
      CHECK(raw_bytes(view.event()) == R"({"a":1})");
    } catch (const kj::Exception&) {  // what was damaged before stays so
    }
  }
  CHECK(spliced > 100);
}

TEST_CASE("packed levels leave as the lists that a builder makes") {
  std::mt19937_64 random(5);
  Message message;
  Message built;
  OwnMemory memory;
  for (unsigned round = 0; round < 300; ++round) {
    const bool text = random() % 4 == 0;
    const auto framed = packed(message, random, text);
    View stored;
    stored.reset(framed);
    const std::string frame(random() % 200, 'a');
    const auto out =
        text ? splice_levels(framed, std::nullopt, memory) : splice_levels(framed, frame, memory);
    REQUIRE_FALSE(out.empty());
    CHECK(parse_framed_size(words_of(out)).words == out.size());
    View spliced;
    spliced.reset(words_of(out));
    (void)(text ? built.copy_unpacked(stored.event()) : built.copy_with_raw(stored.event(), frame));
    CHECK(same(spliced.event(), built.event().asReader()));
    CHECK_FALSE(is_packed(spliced.event()));
    CHECK(words_of(out).size_bytes() <= built.framed_size());
  }
}

TEST_CASE("no word of a message with packed levels can make it read or write beside it") {
  std::mt19937_64 random(12);
  Message message;
  OwnMemory memory;
  unsigned spliced = 0;
  unsigned refused = 0;
  for (unsigned round = 0; round < 5000; ++round) {
    auto framed = packed(message, random, random() % 4 == 0);
    auto* bytes = reinterpret_cast<std::uint8_t*>(framed.data());
    for (unsigned flips = 1 + static_cast<unsigned>(random() % 3); flips > 0; --flips)
      bytes[random() % (framed.size() * sizeof(capnp::word))] = static_cast<std::uint8_t>(random());
    try {
      const auto out = splice_levels(framed, R"({"a":1})", memory);
      if (out.empty()) {
        ++refused;
        continue;
      }
      ++spliced;
      REQUIRE(parse_framed_size(words_of(out)).words == out.size());
      View view;
      view.reset(words_of(out));
      CHECK(raw_bytes(view.event()) == R"({"a":1})");
    } catch (const kj::Exception&) {  // damaged levels
    }
  }
  CHECK(spliced > 100);
  CHECK(refused > 100);
}
