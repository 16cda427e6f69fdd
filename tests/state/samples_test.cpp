// Every sample of a private feed and the captures: what is written is read back as it was, and goes
// on the same with every event after it.
#include "state/wire.h"
#include "support/zst.h"
#include <filesystem>
#include <sstream>

namespace tape::state {
namespace {

using test::Wire;

const std::string kSamples = std::string(TAPE_SOURCE_DIR) + "/samples/";

// Blocks of JSON between lines that begin with a mark; answers begin with method, path and a word.
void feed_fixture(Wire& wire, const std::string& path) {
  const auto text = tape_test::read_file(path);
  std::istringstream in(text);
  std::string line;
  std::string target;
  if (path.find("/rest/") != std::string::npos) {
    std::getline(in, line);
    std::getline(in, target);
    std::getline(in, line);
  }
  std::string block;
  const auto flush = [&] {
    if (block.find_first_of("{[") == std::string::npos) return block.clear();
    target.empty() ? wire.send(block) : wire.answer(target, block);
    block.clear();
  };
  while (std::getline(in, line)) {
    if (!line.empty() && (line[0] == '>' || line[0] == '<' || line[0] == '=')) {
      flush();
      if (line[0] == '<') wire.send(line.substr(1));
      continue;
    }
    block += line + '\n';
  }
  flush();
}

std::size_t feed_lines(Wire& wire, const std::string& text, std::size_t most) {
  std::istringstream in(text);
  std::string line;
  std::size_t count = 0;
  while (count < most && std::getline(in, line)) {
    // Captures have their receive time in front.
    const auto begin = line.find('{');
    if (begin == std::string::npos) continue;
    wire.send(line.substr(begin));
    ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("the samples of both venues: a state read back goes on the same") {
  for (const std::string venue : {"kraken-futures", "binance-usdm"}) {
    Wire wire(venue);
    const std::string folder =
        kSamples + (venue == "kraken-futures" ? "kraken_futures" : "binance_usdm");
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (entry.is_regular_file()) files.push_back(entry.path().string());
    }
    std::sort(files.begin(), files.end());
    REQUIRE(files.size() > 20);
    for (const auto& file : files) {
      INFO(file);
      if (file.find("fixtures_jkorf") != std::string::npos) {
        feed_fixture(wire, file);
      } else if (file.ends_with(".ndjson")) {
        feed_lines(wire, tape_test::read_file(file), 400);
      } else if (file.find("/seeds/") != std::string::npos) {
        wire.send(tape_test::read_file(file));
      }
    }
    CHECK(wire.ordinal > 50);
    REQUIRE(wire.state.account(venue, "desk") != nullptr);
    CHECK(wire.account().fills().counts().seen > 1);
  }
}

TEST_CASE("every capture: the state from any of many checkpoints is that from the start") {
  for (const std::string name :
       {"kraken_futures/cf_20210722_ws.txt.zst", "binance_usdm/cf_20210405_mixed.txt.zst",
        "binance_usdm/cf_20210722_ws.txt.zst", "binance_usdm/hft_20240808_btcusdt.txt.zst"}) {
    INFO(name);
    Wire wire(name.starts_with("kraken") ? "kraken-futures" : "binance-usdm");
    wire.check_every = 101;
    CHECK(feed_lines(wire, tape_test::read_zst(kSamples + name), 20'000) > 1000);
    CHECK(wire.ordinal / wire.check_every > 10);
    CHECK(digest(*test::copy(wire.state)) == digest(wire.state));
  }
}

TEST_CASE("a state in several pieces is the state in one") {
  Wire wire("kraken-futures");
  feed_lines(wire, tape_test::read_zst(kSamples + "kraken_futures/cf_20210722_ws.txt.zst"), 300);
  feed_lines(wire, tape_test::read_file(kSamples + "kraken_futures/docs_private_examples.ndjson"),
             100);
  State pieces;
  for (int part = 0; part < 4; ++part) {
    Scope scope;
    scope.books = part == 0;
    scope.accounts = part == 1;
    scope.venues = part == 2;
    scope.markets = part == 3;
    capnp::MallocMessageBuilder message;
    auto root = message.initRoot<schema::State>();
    wire.state.write(root, scope);
    pieces.read(root.asReader());
  }
  CHECK(test::words(pieces) == test::words(wire.state));
}

}  // namespace tape::state
