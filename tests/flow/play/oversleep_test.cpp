#include <tape/flow/play/oversleep.h>

#include <catch2/catch.hpp>

#include <random>

namespace tape::flow {

TEST_CASE("nothing is spun where sleeps end in time") {
  Oversleep oversleep;
  for (int i = 0; i < 100; ++i) oversleep.learn(0);
  CHECK(oversleep.lead(kSecond) == 0);
}

TEST_CASE("the lead becomes what nine of ten sleeps do not exceed") {
  Oversleep oversleep;
  std::minstd_rand random(1);
  for (int i = 0; i < 10'000; ++i) oversleep.learn(static_cast<Nanos>(random() % 50'000));
  CHECK(oversleep.lead(kSecond) > 40'000);
  CHECK(oversleep.lead(kSecond) < 50'000);
  SECTION("and falls when they get better") {
    for (int i = 0; i < 10'000; ++i) oversleep.learn(1000);
    CHECK(oversleep.lead(kSecond) < 5000);
  }
  SECTION("and is a small part of a short sleep") { CHECK(oversleep.lead(80'000) == 10'000); }
}

TEST_CASE("a sleep that ends absurdly late does not make the next ones be spun") {
  Oversleep oversleep;
  for (int i = 0; i < 1000; ++i) oversleep.learn(kSecond);
  CHECK(oversleep.lead(kSecond) == 100'000);
}

}  // namespace tape::flow
