#include <tape/cli/declare.h>

#include <catch2/catch.hpp>

#include <csignal>

using namespace tape;
using namespace tape::cli;

namespace {

struct Run {
  int status = -1;
  Nanos duration = -1;
  std::uint64_t size = 0;
  std::vector<std::string> list;
  std::vector<std::string> files;
  std::optional<TimeSpec> from;
  bool ran = false;
};

Run run(
    std::vector<std::string> words, const std::function<Exit()>& body = [] { return Exit::done; }) {
  Run result;
  App app("tape-test", "tests", {});
  app.options().add_option("FILE", result.files, "files");
  (void)app.add_duration("--every", result.duration, "a duration");
  (void)app.add_size("--size", result.size, "a size");
  (void)app.add_list("--list", result.list, "a list");
  (void)add_time(app, "--from", result.from, "a time");
  words.insert(words.begin(), "tape-test");
  std::vector<char*> pointers;
  for (auto& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  result.status = app.run(static_cast<int>(words.size()), pointers.data(), [&] {
    result.ran = true;
    return body();
  });
  return result;
}

}  // namespace

TEST_CASE("failures become exit statuses") {
  CHECK(run({}).status == 0);
  CHECK(run({}, [] { return Exit::damaged; }).status == 3);
  CHECK(run({}, []() -> Exit { throw Error(Fault::io, "x"); }).status == 1);
  CHECK(run({}, []() -> Exit { throw Error(Fault::format, "x"); }).status == 1);
  CHECK(run({}, []() -> Exit { throw Error(Fault::timeout, "x"); }).status == 1);
  CHECK(run({}, []() -> Exit { throw Error(Fault::usage, "x"); }).status == 2);
  CHECK(run({}, []() -> Exit { throw std::runtime_error("x"); }).status == 1);
  CHECK(run({}, []() -> Exit { throw ClosedOutput{}; }).status == 0);
}

TEST_CASE("wrong usage is 2 and runs nothing") {
  for (const auto& words : std::vector<std::vector<std::string>>{{"--unknown"},
                                                                 {"--every", "5"},
                                                                 {"--every", "later"},
                                                                 {"--every"},
                                                                 {"--size", "1X"},
                                                                 {"--from", "yesterday"},
                                                                 {"--from", "@#12"},
                                                                 {"--from", "@#zz:1"},
                                                                 {"--from", "@#1:0"}}) {
    const auto result = run(words);
    CAPTURE(words);
    CHECK(result.status == 2);
    CHECK_FALSE(result.ran);
  }
}

TEST_CASE("values have units") {
  const auto result = run({"--every", "1m30s", "--size", "64K"});
  CHECK(result.status == 0);
  CHECK(result.duration == 90 * kSecond);
  CHECK(result.size == 65536);
}

TEST_CASE("a list option takes one value each time and leaves the files alone") {
  const auto result = run({"--list", "a,b", "one.tape", "--list", "c", "two.tape", "-"});
  CHECK(result.status == 0);
  CHECK(result.list == std::vector<std::string>{"a,b", "c"});
  CHECK(result.files == std::vector<std::string>{"one.tape", "two.tape", "-"});
}

TEST_CASE("a time that begins with a minus is a value, not an option") {
  const auto result = run({"--from", "-1h30m", "a.tape"});
  REQUIRE(result.status == 0);
  REQUIRE(result.from);
  CHECK(result.from->from == TimeSpec::From::last);
  CHECK(result.from->value == 5400 * kSecond);
  CHECK(result.files == std::vector<std::string>{"a.tape"});
}

TEST_CASE("times in all their spellings") {
  const auto moment = [](std::string_view text) {
    const auto spec = parse_time(text);
    REQUIRE(spec);
    CHECK(spec->from == TimeSpec::From::epoch);
    return spec->value;
  };
  CHECK(moment("1970-01-02") == 86400 * kSecond);
  CHECK(moment("1970-01-01T00:00:01.5Z") == 1'500'000'000);
  CHECK(moment("1970-01-01T01:00:00+01:00") == 0);
  CHECK(moment("@12.25") == 12'250'000'000);
  CHECK(parse_time("+250ms")->from == TimeSpec::From::first);
  CHECK(parse_time("+250ms")->value == 250 * kMillisecond);
  const auto event = parse_time("@#00000000000000ff:42");
  REQUIRE(event);
  CHECK(event->from == TimeSpec::From::event);
  CHECK(event->session == 255);
  CHECK(event->ordinal == 42);
  for (const auto* bad : {"", "+", "-", "@", "@#", "@#1", "@#1:", "@#1:x", "@#:1", "+1", "12:00"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_time(bad));
  }
}

TEST_CASE("the first signal asks for an end, and hang-up is a flag of its own") {
  Signals signals(Signals::Hangup::is_a_flag);
  CHECK_FALSE(signals.take_hangup());
  REQUIRE(::raise(SIGHUP) == 0);
  CHECK(signals.take_hangup());
  CHECK_FALSE(signals.take_hangup());
  CHECK_FALSE(signals.stopped());
  std::stop_source seen;
  const std::stop_callback callback(signals.token(), [&] { seen.request_stop(); });
  REQUIRE(::raise(SIGTERM) == 0);
  CHECK(signals.stopped());
  CHECK(signals.signal() == SIGTERM);
  while (!seen.stop_requested()) std::this_thread::yield();
  CHECK(signals.token().stop_requested());
}

TEST_CASE("worse outcomes win") {
  CHECK(worse(Exit::done, Exit::damaged) == Exit::damaged);
  CHECK(worse(Exit::failed, Exit::damaged) == Exit::failed);
  CHECK(worse(Exit::done, Exit::done) == Exit::done);
}
