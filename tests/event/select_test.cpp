#include <tape/base/error.h>
#include <tape/event/pattern.h>
#include <tape/event/select.h>

#include <catch2/catch.hpp>

#include "sample_events.h"
#include <functional>

using namespace tape::event;
namespace schema = tape::schema;

namespace {

/// Whether a selection that `change` makes takes the event, which stands at kSession:42.
bool taken(schema::Event::Reader event, const std::function<void(Selection&)>& change,
           const SymbolAliases& aliases = {}) {
  Selection selection;
  change(selection);
  return Selector(selection, aliases).matches(event, sample::kSession, 42);
}

}  // namespace

TEST_CASE("patterns match as in the shell") {
  CHECK(glob_matches("*", ""));
  CHECK(glob_matches("book*", "bookDelta"));
  CHECK_FALSE(glob_matches("book", "bookDelta"));
  CHECK(glob_matches("*Delta", "bookDelta"));
  CHECK(glob_matches("*k*t*", "bookDelta"));
  CHECK(glob_matches("?ook", "book"));
  CHECK_FALSE(glob_matches("?ook", "ook"));
  CHECK(glob_matches("?", "\xE2\x82\xAC"));
  CHECK(glob_matches("P[IF]_*", "PF_XBTUSD"));
  CHECK_FALSE(glob_matches("P[!IF]_*", "PF_XBTUSD"));
  CHECK(glob_matches("[a-c]x", "bx"));
  CHECK_FALSE(glob_matches("[a-c]x", "Bx"));
  CHECK(glob_matches("[a-c]x", "BX", Case::ignored));
  CHECK(glob_matches("[]]", "]"));
  CHECK(glob_matches("[x", "[x"));
  CHECK(glob_matches("\\*", "*"));
  CHECK_FALSE(glob_matches("\\*", "x"));
  CHECK(glob_matches("pi_xbt*", "PI_XBTUSD", Case::ignored));
  CHECK_FALSE(glob_matches("pi_xbt*", "PI_XBTUSD"));
  CHECK_FALSE(glob_matches("", "x"));
  // Many stars must not take exponential time.
  CHECK_FALSE(glob_matches("*a*a*a*a*a*a*a*a*a*a*a*a*b", std::string(5000, 'a')));
}

TEST_CASE("nothing asked for selects everything") {
  Message message;
  CHECK(taken(sample::gap(message).asReader(), [](Selection&) {}));
  CHECK(Selection{}.everything());
  Selection some;
  some.to = 5;
  CHECK_FALSE(some.everything());
}

TEST_CASE("time ranges are half open, by either clock") {
  Message message;
  const auto event = sample::best_quote(message).asReader();
  const auto at = sample::kReceivedAt;
  CHECK(taken(event, [&](Selection& s) { s.from = at; }));
  CHECK_FALSE(taken(event, [&](Selection& s) { s.from = at + 1; }));
  CHECK_FALSE(taken(event, [&](Selection& s) { s.to = at; }));
  CHECK(taken(event, [&](Selection& s) { s.to = at + 1; }));
  const auto by_exchange = [&](std::optional<tape::Nanos> from, std::optional<tape::Nanos> to) {
    return [=](Selection& s) {
      s.from = from;
      s.to = to;
      s.by = TimeBy::exchange;
    };
  };
  CHECK_FALSE(taken(event, by_exchange(at, {})));
  CHECK(taken(event, by_exchange(event.getExchangeAt(), {})));
  const auto unstamped = sample::gap(message).asReader();
  CHECK_FALSE(taken(unstamped, by_exchange(0, {})));
  CHECK_FALSE(taken(unstamped, by_exchange({}, at)));
  CHECK(taken(unstamped, by_exchange({}, {})));
  Selection late;
  late.from = at + 1;
  CHECK(Selector(late).matches_but_time(event, sample::kSession, 42));
}

TEST_CASE("venue, account and channel are patterns") {
  Message message;
  const auto event = sample::fill(message).asReader();
  CHECK(taken(event, [](Selection& s) { s.venues = {"kraken-*", "other"}; }));
  CHECK_FALSE(taken(event, [](Selection& s) { s.venues = {"binance-usdm"}; }));
  CHECK_FALSE(taken(event, [](Selection& s) { s.venues = {"Kraken-futures"}; }));
  CHECK(taken(event, [](Selection& s) { s.accounts = {"main"}; }));
  CHECK_FALSE(taken(event, [](Selection& s) { s.accounts = {"mai"}; }));
  CHECK(taken(event, [](Selection& s) { s.channels = {"fill?"}; }));
  CHECK_FALSE(taken(event, [](Selection& s) {
    s.venues = {"kraken-*"};
    s.channels = {"book"};
  }));
}

TEST_CASE("symbols ignore case and are found inside bodies that speak of several") {
  Message message;
  const auto one = sample::book_delta(message).asReader();
  CHECK(taken(one, [](Selection& s) { s.symbols = {"pi_xbtusd"}; }));
  CHECK(taken(one, [](Selection& s) { s.symbols = {"PI_*"}; }));
  CHECK_FALSE(taken(one, [](Selection& s) { s.symbols = {"PI_ETHUSD"}; }));
  Message other;
  const auto several = sample::fill(other).asReader();
  CHECK(taken(several, [](Selection& s) { s.symbols = {"pi_ethusd"}; }));
  CHECK_FALSE(taken(several, [](Selection& s) { s.symbols = {"PI_SOLUSD"}; }));
  Message third;
  CHECK(taken(sample::gap(third).asReader(), [](Selection& s) { s.symbols = {"PI_XBTUSD"}; }));
  third.start().getBody().initSubscription().initSymbols(1).set(0, "PI_XBTUSD");
  CHECK(taken(third.event().asReader(), [](Selection& s) { s.symbols = {"PI_XBTUSD"}; }));
  third.start().getBody().initHeartbeat();
  CHECK_FALSE(taken(third.event().asReader(), [](Selection& s) { s.symbols = {"*"}; }));
}

TEST_CASE("aliases of a symbol are joined to it") {
  Message message;
  const auto event = sample::book_delta(message).asReader();
  const auto want = [](Selection& s) { s.symbols = {"PI_BTCUSD"}; };
  CHECK_FALSE(taken(event, want));
  CHECK(taken(event, want, [](std::string_view symbol) {
    return symbol == "PI_BTCUSD" ? std::vector<std::string>{"PI_XBTUSD"}
                                 : std::vector<std::string>{};
  }));
}

TEST_CASE("ids are found anywhere in the body, texts and numbers") {
  Message message;
  const auto event = sample::fill(message).asReader();
  CHECK(taken(event, [](Selection& s) { s.ids = {"fill-b"}; }));
  CHECK(taken(event, [](Selection& s) { s.ids = {"nothing", "order-*"}; }));
  CHECK_FALSE(taken(event, [](Selection& s) { s.ids = {"FILL-B"}; }));
  CHECK_FALSE(taken(event, [](Selection& s) { s.ids = {"PI_XBTUSD"}; }));
  Message other;
  CHECK(taken(sample::trade(other).asReader(), [](Selection& s) { s.ids = {"123456789"}; }));
  auto answer = other.start().getBody().initOrderAnswer().initOrders(1)[0];
  answer.initPrevious().setAlgoId("a-77");
  CHECK(taken(other.event().asReader(), [](Selection& s) { s.ids = {"a-77"}; }));
}

TEST_CASE("kinds, directions, transports, connections and ordinals") {
  Message message;
  const auto event = sample::best_quote(message).asReader();
  CHECK(taken(event, [](Selection& s) { s.kinds = {"trade", "best*"}; }));
  CHECK_FALSE(taken(event, [](Selection& s) { s.kinds = {"trade"}; }));
  CHECK(taken(event, [](Selection& s) { s.directions = {schema::Direction::RECEIVED}; }));
  CHECK_FALSE(taken(event, [](Selection& s) {
    s.directions = {schema::Direction::SENT, schema::Direction::LOCAL};
  }));
  CHECK(taken(event, [](Selection& s) { s.transports = {schema::Transport::WEBSOCKET}; }));
  CHECK_FALSE(taken(event, [](Selection& s) { s.transports = {schema::Transport::NONE}; }));
  CHECK(taken(event, [](Selection& s) { s.connections = {{std::nullopt, 1, 1}}; }));
  CHECK_FALSE(taken(event, [](Selection& s) { s.connections = {{std::nullopt, 2, 9}}; }));
  CHECK(taken(event, [](Selection& s) {
    s.ordinals = {{std::nullopt, 1, 2}, {sample::kSession, 42, 42}};
  }));
  CHECK_FALSE(taken(event, [](Selection& s) { s.ordinals = {{sample::kSession + 1, 42, 42}}; }));
}

TEST_CASE("the words of a command line") {
  CHECK(split_list("--venue", {"a,b", "c"}) == std::vector<std::string>{"a", "b", "c"});
  CHECK_THROWS_WITH(split_list("--venue", {"a,,b"}),
                    Catch::Contains("--venue") && Catch::Contains("a,,b"));
  CHECK_THROWS_AS(split_list("--venue", {""}), tape::Error);
  CHECK_THROWS_AS(split_list("--venue", {"a,"}), tape::Error);
  CHECK(parse_kinds("--kind", {"book*"}) == std::vector<std::string>{"book*"});
  CHECK_THROWS_WITH(parse_kinds("--kind", {"bok"}),
                    Catch::Contains("'bok'") && Catch::Contains("bookDelta"));
  CHECK(parse_directions("--direction", {"sent,Local"}) ==
        std::vector{schema::Direction::SENT, schema::Direction::LOCAL});
  CHECK_THROWS_WITH(parse_directions("--direction", {"up"}),
                    Catch::Contains("'up'") && Catch::Contains("received"));
  CHECK(parse_transports("--transport", {"rest"}) == std::vector{schema::Transport::REST});
  CHECK(parse_transports("--transport", {"*"}).size() == 5);
  CHECK(parse_time_by("--by", "exchange") == TimeBy::exchange);
  CHECK_THROWS_AS(parse_time_by("--by", "venue"), tape::Error);
}

TEST_CASE("ranges of numbers") {
  const auto one = [](const std::string& text) { return parse_ranges("--ordinal", {text}).at(0); };
  CHECK(one("7").first == 7);
  CHECK(one("7").last == 7);
  CHECK_FALSE(one("7").session.has_value());
  CHECK(one("7-9").last == 9);
  CHECK(one("7-").last == UINT64_MAX);
  CHECK(one("9f3c2a1be07d4c55:3-4").session == sample::kSession);
  CHECK(parse_ranges("--ordinal", {"1,3-4", "9"}).size() == 3);
  for (const char* bad :
       {"", "-", "x", "4-3", "1-2-3", ":1", "zz:1", "1:", "-3", "18446744073709551616"}) {
    CAPTURE(bad);
    try {
      (void)parse_ranges("--ordinal", {bad});
      FAIL("taken");
    } catch (const tape::Error& error) {
      CHECK(error.fault == tape::Fault::usage);
      CHECK(std::string(error.what()).find("--ordinal") == 0);
    }
  }
}

TEST_CASE("a damaged message is an error, not a crash") {
  Message message;
  (void)sample::fill(message);
  const auto words = sample::framed(message);
  Selection selection;
  selection.symbols = {"nothing"};
  const Selector by_symbol(selection);
  selection = {};
  selection.ids = {"nothing"};
  const Selector by_id(selection);
  std::mt19937_64 random(13);
  int failures = 0;
  for (int i = 0; i < 4000; ++i) {
    auto bad = words;
    reinterpret_cast<std::uint8_t*>(bad.data())[8 + random() % (bad.size() * 8 - 8)] =
        static_cast<std::uint8_t>(random());
    try {
      View view;
      view.reset(bad);
      (void)by_symbol.matches(view.event(), 1, 1);
      (void)by_id.matches(view.event(), 1, 1);
    } catch (const kj::Exception&) {
      ++failures;
    } catch (const tape::Error&) {
      ++failures;
    }
  }
  CHECK(failures > 0);
}
