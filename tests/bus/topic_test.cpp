#include <tape/base/error.h>
#include <tape/bus/topic.h>

#include <catch2/catch.hpp>

#include <array>
#include <set>
#include <string>

namespace tape::bus {
namespace {

struct Built {
  schema::Event::Builder event;
  Built(const char* venue, const char* channel, const char* symbol) : event(message().start()) {
    event.setVenue(venue);
    event.setChannel(channel);
    event.setSymbol(symbol);
  }
  static event::Message& message() {  // one at a time
    static event::Message reused;
    return reused;
  }
};

}  // namespace

TEST_CASE("the topic of an event is venue, channel and symbol, each ended by a slash") {
  Topics topics;
  Built book("kraken-futures", "book", "PI_XBTUSD");
  book.event.getBody().initBookDelta();
  CHECK(topics.of(book.event).text == "kraken-futures/book/PI_XBTUSD/");
  CHECK(topics.of(Built("binance-usdm", "markPrice", "").event).text == "binance-usdm/markPrice//");
  CHECK(topics.of(Built("", "", "").event).text == "///");
}

TEST_CASE("recorder events have topics of their own") {
  Topics topics;
  Built gap("kraken-futures", "book", "PI_XBTUSD");
  gap.event.getBody().initGap();
  CHECK(topics.of(gap.event).text == "kraken-futures/recorder/gap/");
  Built session("", "", "");
  session.event.getBody().initSession();
  CHECK(topics.of(session.event).text == "tape/recorder/session/");
  Built checkpoint("", "", "");
  checkpoint.event.getBody().initCheckpoint();
  CHECK(topics.of(checkpoint.event).text == "tape/state/");
}

TEST_CASE("no event can forge the markers of a run") {
  Topics topics;
  for (const auto& parts : {std::array{"tape", "end", ""}, std::array{"tape/end", "", ""},
                            std::array{"tape", "start", ""}}) {
    const auto& text = topics.of(Built(parts[0], parts[1], parts[2]).event).text;
    CHECK(text != kEndTopic);
    CHECK(text != kStartTopic);
  }
}

TEST_CASE("a topic is one entry, found again and never moved") {
  Topics topics;
  std::set<const Topic*> seen;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 2000; ++i) {
      auto& topic = topics.of(Built("v", "c", std::to_string(i).c_str()).event);
      ++topic.number;
      ++topic.events;
      topic.bytes += 10;
      seen.insert(&topic);
    }
  }
  CHECK(seen.size() == 2000);
  CHECK(topics.all().size() == 2000);
  CHECK(topics.all().back().number == 3);
  CHECK(topics.events() == 6000);
  CHECK(topics.bytes() == 60000);
}

TEST_CASE("a topic's parts are cut where they are absurdly long") {
  Topics topics;
  const std::string symbol(100'000, 'x');
  CHECK(topics.of(Built("v", "c", symbol.c_str()).event).text ==
        "v/c/" + symbol.substr(0, kMaxTopicPart) + "/");
}

TEST_CASE("a flood of topics is refused") {
  Topics topics;
  const auto flood = [&] {
    for (std::size_t i = 0; i <= kMaxTopics; ++i)
      (void)topics.of(Built("v", "c", std::to_string(i).c_str()).event);
  };
  CHECK_THROWS_AS(flood(), Error);
  CHECK(topics.all().size() == kMaxTopics);
}

TEST_CASE("the head is four little-endian numbers") {
  std::array<std::uint8_t, kHeadSize> bytes{};
  write_head({0x0102030405060708, 2, 3, 0xFFFFFFFFFFFFFFFF}, bytes.data());
  CHECK(bytes[0] == 8);
  CHECK(bytes[7] == 1);
  CHECK(bytes[8] == 2);
  CHECK(bytes[16] == 3);
  CHECK(bytes[31] == 0xFF);
  const auto head = read_head(bytes.data());
  CHECK(head.run == 0x0102030405060708);
  CHECK(head.number == 2);
  CHECK(head.session == 3);
  CHECK(head.ordinal == 0xFFFFFFFFFFFFFFFF);
}

}  // namespace tape::bus
