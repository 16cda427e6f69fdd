// What applying events to books takes from the heap: nothing, once the books have their size.
#include <tape/state/state.h>

#include <catch2/catch.hpp>

#include "state/feed.h"
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::size_t> allocations = 0;

}  // namespace

// All of the program's: the tests beside this one only count for nothing.
void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size == 0 ? 1 : size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace tape::state::test {
namespace {

/// Changes of one book around its middle, as they lie in a tape.
class Changes {
 public:
  explicit Changes(std::size_t count) {
    std::uint32_t seed = 1;
    for (std::size_t i = 0; i < count; ++i) {
      seed = seed * 1664525U + 1013904223U;
      const auto step = static_cast<std::int64_t>(seed >> 16U) % 300;
      const bool buy = (seed >> 9U) % 2 == 0;
      auto event = message_.start();
      event.setVenue("venue");
      event.setSymbol("SYM");
      event.setChannel("book");
      event.setReceivedAt(static_cast<Nanos>(i) + 1);
      event.setTransport(schema::Transport::WEBSOCKET);
      auto delta = event.getBody().initBookDelta();
      delta.setUpdateId(i + 2);
      delta.setSide(buy ? schema::Side::BUY : schema::Side::SELL);
      event::set_decimal(delta.getPrice(), {buy ? 1000 - step : 1001 + step, 0});
      event::set_decimal(delta.getQuantity(), {static_cast<std::int64_t>(seed >> 12U) % 5, 0});
      auto& words = stored_.emplace_back(message_.framed_size() / sizeof(std::uint64_t));
      message_.write(reinterpret_cast<std::uint8_t*>(words.data()));
    }
  }

  [[nodiscard]] std::size_t size() const { return stored_.size(); }
  void apply(State& state, std::size_t index) {
    const auto& words = stored_[index];
    view_.reset({reinterpret_cast<const capnp::word*>(words.data()), words.size()});
    state.apply(view_.event(), 7, index + 2);
  }

 private:
  event::Message message_;
  event::View view_;
  std::vector<std::vector<std::uint64_t>> stored_;
};

}  // namespace

TEST_CASE("changes of a book that has its size allocate nothing") {
  Feed feed;
  Side bids;
  Side asks;
  for (int i = 0; i < 300; ++i) {
    bids.emplace_back(std::to_string(1000 - i), "1");
    asks.emplace_back(std::to_string(1001 + i), "1");
  }
  feed.snapshot(1, bids, asks);
  Changes changes(30'000);
  std::size_t index = 0;
  while (index < 10'000) changes.apply(feed.state, index++);
  const std::size_t before = allocations;
  while (index < changes.size()) changes.apply(feed.state, index++);
  CHECK(allocations - before == 0);
  CHECK(feed.trust() == schema::Trust::VERIFIED);
  CHECK(feed.book().updates() == 30'001);
}

}  // namespace tape::state::test
