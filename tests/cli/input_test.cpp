#include <tape/cli/input.h>

#include <catch2/catch.hpp>

#include "cli/tapes.h"
#include <thread>

using namespace tape;
using namespace tape::cli;
using namespace tape::cli::testing;

namespace {

constexpr Nanos kStart = 1'700'000'000 * kSecond;

struct Seen {
  std::vector<std::string> frames;
  std::vector<std::uint64_t> ordinals;
  std::vector<bool> context;
  Exit exit = Exit::failed;
};

std::string frame_of(const log::EventRef& ref) {
  const auto bytes = event::raw_bytes(ref.event);
  return bytes ? std::string(*bytes) : "";
}

/// All events with bytes.
Seen read(const InputOptions& options, const std::stop_token& stop = {}) {
  MergedInput input(options, stop);
  Seen seen;
  while (const auto* ref = input.next()) {
    if (frame_of(*ref).empty()) continue;
    seen.frames.push_back(frame_of(*ref));
    seen.ordinals.push_back(ref->ordinal);
    seen.context.push_back(input.is_context());
  }
  seen.exit = input.exit();
  return seen;
}

std::vector<Given> numbered(int count, const std::string& prefix = "f", Nanos start = kStart) {
  std::vector<Given> events;
  for (int i = 0; i < count; ++i) {
    Given given;
    given.at = start + i * kSecond;
    given.frame = prefix + std::to_string(i);
    events.push_back(given);
  }
  return events;
}

using Frames = std::vector<std::string>;

}  // namespace

TEST_CASE("one tape is read whole, in order, with its ordinals") {
  const Folder folder;
  write_tape(folder / "a.tape", numbered(3));
  const auto seen = read({{folder / "a.tape"}, {}, 0, false, {}});
  CHECK(seen.frames == Frames{"f0", "f1", "f2"});
  CHECK(seen.ordinals == std::vector<std::uint64_t>{2, 3, 4});
  CHECK(seen.exit == Exit::done);
}

TEST_CASE("several tapes are merged by time, equal times in argument order") {
  const Folder folder;
  write_tape(folder / "a.tape", numbered(3, "a"), {.session = 1});
  write_tape(folder / "b.tape", numbered(3, "b"), {.session = 2});
  const auto seen = read({{folder / "b.tape", folder / "a.tape"}, {}, 0, false, {}});
  CHECK(seen.frames == Frames{"b0", "a0", "b1", "a1", "b2", "a2"});
  const auto other = read({{folder / "a.tape", folder / "b.tape"}, {}, 0, false, {}});
  CHECK(other.frames == Frames{"a0", "b0", "a1", "b1", "a2", "b2"});
}

TEST_CASE("tapes that follow each other are read in time order whatever the arguments' order") {
  const Folder folder;
  write_tape(folder / "late.tape", numbered(2, "late", kStart + 100 * kSecond), {.session = 2});
  write_tape(folder / "early.tape", numbered(2, "early"), {.session = 1});
  const auto seen = read({{folder / "late.tape", folder / "early.tape"}, {}, 0, false, {}});
  CHECK(seen.frames == Frames{"early0", "early1", "late0", "late1"});
}

TEST_CASE("a clock that steps back at a rotation does not turn the session around") {
  const Folder folder;
  write_tape(folder / "1.tape", numbered(2, "first", kStart), {.next_file = "2.tape"});
  write_tape(folder / "2.tape", numbered(2, "second", kStart - 3600 * kSecond),
             {.first_ordinal = 5});
  for (const auto& files : {std::vector<std::string>{folder / "1.tape", folder / "2.tape"},
                            std::vector<std::string>{folder / "2.tape", folder / "1.tape"}}) {
    CHECK(read({files, {}, 0, false, {}}).frames ==
          Frames{"first0", "first1", "second0", "second1"});
  }
}

TEST_CASE("times: half-open, relative to the first and the last event, and to an event") {
  const Folder folder;
  write_tape(folder / "a.tape", numbered(10), {.chunk_bytes = 256});
  const auto between = [&](const char* from, const char* to) {
    InputOptions options{{folder / "a.tape"}, {}, 0, false, {}};
    if (from != nullptr) options.select.from = parse_time(from);
    if (to != nullptr) options.select.to = parse_time(to);
    return read(options).frames;
  };
  CHECK(between("@1700000007", nullptr) == Frames{"f7", "f8", "f9"});
  CHECK(between(nullptr, "@1700000002") == Frames{"f0", "f1"});
  CHECK(between("+3s", "+5s") == Frames{"f3", "f4"});
  CHECK(between("-2s", nullptr) == Frames{"f7", "f8", "f9"});
  CHECK(between("-2s", "-1s") == Frames{"f7"});
  CHECK(between("@#1122334455667788:9", "@#1122334455667788:10") == Frames{"f7"});
  InputOptions nobody{{folder / "a.tape"}, {}, 0, false, {}};
  nobody.select.from = parse_time("@#1122334455667788:999");
  CHECK_THROWS_AS(read(nobody), Error);
}

TEST_CASE("times from the last event of an open tape") {
  const Folder folder;
  for (const std::size_t chunk : {std::size_t{256}, std::size_t{1} << 20U}) {
    write_tape(folder / "open.tape", numbered(10), {.chunk_bytes = chunk, .closed = false});
    InputOptions options{{folder / "open.tape"}, {}, 0, false, {}};
    options.select.from = parse_time("-2s");
    const auto seen = read(options);
    CHECK(seen.frames == Frames{"f7", "f8", "f9"});
    CHECK(seen.exit == Exit::done);
  }
}

TEST_CASE("ordinals, limits and context") {
  const Folder folder;
  write_tape(folder / "a.tape", numbered(10), {.chunk_bytes = 256});
  InputOptions options{{folder / "a.tape"}, {}, 0, false, {}};
  options.select.ordinals = {"4-5,9"};
  CHECK(read(options).frames == Frames{"f2", "f3", "f7"});
  options.limit = 2;
  CHECK(read(options).frames == Frames{"f2", "f3"});
  options.limit = 0;
  options.select.ordinals = {"1122334455667788:6"};
  CHECK(read(options).frames == Frames{"f4"});
  options.select.context = 2;
  const auto seen = read(options);
  CHECK(seen.frames == Frames{"f2", "f3", "f4", "f5", "f6"});
  CHECK(seen.context == std::vector<bool>{true, true, false, true, true});
  options.select.ordinals = {"6,8"};
  CHECK(read(options).frames == Frames{"f2", "f3", "f4", "f5", "f6", "f7", "f8"});
  options.limit = 1;
  options.select.context = 1;
  CHECK(read(options).frames == Frames{"f3", "f4", "f5"});
}

TEST_CASE("selection by words") {
  const Folder folder;
  auto events = numbered(4);
  events[1].symbol = "PI_ETHUSD";
  events[2].channel = "book";
  write_tape(folder / "a.tape", events);
  InputOptions options{{folder / "a.tape"}, {}, 0, false, {}};
  options.select.symbols = {"pi_eth*"};
  CHECK(read(options).frames == Frames{"f1"});
  options.select.symbols = {"PI_ETHUSD", "PI_XBTUSD"};
  options.select.channels = {"trade"};
  CHECK(read(options).frames == Frames{"f0", "f1", "f3"});
  options.select.kinds = {"nothing"};
  CHECK_THROWS_AS(read(options), Error);
}

TEST_CASE("damage costs its chunk, is told and makes the exit status 3") {
  const Folder folder;
  write_tape(folder / "a.tape", numbered(200), {.chunk_bytes = 1024});
  auto bytes = slurp(folder / "a.tape");
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0x10);
  spill(folder / "a.tape", bytes);
  const auto seen = read({{folder / "a.tape"}, {}, 0, false, {}});
  CHECK(seen.exit == Exit::damaged);
  CHECK(seen.frames.front() == "f0");
  CHECK(seen.frames.back() == "f199");
}

TEST_CASE("a torn tail is 3, an open one is 0") {
  const Folder folder;
  write_tape(folder / "open.tape", numbered(50), {.closed = false});
  CHECK(read({{folder / "open.tape"}, {}, 0, false, {}}).exit == Exit::done);
  auto bytes = slurp(folder / "open.tape");
  bytes.resize(bytes.size() - 5);
  spill(folder / "torn.tape", bytes);
  CHECK(read({{folder / "torn.tape"}, {}, 0, false, {}}).exit == Exit::damaged);
}

TEST_CASE("inputs that are none") {
  const Folder folder;
  CHECK_THROWS_AS(MergedInput({{folder / "absent.tape"}, {}, 0, false, {}}), Error);
  CHECK_THROWS_AS(MergedInput({{"-", "-"}, {}, 0, false, {}}), Error);
  spill(folder / "text", "no tape at all, but some text that is long enough to look at");
  CHECK_THROWS_AS(read({{folder / "text"}, {}, 0, false, {}}), Error);
}

TEST_CASE("following a growing tape, over a rotation, to its end") {
  const Folder folder;
  const auto events = numbered(4);
  Recorder first(folder / "1.tape", kStart, {.next_file = "2.tape"});
  first.add(events[0]);
  first.flush();
  std::unique_ptr<Recorder> second;

  InputOptions options{{folder / "1.tape"}, {}, 0, true, {}};
  int waits = 0;
  options.before_wait = [&] {
    // Each time it waits, the world goes one step on.
    ++waits;
    if (waits == 1) first.add(events[1]);
    if (waits == 1) first.flush();
    if (waits == 2) first.end();
    if (waits == 4) {
      second =
          std::make_unique<Recorder>(folder / "2.tape", kStart, TapeOptions{.first_ordinal = 5});
      second->add(events[2]);
      second->flush();
    }
    if (waits == 6) {
      second->add(events[3]);
      second->end();
    }
    REQUIRE(waits < 100);
  };
  const auto seen = read(options);
  CHECK(seen.frames == Frames{"f0", "f1", "f2", "f3"});
  CHECK(seen.ordinals == std::vector<std::uint64_t>{2, 3, 6, 7});
  CHECK(seen.exit == Exit::done);
}

TEST_CASE("following ends when a stop is requested") {
  const Folder folder;
  write_tape(folder / "open.tape", numbered(3), {.closed = false});
  InputOptions options{{folder / "open.tape"}, {}, 0, true, {}};
  std::stop_source stop;
  options.before_wait = [&] { stop.request_stop(); };
  const auto seen = read(options, stop.get_token());
  CHECK(seen.frames == Frames{"f0", "f1", "f2"});
  CHECK(seen.exit == Exit::done);
}
