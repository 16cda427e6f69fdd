#include <tape/base/error.h>
#include <tape/event/csv.h>

#include <catch2/catch.hpp>

#include "sample_events.h"
#include <map>
#include <set>
#include <vector>

using namespace tape::event;
namespace schema = tape::schema;

namespace {

/// RFC 4180, as any reader of CSV does it.
std::vector<std::vector<std::string>> parse(const std::string& text) {
  std::vector<std::vector<std::string>> rows(1);
  std::string cell;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c != '"') {
        cell += c;
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        cell += text[++i];
      } else {
        quoted = false;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == ',' || c == '\n') {
      rows.back().push_back(std::exchange(cell, {}));
      if (c == '\n') rows.emplace_back();
    } else {
      cell += c;
    }
  }
  rows.pop_back();
  return rows;
}

std::vector<std::map<std::string, std::string>> table(CsvWriter& writer,
                                                      schema::Event::Reader event) {
  std::string text;
  writer.append_header(text);
  writer.append(event, sample::kSession, 42, text);
  const auto rows = parse(text);
  std::vector<std::map<std::string, std::string>> out;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    REQUIRE(rows[i].size() == rows[0].size());
    auto& row = out.emplace_back();
    for (std::size_t k = 0; k < rows[0].size(); ++k) row[rows[0][k]] = rows[i][k];
  }
  return out;
}

}  // namespace

TEST_CASE("an event without lists is one row") {
  Message message;
  CsvWriter writer(Kind::BEST_QUOTE);
  const auto rows = table(writer, sample::best_quote(message).asReader());
  REQUIRE(rows.size() == 1);
  auto row = rows[0];
  CHECK(row["session"] == "9f3c2a1be07d4c55");
  CHECK(row["ordinal"] == "42");
  CHECK(row["receivedAt"] == "2026-11-22T10:00:03.217000000Z");
  CHECK(row["receivedAtS"] == "1795341603.217000000");
  CHECK(row["venue"] == "binance-usdm");
  CHECK(row["direction"] == "received");
  CHECK(row["redacted"] == "false");
  CHECK(row["body.bid"] == "61800.20");
  CHECK(row["body.updateId"] == "10182330417552");
  CHECK(row["account"].empty());
  CHECK(row.count("list") == 0);
}

TEST_CASE("lists give a row an element, and say which list it is of") {
  Message message;
  CsvWriter writer(Kind::BOOK_SNAPSHOT);
  auto rows = table(writer, sample::book_picture(message, 3).asReader());
  REQUIRE(rows.size() == 6);
  CHECK(rows[0]["list"] == "bids");
  CHECK(rows[0]["index"] == "0");
  CHECK(rows[0]["item.price"] == "61800.20");
  CHECK(rows[5]["list"] == "asks");
  CHECK(rows[5]["index"] == "2");
  CHECK(rows[5]["item.quantity"] == "1.002");
  CHECK(rows[5]["body.updateId"] == "99");
}

TEST_CASE("an event whose lists are empty keeps its row") {
  Message message;
  CsvWriter writer(Kind::BOOK_DELTA);
  auto rows = table(writer, sample::book_delta(message).asReader());
  REQUIRE(rows.size() == 1);
  CHECK(rows[0]["list"].empty());
  CHECK(rows[0]["body.side"] == "sell");
  CHECK(rows[0]["body.quantity"] == "0");
}

TEST_CASE("lists in lists, structs in structs, texts in lists") {
  Message message;
  auto balances = message.start().getBody().initBalances();
  auto wallets = balances.initWallets(2);
  wallets[1].setName("F-XBT:USD");
  wallets[1].initBalances(1)[0].setAsset("xbt");
  balances.initMultiCollateral().setUnifiedBalances(schema::Tri::YES);
  balances.getMultiCollateral().initCurrencies(1)[0].setAsset("eur");
  CsvWriter writer(Kind::BALANCES);
  auto rows = table(writer, message.event().asReader());
  REQUIRE(rows.size() == 4);
  CHECK(rows[0]["list"] == "multiCollateral.currencies");
  CHECK(rows[0]["item.asset"] == "eur");
  CHECK(rows[0]["body.multiCollateral.unifiedBalances"] == "true");
  CHECK(rows[2]["list"] == "wallets");
  CHECK(rows[2]["item.name"] == "F-XBT:USD");
  CHECK(rows[3]["list"] == "wallets.balances");
  CHECK(rows[3]["index"] == "1.0");
  CHECK(rows[3]["item.asset"] == "xbt");
  CHECK(rows[3]["item.name"].empty());

  auto symbols = message.start().getBody().initSubscription().initSymbols(2);
  symbols.set(0, "PI_XBTUSD");
  symbols.set(1, "PI_ETHUSD");
  CsvWriter subscription(Kind::SUBSCRIPTION);
  rows = table(subscription, message.event().asReader());
  REQUIRE(rows.size() == 2);
  CHECK(rows[1]["list"] == "symbols");
  CHECK(rows[1]["item"] == "PI_ETHUSD");
}

TEST_CASE("cells are quoted so that any reader gets them back") {
  Message message;
  auto event = message.start();
  auto body = event.getBody().initError();
  body.setMessage("a \"b\", c\r\nd");
  CsvWriter writer(Kind::ERROR);
  auto rows = table(writer, event.asReader());
  REQUIRE(rows.size() == 1);
  CHECK(rows[0]["body.message"] == "a \"b\", c\r\nd");
}

TEST_CASE("columns depend on the kind alone, and no name stands twice") {
  std::mt19937_64 random(9);
  Message message;
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    CsvWriter writer(static_cast<Kind>(kind));
    std::string header;
    writer.append_header(header);
    const auto names = parse(header).at(0);
    CAPTURE(header);
    REQUIRE(std::set<std::string>(names.begin(), names.end()).size() == names.size());
    REQUIRE(names.front() == "session");
    for (int round = 0; round < 10; ++round) {
      REQUIRE(
          !table(writer, sample::random_event(message, static_cast<Kind>(kind), random).asReader())
               .empty());
    }
  }
}

TEST_CASE("another kind is refused with the remedy") {
  Message message;
  CsvWriter writer(Kind::TRADE);
  std::string out;
  CHECK_THROWS_WITH(writer.append(sample::gap(message).asReader(), 1, 2, out),
                    Catch::Contains("gap") && Catch::Contains("--kind"));
  CHECK(out.empty());
}
