#include <tape/base/mailbox.h>

#include <catch2/catch.hpp>

#include <thread>
#include <vector>

using namespace std::chrono_literals;

TEST_CASE("what was put comes out in order, all of it in one batch") {
  tape::Mailbox<std::vector<int>> mailbox;
  std::vector<int> batch;
  for (int i = 0; i < 3; ++i) {
    const auto size = mailbox.put([&](std::vector<int>& to) {
      to.push_back(i);
      return to.size();
    });
    CHECK(size == static_cast<std::size_t>(i) + 1);
  }
  REQUIRE(mailbox.take(batch, 0ns));
  CHECK(batch == std::vector<int>{0, 1, 2});
  CHECK_FALSE(mailbox.take(batch, 0ns));
  CHECK(batch.empty());
}

TEST_CASE("several threads bring, none of it is lost and each one's order stands") {
  constexpr int kEach = 20'000;
  constexpr int kThreads = 3;
  tape::Mailbox<std::vector<std::pair<int, int>>> mailbox;
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kEach; ++i) {
        (void)mailbox.put([&](auto& to) {
          to.emplace_back(thread, i);
          return 0;
        });
      }
    });
  }
  std::vector<std::pair<int, int>> batch;
  int next[kThreads] = {};
  int total = 0;
  while (total < kThreads * kEach) {
    REQUIRE(mailbox.take(batch, 10s));
    for (const auto& [thread, i] : batch) {
      REQUIRE(i == next[thread]++);
      ++total;
    }
  }
}

TEST_CASE("the taker is woken when something comes") {
  tape::Mailbox<std::vector<int>> mailbox;
  std::vector<int> batch;
  const std::jthread bringer([&] {
    (void)mailbox.put([](std::vector<int>& to) {
      to.push_back(7);
      return 0;
    });
  });
  REQUIRE(mailbox.take(batch, 10s));
  CHECK(batch == std::vector<int>{7});
}
