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

std::span<const capnp::word> words_of(const std::vector<std::uint64_t>& out) {
  return {reinterpret_cast<const capnp::word*>(out.data()), out.size()};
}

bool same(schema::Event::Reader one, schema::Event::Reader other) {
  return capnp::AnyStruct::Reader(one) == capnp::AnyStruct::Reader(other);
}

}  // namespace

TEST_CASE("an event with its frame put behind it is the one that a builder makes") {
  std::mt19937_64 random(20261126);
  Message message;
  Message built;
  std::vector<std::uint64_t> out;
  for (unsigned round = 0; round < 300; ++round) {
    const auto kind = round % 3 == 0   ? Kind::BEST_QUOTE
                      : round % 3 == 1 ? Kind::TRADE
                                       : Kind::TICKER;
    const bool last = random() % 2 == 0;
    const auto framed = rendered(message, kind, random, last);
    const std::string frame(random() % 200, static_cast<char>('a' + random() % 26));
    View stored;
    stored.reset(framed);
    REQUIRE(splice_raw(framed, frame, out));
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
  std::vector<std::uint64_t> out;
  const auto framed = rendered(message, Kind::TRADE, random, true);
  CHECK(splice_raw(framed, "{}", out));
  CHECK_FALSE(splice_raw(framed, "\xff", out));
  CHECK_FALSE(splice_raw(framed, std::string_view("a\0b", 3), out));
  auto event = message.start();
  event.getRaw().initRendered().setResiduals(capnp::Data::Reader(nullptr, 0));
  std::vector<std::uint8_t> text{1, 2, 3};
  event.getRaw().initRendered().setResiduals(capnp::Data::Reader(text.data(), text.size()));
  CHECK_FALSE(splice_raw(sample::framed(message), "{}", out));
  event = message.start();
  event.getRaw().initRendered().setProgram(capnp::Data::Reader(text.data(), text.size()));
  CHECK_FALSE(splice_raw(sample::framed(message), "{}", out));
  (void)message.start();
  CHECK_FALSE(splice_raw(sample::framed(message), "{}", out));
  CHECK_FALSE(splice_raw({}, "{}", out));
}

TEST_CASE("no word of a message can make it read or write beside it") {
  std::mt19937_64 random(11);
  Message message;
  std::vector<std::uint64_t> out;
  unsigned spliced = 0;
  for (unsigned round = 0; round < 3000; ++round) {
    auto framed = rendered(message, Kind::TRADE, random, random() % 2 == 0);
    auto* bytes = reinterpret_cast<std::uint8_t*>(framed.data());
    for (unsigned flips = 1 + static_cast<unsigned>(random() % 3); flips > 0; --flips)
      bytes[random() % (framed.size() * sizeof(capnp::word))] = static_cast<std::uint8_t>(random());
    if (!splice_raw(framed, R"({"a":1})", out)) continue;
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
