#include <tape/event/event.h>

#include <capnp/pretty-print.h>
#include <catch2/catch.hpp>

#include "sample_events.h"
#include <algorithm>
#include <cstring>
#include <iostream>

using namespace tape::event;
namespace schema = tape::schema;

namespace {

std::string shown(schema::Event::Reader event) { return kj::str(capnp::prettyPrint(event)).cStr(); }

std::vector<capnp::word> table(std::initializer_list<std::uint32_t> entries, std::size_t words) {
  std::vector<capnp::word> out(words);
  std::memcpy(static_cast<void*>(out.data()), entries.begin(),
              std::min(entries.size() * 4, words * 8));
  return out;
}

}  // namespace

TEST_CASE("events of every kind come back as they were built") {
  std::mt19937_64 random(3);
  Message message;
  View view;
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    for (int round = 0; round < 5; ++round) {
      const auto event = sample::random_event(message, static_cast<Kind>(kind), random);
      const auto words = sample::framed(message);
      const auto size = parse_framed_size(words);
      REQUIRE(size.state == FramedState::whole);
      REQUIRE(size.words == words.size());
      view.reset(words);
      REQUIRE(view.event().getBody().which() == static_cast<Kind>(kind));
      REQUIRE(shown(view.event()) == shown(event.asReader()));
    }
  }
}

TEST_CASE("a message that outgrows the builder's memory takes more segments and still reads back") {
  Message message;
  const std::string raw(900'000, 'x');
  auto event = message.start();
  event.getRaw().setText(raw.c_str());
  event.setVenue("binance-usdm");
  auto bids = event.getBody().initBookSnapshot().initBids(20'000);
  for (unsigned i = 0; i < bids.size(); ++i) set_decimal(bids[i].getPrice(), {i, -1});
  const auto words = sample::framed(message);
  std::uint32_t more_segments = 0;
  std::memcpy(&more_segments, words.data(), 4);
  CHECK(more_segments >= 1);
  View view;
  view.reset(words);
  CHECK(raw_bytes(view.event()) == raw);
  CHECK(view.event().getBody().getBookSnapshot().getBids()[19'999].getPrice().getMantissa() ==
        19'999);

  // The next, small one holds nothing of it.
  message.start().setVenue("kraken-futures");
  Message fresh;
  fresh.start().setVenue("kraken-futures");
  CHECK(std::ranges::equal(
      tape::Bytes(reinterpret_cast<const std::uint8_t*>(sample::framed(message).data()),
                  message.framed_size()),
      tape::Bytes(reinterpret_cast<const std::uint8_t*>(sample::framed(fresh).data()),
                  fresh.framed_size())));
}

TEST_CASE("a message used again builds the same bytes") {
  Message message;
  (void)sample::best_quote(message);
  const auto first = sample::framed(message);
  (void)sample::book_picture(message, 500);
  (void)sample::framed(message);
  (void)sample::best_quote(message);
  const auto again = sample::framed(message);
  REQUIRE(first.size() == again.size());
  CHECK(std::memcmp(first.data(), again.data(), first.size() * sizeof(capnp::word)) == 0);
}

TEST_CASE("a copy is equal to its original") {
  Message message;
  (void)sample::fill(message);
  const auto words = sample::framed(message);
  View view;
  view.reset(words);
  Message other;
  (void)other.copy(view.event());
  const auto copied = sample::framed(other);
  View second;
  second.reset(copied);
  CHECK(shown(second.event()) == shown(view.event()));
}

TEST_CASE("the segment table is not believed") {
  CHECK(parse_framed_size({}).state == FramedState::incomplete);
  CHECK(parse_framed_size(table({0, 5}, 1)).state == FramedState::incomplete);
  CHECK(parse_framed_size(table({0, 5}, 1)).words == 6);
  CHECK(parse_framed_size(table({0, 5}, 6)).state == FramedState::whole);
  CHECK(parse_framed_size(table({0, 5}, 9)).words == 6);
  CHECK(parse_framed_size(table({0xFFFFFFFF, 0}, 4)).state == FramedState::invalid);
  CHECK(parse_framed_size(table({512, 0}, 4)).state == FramedState::invalid);
  CHECK(parse_framed_size(table({511, 0}, 4)).state == FramedState::incomplete);
  CHECK(parse_framed_size(table({0, 0xFFFFFFFF}, 4)).state == FramedState::invalid);
  CHECK(parse_framed_size(table({1, 0xFFFFFFFF, 0xFFFFFFFF, 0}, 4)).state == FramedState::invalid);
  CHECK(parse_framed_size(table({0, kMaxMessage / 8}, 4)).state == FramedState::invalid);
  CHECK(parse_framed_size(table({0, kMaxMessage / 8 - 1}, 4)).state == FramedState::incomplete);
}

TEST_CASE("a root pointer that leads nowhere throws and does not crash") {
  auto words = table({0, 2}, 3);
  const std::uint64_t far_away = (std::uint64_t{0xFFFF} << 32U) | (100U << 2U);
  std::memcpy(static_cast<void*>(words.data() + 1), &far_away, 8);
  View view;
  CHECK_THROWS_AS(view.reset(words), kj::Exception);
}

TEST_CASE("an empty message is an event with defaults") {
  View view;
  const auto words = table({0, 1}, 2);
  view.reset(words);
  CHECK(view.event().getReceivedAt() == 0);
  CHECK(view.event().getBody().which() == Kind::OPAQUE);
  CHECK(view.event().getBody().getOpaque().getAt() == -1);
}

TEST_CASE("the envelope keeps the frame's bytes whatever they are") {
  Message message;
  const auto raw_of = [&](std::string bytes) {
    Frame frame;
    frame.bytes = bytes;
    frame.account = "main";
    fill_envelope(message.start(), frame, "binance-usdm");
    const auto words = sample::framed(message);
    View view;
    view.reset(words);
    CHECK(raw_bytes(view.event()) == bytes);
    CHECK(tape::event::view(view.event().getAccount()) == "main");
    return view.event().getRaw().which();
  };
  CHECK(raw_of("{\"a\":1}") == schema::Event::Raw::TEXT);
  CHECK(raw_of("") == schema::Event::Raw::TEXT);
  CHECK(raw_of("h\xC3\xA9") == schema::Event::Raw::TEXT);
  CHECK(raw_of("bad \xFF") == schema::Event::Raw::DATA);
  CHECK(raw_of(std::string("nul\0", 4)) == schema::Event::Raw::DATA);
}

// Words of a message with its segment table. The bounds hold the sizes where they are: a field in
// the Event's own sections costs every event.
TEST_CASE("the big union does not make small events fat") {
  Message message;
  const auto words = [&](const char* name, std::size_t raw) {
    const auto size = message.framed_size();
    std::cout << "size of an event: " << name << ": " << size / 8 << " words, " << size
              << " bytes, of them " << raw << " raw\n";
    return size / 8;
  };
  const auto quote = sample::best_quote(message);
  const auto raw = raw_bytes(quote.asReader())->size();
  CHECK(raw == 160);
  CHECK(words("best quote", raw) <= 54);
  (void)sample::book_delta(message);
  CHECK(words("book delta of one level", 0) <= 34);
  (void)sample::trade(message);
  CHECK(words("trade", 0) <= 37);
  (void)sample::book_picture(message, 100);
  CHECK(words("book snapshot, 2 x 100 levels", 0) <= 640);
  (void)sample::gap(message);
  CHECK(words("gap", 0) <= 37);
}
