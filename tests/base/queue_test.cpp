#include <tape/base/queue.h>

#include <catch2/catch.hpp>

#include <memory>
#include <thread>
#include <vector>

TEST_CASE("items come out in order, and a closed queue is drained") {
  tape::Queue<std::unique_ptr<int>> queue(4);
  CHECK(queue.push(std::make_unique<int>(1)));
  CHECK(queue.push(std::make_unique<int>(2)));
  queue.close();
  CHECK_FALSE(queue.push(std::make_unique<int>(3)));
  CHECK(**queue.pop() == 1);
  CHECK(**queue.pop() == 2);
  CHECK_FALSE(queue.pop().has_value());
}

TEST_CASE("a full queue makes the sender wait, and nothing is lost or doubled") {
  constexpr int kItems = 20000;
  tape::Queue<int> queue(3);
  std::vector<int> received;
  std::jthread receiver([&] {
    while (auto item = queue.pop()) received.push_back(*item);
  });
  for (int i = 0; i < kItems; ++i) REQUIRE(queue.push(i));
  queue.close();
  receiver.join();
  REQUIRE(received.size() == kItems);
  for (int i = 0; i < kItems; ++i) REQUIRE(received[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("closing wakes a sender that waits") {
  tape::Queue<int> queue(1);
  REQUIRE(queue.push(1));
  bool pushed = true;
  std::jthread sender([&] { pushed = queue.push(2); });
  queue.close();
  sender.join();
  CHECK_FALSE(pushed);
  CHECK(queue.pop() == 1);
}
