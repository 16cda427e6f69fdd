#include <tape/flow/diff.h>

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
};

void fill(Events& events, const std::vector<Spec>& specs) {
  for (const auto& spec : specs) {
    events.add({spec.received_at, 0}, [&](auto event) {
      event.setSequence(spec.sequence);
      event.setVenue(spec.venue);
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
  if (options.ignore.empty()) options.ignore = default_ignored();
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

TEST_CASE("copies are aligned by session and ordinal") {
  Events left;
  Events right;
  fill(left, {{1}, {2}});
  fill(right, {{1}, {2}, {3}});
  DiffOptions options;
  options.ignore = default_ignored();
  const auto report = diff(options, left, right, {});
  CHECK(report.same == 2);
  CHECK(report.extra == 1);
}

}  // namespace tape::flow
