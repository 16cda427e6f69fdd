#include <tape/serve/faults/plan.h>

#include <catch2/catch.hpp>

#include "events.h"

namespace tape::serve {
namespace {

using Phase = Plan::Phase;

FaultSpec fault(FaultKind kind, Nanos at, Nanos lasts = 0) {
  FaultSpec spec;
  spec.kind = kind;
  spec.at = at;
  spec.lasts = lasts;
  return spec;
}

/// All turns that are known, as "name phase at".
std::vector<std::string> turns(Plan& plan) {
  std::vector<std::string> all;
  while (const auto turn = plan.next()) {
    plan.take(*turn);
    constexpr std::string_view kNames[] = {"lead", "begin", "end"};
    all.push_back(std::string(name_of(turn->fault->kind)) + ' ' +
                  std::string(kNames[static_cast<std::size_t>(turn->phase)]) + ' ' +
                  std::to_string(turn->at));
  }
  return all;
}

/// Numbers of the frames, of so many, that are to be spoiled.
std::vector<std::uint64_t> spoilt(Plan& plan, std::uint64_t frames) {
  std::vector<std::uint64_t> all;
  for (std::uint64_t number = 1; number <= frames; ++number) {
    SampleEvent event("book", "X", number);
    const auto* const by = plan.treat(event.tape(), static_cast<Nanos>(number));
    if (by == nullptr) continue;
    plan.treated(*by);
    all.push_back(number);
  }
  return all;
}

}  // namespace

TEST_CASE("what begins and ends comes in the order of time, ties in that of the faults") {
  auto maintenance = fault(FaultKind::maintenance, 100, 50);
  maintenance.lead = 60;
  Plan plan({maintenance, fault(FaultKind::post_only, 150, 10), fault(FaultKind::drop, 45)}, 0);
  CHECK(turns(plan) == std::vector<std::string>{"maintenance lead 40", "drop begin 45",
                                                "maintenance begin 100", "maintenance end 150",
                                                "post-only begin 150", "post-only end 160"});
}

TEST_CASE("a maintenance refuses sockets and requests while it lasts") {
  Plan plan({fault(FaultKind::maintenance, 100, 50)}, 0);
  CHECK_FALSE(plan.active(FaultKind::refuse));
  plan.take(*plan.next());
  CHECK(plan.active(FaultKind::refuse));
  CHECK(plan.active(FaultKind::http502));
  CHECK_FALSE(plan.active(FaultKind::post_only));
  CHECK(plan.next_end()->at == 150);
  plan.take(*plan.next());
  CHECK_FALSE(plan.active(FaultKind::refuse));
  CHECK_FALSE(plan.next());
}

TEST_CASE("behind the end of the tape only what has begun goes on") {
  Plan plan({fault(FaultKind::silence, 10, 100), fault(FaultKind::drop, 60)}, 0);
  CHECK_FALSE(plan.next_end());
  plan.take(*plan.next());
  CHECK(plan.next_end()->at == 110);
  REQUIRE(plan.left().size() == 1);
  CHECK(plan.left()[0]->kind == FaultKind::drop);
}

TEST_CASE("the nth event of a kind gives a fault its time") {
  auto drop = fault(FaultKind::drop, 0);
  drop.when.emplace();
  drop.when->channel = "fills";
  drop.when->kind = event::Kind::FILL;
  drop.nth = 2;
  drop.after = 5;
  Plan plan({drop}, 0);
  SampleEvent book("book", "X", 1);
  SampleEvent fill("fills", "X", 2);
  plan.see(book.tape().event, 10);
  plan.see(fill.tape().event, 20);
  CHECK_FALSE(plan.next());
  plan.see(fill.tape().event, 30);
  plan.see(fill.tape().event, 40);
  REQUIRE(plan.next());
  CHECK(plan.next()->at == 35);
}

TEST_CASE("a match is of all that is said") {
  SampleEvent event("fills", "X", 9);
  Match match;
  CHECK(match.fits(event.tape().event));
  match = {"fills", "X", "desk", event::Kind::FILL, 9};
  CHECK(match.fits(event.tape().event));
  CHECK_FALSE(Match{"book", "", "", {}, 0}.fits(event.tape().event));
  CHECK_FALSE(Match{"", "Y", "", {}, 0}.fits(event.tape().event));
  CHECK_FALSE(Match{"", "", "other", {}, 0}.fits(event.tape().event));
  CHECK_FALSE(Match{"", "", "", event::Kind::TRADE, 0}.fits(event.tape().event));
  CHECK_FALSE(Match{"", "", "", {}, 8}.fits(event.tape().event));
}

TEST_CASE("frames are spoiled from a time on, so many, in a span") {
  auto skip = fault(FaultKind::skip_seq, 10);
  Plan once({skip}, 0);
  CHECK(spoilt(once, 30) == std::vector<std::uint64_t>{10});
  CHECK(once.left().empty());
  skip.count = 3;
  Plan three({skip}, 0);
  CHECK(spoilt(three, 30) == std::vector<std::uint64_t>{10, 11, 12});
  skip.count = 0;
  skip.lasts = 2;
  Plan span({skip}, 0);
  CHECK(spoilt(span, 30) == std::vector<std::uint64_t>{10, 11});
  Plan early({skip}, 0);
  CHECK(spoilt(early, 5).empty());
  CHECK(early.left().size() == 1);
}

TEST_CASE("a frame that no client got is not counted") {
  Plan plan({fault(FaultKind::skip_seq, 1)}, 0);
  SampleEvent event("book", "X", 5);
  CHECK(plan.treat(event.tape(), 5) != nullptr);
  CHECK(plan.treat(event.tape(), 6) != nullptr);
}

TEST_CASE("only what comes by a feed is spoiled") {
  auto skip = fault(FaultKind::skip_seq, 1);
  skip.count = 0;
  Plan plan({skip}, 0);
  SampleEvent plain("book", "X", 0);
  CHECK(plan.treat(plain.tape(), 5) == nullptr);  // nobody could miss it
  SampleEvent event("book", "X", 5);
  CHECK(plan.treat(event.tape(), 5) != nullptr);
  event.build().setTransport(schema::Transport::REST);
  CHECK(plan.treat(event.tape(), 5) == nullptr);
  SampleEvent answer("book", "X", 5);
  answer.build().initBody().initSubscription();
  CHECK(plan.treat(answer.tape(), 5) == nullptr);
}

TEST_CASE("chances follow from the seed, and one fault draws nothing from another") {
  auto skip = fault(FaultKind::skip_seq, 0);
  skip.count = 0;
  skip.probability = 0.1;
  auto other = skip;
  other.kind = FaultKind::duplicate;
  Plan a({skip}, 1);
  Plan b({skip}, 1);
  Plan c({skip}, 2);
  const auto first = spoilt(a, 1000);
  CHECK(first.size() > 50);
  CHECK(first.size() < 200);
  CHECK(first == spoilt(b, 1000));
  CHECK(first != spoilt(c, 1000));
  Plan both({skip, other}, 1);
  std::vector<std::uint64_t> skipped;
  for (std::uint64_t number = 1; number <= 1000; ++number) {
    SampleEvent event("book", "X", number);
    const auto* const by = both.treat(event.tape(), static_cast<Nanos>(number));
    if (by != nullptr && by->kind == FaultKind::skip_seq) skipped.push_back(number);
  }
  CHECK(skipped == first);
}

TEST_CASE("a delay rises while it lasts") {
  using Concerns = FaultSpec::Concerns;
  auto delay = fault(FaultKind::delay, 100, 100);
  delay.least = 10;
  delay.latency = 50;
  delay.concerns = Concerns::frames;
  Plan plan({delay}, 0);
  CHECK(plan.latency(Concerns::frames, 150) == 0);
  plan.take(*plan.next());
  CHECK(plan.latency(Concerns::frames, 100) == 10);
  CHECK(plan.latency(Concerns::frames, 150) == 30);
  CHECK(plan.latency(Concerns::frames, 200) == 50);
  CHECK(plan.latency(Concerns::answers, 150) == 0);
  plan.take(*plan.next());
  CHECK(plan.latency(Concerns::frames, 200) == 0);
}

TEST_CASE("a ban tells until when it lasts") {
  Plan plan({fault(FaultKind::ban, 100, 50)}, 0);
  Nanos until = 0;
  CHECK(plan.ban(until) == nullptr);
  plan.take(*plan.next());
  CHECK(plan.ban(until) != nullptr);
  CHECK(until == 150);
}

}  // namespace tape::serve
