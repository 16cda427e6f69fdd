// What an event takes from the heap on its way through record, cat and replay: nothing, once shapes
// are learned and buffers have their size. The same frames twice and four times: what the second
// two take more is what events take.
#include <tape/cli/cat.h>
#include <tape/flow/play/player.h>
#include <tape/flow/recorder.h>

#include <catch2/catch.hpp>
#include <support/allocations.h>
#include <support/zst.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace tape::flow {
namespace {

constexpr std::size_t kFramesEach = 15'000;

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tape-flow-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = pattern;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string operator/(const std::string& name) const {
    return (path_ / name).string();
  }

 private:
  std::filesystem::path path_;
};

/// The received frames of a cryptofeed capture, a line each, up to kFramesEach.
std::string frames_of(const std::string& capture) {
  const auto text = tape_test::read_zst(std::string(TAPE_SOURCE_DIR) + "/samples/" + capture);
  std::string frames;
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size() && count < kFramesEach;) {
    const auto end = std::min(text.find('\n', at), text.size());
    const auto line = std::string_view(text).substr(at, end - at);
    at = end + 1;
    const auto colon = line.find(": ");
    if (line.empty() || line[0] < '0' || line[0] > '9' || colon == std::string_view::npos) continue;
    frames.append(line.substr(colon + 2)).append("\n");
    ++count;
  }
  REQUIRE(count > 5000);
  return frames;
}

/// Frames of both venues in turn, as a recorder of two would get them.
const std::string& both_venues() {
  static const std::string kFrames = [] {
    const std::string parts[] = {frames_of("binance_usdm/cf_20210405_mixed.txt.zst"),
                                 frames_of("kraken_futures/cf_20210722_ws.txt.zst")};
    std::string frames;
    std::size_t at[] = {0, 0};
    while (at[0] < parts[0].size() && at[1] < parts[1].size()) {
      for (std::size_t i = 0; i < 2; ++i) {
        const auto end = parts[i].find('\n', at[i]) + 1;
        frames.append(parts[i], at[i], end - at[i]);
        at[i] = end;
      }
    }
    return frames;
  }();
  return kFrames;
}

std::size_t frame_count() {
  const auto& frames = both_venues();
  return static_cast<std::size_t>(std::count(frames.begin(), frames.end(), '\n'));
}

class NullSink final : public log::Sink {
 public:
  void write(Bytes bytes) override { size += bytes.size(); }
  void sync() override {}
  std::size_t size = 0;
};

class NullOutlet final : public bus::Outlet {
 public:
  bool send(std::string_view, Bytes payload, const bus::Head&) override {
    bytes += payload.size();
    return true;
  }
  void tend() override {}
  std::size_t bytes = 0;
};

class TapeSource final : public log::EventSource {
 public:
  explicit TapeSource(const std::string& path) : reader_(path) {}
  const log::EventRef* next() override { return reader_.next(); }

 private:
  log::Reader reader_;
};

class Fixture {
 public:
  /// A file with all frames as often as that.
  std::string frames(int times) {
    auto path = folder_ / ("frames-" + std::to_string(times));
    std::ofstream out(path, std::ios::binary);
    for (int i = 0; i < times; ++i) out << both_venues();
    return path;
  }
  static RecorderOptions options(const std::string& source) {
    RecorderOptions options;
    options.recorder = "test";
    options.sources = {source};
    options.keep_raw = event::KeepRaw::automatic;
    options.checkpoint.on = false;  // tests/state/allocation_test.cpp
    return options;
  }
  std::string tape(int times) {
    auto path = folder_ / ("tape-" + std::to_string(times));
    SystemClock clock;
    Destination to{FilePolicy{path, true, 0, 0}, nullptr, {}, {}};
    const auto recorded = record(options(frames(times)), to, clock);
    REQUIRE(recorded.frames == frame_count() * static_cast<std::size_t>(times));
    REQUIRE(recorded.opaque == 0);
    return path;
  }

 private:
  Folder folder_;
};

/// `run(n)` handles the frames n times over.
template <typename Run>
void check_steady(Run run) {
  (void)run(2);  // what is made once in a program
  const auto two = run(2);
  const auto four = run(4);
  const auto events = 2 * frame_count();
  const auto more = four > two ? four - two : 0;
  INFO(two << " allocations for " << events << " frames, " << four << " for twice as many");
  // Chunks, rows of the summary and what a repeated capture starts anew take a few.
  CHECK(more < events / 100);
}

}  // namespace

TEST_CASE("recording allocates nothing for an event") {
  Fixture fixture;
  SystemClock clock;
  for (const int times : {2, 4}) (void)fixture.frames(times);
  check_steady([&](int times) {
    const auto options = Fixture::options(fixture.frames(times));
    NullSink sink;
    const Destination to{std::nullopt, &sink, {}, {}};
    return tape_test::allocations_of([&] { (void)record(options, to, clock); });
  });
}

TEST_CASE("printing a tape allocates nothing for an event") {
  Fixture fixture;
  const std::string tapes[] = {fixture.tape(2), fixture.tape(4)};
  const auto format =
      GENERATE(cli::Format::raw, cli::Format::json, cli::Format::text, cli::Format::capnp);
  check_steady([&](int times) {
    cli::CatOptions options;
    options.input.files = {tapes[times / 4]};
    options.output.path = "/dev/null";
    options.format = format;
    return tape_test::allocations_of([&] { (void)cli::cat(options, {}); });
  });
}

TEST_CASE("playing a tape allocates nothing for an event") {
  Fixture fixture;
  const std::string tapes[] = {fixture.tape(2), fixture.tape(4)};
  const auto payload = GENERATE(Payload::capnp, Payload::json, Payload::raw);
  check_steady([&](int times) {
    TapeSource source(tapes[times / 4]);
    NullOutlet outlet;
    SystemClock clock;
    return tape_test::allocations_of([&] {
      bus::Topics topics;
      Player player({payload, 0, 1, bus::Pattern::pub}, source, topics, outlet, clock, {});
      (void)player.play();
    });
  });
}

}  // namespace tape::flow
