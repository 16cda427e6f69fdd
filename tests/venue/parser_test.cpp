// The generic walker, on tables made for the purpose: every form, need, level and fault.
#include <tape/base/error.h>
#include <tape/event/event.h>
#include <tape/venue/parser.h>

#include <catch2/catch.hpp>

#include <array>
#include <string>

using namespace tape;
using event::get_decimal;
using schema::AnomalyKind;
using schema::OpaqueKind;
using venue::Constant;
using venue::Field;
using venue::Form;
using venue::Need;
using venue::Table;

namespace {

constexpr std::array<std::string_view, 2> kReasons{"ORDER", "DEPOSIT"};
constexpr Field kAccount[] = {
    {"e", "", Form::ignored},
    {"E", "^exchangeAt", Form::milliseconds},
    {"seq", "^sequence", Form::integer},
    {"who", "^account"},
    {"a.m", "reason", Form::text, Need::expected, kReasons},
    {"a.hedge", "hedgeMode", Form::boolean},
    {"a.B[].a", "balances[].asset", Form::text, Need::required},
    {"a.B[].wb", "balances[].walletBalance", Form::decimal, Need::required},
    {"a.P[].s", "positions[].symbol"},
    {"a.P[].side", "positions[].side", Form::side},
    {"a.P[].q", "positions[].adlQuantile", Form::integer},
};
constexpr Constant kSnapshot[] = {{"snapshot", 1}};
constexpr Table kAccountTable{"account", "accountUpdate", "user", kAccount, kSnapshot};

constexpr Field kBook[] = {
    {"s", "^symbol", Form::text, Need::required},
    {"b[][0]", "bids[].price", Form::decimal, Need::required},
    {"b[][1]", "bids[].quantity", Form::decimal, Need::required},
    {"a[].price", "asks[].price", Form::decimal, Need::required},
    {"a[].qty", "asks[].quantity", Form::decimal, Need::required},
};
constexpr Table kBookTable{"book", "bookSnapshot", "book", kBook};

constexpr Field kBalances[] = {
    {"holding{key}", "holding[].asset"},
    {"holding{}", "holding[].amount", Form::decimal},
    {"flex.isolated", "multiCollateral.isolatedGiven", Form::present},
    {"flex.isolated{key}", "multiCollateral.isolated[].symbol"},
    {"flex.isolated{}.im", "multiCollateral.isolated[].initialMargin", Form::decimal},
    {"flex.cross.im", "multiCollateral.cross.initialMargin", Form::decimal},
};
constexpr Table kBalancesTable{"balances", "balances", "", kBalances};

constexpr Field kArray[] = {
    {"[].id", "items[].orderId"},
    {"[].p", "items[].limitPrice", Form::decimal},
};
constexpr Table kArrayTable{"orders", "openOrders", "", kArray};

constexpr Field kSubscription[] = {
    {"feed", "feed"},
    {"product_ids[]", "symbols[]"},
    {"product_ids[]", "symbols[]"},
};
constexpr Table kSubscriptionTable{"subscribed", "subscription", "", {kSubscription, 2}};

constexpr Field kFill[] = {
    {"i", "items[0].orderId"},
    {"m", "items[0].side", Form::side_maker},
    {"t", "items[0].filledAt", Form::iso},
};
constexpr Table kFillTable{"fill", "fill", "", kFill};

/// One frame through one table.
struct Walk {
  Walk(const Table& table, std::string frame) {
    program = venue::compile(table);
    text = std::move(frame);
    const auto size = text.size();
    text.resize(size + event::kFramePadding);
    root = message.start();
    opened = parser.open({text.data(), size});
    if (opened) failure = parser.walk(*program, root);
  }
  [[nodiscard]] schema::Event::Reader event() { return root.asReader(); }
  [[nodiscard]] schema::Event::Body::Reader body() { return event().getBody(); }

  venue::ProgramPtr program;
  std::string text;
  event::Message message;
  schema::Event::Builder root{nullptr};
  venue::Parser parser;
  std::optional<venue::Failure> failure;
  bool opened = false;
};

}  // namespace

TEST_CASE("scalars, nested members, lists of structs and constants", "[parser]") {
  Walk walk(
      kAccountTable,
      R"({"e":"X","E":1603093193284,"seq":"18446744073709551615","who":"d\u00e9sk",)"
      R"("a":{"m":"ORDER","hedge":"true","B":[{"a":"USDT","wb":"94.91018561"},{"a":"BNB","wb":0}],)"
      R"("P":[{"s":"BTCUSDT","side":"SHORT","q":3},{"s":"ETHUSDT"}]}})");
  REQUIRE(walk.opened);
  REQUIRE_FALSE(walk.failure);
  CHECK(walk.event().getExchangeAt() == 1603093193284000000);
  CHECK(walk.event().getSequence() == UINT64_MAX);
  CHECK(event::view(walk.event().getAccount()) == "d\xc3\xa9sk");
  CHECK(walk.event().getUnknownFields() == 0);
  CHECK_FALSE(walk.event().hasAnomalies());
  const auto update = walk.body().getAccountUpdate();
  CHECK(update.getSnapshot());
  CHECK(update.getHedgeMode() == schema::Tri::YES);
  CHECK(update.getCanTrade() == schema::Tri::UNKNOWN);
  REQUIRE(update.getBalances().size() == 2);
  CHECK(format_decimal(get_decimal(update.getBalances()[0].getWalletBalance())) == "94.91018561");
  CHECK(get_decimal(update.getBalances()[1].getWalletBalance()).zero());
  CHECK(get_decimal(update.getBalances()[1].getCrossWalletBalance()).absent());
  REQUIRE(update.getPositions().size() == 2);
  CHECK(update.getPositions()[0].getSide() == schema::Side::SELL);
  CHECK(update.getPositions()[0].getAdlQuantile() == 3);
  CHECK(update.getPositions()[1].getAdlQuantile() == -1);
}

TEST_CASE("tuples and objects in lists of levels, in any order of members", "[parser]") {
  Walk walk(
      kBookTable,
      R"({"a":[{"qty":"0.5","price":"101.10"}],"b":[["100.00","1.500"],["99","0"]],"s":"X"})");
  REQUIRE_FALSE(walk.failure);
  const auto book = walk.body().getBookSnapshot();
  REQUIRE(book.getBids().size() == 2);
  CHECK(format_decimal(get_decimal(book.getBids()[0].getPrice())) == "100.00");
  CHECK(format_decimal(get_decimal(book.getBids()[0].getQuantity())) == "1.500");
  CHECK(get_decimal(book.getBids()[1].getQuantity()).zero());
  CHECK(format_decimal(get_decimal(book.getAsks()[0].getPrice())) == "101.10");
}

TEST_CASE("maps whose keys are data, structs inside and presence", "[parser]") {
  Walk walk(
      kBalancesTable,
      R"({"holding":{"USD":5000.0,"XBT":1e-3},"flex":{"isolated":{"PF_A":{"im":1}},"cross":{"im":2}}})");
  REQUIRE_FALSE(walk.failure);
  const auto balances = walk.body().getBalances();
  REQUIRE(balances.getHolding().size() == 2);
  CHECK(event::view(balances.getHolding()[1].getAsset()) == "XBT");
  CHECK(format_decimal(get_decimal(balances.getHolding()[1].getAmount())) == "0.001");
  const auto flex = balances.getMultiCollateral();
  CHECK(flex.getIsolatedGiven());
  CHECK(event::view(flex.getIsolated()[0].getSymbol()) == "PF_A");
  CHECK(format_decimal(get_decimal(flex.getCross().getInitialMargin())) == "2");

  Walk empty(kBalancesTable, R"({"holding":{},"flex":{"isolated":{}}})");
  REQUIRE_FALSE(empty.failure);
  CHECK(empty.body().getBalances().getHolding().size() == 0);
  CHECK(empty.body().getBalances().getMultiCollateral().getIsolatedGiven());
}

TEST_CASE("a message that is an array, a list of texts, a list of one", "[parser]") {
  Walk orders(kArrayTable, R"([{"id":12,"p":"1.0"},{"id":"x","p":null}])");
  REQUIRE_FALSE(orders.failure);
  REQUIRE(orders.body().getOpenOrders().getItems().size() == 2);
  CHECK(event::view(orders.body().getOpenOrders().getItems()[0].getOrderId()) == "12");
  CHECK(get_decimal(orders.body().getOpenOrders().getItems()[1].getLimitPrice()).absent());

  Walk subscribed(kSubscriptionTable, R"({"feed":"book","product_ids":["PI_XBTUSD","PI_ETHUSD"]})");
  REQUIRE_FALSE(subscribed.failure);
  CHECK(event::view(subscribed.body().getSubscription().getSymbols()[1]) == "PI_ETHUSD");

  Walk fill(kFillTable, R"({"i":"o1","m":true,"t":"2020-02-06T21:55:51.000Z"})");
  REQUIRE_FALSE(fill.failure);
  REQUIRE(fill.body().getFill().getItems().size() == 1);
  CHECK(fill.body().getFill().getItems()[0].getSide() == schema::Side::SELL);
  CHECK(fill.body().getFill().getItems()[0].getFilledAt() == 1581026151 * kSecond);
}

TEST_CASE("wrappers are descended into and read to their end", "[parser]") {
  const auto walk_in = [](std::string text) {
    auto program = venue::compile(kBookTable);
    const auto size = text.size();
    text.resize(size + event::kFramePadding);
    venue::Parser parser;
    event::Message message;
    auto root = message.start();
    REQUIRE(parser.open({text.data(), size}));
    CHECK(parser.text("stream") == std::string_view("x@depth"));
    REQUIRE(parser.descend("data"));
    CHECK(parser.text("s") == std::string_view("X"));
    CHECK_FALSE(parser.has("stream"));
    return parser.walk(*program, root);
  };
  CHECK_FALSE(walk_in(R"({"stream":"x@depth","data":{"s":"X","b":[],"a":[]}})"));
  CHECK(walk_in(R"({"stream":"x@depth","data":{"s":"X","b":[],"a":[]}, 5 })"));
}

TEST_CASE("probes before walking", "[parser]") {
  std::string text = R"([{"e":"markPriceUpdate","n":-1.5e3,"o":{}}])";
  const auto size = text.size();
  text.resize(size + event::kFramePadding);
  venue::Parser parser;
  REQUIRE(parser.open({text.data(), size}));
  CHECK(parser.root() == venue::Root::array);
  CHECK_FALSE(parser.empty());
  CHECK(parser.text("e") == std::string_view("markPriceUpdate"));
  CHECK(parser.text("n") == std::string_view("-1.5e3"));
  constexpr std::array<std::string_view, 2> kKeys{"n", "e"};
  REQUIRE(parser.first_of(kKeys));
  CHECK(parser.first_of(kKeys)->key == 1);
  CHECK_FALSE(parser.has("absent"));
}

TEST_CASE("what is wrong but bearable is noted on the event", "[parser]") {
  struct Case {
    std::string frame;
    AnomalyKind kind;
    std::string path;
  };
  const Case cases[] = {
      {R"({"a":{"m":"NEW_REASON"}})", AnomalyKind::UNKNOWN_VALUE, "a.m"},
      {R"({"a":{}})", AnomalyKind::MISSING_FIELD, "a.m"},
      {R"({"a":{"m":"ORDER"},"E":1603093193})", AnomalyKind::UNIT_CHANGED, "E"},
      {R"({"a":{"m":"ORDER"},"E":"2020-02-06T21:55:51.000Z"})", AnomalyKind::UNIT_CHANGED, "E"},
      {R"({"a":{"m":"ORDER"},"seq":"x"})", AnomalyKind::BAD_VALUE, "seq"},
      {R"({"a":{"m":"ORDER"},"seq":99999999999999999999})", AnomalyKind::OUT_OF_RANGE, "seq"},
      {R"({"a":{"m":"ORDER","m":"DEPOSIT"}})", AnomalyKind::DUPLICATE_KEY, "a.m"},
      {R"({"a":{"m":"ORDER"}} {"b":1})", AnomalyKind::TRAILING_BYTES, ""},
      {R"({"a":{"m":"ORDER","P":"none"}})", AnomalyKind::BAD_VALUE, "a.P"},
  };
  for (const auto& [frame, kind, path] : cases) {
    INFO(frame);
    Walk walk(kAccountTable, frame);
    REQUIRE_FALSE(walk.failure);
    REQUIRE(walk.event().getAnomalies().size() == 1);
    CHECK(walk.event().getAnomalies()[0].getKind() == kind);
    CHECK(event::view(walk.event().getAnomalies()[0].getPath()) == path);
  }
}

TEST_CASE("unknown members are counted and still have to be JSON", "[parser]") {
  Walk walk(kAccountTable,
            R"({"a":{"m":"ORDER","new":{"x":[1,true,null,"s",{"y":-0.5e-3}]}},"other":[]})");
  REQUIRE_FALSE(walk.failure);
  CHECK(walk.event().getUnknownFields() == 2);
  for (const std::string inner :
       {"tru", "01", "1.", "[1,]", "{\"k\" 1}", "\"\\q\"", "nul", "-", "1 2"}) {
    INFO(inner);
    Walk broken(kAccountTable, R"({"a":{"m":"ORDER"},"other":)" + inner + "}");
    CHECK((!broken.opened || broken.failure));
  }
}

TEST_CASE("without what it needs a message is not understood", "[parser]") {
  struct Case {
    std::string frame;
    OpaqueKind kind;
    std::string word;
  };
  const Case cases[] = {
      {R"({"b":[],"a":[]})", OpaqueKind::MISSING_FIELD, "'s'"},
      {R"({"s":null,"b":[],"a":[]})", OpaqueKind::MISSING_FIELD, "'s'"},
      {R"({"s":"X","b":[["1"]],"a":[]})", OpaqueKind::MISSING_FIELD, "b[][1]"},
      {R"({"s":"X","b":[["1","x"]],"a":[]})", OpaqueKind::BAD_VALUE, "b[][1]"},
      {R"({"s":"X","b":[],"a":[{"price":"1"}]})", OpaqueKind::MISSING_FIELD, "a[].qty"},
      {R"({"s":"X","b":[],"a":[{"price":"NaN","qty":"1"}]})", OpaqueKind::BAD_VALUE, "a[].price"},
  };
  for (const auto& [frame, kind, word] : cases) {
    INFO(frame);
    Walk walk(kBookTable, frame);
    REQUIRE(walk.failure);
    CHECK(static_cast<int>(walk.failure->kind) == static_cast<int>(kind));
    CHECK(walk.failure->reason.find(word) != std::string::npos);
  }
}

TEST_CASE("depth and lists without measure are refused", "[parser]") {
  std::string deep = R"({"a":{"m":"ORDER"},"x":)";
  for (int i = 0; i < 200; ++i) deep += '[';
  for (int i = 0; i < 200; ++i) deep += ']';
  deep += '}';
  Walk walk(kAccountTable, deep);
  REQUIRE(walk.failure);
  CHECK(walk.failure->kind == OpaqueKind::TOO_DEEP);

  // Three bytes an element in the frame, hundreds in the message.
  std::string wide = R"({"a":{"m":"ORDER","P":[)";
  for (int i = 0; i < 100'000; ++i) wide += "{},";
  wide.back() = ']';
  wide += "}}";
  Walk many(kAccountTable, wide);
  REQUIRE(many.failure);
  CHECK(many.failure->kind == OpaqueKind::OVERSIZE);
}

TEST_CASE("a byte order mark is skipped", "[parser]") {
  Walk walk(kAccountTable, "\xEF\xBB\xBF{\"a\":{\"m\":\"ORDER\"}}");
  REQUIRE(walk.opened);
  CHECK_FALSE(walk.failure);
}

TEST_CASE("one parser serves frame after frame", "[parser]") {
  const auto program = venue::compile(kBookTable);
  venue::Parser parser;
  event::Message message;
  for (int i = 0; i < 1000; ++i) {
    std::string text = R"({"s":"X)" + std::to_string(i) + R"(","b":[["1.)" + std::to_string(i) +
                       R"(","2"]],"a":[]})";
    const auto size = text.size();
    text.resize(size + event::kFramePadding);
    REQUIRE(parser.open({text.data(), size}));
    auto root = message.start();
    REQUIRE_FALSE(parser.walk(*program, root));
    CHECK(event::view(root.getSymbol().asReader()) == "X" + std::to_string(i));
    CHECK(root.getBody().getBookSnapshot().getBids().size() == 1);
  }
}

TEST_CASE("a table that does not fit the schema is refused", "[parser]") {
  static constexpr Field kBad[] = {{"a", "noSuchField"}};
  static constexpr Field kLevels[] = {{"a[].b", "symbol"}};
  CHECK_THROWS_AS(venue::compile(Table{"t", "bookDelta", "", kBad}), Error);
  CHECK_THROWS_AS(venue::compile(Table{"t", "noSuchBody", "", kBad}), Error);
  CHECK_THROWS_AS(venue::compile(Table{"t", "ticker", "", kLevels}), Error);
}
