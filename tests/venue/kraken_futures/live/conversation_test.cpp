#include "support.h"

using namespace kraken_live;

namespace {

constexpr LinkId kPublic = 1;
constexpr LinkId kPrivate = 2;
constexpr auto* kSubscribe = R"({"event":"subscribe")";
constexpr auto* kChallengeAsk = R"({"event":"challenge","api_key":"theKeyOfDesk"})";

std::string private_subscription(const std::string& feed, const std::string& event = "subscribe") {
  return R"({"event":")" + event + R"(","feed":")" + feed +
         R"(","api_key":"theKeyOfDesk","original_challenge":")" + kChallenge +
         R"(","signed_challenge":")" + kSigned + "\"}";
}

/// A rig with both links open, the account's feeds begun, and nothing left over to be sent.
std::unique_ptr<Rig> running(tape::venue::SessionOptions options = desk()) {
  auto rig = std::make_unique<Rig>(std::move(options));
  rig->start();
  rig->open(kPublic);
  rig->open(kPrivate);
  first_messages(*rig, kPrivate);
  rig->receive(kPublic, book("book_snapshot", 10));
  rig->pass(20 * kSecond);
  (void)rig->take_sent(kPublic);
  (void)rig->take_sent(kPrivate);
  REQUIRE(rig->host.warnings.empty());
  REQUIRE(rig->counter("unacknowledged") == 0);
  REQUIRE(rig->counter("unacknowledged", "desk") == 0);
  return rig;
}

}  // namespace

TEST_CASE("a start with two accounts and several symbols: links, secrets, subscriptions") {
  auto options = symbols({"PF_XBTUSD", "PF_ETHUSD"});
  add_account(options, "desk");
  add_account(options, "hedge", "theKeyOfHedge");
  Rig rig(std::move(options));
  rig.start();
  REQUIRE(rig.host.links.size() == 3);
  CHECK(rig.host.links[0].name == "public");
  CHECK(rig.host.links[0].account.empty());
  CHECK(rig.host.links[0].concerns.size() == 1 + 3 * 2);
  CHECK(rig.host.links[2].id == 3);
  CHECK(rig.host.links[2].name == "private hedge");
  CHECK(rig.host.links[2].account == "hedge");
  CHECK(rig.host.links[2].concerns.size() == 1 + 6);
  for (const auto& link : rig.host.links) {
    CHECK(link.url == "wss://futures.kraken.com/ws/v1");
    CHECK(link.ping_every == 20 * kSecond);
    CHECK(link.silence == 30 * kSecond);
  }
  CHECK(rig.host.concealed == std::set<std::string>{kKey, "theKeyOfHedge", kSecret});
  CHECK(rig.host.sent.empty());

  rig.open(1);
  CHECK(rig.take_sent(1) ==
        std::vector<std::string>{
            R"({"event":"subscribe","feed":"book","product_ids":["PF_ETHUSD","PF_XBTUSD"]})",
            R"({"event":"subscribe","feed":"heartbeat"})",
            R"({"event":"subscribe","feed":"ticker","product_ids":["PF_ETHUSD","PF_XBTUSD"]})",
            R"({"event":"subscribe","feed":"trade","product_ids":["PF_ETHUSD","PF_XBTUSD"]})"});
  rig.open(2);
  CHECK(rig.take_sent(2) ==
        std::vector<std::string>{
            R"({"event":"subscribe","feed":"heartbeat"})", kChallengeAsk,
            private_subscription("account_log"), private_subscription("balances"),
            private_subscription("fills"), private_subscription("notifications_auth"),
            private_subscription("open_orders_verbose"), private_subscription("open_positions")});
  CHECK(rig.host.concealed.contains(kChallenge));
  CHECK(rig.host.concealed.contains(kSigned));
  rig.open(3);
  CHECK(has(rig.take_sent(3, kSubscribe).back(), "theKeyOfHedge"));
  CHECK(rig.counter("unacknowledged") == 0);
  CHECK(rig.counter("challenges", "hedge") == 1);
  CHECK(rig.host.warnings.empty());
}

TEST_CASE("many symbols are spread over links and frames, within the venue's rate") {
  std::vector<std::string> names(450);
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = "S" + std::to_string(1000 + i);
  Rig rig(symbols(names));
  rig.start();
  REQUIRE(rig.host.links.size() == 3);
  CHECK(rig.host.links[1].name == "public 2");
  std::set<std::string> books;
  for (LinkId link = 1; link <= 3; ++link) {
    rig.open(link);
    for (const auto& text : rig.take_sent(link, kSubscribe)) {
      CHECK(std::count(text.begin(), text.end(), 'S') <= 50);
      if (!has(text, R"("book")")) continue;
      for (const auto& name : names) {
        if (has(text, '"' + name + '"')) CHECK(books.insert(name).second);
      }
    }
  }
  CHECK(books.size() == 450);
  CHECK(rig.counter("unacknowledged") == 0);
}

TEST_CASE("frames are paced below 100 in a second") {
  std::vector<std::string> names(200);
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = "S" + std::to_string(i);
  Rig rig(symbols(names));
  rig.acknowledges = false;
  rig.start();
  rig.open(kPublic);
  rig.pass(10 * kSecond - 100 * kMillisecond);
  (void)rig.take_sent(kPublic);
  rig.pass(100 * kMillisecond);  // 601 subscriptions are to be asked for again, one by one
  std::size_t all = 0;
  std::size_t most = 0;
  std::vector<std::size_t> by_tick;
  for (int tick = 0; tick < 120; ++tick) {
    by_tick.push_back(rig.take_sent(kPublic).size());
    all += by_tick.back();
    std::size_t second = 0;
    for (std::size_t i = by_tick.size() > 10 ? by_tick.size() - 10 : 0; i < by_tick.size(); ++i) {
      second += by_tick[i];
    }
    most = std::max(most, second);
    rig.pass(100 * kMillisecond);
  }
  CHECK(all == 601);
  CHECK(most <= 80);
  CHECK(most > 40);
}

TEST_CASE("a subscription without answer is told once and asked for again, ever slower") {
  Rig rig(symbols({"PF_XBTUSD", "PF_NONE"}));
  rig.acknowledges = false;
  rig.start();
  rig.open(kPublic);
  (void)rig.take_sent(kPublic);
  rig.receive(kPublic, R"({"event":"subscribed ","feed":"book","product_ids":["pf_xbtusd"]})");
  rig.receive(kPublic, R"({"event":"subscribed","feed":"ticker"})");
  rig.receive(kPublic,
              R"({"event":"subscribed","feed":"trade","product_ids":["PF_XBTUSD","PF_NONE"]})");
  rig.receive(kPublic, R"({"event":"subscribed","feed":"heartbeat"})");
  CHECK(rig.counter("unacknowledged") == 1);
  rig.receive(kPublic, R"({"event":"subscribed_failed","feed":"book","product_ids":["PF_NONE"]})");
  CHECK(rig.warned("the venue says: book: subscribed_failed PF_NONE") == 1);
  rig.host.warnings.clear();
  rig.pass(9900 * kMillisecond);
  CHECK(rig.take_sent(kPublic).empty());
  CHECK(rig.host.warnings.empty());
  rig.pass(100 * kMillisecond);
  const std::vector<std::string> again = {
      R"({"event":"subscribe","feed":"book","product_ids":["PF_NONE"]})"};
  CHECK(rig.take_sent(kPublic) == again);
  REQUIRE(rig.host.warnings.size() == 1);
  CHECK(has(rig.host.warnings[0],
            "kraken-futures public: no answer to the subscription of book PF_NONE"));
  rig.pass(19'900 * kMillisecond);
  CHECK(rig.take_sent(kPublic, kSubscribe).empty());
  rig.pass(100 * kMillisecond);
  CHECK(rig.take_sent(kPublic, kSubscribe) == again);
  rig.pass(3600 * kSecond);
  const auto tries = rig.take_sent(kPublic, kSubscribe).size();
  CHECK(tries >= 10);  // for ever
  CHECK(tries <= 16);  // but every 5 minutes only
  CHECK(rig.host.warnings.size() == 1);
  rig.receive(kPublic, R"({"event":"subscribed","feed":"book","product_ids":["PF_NONE"]})");
  rig.pass(600 * kSecond);
  CHECK(rig.take_sent(kPublic, kSubscribe).empty());
  // The next connection begins with the short wait, and what it lacks is told again.
  rig.lose(kPublic);
  rig.open(kPublic);
  (void)rig.take_sent(kPublic);
  rig.pass(10 * kSecond);
  CHECK(rig.take_sent(kPublic, kSubscribe).size() == 7);
  CHECK(rig.host.warnings.size() == 2);
}

TEST_CASE("text pings go out every 45 s on every open link") {
  auto rig = running();
  rig->pass(90 * kSecond);
  CHECK(rig->take_sent(kPublic, R"({"event":"ping"})").size() == 2);
  CHECK(rig->take_sent(kPrivate, R"({"event":"ping"})").size() == 2);
  rig->lose(kPublic);
  rig->pass(90 * kSecond);  // the host would fail on a frame for a link that is closed
  CHECK(rig->take_sent(kPrivate, R"({"event":"ping"})").size() == 2);
}

TEST_CASE("a gap of a book: that product anew, at most once in 5 s") {
  auto options = symbols({"PF_XBTUSD", "PF_ETHUSD"});
  Rig rig(std::move(options));
  rig.start();
  rig.open(kPublic);
  for (const auto* product : {"PF_XBTUSD", "PF_ETHUSD"}) {
    rig.receive(kPublic, book("book_snapshot", 10, product));
    rig.receive(kPublic, book("book", 11, product));
  }
  (void)rig.take_sent(kPublic);
  const std::vector<std::string> anew = {
      R"({"event":"unsubscribe","feed":"book","product_ids":["PF_XBTUSD"]})",
      R"({"event":"subscribe","feed":"book","product_ids":["PF_XBTUSD"]})"};
  rig.receive(kPublic, book("book", 13));
  rig.pass(100 * kMillisecond);
  CHECK(rig.take_sent(kPublic) == anew);
  rig.receive(kPublic, book("book_snapshot", 20));
  rig.receive(kPublic, book("book", 25));
  rig.pass(4800 * kMillisecond);
  CHECK(rig.take_sent(kPublic).empty());
  rig.pass(200 * kMillisecond);
  CHECK(rig.take_sent(kPublic) == anew);
  CHECK(rig.counter("resubscribed") == 2);
  rig.receive(kPublic, book("book_snapshot", 30));
  rig.pass(30 * kSecond);
  CHECK(rig.take_sent(kPublic).empty());

  SECTION("a book whose numbers always break is asked for every 5 s and no faster") {
    for (std::uint64_t tick = 0; tick < 600; ++tick) {
      rig.receive(kPublic, book("book", 100 + 2 * tick));
      rig.pass(100 * kMillisecond);
    }
    const auto asked = rig.take_sent(kPublic, kSubscribe).size();
    CHECK(asked >= 11);
    CHECK(asked <= 13);
  }
  SECTION("a snapshot that comes by itself heals a gap") {
    rig.receive(kPublic, book("book", 40));
    rig.receive(kPublic, book("book_snapshot", 41));
    rig.pass(10 * kSecond);
    CHECK(rig.take_sent(kPublic, kSubscribe).empty());
  }
  SECTION("a repeated number is nothing to ask for") {
    rig.receive(kPublic, book("book", 30));
    rig.pass(10 * kSecond);
    CHECK(rig.take_sent(kPublic, kSubscribe).empty());
  }
  SECTION("numbers that begin anew are") {
    rig.receive(kPublic, book("book", 5000));
    rig.receive(kPublic, book("book", 1));
    rig.pass(100 * kMillisecond);
    CHECK(rig.take_sent(kPublic) == anew);
  }
  SECTION("a gap from before a lost connection is forgotten") {
    rig.receive(kPublic, book("book", 40));
    rig.lose(kPublic);
    rig.pass(kSecond);
    rig.open(kPublic);
    CHECK(rig.take_sent(kPublic).size() == 4);
    rig.receive(kPublic, book("book_snapshot", 1));
    rig.pass(10 * kSecond);
    CHECK(rig.take_sent(kPublic, kSubscribe).empty());
  }
}

TEST_CASE("gaps of balances and positions: that feed anew, and what REST says") {
  auto rig = running();
  const auto asked = [&] { return rig->asked("/accounts") * 100 + rig->asked("/openpositions"); };
  const auto before = asked();
  rig->receive(kPrivate, balances("balances", 1));
  rig->receive(kPrivate, balances("balances", 3));
  rig->pass(100 * kMillisecond);
  CHECK(rig->take_sent(kPrivate) ==
        std::vector<std::string>{private_subscription("balances", "unsubscribe"),
                                 private_subscription("balances")});
  rig->receive(kPrivate, balances("balances_snapshot", 0));
  CHECK(asked() == before + 100);
  rig->receive(kPrivate, positions(5));
  rig->receive(kPrivate, positions(7));
  rig->pass(100 * kMillisecond);
  CHECK(rig->take_sent(kPrivate) ==
        std::vector<std::string>{private_subscription("open_positions", "unsubscribe"),
                                 private_subscription("open_positions")});
  CHECK(asked() == before + 101);
  // The numbers of the new subscription begin anew, which is no gap.
  rig->receive(kPrivate, positions(1));
  rig->pass(20 * kSecond);
  CHECK(rig->take_sent(kPrivate, kSubscribe).empty());
  CHECK(rig->counter("resubscribed", "desk") == 2);
}

TEST_CASE("a reconnection asks for a new challenge and for everything again") {
  auto rig = running();
  rig->lose(kPrivate);
  rig->pass(3 * kSecond);
  rig->open(kPrivate);
  const auto sent = rig->take_sent(kPrivate);
  REQUIRE(sent.size() == 8);
  CHECK(sent[1] == kChallengeAsk);
  CHECK(rig->counter("challenges", "desk") == 2);
}

TEST_CASE("no answer to a challenge: asked again, ever slower, told once") {
  auto rig = std::make_unique<Rig>(desk());
  rig->acknowledges = false;
  rig->start();
  rig->open(kPrivate);
  CHECK(rig->take_sent(kPrivate, kChallengeAsk).size() == 1);
  rig->receive(kPrivate, R"({"event":"subscribed","feed":"heartbeat"})");
  rig->pass(10 * kSecond);
  CHECK(rig->take_sent(kPrivate, kChallengeAsk).size() == 1);
  CHECK(rig->warned("challenge") == 1);
  rig->pass(20 * kSecond);
  CHECK(rig->take_sent(kPrivate, kChallengeAsk).size() == 1);
  rig->pass(3600 * kSecond);
  CHECK(rig->take_sent(kPrivate, kChallengeAsk).size() <= 16);
  CHECK(rig->warned("private desk") == 1);
}

TEST_CASE("a private subscription without answer is signed for anew") {
  auto rig = std::make_unique<Rig>(desk());
  rig->start();
  rig->acknowledges = false;
  rig->open(kPrivate);
  rig->receive(kPrivate, std::string(R"({"event":"challenge","message":")") + kChallenge + "\"}");
  for (const auto* feed :
       {"account_log", "balances", "fills", "heartbeat", "open_orders_verbose", "open_positions"}) {
    rig->receive(kPrivate, std::string(R"({"event":"subscribed","feed":")") + feed + "\"}");
  }
  (void)rig->take_sent(kPrivate);
  rig->pass(10 * kSecond);
  CHECK(rig->take_sent(kPrivate) == std::vector<std::string>{kChallengeAsk});
  rig->receive(kPrivate, std::string(R"({"event":"challenge","message":")") + kChallenge + "\"}");
  CHECK(rig->take_sent(kPrivate) ==
        std::vector<std::string>{private_subscription("notifications_auth")});
  CHECK(rig->warned("notifications_auth") == 1);
}

TEST_CASE("a refused key is told, and asked again after a minute and more, never fatal") {
  const auto* error = GENERATE(R"({"event":"error","message":"Invalid api key"})",
                               R"({"event":"alert","message":"Bad signature"})");
  auto rig = std::make_unique<Rig>(desk());
  rig->acknowledges = false;
  rig->start();
  rig->open(kPrivate);
  (void)rig->take_sent(kPrivate);
  rig->receive(kPrivate, R"({"event":"subscribed","feed":"heartbeat"})");
  rig->receive(kPrivate, error);
  rig->receive(kPrivate, error);
  CHECK(rig->warned("private desk: the venue refuses the key or what it signed") == 1);
  rig->pass(59 * kSecond);
  CHECK(rig->take_sent(kPrivate, kChallengeAsk).empty());
  CHECK(rig->host.restarts.empty());
  rig->pass(kSecond);
  REQUIRE(rig->host.restarts.size() == 1);
  CHECK(rig->host.restarts[0].first == kPrivate);
  // Refused for an hour: ten minutes apart in the end.
  for (int second = 0; second < 3600; ++second) {
    if (!rig->host.open.contains(kPrivate)) {
      rig->lose(kPrivate);
      rig->open(kPrivate);
      rig->receive(kPrivate, R"({"event":"subscribed","feed":"heartbeat"})");
      rig->receive(kPrivate, error);
    }
    rig->pass(kSecond);
  }
  CHECK(rig->host.restarts.size() >= 6);
  CHECK(rig->host.restarts.size() <= 10);
  CHECK(rig->counter("refused", "desk") >= 7);
}

TEST_CASE("an alert before the challenge does not keep it from being answered") {
  auto rig = std::make_unique<Rig>(desk());
  rig->acknowledges = false;
  rig->start();
  rig->open(kPrivate);
  rig->receive(kPrivate, R"({"event":"alert","message":"maintenance soon"})");
  (void)rig->take_sent(kPrivate);
  rig->acknowledges = true;
  rig->receive(kPrivate, std::string(R"({"event":"challenge","message":")") + kChallenge + "\"}");
  CHECK(rig->take_sent(kPrivate, kSubscribe).size() == 6);
  rig->pass(300 * kSecond);
  CHECK(rig->host.restarts.empty());
  CHECK(rig->counter("challenges", "desk") == 1);
}

TEST_CASE("a venue that closes on a refused key is not asked again before its time") {
  auto rig = std::make_unique<Rig>(desk());
  rig->acknowledges = false;
  rig->start();
  rig->open(kPrivate);
  rig->receive(kPrivate, R"({"event":"error","message":"Invalid api key"})");
  (void)rig->take_sent(kPrivate);
  for (int i = 0; i < 5; ++i) {
    rig->lose(kPrivate);
    rig->open(kPrivate);
    rig->pass(kSecond);
  }
  CHECK(rig->take_sent(kPrivate, kChallengeAsk).empty());
  rig->pass(55 * kSecond);
  CHECK(rig->take_sent(kPrivate, kChallengeAsk).size() == 1);
  CHECK(rig->host.restarts.empty());
}

TEST_CASE("one feed that is refused leaves the others alone") {
  auto rig = running();
  rig->acknowledges = false;
  rig->lose(kPrivate);
  rig->open(kPrivate);
  rig->receive(kPrivate, std::string(R"({"event":"challenge","message":")") + kChallenge + "\"}");
  for (const auto* feed : {"account_log", "balances", "heartbeat", "open_orders_verbose",
                           "open_positions", "notifications_auth"}) {
    rig->receive(kPrivate, std::string(R"({"event":"subscribed","feed":")") + feed + "\"}");
  }
  rig->receive(kPrivate, R"({"event":"subscribed_failed","feed":"fills"})");
  CHECK(rig->warned("fills: subscribed_failed; check that the key has the right") == 1);
  (void)rig->take_sent(kPrivate);
  rig->pass(59 * kSecond);
  CHECK(rig->take_sent(kPrivate, R"({"event":"challenge")").empty());
  rig->pass(kSecond);
  CHECK(rig->take_sent(kPrivate) == std::vector<std::string>{kChallengeAsk});
  CHECK(rig->host.restarts.empty());
}

TEST_CASE("errors and alerts that are not about the key are told, the same one once a minute") {
  auto rig = running();
  for (int i = 0; i < 50; ++i) {
    rig->receive(kPublic, R"({"event":"alert","message":"too fast"})");
    rig->receive(kPrivate, R"({"event":"error","message":"Json Error"})");
  }
  CHECK(rig->warned("kraken-futures public: the venue says: too fast") == 1);
  CHECK(rig->warned("kraken-futures private desk: the venue says: Json Error") == 1);
  CHECK(rig->host.warnings.size() == 2);
  CHECK(rig->counter("complaints") == 50);
  rig->pass(61 * kSecond);
  rig->receive(kPublic, R"({"event":"alert","message":"too fast"})");
  CHECK(rig->warned("too fast") == 2);
  CHECK(rig->host.restarts.empty());
}

TEST_CASE("any bytes on the socket are survived") {
  auto rig = std::make_unique<Rig>(desk());
  rig->acknowledges = false;
  rig->start();
  rig->open(kPublic);
  rig->open(kPrivate);
  const std::string good = std::string(R"({"event":"challenge","message":")") + kChallenge + "\"}";
  const std::vector<std::string> hostile = {
      "",
      "<html>\"event\"",
      R"({"event":5,"message":1e999})",
      R"({"event":"challenge"})",
      R"({"event":"challenge","message":{}})",
      R"({"event":"challenge","message":"a\"b"})",
      R"({"event":"challenge","message":")" + std::string(5000, 'x') + "\"}",
      R"(["event"])",
      R"({"event":"subscribed","feed":{},"product_ids":[1,{},"x"]})",
      R"({"event":"subscribed","product_ids":"PF_XBTUSD"})",
      R"({"event":"alert"})",
      R"({"event":"error","message":[]})",
      std::string(100'000, '['),
      std::string("{\"event\":\"\0\xff\"}", 13),
      R"({"feed":"book","product_id":"PF_XBTUSD","seq":99999999999999999999999})",
  };
  for (const LinkId link : {kPublic, kPrivate, LinkId{7}, LinkId{0}}) {
    for (const auto& frame : hostile) rig->receive(link, frame);
    for (std::size_t size = 0; size < good.size(); ++size) rig->receive(link, good.substr(0, size));
  }
  rig->pass(60 * kSecond);
  CHECK_FALSE(rig->host.concealed.contains(kSigned));
  for (const auto& warning : rig->host.warnings) CHECK(warning.size() < 500);
  // What cannot be signed counts as a refusal: a new connection after a minute.
  REQUIRE(rig->host.restarts.size() == 1);
  rig->lose(kPrivate);
  rig->open(kPrivate);
  rig->receive(kPrivate, good);
  CHECK(rig->host.concealed.contains(kSigned));
}
