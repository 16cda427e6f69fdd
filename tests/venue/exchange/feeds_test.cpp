#include <tape/venue/exchange/feeds.h>

#include <catch2/catch.hpp>

namespace tape::venue {
namespace {

using Frame = Feeds::Frame;
using Join = Feeds::Join;

constexpr TapeSource kFirst{1, 1};
constexpr TapeSource kSecond{1, 2};

std::vector<ClientId> copy(std::span<const ClientId> clients) {
  return {clients.begin(), clients.end()};
}

}  // namespace

TEST_CASE("who joined for a snapshot gets nothing before it, and everything from it on") {
  Feeds feeds;
  feeds.add(1, "book X", Join::snapshot);
  feeds.add(2, "book X", Join::at_once);
  CHECK(copy(feeds.receivers("book X", kFirst, Frame::change)) == std::vector<ClientId>{2});
  CHECK(copy(feeds.receivers("book X", kFirst, Frame::whole)) == std::vector<ClientId>{1, 2});
  CHECK(copy(feeds.receivers("book X", kFirst, Frame::change)) == std::vector<ClientId>{1, 2});
  CHECK(feeds.receivers("book Y", kFirst, Frame::whole).empty());
}

TEST_CASE("a feed that two connections bring comes by the first, until that is lost") {
  Feeds feeds;
  feeds.add(1, "a", Join::at_once);
  CHECK(feeds.receivers("a", kFirst, Frame::change).size() == 1);
  CHECK(feeds.receivers("a", kSecond, Frame::change).empty());
  CHECK(copy(feeds.followers(kFirst)) == std::vector<ClientId>{1});
  CHECK(feeds.followers(kSecond).empty());
  feeds.lost(kFirst);
  CHECK(feeds.cold("a"));
  CHECK(feeds.receivers("a", kSecond, Frame::change).size() == 1);
  CHECK(feeds.cold("a"));
  CHECK(feeds.receivers("a", kSecond, Frame::whole).size() == 1);
  CHECK_FALSE(feeds.cold("a"));
  CHECK(feeds.receivers("a", kFirst, Frame::change).empty());
}

TEST_CASE("a bound client gets what comes by its connection, whoever owns the feed") {
  Feeds feeds;
  feeds.add(1, "a", Join::at_once);
  feeds.add(2, "a", Join::at_once);
  feeds.bind(2, kSecond);
  CHECK(copy(feeds.receivers("a", kFirst, Frame::change)) == std::vector<ClientId>{1});
  CHECK(copy(feeds.receivers("a", kSecond, Frame::change)) == std::vector<ClientId>{2});
  feeds.gone(2);
  CHECK(feeds.receivers("a", kSecond, Frame::change).empty());
}

TEST_CASE("the end of a recording hands its feeds to the next one, known as they are") {
  Feeds feeds;
  feeds.add(1, "a", Join::at_once);
  (void)feeds.receivers("a", kFirst, Frame::whole);
  feeds.lost_session(1);
  CHECK_FALSE(feeds.cold("a"));
  CHECK(feeds.receivers("a", {2, 1}, Frame::change).size() == 1);
}

TEST_CASE("subscriptions are counted, listed and taken back") {
  Feeds feeds;
  CHECK_FALSE(feeds.any());
  feeds.add(1, "b", Join::at_once);
  feeds.add(1, "a", Join::at_once);
  feeds.add(1, "a", Join::at_once);
  CHECK(feeds.count(1) == 2);
  CHECK(feeds.of(1) == std::vector<std::string>{"a", "b"});
  CHECK(feeds.receivers("a", kFirst, Frame::change).size() == 1);
  CHECK(feeds.remove(1, "a"));
  CHECK_FALSE(feeds.remove(1, "a"));
  CHECK_FALSE(feeds.has(1, "a"));
  CHECK(feeds.receivers("a", kFirst, Frame::change).empty());
  CHECK(feeds.any());
}

}  // namespace tape::venue
