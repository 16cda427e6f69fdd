#include <tape/base/time.h>

#include <catch2/catch.hpp>

#include <limits>
#include <random>

using tape::kSecond;
using tape::Nanos;
using tape::TimeUnit;

TEST_CASE("moments are written in RFC 3339 with nanoseconds") {
  CHECK(tape::format_rfc3339(0) == "1970-01-01T00:00:00.000000000Z");
  CHECK(tape::format_rfc3339(1'612'269'656'839'000'000) == "2021-02-02T12:40:56.839000000Z");
  CHECK(tape::format_rfc3339(-1) == "1969-12-31T23:59:59.999999999Z");
  CHECK(tape::format_rfc3339(951'782'400 * kSecond) == "2000-02-29T00:00:00.000000000Z");
}

TEST_CASE("the first and the last moment of 64 bits are written and read") {
  for (const Nanos moment : {std::numeric_limits<Nanos>::max(), std::numeric_limits<Nanos>::min(),
                             std::numeric_limits<Nanos>::min() + 1}) {
    const auto text = tape::format_rfc3339(moment);
    CHECK(text.size() == tape::kRfc3339Size);
    if (moment > 0) CHECK(text == "2262-04-11T23:47:16.854775807Z");
    if (moment == std::numeric_limits<Nanos>::min())
      CHECK(text == "1677-09-21T00:12:43.145224192Z");
  }
}

TEST_CASE("what is written reads back") {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20000; ++i) {
    const auto moment = static_cast<Nanos>(random() % 4'000'000'000'000'000'000);
    const auto text = tape::format_rfc3339(moment);
    CAPTURE(text);
    REQUIRE(tape::parse_moment(text) == moment);
  }
}

TEST_CASE("moments are taken in several spellings") {
  const Nanos noon = 1'795'341'600 * kSecond;
  REQUIRE(tape::format_rfc3339(noon) == "2026-11-22T10:00:00.000000000Z");
  CHECK(tape::parse_moment("2026-11-22T10:00:00Z") == noon);
  CHECK(tape::parse_moment("2026-11-22 10:00:00") == noon);
  CHECK(tape::parse_moment("2026-11-22T12:00:00+02:00") == noon);
  CHECK(tape::parse_moment("2026-11-22T10:00:00.5Z") == noon + kSecond / 2);
  CHECK(tape::parse_moment("2026-11-22") == noon - 10 * 3600 * kSecond);
  CHECK(tape::parse_moment("@1795341600") == noon);
  CHECK(tape::parse_moment("@1795341600.000000001") == noon + 1);
  for (const char* bad : {"", "@", "yesterday", "2026-13-01", "2026-02-30", "2026-11-22T25:00:00Z",
                          "2026-11-22T10:00:00.Z", "2026-11-22T10:00:00.0123456789Z", "@1.", "@x",
                          "2026-11-22T10:00:00Zx"}) {
    CAPTURE(bad);
    CHECK_FALSE(tape::parse_moment(bad).has_value());
  }
}

TEST_CASE("durations") {
  CHECK(tape::parse_duration("250ms") == 250 * tape::kMillisecond);
  CHECK(tape::parse_duration("1h30m") == 5400 * kSecond);
  CHECK(tape::parse_duration("1.5s") == 3 * kSecond / 2);
  CHECK(tape::parse_duration("0") == 0);
  CHECK(tape::parse_duration("2d") == 172800 * kSecond);
  for (const char* bad : {"", "5", "s", "5x", "1s1s", "-1s", "1e9s", "99999999d"}) {
    CAPTURE(bad);
    CHECK_FALSE(tape::parse_duration(bad).has_value());
  }
}

TEST_CASE("a venue's bare number is a time by its magnitude") {
  CHECK(tape::classify_time(1'612'269'656).unit == TimeUnit::seconds);
  CHECK(tape::classify_time(1'612'269'656'839).unit == TimeUnit::milliseconds);
  CHECK(tape::classify_time(1'612'269'656'839).moment == 1'612'269'656'839'000'000);
  CHECK(tape::classify_time(1'612'269'656'839'123).unit == TimeUnit::microseconds);
  CHECK(tape::classify_time(1'612'269'656'839'123'456).unit == TimeUnit::nanoseconds);
  CHECK(tape::classify_time(0).moment == 0);
  CHECK(tape::classify_time(0).unit == TimeUnit::none);
  CHECK(tape::classify_time(-5).unit == TimeUnit::none);
  CHECK(tape::classify_time(std::numeric_limits<std::int64_t>::min()).moment == 0);
  // Seconds and milliseconds beyond 64 bits of nanoseconds are no time.
  CHECK(tape::classify_time(99'999'999'999).moment == 0);
  CHECK(tape::classify_time(99'999'999'999'999).moment == 0);
}
