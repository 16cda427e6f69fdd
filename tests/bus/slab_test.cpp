#include <tape/bus/slab.h>

#include <catch2/catch.hpp>

#include <cstring>
#include <set>
#include <string>
#include <vector>

using namespace tape::bus;

namespace {

void put(Slabs& slabs, const std::string& text) {
  std::memcpy(slabs.bytes(text.size()), text.data(), text.size());
  slabs.use(text.size());
}

}  // namespace

TEST_CASE("a slab that was lent is used again only when it has come back") {
  Slabs slabs(64);
  std::vector<Slab*> lent;
  for (int i = 0; i < 4; ++i) {
    put(slabs, "message " + std::to_string(i));
    slabs.slab()->retain();
    lent.push_back(slabs.slab());
    slabs.clear();
    slabs.turn();
  }
  CHECK(std::set<Slab*>(lent.begin(), lent.end()).size() == 4);
  for (int i = 0; i < 4; ++i)
    CHECK(std::memcmp(lent[static_cast<std::size_t>(i)]->data(),
                      ("message " + std::to_string(i)).data(), 9) == 0);
  for (auto* slab : lent) slab->release();
  // In the order they were lent in, and no new one.
  for (int i = 0; i < 8; ++i) {
    put(slabs, "again");
    CHECK(slabs.slab() == lent[static_cast<std::size_t>(i % 4)]);
    slabs.clear();
    slabs.turn();
  }
}

TEST_CASE("what was handed out stays until the next turn, whatever grows") {
  Slabs slabs(16);
  put(slabs, "0123456789");
  const auto* const before = slabs.begin();
  put(slabs, "abcdefghij");
  CHECK(slabs.begin() != before);
  CHECK(std::memcmp(slabs.begin(), "0123456789abcdefghij", 20) == 0);
  CHECK(std::memcmp(before, "0123456789", 10) == 0);
  slabs.clear();
  put(slabs, "x");
  CHECK(std::memcmp(before, "0123456789", 10) == 0);
}

TEST_CASE("a slab outlives its owner while a message is on its way") {
  Slab* slab = nullptr;
  {
    Slabs slabs(16);
    put(slabs, "stays");
    slab = slabs.slab();
    slab->retain();
  }
  CHECK(slab->idle());
  CHECK(std::memcmp(slab->data(), "stays", 5) == 0);
  slab->release();
}
