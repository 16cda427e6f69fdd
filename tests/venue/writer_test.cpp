// Whatever a table reads it writes so that it reads the same again: every frame of the samples,
// through every table that understands it.
#include <tape/venue/binance_usdm/fields.h>
#include <tape/venue/kraken_futures/fields.h>
#include <tape/venue/writer.h>

#include <capnp/any.h>
#include <catch2/catch.hpp>
#include <support/zst.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

using namespace tape;
using namespace tape::venue;

namespace {

std::string content(const std::filesystem::path& path) {
  if (path.extension() == ".zst") return tape_test::read_zst(path.string());
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// What of a file may be a frame: lines, what captures have behind their times, all of it.
std::vector<std::string> frames_of(const std::filesystem::path& path) {
  std::vector<std::string> frames;
  const auto text = content(path);
  if (text.size() < 100'000) frames.push_back(text);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto begin = line.find_first_of("{[");
    if (begin == std::string::npos) continue;
    line.erase(0, begin);
    // The message inside the wrapper of a combined stream.
    constexpr std::string_view kData = "\"data\":";
    const auto data = line.starts_with("{\"stream\"") ? line.find(kData) : std::string::npos;
    if (data != std::string::npos)
      line = line.substr(data + kData.size(), line.rfind('}') - data - kData.size());
    frames.push_back(line);
  }
  return frames;
}

struct Understood {
  explicit Understood(const Table& table) : program(compile(table)), name(table.name) {}

  /// Fills an event; false: the table does not understand all of it.
  bool read(std::string_view text, event::Message& message) {
    std::string padded(text);
    padded.append(event::kFramePadding, '\0');
    auto event = message.start();
    if (!parser.open({padded.data(), text.size()})) return false;
    if (parser.walk(*program, event)) return false;
    return event.getUnknownFields() == 0 && event.getAnomalies().size() == 0;
  }

  ProgramPtr program;
  std::string name;
  Parser parser;
};

std::size_t check_all(std::span<const Table> tables, const Spelling& spelling,
                      const std::string& folder, std::size_t at_most) {
  std::size_t checked = 0;
  event::Message first;
  event::Message second;
  std::vector<std::string> frames;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    auto all = frames_of(entry.path());
    const auto step = all.size() / at_most + 1;
    for (std::size_t i = 0; i < all.size(); i += step) frames.push_back(std::move(all[i]));
  }
  for (const auto& table : tables) {
    // What it keeps of filters depends on which of them names it.
    if (table.name == "exchangeInfo") continue;
    Understood reader(table);
    TableWriter writer(table, spelling);
    for (const auto& frame : frames) {
      if (!reader.read(frame, first)) continue;
      std::string text;
      writer.append(first.event().asReader(), {}, text);
      ++checked;
      const bool again = reader.read(text, second);
      const bool same = again && capnp::AnyStruct::Reader(first.event().asReader()) ==
                                     capnp::AnyStruct::Reader(second.event().asReader());
      if (same) continue;
      INFO(table.name << ": " << frame.substr(0, 700) << "\n became " << text.substr(0, 700)
                      << (again ? "" : ", not understood"));
      CHECK(same);
      break;
    }
  }
  return checked;
}

}  // namespace

TEST_CASE("what a table of kraken futures reads it writes") {
  const auto tables = kraken_futures::all_tables();
  CHECK(check_all(tables, {}, TAPE_SOURCE_DIR "/samples/kraken_futures", 300) > 300);
}

TEST_CASE("what a table of binance reads it writes") {
  CHECK(check_all(binance_usdm::tables(), {.quoted_decimals = true, .capital_sides = true},
                  TAPE_SOURCE_DIR "/samples/binance_usdm", 300) > 500);
}
