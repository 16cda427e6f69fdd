#include <tape/state/account/account.h>

#include <catch2/catch.hpp>

#include "state/feed.h"

namespace tape::state {
namespace {

using schema::Trust;
using test::Feed;

struct Wallet {
  const char* asset;
  const char* wallet;
  const char* cross;
};
struct Held {
  const char* symbol;
  const char* side;
  const char* quantity;
  const char* entry;
  const char* realized;
  const char* unrealized;
  const char* type;
  const char* isolated;
};

struct Picture {
  Nanos at;
  const char* reason;
  std::vector<Wallet> wallets;
  std::vector<Held> positions;
};

constexpr Nanos kDeposit = 1'603'093'193'280 * kMillisecond;
constexpr Nanos kOrder = 1'603'093'588'546 * kMillisecond;
constexpr Nanos kMarginType = 1'603'094'890'011 * kMillisecond;

// Three account events of one day, each as the venue sent them in full until late 2020 and as it
// sends them since: what changed alone (samples/binance_usdm/seeds).
const Held kBtcBoth{"BTCUSDT", "BOTH", "0", "0.00000", "-147.28880096", "0", "isolated", "0"};
const Held kBtcShort{"BTCUSDT", "SHORT", "0", "0.00000", "-6.04296000", "0", "isolated", "0"};
Held btc_long(const char* unrealized, const char* isolated) {
  return {"BTCUSDT",      "LONG",     "0.010",    "11445.71000",
          "-23.20024001", unrealized, "isolated", isolated};
}
Held eth(const char* side, const char* quantity, const char* entry, const char* realized,
         const char* unrealized, const char* type) {
  return {"ETHUSDT", side, quantity, entry, realized, unrealized, type, "0"};
}

const Picture kFull1{kDeposit,
                     "DEPOSIT",
                     {{"USDT", "94.91018561", "93.70831461"}, {"BNB", "0.02575839", "0"}},
                     {kBtcBoth, btc_long("0.17770", "1.20187100"), kBtcShort,
                      eth("BOTH", "0", "0.00000", "-0.00057000", "0", "cross"),
                      eth("LONG", "0", "0.00000", "-385.79173997", "0", "cross"),
                      eth("SHORT", "-0.010", "375.74000", "-0.19160000", "0.00149", "cross")}};
const Picture kChange1{kDeposit, "DEPOSIT", {{"BNB", "0.02575839", "0"}}, {}};
const Picture kFull2{kOrder,
                     "ORDER",
                     {{"USDT", "94.91428561", "93.71241461"}, {"BNB", "0.02571331", "0"}},
                     {kBtcBoth, btc_long("0.13910", "1.20187100"), kBtcShort,
                      eth("BOTH", "0", "0.00000", "-0.00057000", "0", "cross"),
                      eth("LONG", "0", "0.00000", "-385.79173997", "0", "cross"),
                      eth("SHORT", "0", "0.00000", "-0.18750000", "0", "cross")}};
const Picture kChange2{kOrder,
                       "ORDER",
                       {{"USDT", "94.91428561", "93.71241461"}, {"BNB", "0.02571331", "0"}},
                       {eth("BOTH", "0", "0.00000", "-0.00057000", "0", "cross"),
                        eth("SHORT", "0", "0.00000", "-0.18750000", "0", "cross")}};
const Picture kFull3{kMarginType,
                     "MARGIN_TYPE_CHANGE",
                     {{"USDT", "94.90282656", "93.71241461"}, {"BNB", "0.02571331", "0"}},
                     {kBtcBoth, btc_long("0.03240", "1.19041195"), kBtcShort,
                      eth("BOTH", "0", "0.00000", "-0.00057000", "0", "isolated"),
                      eth("LONG", "0", "0.00000", "-385.79173997", "0", "isolated"),
                      eth("SHORT", "0", "0.00000", "-0.18750000", "0", "isolated")}};
const Picture kChange3{kMarginType,
                       "MARGIN_TYPE_CHANGE",
                       {{"USDT", "94.90282656", "93.71241461"}},
                       {eth("BOTH", "0", "0.00000", "-0.00057000", "0", "isolated"),
                        eth("SHORT", "0", "0.00000", "-0.18750000", "0", "isolated")}};

enum class As : std::uint8_t { change, snapshot };

void send(Feed& feed, const Picture& picture, As as = As::change) {
  feed.send("ACCOUNT_UPDATE", [&](schema::Event::Builder event) {
    event.setAccount(feed.account);
    event.setExchangeAt(picture.at);
    auto body = event.getBody().initAccountUpdate();
    body.setReason(picture.reason);
    body.setSnapshot(as == As::snapshot);
    auto balances = body.initBalances(static_cast<unsigned>(picture.wallets.size()));
    for (unsigned i = 0; i < balances.size(); ++i) {
      const Wallet& wallet = picture.wallets[i];
      balances[i].setAsset(wallet.asset);
      event::set_decimal(balances[i].getWalletBalance(), test::decimal(wallet.wallet));
      event::set_decimal(balances[i].getCrossWalletBalance(), test::decimal(wallet.cross));
    }
    auto positions = body.initPositions(static_cast<unsigned>(picture.positions.size()));
    for (unsigned i = 0; i < positions.size(); ++i) {
      const Held& held = picture.positions[i];
      positions[i].setSymbol(held.symbol);
      positions[i].setPositionSide(held.side);
      positions[i].setMarginType(held.type);
      event::set_decimal(positions[i].getQuantity(), test::decimal(held.quantity));
      event::set_decimal(positions[i].getEntryPrice(), test::decimal(held.entry));
      event::set_decimal(positions[i].getRealizedPnl(), test::decimal(held.realized));
      event::set_decimal(positions[i].getUnrealizedPnl(), test::decimal(held.unrealized));
      event::set_decimal(positions[i].getIsolatedWallet(), test::decimal(held.isolated));
    }
  });
}

using Lines = std::vector<std::string>;

// Every value of the account that the messages carry, a line each.
std::map<std::string, std::string> values(const Feed& feed) {
  capnp::MallocMessageBuilder message;
  auto out = message.initRoot<schema::State>();
  feed.state.write(out);
  std::map<std::string, std::string> lines;
  REQUIRE(out.getAccounts().size() == 1);
  const auto account = out.asReader().getAccounts()[0];
  for (const auto balance : account.getBalances()) {
    const std::string key = balance.getAsset().cStr();
    lines[key + " wb"] = format_decimal(event::get_decimal(balance.getWalletBalance()));
    lines[key + " cw"] = format_decimal(event::get_decimal(balance.getCrossWalletBalance()));
  }
  for (const auto position : account.getPositions()) {
    const std::string key =
        position.getSymbol().cStr() + std::string(" ") + position.getPositionSide().cStr();
    lines[key + " pa"] = format_decimal(event::get_decimal(position.getQuantity()));
    lines[key + " ep"] = format_decimal(event::get_decimal(position.getEntryPrice()));
    lines[key + " cr"] = format_decimal(event::get_decimal(position.getRealizedPnl()));
    lines[key + " up"] = format_decimal(event::get_decimal(position.getUnrealizedPnl()));
    lines[key + " iw"] = format_decimal(event::get_decimal(position.getIsolatedWallet()));
    lines[key + " mt"] = position.getMarginType().cStr();
  }
  return lines;
}

// "BTCUSDT LONG up: 0.17770 held, 0.13910 in the picture".
Lines differences(const Feed& held, const Picture& picture) {
  Feed other;
  send(other, picture);
  const auto ours = values(held);
  const auto theirs = values(other);
  Lines lines;
  REQUIRE(ours.size() == theirs.size());
  for (const auto& [key, value] : ours) {
    if (theirs.at(key) != value) {
      lines.push_back(key + ": " + value + " held, " + theirs.at(key) + " in the picture");
    }
  }
  return lines;
}

const Account& account(const Feed& feed) { return *feed.state.account(feed.venue, feed.account); }

}  // namespace

TEST_CASE("three recorded account updates: the pictures are reached, but for what was not sent") {
  Feed feed;
  send(feed, kFull1);
  CHECK(account(feed).standing().trust() == Trust::UNVERIFIABLE);
  send(feed, kChange1);
  CHECK(differences(feed, kFull1).empty());
  send(feed, kChange2);
  CHECK(differences(feed, kFull2) ==
        Lines{"BTCUSDT LONG up: 0.17770 held, 0.13910 in the picture"});
  CHECK(account(feed).findings().empty());
  CHECK(account(feed).standing().trust() == Trust::UNVERIFIABLE);

  send(feed, kChange3);
  CHECK(differences(feed, kFull3) ==
        Lines{"BTCUSDT LONG iw: 1.20187100 held, 1.19041195 in the picture",
              "BTCUSDT LONG up: 0.17770 held, 0.03240 in the picture"});
  REQUIRE(feed.state.news().size() == 1);
  const Finding& finding = feed.state.news().front();
  CHECK(finding.rule == "isolated-margin");
  CHECK(finding.subject == "USDT");
  CHECK(format_decimal(finding.expected) == "1.19041195");
  CHECK(format_decimal(finding.found) == "1.20187100");
  CHECK(format_decimal(finding.difference) == "0.01145905");
  CHECK(finding.moment.session == feed.session);
  CHECK(finding.moment.ordinal == 4);
  CHECK(finding.moment.received_at == feed.now);
  CHECK(account(feed).standing().trust() == Trust::SUSPECT);
  CHECK(account(feed).standing().since().ordinal == 4);

  // Found once; a picture of the whole account ends the doubt.
  send(feed, kChange3);
  CHECK(feed.state.news().empty());
  CHECK(account(feed).findings().size() == 1);
  send(feed, kFull3, As::snapshot);
  CHECK(account(feed).standing().trust() == Trust::VERIFIED);
  CHECK(account(feed).findings().empty());
  CHECK(differences(feed, kFull3).empty());
}

TEST_CASE("the margin type belongs to the symbol: the sides that were not sent have it too") {
  Feed feed;
  send(feed, kFull2);
  send(feed, kChange3);
  CHECK(values(feed).at("ETHUSDT LONG mt") == "isolated");
  CHECK(values(feed).at("BTCUSDT LONG mt") == "isolated");
  // A change of the type while a side is open cannot be: the quantity is out of date.
  Feed open;
  send(open, kFull1, As::snapshot);
  send(open, kChange3);
  bool found = false;
  for (const Finding& finding : open.state.news()) {
    found |= finding.rule == "margin-type-change" && finding.subject == "ETHUSDT SHORT";
  }
  CHECK(found);
}

TEST_CASE("a picture may close a position and change its margin type at once") {
  Feed feed;
  send(feed, kFull1, As::snapshot);
  send(feed, kFull3, As::snapshot);
  CHECK(account(feed).findings().empty());
  CHECK(account(feed).standing().trust() == Trust::VERIFIED);
}

TEST_CASE("missing is unchanged, never zero; zero is kept, never deleted") {
  Feed feed;
  send(feed, kFull1);
  send(feed, {kOrder, "ORDER", {}, {}});
  CHECK(differences(feed, kFull1).empty());
  send(feed, kChange2);
  CHECK(values(feed).at("ETHUSDT SHORT cr") == "-0.18750000");
  CHECK(account(feed).position("ETHUSDT", "SHORT", "quantity").zero());
  CHECK(account(feed).position("ETHUSDT", "LONG", "leverage").absent());
  CHECK(account(feed).balance("EUR", "walletBalance").absent());
}

TEST_CASE("an older entry is not taken, one of the same time is") {
  Feed feed;
  send(feed, kFull2);
  send(feed, kChange1);
  CHECK(differences(feed, kFull2).empty());
  CHECK(account(feed).late() == 1);
  send(feed, {kOrder, "ORDER", {{"BNB", "7", "0"}}, {}});
  CHECK(values(feed).at("BNB wb") == "7");
}

TEST_CASE("a recording that begins in the middle finds nothing it cannot know") {
  Feed feed;
  // wb - cw is the isolated position of BTCUSDT, which was never sent.
  send(feed, kChange2);
  CHECK(account(feed).findings().empty());
  CHECK(account(feed).standing().trust() == Trust::UNVERIFIABLE);
  // As a picture of the whole account the same would be a contradiction.
  Feed whole;
  send(whole, kChange2, As::snapshot);
  CHECK(account(whole).findings().size() == 1);
  CHECK(account(whole).standing().trust() == Trust::SUSPECT);
}

TEST_CASE("a picture of the whole account: what it lacks is flat") {
  Feed feed;
  send(feed, kFull1);
  send(feed, {kOrder, "", {{"USDT", "10", "10"}}, {}}, As::snapshot);
  CHECK(account(feed).position("BTCUSDT", "LONG", "quantity").zero());
  CHECK(account(feed).position("BTCUSDT", "LONG", "isolatedWallet").zero());
  CHECK(format_decimal(account(feed).position("BTCUSDT", "LONG", "realizedPnl")) == "-23.20024001");
  CHECK(account(feed).standing().trust() == Trust::VERIFIED);
  send(feed, {kMarginType, "DEPOSIT", {{"USDT", "11", "11"}}, {}});
  CHECK(account(feed).standing().trust() == Trust::UNVERIFIABLE);
}

TEST_CASE("sides have signs, and one way excludes the other") {
  Feed feed;
  send(feed, {kOrder, "ORDER", {}, {{"X", "LONG", "-1", "1", "0", "0", "cross", "0"}}});
  REQUIRE(account(feed).findings().size() == 1);
  CHECK(account(feed).findings().begin()->second.rule == "position-side");
  Feed both;
  send(both, {kOrder,
              "ORDER",
              {},
              {{"X", "BOTH", "1", "1", "0", "0", "cross", "0"},
               {"X", "SHORT", "-1", "1", "0", "0", "cross", "0"}}});
  REQUIRE(account(both).findings().size() == 1);
  CHECK(account(both).findings().begin()->second.rule == "position-mode");
}

TEST_CASE("a lost connection or another recording doubts the account and keeps its values") {
  Feed feed;
  send(feed, kFull1, As::snapshot);
  send(feed, kChange1);
  SECTION("lost") { feed.lose_connection("time-out"); }
  SECTION("restarted") {
    feed.session = 8;
    send(feed, kChange1);
  }
  SECTION("expired") {
    feed.send("listenKeyExpired", [&](schema::Event::Builder event) {
      event.setAccount(feed.account);
      event.getBody().initStreamExpired();
    });
  }
  CHECK(account(feed).standing().trust() == Trust::SUSPECT);
  CHECK(differences(feed, kFull1).empty());
  send(feed, kFull1, As::snapshot);
  CHECK(account(feed).standing().trust() == Trust::VERIFIED);
}

TEST_CASE("accounts are apart, and what we sent is not what we have") {
  Feed feed;
  send(feed, kFull1);
  feed.account = "other";
  send(feed, kChange1);
  CHECK(feed.state.account("venue", "main")->balance("USDT", "walletBalance").mantissa != 0);
  CHECK(feed.state.account("venue", "other")->balance("USDT", "walletBalance").absent());
  feed.account = "third";
  feed.send("rest", [&](schema::Event::Builder event) {
    event.setAccount(feed.account);
    event.setDirection(schema::Direction::SENT);
    event.getBody().initAccountUpdate();
  });
  CHECK(feed.state.account("venue", "third") == nullptr);
}

}  // namespace tape::state
