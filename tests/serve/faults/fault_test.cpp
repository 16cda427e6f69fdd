#include <tape/base/error.h>
#include <tape/serve/faults/fault.h>

#include <catch2/catch.hpp>

#include <algorithm>

namespace tape::serve {
namespace {

constexpr Nanos kBegin = 1'000 * kSecond;

FaultContext context(std::uint64_t seed = 1) {
  return {[](const std::string& text) {
            const auto after = parse_duration(text.substr(1));
            if (text[0] != '+' || !after) throw Error(Fault::usage, text + " is no time");
            return kBegin + *after;
          },
          std::mt19937_64(seed)};
}

std::vector<Setting> settings(const std::vector<std::pair<std::string, std::string>>& pairs) {
  std::vector<Setting> all;
  for (const auto& [key, value] : pairs) {
    all.push_back({key, value, "file:" + std::to_string(all.size() + 2) + ":1"});
  }
  return all;
}

std::vector<FaultSpec> made(const std::vector<std::pair<std::string, std::string>>& pairs) {
  return make_faults({{settings(pairs), "file:1:1"}}, context());
}

std::string refusal(const std::vector<std::pair<std::string, std::string>>& pairs) {
  try {
    (void)made(pairs);
  } catch (const Error& error) {
    CHECK(error.fault == Fault::usage);
    return error.what();
  }
  return "none";
}

FaultSpec of(std::string_view spec) {
  return make_faults({parse_fault_spec(spec)}, context()).at(0);
}

std::string refused_spec(std::string_view spec) {
  try {
    (void)of(spec);
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("a fault of the command line has a time, and a duration where it lasts") {
  CHECK(of("drop@+5s").kind == FaultKind::drop);
  CHECK(of("drop@+5s").at == kBegin + 5 * kSecond);
  const auto silence = of("silence@+1m+30s");
  CHECK(silence.at == kBegin + 60 * kSecond);
  CHECK(silence.lasts == 30 * kSecond);
  CHECK(of("skip-seq@+5s").count == 1);
  CHECK(refused_spec("silence@+5s") == "--fault silence@+5s: expected NAME@TIME+DURATION");
  CHECK(refused_spec("drop") == "--fault drop: expected NAME@TIME or NAME@TIME+DURATION");
  CHECK_THAT(refused_spec("drip@+5s"), Catch::StartsWith("--fault drip@+5s: there is no fault"));
  CHECK_THAT(refused_spec("drop@soon"), Catch::EndsWith("soon is no time"));
}

TEST_CASE("every fault is named as it is read") {
  for (const auto* name : {"drop", "silence", "http502", "empty-body", "ban", "refuse", "post-only",
                           "maintenance", "skip-seq", "duplicate", "cut-frame", "expire-keys"}) {
    const std::string spec = std::string(name) + "@+5s";
    const auto alone = refused_spec(spec) == "none";
    CHECK(name_of(of(alone ? spec : spec + "+1s").kind) == name);
  }
}

TEST_CASE("settings that cannot be are told with their place and what was expected") {
  CHECK(refusal({{"at", "+1s"}}) == "file:1:1: expected do = \"drop\" or another fault");
  CHECK(refusal({{"do", "drop"}}) ==
        "file:1:1: expected one of at = TIME, between = [TIME, TIME] and when = {...}");
  CHECK(refusal({{"do", "drop"}, {"at", "+1s"}, {"when.kind", "fill"}}) != "none");
  CHECK(refusal({{"do", "drop"}, {"at", "+1s"}, {"code", "99"}}) ==
        "file:4:1: code: expected a number from 1000 to 4999, not 99");
  CHECK(refusal({{"do", "silence"}, {"at", "+1s"}, {"for", "soon"}}) ==
        "file:4:1: for: expected a duration, such as 250ms or 1h30m, not soon");
  CHECK_THAT(
      refusal({{"do", "drop"}, {"at", "+1s"}, {"latency", "1s"}}),
      Catch::StartsWith("file:4:1: \"latency\" is no setting of drop; expected one of do, at"));
  CHECK_THAT(refusal({{"do", "drop"}, {"at", "+1s"}, {"channel", "book"}}),
             Catch::Contains("no setting of drop"));
  CHECK_THAT(refusal({{"do", "drop"}, {"when.what", "x"}}), Catch::Contains("is no condition"));
  CHECK_THAT(refusal({{"do", "drop"}, {"when.kind", "x"}}), Catch::Contains("a kind of event"));
  CHECK_THAT(refusal({{"do", "delay"}, {"at", "+1s"}, {"for", "1s"}}), Catch::Contains("latency"));
  CHECK_THAT(refusal({{"do", "notice"}, {"at", "+1s"}}), Catch::Contains("note = "));
  CHECK_THAT(refusal({{"do", "drop"}, {"at", "+1s"}, {"times", "3"}}), Catch::Contains("every = "));
  CHECK_THAT(refusal({{"do", "drop"}, {"at", "+1s"}, {"after", "3s"}}), Catch::Contains("when = "));
  CHECK_THAT(refusal({{"do", "drop"}, {"at", "+1s"}, {"for", "3s"}}),
             Catch::Contains("no \"for\""));
  CHECK_THAT(refusal({{"do", "drop"}, {"between", "+5s"}, {"between", "+5s"}}),
             Catch::Contains("expected the second time to be later"));
  CHECK_THAT(refusal({{"do", "duplicate"}, {"at", "+1s"}, {"probability", "2"}}),
             Catch::Contains("expected a number from 0 to 1"));
}

TEST_CASE("a fault that repeats is one fault each time") {
  const auto faults = made({{"do", "drop"}, {"at", "+6s"}, {"times", "3"}, {"every", "5s"}});
  REQUIRE(faults.size() == 3);
  CHECK(faults[2].at == kBegin + 16 * kSecond);
  const auto later = made(
      {{"do", "drop"}, {"when.kind", "fill"}, {"after", "1s"}, {"times", "2"}, {"every", "5s"}});
  CHECK(later.at(1).after == 6 * kSecond);
}

TEST_CASE("random moments lie between their bounds, and follow from the seed") {
  const auto drawn = [](std::uint64_t seed) {
    std::vector<Nanos> moments;
    for (const auto& fault : make_faults(
             {{settings({{"do", "drop"}, {"between", "+5s"}, {"between", "+25s"}, {"times", "50"}}),
               "file:1:1"}},
             context(seed))) {
      moments.push_back(fault.at);
    }
    return moments;
  };
  const auto moments = drawn(1);
  CHECK(moments.size() == 50);
  CHECK(std::is_sorted(moments.begin(), moments.end()));
  CHECK(moments.front() >= kBegin + 5 * kSecond);
  CHECK(moments.back() < kBegin + 25 * kSecond);
  CHECK(moments == drawn(1));
  CHECK(moments != drawn(2));
}

TEST_CASE("post-only follows a maintenance, without its notice") {
  const auto faults = made({{"do", "maintenance"},
                            {"at", "+10s"},
                            {"for", "5s"},
                            {"lead", "6s"},
                            {"post-only", "4s"},
                            {"note", "down"},
                            {"code", "1001"}});
  REQUIRE(faults.size() == 2);
  CHECK(faults[0].lead == 6 * kSecond);
  CHECK(faults[1].kind == FaultKind::post_only);
  CHECK(faults[1].at == kBegin + 15 * kSecond);
  CHECK(faults[1].lasts == 4 * kSecond);
  CHECK(faults[1].lead == 0);
  CHECK(faults[1].note.empty());
}

TEST_CASE("frames of a span, or by chance, are not counted unless it is said") {
  CHECK(made({{"do", "skip-seq"}, {"at", "+1s"}}).at(0).count == 1);
  CHECK(made({{"do", "skip-seq"}, {"at", "+1s"}, {"for", "1s"}}).at(0).count == 0);
  CHECK(made({{"do", "skip-seq"}, {"at", "+1s"}, {"probability", "0.5"}}).at(0).count == 0);
  CHECK(made({{"do", "skip-seq"}, {"at", "+1s"}, {"for", "1s"}, {"count", "4"}}).at(0).count == 4);
}

}  // namespace tape::serve
