#include <tape/base/error.h>
#include <tape/base/varint.h>
#include <tape/event/event.h>
#include <tape/shape/learn.h>
#include <tape/shape/match.h>
#include <tape/shape/rebuild.h>

#include <catch2/catch.hpp>
#include <shape/random_json.h>

#include <optional>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace tape;
using shape::Binding;
using shape::Decision;
using shape::Form;
using shape::Item;
using shape::test::Padded;
using shape::test::RandomJson;

bool is_scalar(const Item& item) {
  return item.kind != Item::Kind::object && item.kind != Item::Kind::array;
}

/// All values are residual.
std::optional<shape::Program> learn(std::string_view text) {
  Padded frame(text);
  shape::Outliner outliner;
  const auto items = outliner.outline(frame.bytes());
  if (items.empty()) return std::nullopt;
  std::vector<Decision> decisions(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) decisions[i].varies = is_scalar(items[i]);
  return shape::build(frame.text(), items, decisions, {shape::Scope{}});
}

/// What a reader makes of the frame's values alone; nothing when the frame does not fit.
std::optional<std::string> through(const shape::Program& program, std::string_view text) {
  Padded frame(text);
  shape::Values values;
  if (!shape::match(program, frame.text(), values)) return std::nullopt;
  shape::Residuals residuals;
  for (std::size_t i = 0; i < values.size(); ++i) {
    residuals.add(i, values[i].text == nullptr ? std::to_string(values[i].mantissa)
                                               : std::string(values[i].view()));
  }
  event::Message message;
  auto rendered = message.start().getRaw().initRendered();
  rendered.setResiduals(capnp::Data::Reader(
      reinterpret_cast<const kj::byte*>(residuals.stored().data()), residuals.stored().size()));
  std::string out;
  const auto read = shape::parse(as_bytes(program.stored));
  shape::Rebuilder().append(read, message.event().asReader(), message.framed_size(), out);
  return out;
}

}  // namespace

TEST_CASE("a shape gives random JSON back exactly, or the frame does not fit it") {
  RandomJson random(1);
  std::size_t learned = 0;
  std::size_t rebuilt = 0;
  std::size_t others = 0;
  for (int i = 0; i < 20000; ++i) {
    random.new_style();
    const auto text = random.blank() + random.value() + random.blank();
    const auto program = learn(text);
    if (!program) continue;
    ++learned;
    if (const auto same = through(*program, text)) {
      REQUIRE(*same == text);
      ++rebuilt;
    }
    // Another frame either fits and comes back, or does not fit.
    for (const auto& other : {random.varied(text), random.value(), text + "1", text.substr(1)}) {
      const auto back = through(*program, other);
      if (!back) continue;
      REQUIRE(*back == other);
      ++others;
    }
  }
  CHECK(learned > 10000);
  CHECK(rebuilt > 5000);
  CHECK(others > 3000);
}

TEST_CASE("an array of alike elements fits with any number of them, also none") {
  const auto program = learn(R"({"b":[["1","2"],["3","4"]],"a":[]})");
  REQUIRE(program);
  for (const std::string& text : std::vector<std::string>{
           R"({"b":[["1","2"],["3","4"]],"a":[]})", R"({"b":[],"a":[]})",
           R"({"b":[["5","6"]],"a":[]})", R"({"b":[["1",""],["3","4"],["x","y","z"]],"a":[]})"}) {
    CHECK(through(*program, text) == text);
  }
  for (const std::string& text : std::vector<std::string>{
           R"({"b":[["1","2"] ,["3","4"]],"a":[]})", R"({"b":[["1","2"]],"a":[1]})",
           R"({"b":[["1",2]],"a":[]})", R"({"b":[["1","2"],],"a":[]})",
           R"({"b":[["1","2"],["3","4"]],"a":[]} )", R"({"b":[["1","2"],["3","4"]],"a":[)", ""}) {
    CHECK(!through(*program, text));
  }
}

TEST_CASE("strings with escapes, other letters and control characters do not fit") {
  const auto program = learn(R"({"a":"plain"})");
  REQUIRE(program);
  CHECK(through(*program, R"({"a":"also plain, and longer than sixteen bytes"})"));
  for (const std::string& text : std::vector<std::string>{
           std::string(R"({"a":"\n"})"), std::string(R"({"a":"\""})"), std::string("{\"a\":\"é\"}"),
           std::string("{\"a\":\"\x01\"}"), std::string("{\"a\":\"\0\"}", 9),
           std::string("{\"a\":\"\x7f\xff\"}"), std::string(R"({"a":1})"),
           std::string(R"({"a":"x)")}) {
    CHECK(!through(*program, text));
  }
}

TEST_CASE("numbers that are none do not fit") {
  const auto program = learn(R"([1,"x"])");
  REQUIRE(program);
  for (const std::string& good :
       std::vector<std::string>{"0", "-0", "1.5", "1e5", "1E+05", "-1.5e-05", "123"}) {
    const auto text = "[" + good + ",\"x\"]";
    CHECK(through(*program, text) == text);
  }
  for (const std::string& bad : std::vector<std::string>{"", "-", "01", "1.", ".5", "1e", "1e+",
                                                         "+1", "--1", "1.5.5", "1x"}) {
    CHECK(!through(*program, "[" + bad + ",\"x\"]"));
  }
}

namespace {

/// {"p":DECIMAL,"t":MS,"s":TEXT,"m":WORD} of a best quote and its event.
struct Typed {
  std::optional<shape::Program> program;
  Padded frame{R"({"p":"61800.20","t":1700000000123,"s":"BTCUSDT","m":true})"};

  Typed() {
    shape::Outliner outliner;
    const auto items = outliner.outline(frame.bytes());
    REQUIRE(items.size() == 5);
    std::vector<Decision> decisions(items.size());
    const auto layout = event::layout_of(capnp::Schema::from<schema::Event>());
    const auto quote = event::layout_of(capnp::Schema::from<schema::BestQuote>());
    const auto& bid = quote.find("bid");
    const auto& at = quote.find("eventAt");
    decisions[1].binding = {Form::decimal, 1, {}, bid.offset, bid.exponent_offset, 0, 1, {}};
    decisions[2].binding = {Form::number, 1, event::SlotType::int64, at.offset, 0, 0,
                            1'000'000,    {}};
    decisions[3].binding = {Form::text, 0, {}, layout.find("symbol").offset, 0, 0, 1, {}};
    decisions[4].binding = {
        Form::words, 0, event::SlotType::boolean,   layout.find("synthetic").offset, 0,
        0,           1, {{0, "false"}, {1, "true"}}};
    for (std::size_t i = 1; i < decisions.size(); ++i) decisions[i].kind = Decision::Kind::value;
    const auto body = event::layout_of(layout.find("body").structure).find("bestQuote").offset;
    program = shape::build(
        frame.text(), items, decisions,
        {shape::Scope{}, {shape::Scope::Kind::structure, 0, static_cast<std::uint16_t>(body)}});
    REQUIRE(program);
  }

  static void fill(event::Message& message, Decimal bid, Nanos at) {
    auto event = message.start();
    event.setSymbol("ETHUSDT");
    event.getRaw().initRendered();
    auto quote = event.getBody().initBestQuote();
    event::set_decimal(quote.getBid(), bid);
    quote.setEventAt(at);
  }
  [[nodiscard]] std::string rebuild(event::Message& message) const {
    std::string out = "before ";
    const auto read = shape::parse(as_bytes(program->stored));
    shape::Rebuilder().append(read, message.event().asReader(), message.framed_size(), out);
    return out;
  }
};

}  // namespace

TEST_CASE("values come back from typed fields") {
  const Typed typed;
  event::Message message;
  Typed::fill(message, {100, -3}, 1'700'000'000'999'000'000);
  CHECK(typed.rebuild(message) ==
        R"(before {"p":"0.100","t":1700000000999,"s":"ETHUSDT","m":false})");
  Typed::fill(message, {-5, -1}, -2'000'000);
  message.event().setSynthetic(true);
  message.event().getRaw().getRendered().setResiduals(
      capnp::Data::Reader(reinterpret_cast<const kj::byte*>("\x02\x01X"), 3));
  CHECK(typed.rebuild(message) == R"(before {"p":"-0.5","t":-2,"s":"X","m":true})");
}

TEST_CASE("a canonical number is told from one that is written another way") {
  const Typed typed;
  shape::Values values;
  const auto canonical = [&](const std::string& number) {
    Padded frame(R"({"p":")" + number + R"(","t":1700000000123,"s":"B","m":true})");
    REQUIRE(shape::match(*typed.program, frame.text(), values));
    CHECK(values[0].view() == number);
    // The proof: what is canonical is what its parts are written as.
    if (values[0].canonical)
      CHECK(format_decimal({values[0].mantissa, values[0].exponent}) == number);
    return values[0].canonical;
  };
  for (const std::string& number :
       std::vector<std::string>{"0", "1", "-1", "0.0", "0.00100", "10", "123456789012345678",
                                "0.12345678901234567", "-61800.20"}) {
    CHECK(canonical(number));
  }
  for (const std::string& number :
       std::vector<std::string>{"", "-", "-0", "-0.0", "00", "01.5", "1.", ".5", "1e5",
                                "1234567890123456789", "+1", "1 ", "0.123456789012345678", "1.2.3",
                                "abc", "99999999999999999999999999999999999999999999"}) {
    CHECK(!canonical(number));
  }
}

TEST_CASE("random decimals that are canonical are written as they came") {
  const Typed typed;
  std::mt19937_64 random(3);
  shape::Values values;
  for (int i = 0; i < 100000; ++i) {
    std::string number = random() % 4 == 0 ? "-" : "";
    number += std::to_string(random() >> (random() % 64));
    if (random() % 2 == 0) number.insert(number.size() - random() % number.size(), ".");
    Padded frame(R"({"p":")" + number + R"(","t":1,"s":"B","m":true})");
    REQUIRE(shape::match(*typed.program, frame.text(), values));
    if (!values[0].canonical) continue;
    REQUIRE(format_decimal({values[0].mantissa, values[0].exponent}) == number);
  }
}

TEST_CASE("decimals and integers of any size are written in full") {
  const Typed typed;
  event::Message message;
  std::mt19937_64 random(5);
  for (int i = 0; i < 50000; ++i) {
    const auto mantissa =
        static_cast<std::int64_t>(random() >> (random() % 64)) * (random() % 5 == 0 ? -1 : 1);
    const Decimal decimal{mantissa, static_cast<std::int8_t>(static_cast<int>(random() % 24) - 20)};
    const auto at = static_cast<std::int64_t>(random() >> (random() % 64)) / 1'000'000;
    Typed::fill(message, decimal, at * 1'000'000);
    REQUIRE(typed.rebuild(message) == R"(before {"p":")" + format_decimal(decimal) + R"(","t":)" +
                                          std::to_string(at) + R"(,"s":"ETHUSDT","m":false})");
  }
  for (const std::int64_t mantissa :
       {0L, 9L, 10L, 99'999'999L, 100'000'000L, 10'000'000'000'000'000L, 9'999'999'999'999'999L,
        INT64_MAX, INT64_MIN}) {
    for (int exponent = -127; exponent <= 127; ++exponent) {
      const Decimal decimal{mantissa, static_cast<std::int8_t>(exponent)};
      Typed::fill(message, decimal, 0);
      REQUIRE(typed.rebuild(message) ==
              R"(before {"p":")" + format_decimal(decimal) + R"(","t":0,"s":"ETHUSDT","m":false})");
    }
  }
}

TEST_CASE("an event that does not fit its shape is an error") {
  const Typed typed;
  event::Message message;
  Typed::fill(message, {1, 0}, 0);
  const auto residuals = [&](std::string_view bytes) {
    message.event().getRaw().getRendered().setResiduals(
        capnp::Data::Reader(reinterpret_cast<const kj::byte*>(bytes.data()), bytes.size()));
  };
  residuals(std::string_view("\x09\x01X", 3));  // there is no value 9
  CHECK_THROWS_AS(typed.rebuild(message), Error);
  residuals(std::string_view("\x01\x05X", 3));  // cut off
  CHECK_THROWS_AS(typed.rebuild(message), Error);
  residuals("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
  CHECK_THROWS_AS(typed.rebuild(message), Error);
  residuals("");
  CHECK_NOTHROW(typed.rebuild(message));
  event::Message other;  // no body at all: defaults
  other.start().getRaw().initRendered();
  CHECK(typed.rebuild(other) == R"(before {"p":"","t":0,"s":"","m":false})");
}
