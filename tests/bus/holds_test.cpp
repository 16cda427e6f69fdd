#include <tape/bus/holds.h>

#include <catch2/catch.hpp>

namespace tape::bus {
namespace {

/// Slabs that the test owns and gives back.
struct Own {
  Slab* slab = Slab::make(64);
  Own() = default;
  Own(const Own&) = delete;
  Own& operator=(const Own&) = delete;
  ~Own() { slab->release(); }
};

/// One slab after the other leaves, from the second on with what tells of the one before.
std::atomic<bool>& follow(Holds& holds, Slab& slab, std::uint64_t changes) {
  auto* const gone = holds.use(slab, changes);
  REQUIRE(gone != nullptr);
  return *gone;
}

}  // namespace

TEST_CASE("a slab comes back when the first message out of the next one has left") {
  const Own a, b, c;
  Holds holds;
  CHECK(holds.use(*a.slab, 1) == nullptr);
  CHECK(holds.use(*a.slab, 1) == nullptr);
  holds.settle(1);
  CHECK_FALSE(a.slab->idle());
  auto& a_gone = follow(holds, *b.slab, 1);
  CHECK(holds.use(*b.slab, 1) == nullptr);
  holds.settle(1);
  CHECK_FALSE(a.slab->idle());
  a_gone = true;
  CHECK_FALSE(a.slab->idle());
  holds.settle(1);
  CHECK(a.slab->idle());
  CHECK_FALSE(b.slab->idle());
  follow(holds, *c.slab, 1) = true;
  holds.settle(2);  // someone came or went after that message, as far as one can tell
  CHECK_FALSE(b.slab->idle());
}

TEST_CASE("a slab that leaves while consumers change stays until the end") {
  const Own a, b, c, d;
  {
    Holds holds;
    (void)holds.use(*a.slab, 1);
    follow(holds, *b.slab, 2) = true;  // someone changed while a left
    follow(holds, *c.slab, 2) = true;
    holds.settle(3);                   // and while the first message out of c did
    follow(holds, *d.slab, 3) = true;  // c was begun before that
    holds.settle(3);
    follow(holds, *a.slab, 3) = true;
    holds.settle(3);
    CHECK_FALSE(a.slab->idle());
    CHECK_FALSE(b.slab->idle());
    CHECK_FALSE(c.slab->idle());
    CHECK(d.slab->idle());
    CHECK_FALSE(holds.spent());
  }
  CHECK(a.slab->idle());
  CHECK(b.slab->idle());
  CHECK(c.slab->idle());
}

TEST_CASE("slabs come back in order, whatever libzmq says first") {
  const Own a, b, c;
  Holds holds;
  (void)holds.use(*a.slab, 1);
  auto& a_gone = follow(holds, *b.slab, 1);
  follow(holds, *c.slab, 1) = true;
  holds.settle(1);
  CHECK_FALSE(b.slab->idle());
  a_gone = true;
  holds.settle(1);
  CHECK(a.slab->idle());
  CHECK(b.slab->idle());
}

TEST_CASE("consumers that keep changing use up what is kept for good") {
  Holds holds;
  std::uint64_t changes = 0;
  for (int i = 0; i < 100 && !holds.spent(); ++i) {
    auto* const slab = Slab::make(64);
    if (auto* const gone = holds.use(*slab, changes)) *gone = true;
    holds.settle(++changes);
    slab->release();
  }
  CHECK(holds.spent());
  CHECK(changes == 17);
}

}  // namespace tape::bus
