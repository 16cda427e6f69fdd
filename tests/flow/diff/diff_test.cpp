#include <tape/flow/diff/diff.h>

#include <catch2/catch.hpp>
#include <flow/player_events.h>

#include <string>
#include <utility>
#include <vector>

namespace tape::flow {
namespace {

struct Spec {
  std::uint64_t sequence;
  Nanos received_at = kSecond;
  std::string venue = "v";
  std::uint32_t connection = 0;
  std::string target{};  // of a REST answer
};

void fill(Events& events, const std::vector<Spec>& specs) {
  for (const auto& spec : specs) {
    events.add({spec.received_at, 0}, [&](auto event) {
      event.setSequence(spec.sequence);
      event.setVenue(spec.venue);
      event.setConnection(spec.connection);
      if (spec.target.empty()) return;
      event.setTransport(schema::Transport::REST);
      auto rest = event.initRest();
      rest.setTarget(spec.target);
      rest.setLatency(spec.received_at);
    });
  }
}

/// Events match by venue, channel, symbol and sequence.
DiffReport compare(const std::vector<Spec>& a, const std::vector<Spec>& b,
                   std::vector<Difference>* told = nullptr, DiffOptions options = {}) {
  Events left;
  Events right;
  fill(left, a);
  fill(right, b);
  options.identity = Identity::content;
  if (options.ignore.empty()) options.ignore = default_ignored(Identity::content);
  return diff(options, left, right, [&](const Difference& difference) {
    if (told != nullptr) told->push_back(difference);
  });
}

}  // namespace

TEST_CASE("a tolerance is a field and an amount") {
  CHECK(parse_tolerance("body.price=0.5") == std::pair<std::string, double>("body.price", 0.5));
  for (const auto* bad : {"", "body.price", "=1", "body.price=", "body.price=x", "body.price=1x",
                          "body.price=-1", "body.price=nan"}) {
    CAPTURE(bad);
    CHECK_THROWS_WITH(parse_tolerance(bad), Catch::Matchers::Contains("FIELD=AMOUNT"));
  }
}

TEST_CASE("how two tapes are aligned is said, or told by their files") {
  CHECK(identity_of("ordinal", "-", "-") == Identity::ordinal);
  CHECK(identity_of("content", "-", "-") == Identity::content);
  CHECK_THROWS_WITH(identity_of("auto", "-", "-"), Catch::Matchers::Contains("--align"));
}

TEST_CASE("receive times do not count") {
  const auto report = compare({{1}, {2}, {3}}, {{1, 5 * kSecond}, {2, 6 * kSecond}, {3}});
  CHECK(report.equal());
  CHECK(report.same == 3);
}

TEST_CASE("events of one side only are missing or extra, the rest is aligned") {
  std::vector<Difference> told;
  const auto report = compare({{1}, {2}, {3}, {4}}, {{1}, {3}, {4}, {5}}, &told);
  CHECK(report.same == 3);
  CHECK(report.missing == 1);
  CHECK(report.extra == 1);
  CHECK(report.reordered == 0);
  REQUIRE(told.size() == 2);
  CHECK(told[0].kind == Difference::Kind::missing);
  CHECK(told[0].event.find(":2 ") != std::string::npos);
  CHECK(told[1].kind == Difference::Kind::extra);
}

TEST_CASE("the fewest events that are to be moved count as reordered") {
  const auto report = compare({{1}, {2}, {3}, {4}, {5}}, {{2}, {3}, {4}, {1}, {5}});
  CHECK(report.same == 5);
  CHECK(report.reordered == 1);
  CHECK(compare({{1}, {2}, {3}}, {{3}, {2}, {1}}).reordered == 2);
}

TEST_CASE("a changed field is named with both values, within its tolerance it is the same") {
  DiffOptions options;
  options.ignore = {"ordinal"};
  std::vector<Difference> told;
  const auto report = compare({{1}}, {{1, 2 * kSecond}}, &told, options);
  CHECK(report.changed == 1);
  REQUIRE(told.size() == 1);
  REQUIRE(told[0].fields.size() == 2);
  CHECK(told[0].fields[0].path == "receivedAt");
  CHECK(to_json(told[0]).find(R"("path":"receivedAtS")") != std::string::npos);
  options.ignore = {"ordinal", "receivedAt"};
  options.tolerance = {{"receivedAtS", 1}};
  CHECK(compare({{1}}, {{1, 2 * kSecond}}, nullptr, options).equal());
  options.tolerance = {{"receivedAtS", 0.5}};
  CHECK(compare({{1}}, {{1, 2 * kSecond}}, nullptr, options).changed == 1);
}

TEST_CASE("where order counts within connections, others may come in between") {
  const std::vector<Spec> a{{1, 1, "v", 1}, {2, 1, "v", 1}, {3, 1, "v", 2}, {4, 1, "v", 2}};
  const std::vector<Spec> other{{3, 1, "v", 7}, {1, 1, "v", 8}, {4, 1, "v", 7}, {2, 1, "v", 8}};
  const std::vector<Spec> swapped{{4, 1, "v", 7}, {1, 1, "v", 8}, {3, 1, "v", 7}, {2, 1, "v", 8}};
  CHECK(compare(a, other).reordered == 2);
  DiffOptions options;
  options.order = DiffOptions::Order::connection;
  CHECK(compare(a, other, nullptr, options).equal());
  CHECK(compare(a, swapped, nullptr, options).reordered == 1);
}

TEST_CASE(
    "of two recordings a request's own time, proof and latency do not count, its question does") {
  const Spec asked{0, kSecond, "binance-usdm", 0, "/fapi/v1/x?a=1&timestamp=1&signature=*"};
  auto later = asked;
  later.received_at *= 2;
  later.target = "/fapi/v1/x?a=1&timestamp=2&signature=**";
  CHECK(compare({asked}, {later}).equal());
  later.target = "/fapi/v1/x?a=2&timestamp=1&signature=*";
  CHECK(compare({asked}, {later}).missing == 1);
  later.venue = "kraken-futures";  // whose requests have no such parameters
  auto before = asked;
  before.venue = later.venue;
  CHECK(compare({before}, {later}).missing == 1);
}

TEST_CASE("what a recorder says of itself does not count in two recordings, it does in copies") {
  for (const auto identity : {Identity::content, Identity::ordinal}) {
    Events left;
    Events right;
    fill(left, {{1}});
    left.add({kSecond, 0}, [](auto event) { event.getBody().initHealth().setRss(1); });
    fill(right, {{1}});
    right.add({kSecond, 0}, [](auto event) { event.getBody().initHealth().setRss(2); });
    DiffOptions options;
    options.identity = identity;
    options.ignore = default_ignored(identity);
    CHECK(diff(options, left, right, {}).changed == (identity == Identity::ordinal ? 1 : 0));
  }
}

TEST_CASE("copies are aligned by session and ordinal") {
  Events left;
  Events right;
  fill(left, {{1}, {2}});
  fill(right, {{1}, {2}, {3}});
  DiffOptions options;
  options.ignore = default_ignored(Identity::ordinal);
  const auto report = diff(options, left, right, {});
  CHECK(report.same == 2);
  CHECK(report.extra == 1);
}

}  // namespace tape::flow
