#include <tape/cli/cat.h>
#include <tape/cli/inventory.h>
#include <tape/log/verify.h>

#include <catch2/catch.hpp>

#include "cli/tapes.h"
#include <algorithm>
#include <cstring>

using namespace tape;
using namespace tape::cli;
using namespace tape::cli::testing;

namespace {

constexpr Nanos kStart = 1'700'000'000 * kSecond;

std::vector<Given> mixed() {
  std::vector<Given> events;
  const auto add = [&](std::string frame) -> Given& {
    Given given;
    given.at = kStart + static_cast<Nanos>(events.size()) * kSecond;
    given.frame = std::move(frame);
    return events.emplace_back(given);
  };
  add("one");
  add("two").transport = schema::Transport::WEBSOCKET;
  add("answer").transport = schema::Transport::REST;
  add("asked").direction = schema::Direction::SENT;
  add("");
  add("last").unterminated = true;
  return events;
}

struct Ran {
  std::string out;
  Exit exit = Exit::failed;
};

Ran run(const Folder& folder, CatOptions options) {
  options.output = {folder / "out", true};
  options.progress = ProgressMode::never;
  const auto exit = cat(options, {});
  return {slurp(folder / "out"), exit};
}

CatOptions on(const Folder& folder, Format format) {
  CatOptions options;
  options.input.files = {folder / "a.tape"};
  options.format = format;
  return options;
}

using Identities = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

Identities identities(const std::string& path, std::uint64_t session) {
  log::Reader reader(path);
  Identities all;
  while (const auto* ref = reader.next()) {
    if (ref->session == session) all.emplace_back(ref->session, ref->ordinal);
  }
  return all;
}

}  // namespace

TEST_CASE("raw gives the received stream frames back, byte for byte") {
  const Folder folder;
  write_tape(folder / "a.tape", mixed());
  CHECK(run(folder, on(folder, Format::raw)).out == "one\ntwo\nlast");
  CHECK(run(folder, on(folder, Format::raw0)).out == std::string("one\0two\0last\0", 13));
  auto sent = on(folder, Format::raw);
  sent.input.select.directions = {"sent"};
  CHECK(run(folder, sent).out == "asked\n");
  auto rest = on(folder, Format::raw);
  rest.input.select.transports = {"rest"};
  CHECK(run(folder, rest).out == "answer\n");
}

TEST_CASE("limit and count speak of what is shown") {
  const Folder folder;
  write_tape(folder / "a.tape", mixed());
  auto options = on(folder, Format::raw);
  options.input.limit = 2;
  CHECK(run(folder, options).out == "one\ntwo\n");
  options.count = true;
  CHECK(run(folder, options).out == "2\n");
  options.input.limit = 0;
  CHECK(run(folder, options).out == "3\n");
  options.format = Format::json;
  CHECK(run(folder, options).out == "8\n");
}

TEST_CASE("json, text and csv have a line an event") {
  const Folder folder;
  write_tape(folder / "a.tape", mixed());
  const auto lines = [](const std::string& text) {
    return std::count(text.begin(), text.end(), '\n');
  };
  CHECK(lines(run(folder, on(folder, Format::json)).out) == 8);
  CHECK(lines(run(folder, on(folder, Format::text)).out) == 8);
  auto csv = on(folder, Format::csv);
  CHECK_THROWS_WITH(run(folder, csv), Catch::Contains("--kind"));
  csv.input.select.kinds = {"*"};
  CHECK_THROWS_AS(run(folder, csv), Error);
  csv.input.select.kinds = {"trade"};
  CHECK(lines(run(folder, csv).out) == 7);
  auto bare = on(folder, Format::json);
  CHECK(run(folder, bare).out.find("\"raw\":\"one\"") == std::string::npos);
  bare.json.raw = event::Raw::shown;
  CHECK(run(folder, bare).out.find("\"raw\":\"one\"") != std::string::npos);
}

TEST_CASE("bare messages name their ordinals, also when events before them were left out") {
  const Folder folder;
  write_tape(folder / "a.tape", mixed());
  auto options = on(folder, Format::capnp);
  options.input.select.ordinals = {"3,5"};
  const auto bytes = run(folder, options).out;
  REQUIRE(bytes.size() % sizeof(capnp::word) == 0);
  std::vector<std::uint64_t> words(bytes.size() / sizeof(capnp::word));
  std::memcpy(words.data(), bytes.data(), bytes.size());
  std::span rest(reinterpret_cast<const capnp::word*>(words.data()), words.size());
  std::vector<std::uint64_t> ordinals;
  while (!rest.empty()) {
    const auto size = event::parse_framed_size(rest);
    REQUIRE(size.state == event::FramedState::whole);
    event::View view;
    view.reset(rest.first(size.words));
    ordinals.push_back(view.event().getOrdinal());
    rest = rest.subspan(size.words);
  }
  CHECK(ordinals == std::vector<std::uint64_t>{3, 5});
}

TEST_CASE("a cut is a clean tape whose events keep their identity") {
  const Folder folder;
  write_tape(folder / "a.tape", mixed());
  auto options = on(folder, Format::tape);
  options.input.select.ordinals = {"3-5"};
  CHECK(run(folder, options).exit == Exit::done);
  std::filesystem::rename(folder / "out", folder / "cut.tape");
  CHECK(identities(folder / "cut.tape", kSession) ==
        Identities{{kSession, 3}, {kSession, 4}, {kSession, 5}});
  const auto verdict = log::verify(folder / "cut.tape");
  for (const auto& problem : verdict.problems) FAIL_CHECK(problem.check << ": " << problem.text);
  CHECK(verdict.tail == log::Tail::clean);
  log::Reader reader(folder / "cut.tape");
  const auto* first = reader.next();
  REQUIRE(first != nullptr);
  REQUIRE(first->event.getBody().isSession());
  CHECK(first->event.getBody().getSession().getDerived());
  CHECK(first->session != kSession);
  CHECK(first->event.getReceivedAt() == kStart + kSecond);
  CHECK(reader.preambles().front().derived);

  SECTION("a copy of a copy has one beginning and one end of its own") {
    auto again = on(folder, Format::tape);
    again.input.files = {folder / "cut.tape"};
    CHECK(run(folder, again).exit == Exit::done);
    CHECK(identities(folder / "out", kSession).size() == 3);
    const auto all = take_inventory(folder / "out", {});
    CHECK(all.events == 5);
    CHECK(all.sessions() == 2);
  }
}

TEST_CASE("nothing selected is still a tape") {
  const Folder folder;
  write_tape(folder / "a.tape", mixed());
  auto options = on(folder, Format::tape);
  options.input.select.symbols = {"NOTHING"};
  CHECK(run(folder, options).exit == Exit::done);
  CHECK(log::verify(folder / "out").problems.empty());
}

TEST_CASE("figures are the same from the summary and from a scan") {
  const Folder folder;
  auto events = mixed();
  events[1].symbol = "PI_ETHUSD";
  write_tape(folder / "a.tape", events);
  write_tape(folder / "open.tape", events, {.closed = false});
  const auto summed = take_inventory(folder / "a.tape", {});
  CHECK(summed.from_summary);
  SelectOptions everything;
  everything.venues = {"*"};
  auto scanned = take_inventory(folder / "a.tape", everything);
  CHECK_FALSE(scanned.from_summary);
  CHECK(summed.events == 8);
  CHECK(summed.frames() == 5);
  CHECK(summed.raw_bytes == 3 + 3 + 6 + 5 + 4);
  CHECK(summed.tail == log::Tail::clean);
  CHECK(summed.seconds() == Approx(5));
  CHECK(summed.sessions() == 1);
  REQUIRE(summed.preamble);
  CHECK(summed.preamble->recorder == "test 1");
  CHECK(scanned.events == summed.events);
  CHECK(scanned.raw_bytes == summed.raw_bytes);
  CHECK(scanned.kept == summed.kept);
  CHECK(scanned.kinds == summed.kinds);
  CHECK(scanned.first == summed.first);
  CHECK(scanned.last == summed.last);
  REQUIRE(scanned.feeds.size() == summed.feeds.size());
  for (const auto& [key, feed] : summed.feeds) {
    CHECK(scanned.feeds.at(key).events == feed.events);
    CHECK(scanned.feeds.at(key).raw_bytes == feed.raw_bytes);
    CHECK(scanned.feeds.at(key).last == feed.last);
  }
  const auto open = take_inventory(folder / "open.tape", {});
  CHECK(open.tail == log::Tail::open);
  CHECK(open.events == 7);
}
