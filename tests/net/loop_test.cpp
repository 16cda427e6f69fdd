#include <tape/net/loop.h>

#include <catch2/catch.hpp>
#include <net/servers.h>

#include <algorithm>
#include <stdexcept>
#include <thread>
#include <vector>

using tape::kMillisecond;
using tape::kSecond;
using tape::net::Loop;
using tape::net::test::run;

TEST_CASE("work posted from other threads runs on the loop's, in order") {
  Loop loop;
  std::vector<int> seen;
  const auto here = std::this_thread::get_id();
  bool elsewhere = false;
  std::jthread poster([&] {
    for (int i = 0; i < 1000; ++i) {
      loop.post([&, i] {
        elsewhere = elsewhere || std::this_thread::get_id() != here;
        seen.push_back(i);
      });
    }
    loop.post([&] { loop.stop(); });
  });
  run(loop);
  CHECK_FALSE(elsewhere);
  REQUIRE(seen.size() == 1000);
  CHECK(std::is_sorted(seen.begin(), seen.end()));
}

TEST_CASE("an exception of a callback comes out of run, which can go on after it") {
  Loop loop;
  loop.post([] { throw std::runtime_error("from a callback"); });
  loop.post([&] { loop.stop(); });
  CHECK_THROWS_WITH(loop.run(), "from a callback");
  run(loop);
}

TEST_CASE("stop before run ends it at once, and the next run runs") {
  Loop loop;
  int runs = 0;
  loop.stop();
  loop.post([&] { ++runs; });
  loop.run();
  CHECK(runs == 0);
  loop.post([&] { loop.stop(); });
  run(loop);
  CHECK(runs == 1);
}

TEST_CASE("a timer fires once, and not once its handle is gone") {
  Loop loop;
  int kept = 0;
  int dropped = 0;
  auto handle = loop.after(kMillisecond, [&] { ++kept; });
  {
    const auto gone = loop.after(0, [&] { ++dropped; });
  }
  auto replaced = loop.after(0, [&] { ++dropped; });
  replaced = Loop::Timer();
  const auto end = loop.after(30 * kMillisecond, [&] { loop.stop(); });
  run(loop);
  CHECK(kept == 1);
  CHECK(dropped == 0);
}

TEST_CASE("a timer that has expired, but whose turn has not come, can still be cancelled") {
  Loop loop;
  int fired = 0;
  Loop::Timer second;
  // Both have expired when the loop looks; the first one's work drops the second.
  const auto first = loop.after(0, [&] { second = Loop::Timer(); });
  second = loop.after(0, [&] { ++fired; });
  const auto end = loop.after(20 * kMillisecond, [&] { loop.stop(); });
  run(loop);
  CHECK(fired == 0);
}

TEST_CASE("a timer's work may drop its own handle") {
  Loop loop;
  Loop::Timer timer;
  std::string told;
  timer = loop.after(0, [&, text = std::string(100, 'x')] {
    timer = Loop::Timer();
    told = text;
    loop.stop();
  });
  run(loop);
  CHECK(told == std::string(100, 'x'));
}
