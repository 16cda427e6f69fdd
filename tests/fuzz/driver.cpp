// Runs a fuzz target without libFuzzer: its own seeds and the files of the folders given, and
// mutations of all of them, the same in every run.
#include <fuzz/seeds.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Input = std::vector<std::uint8_t>;

constexpr int kMutationsOfEach = 200;

Input mutated(const Input& seed, std::mt19937_64& random) {
  Input input = seed;
  const auto rounds = 1 + random() % 6;
  for (std::uint64_t i = 0; i < rounds && !input.empty(); ++i) {
    const auto at = static_cast<std::ptrdiff_t>(random() % input.size());
    const auto room = static_cast<std::ptrdiff_t>(input.size()) - at;
    const auto length = std::min<std::ptrdiff_t>(room, static_cast<std::ptrdiff_t>(random() % 40));
    switch (random() % 4) {
      case 0:
        input[static_cast<std::size_t>(at)] ^= static_cast<std::uint8_t>(1U << (random() % 8));
        break;
      case 1:
        input.erase(input.begin() + at, input.begin() + at + length);
        break;
      case 2: {
        const Input piece(input.begin() + at, input.begin() + at + length);
        const auto to = static_cast<std::ptrdiff_t>(random() % input.size());
        input.insert(input.begin() + to, piece.begin(), piece.end());
        break;
      }
      default:
        for (auto j = at; j < at + length; ++j) {
          input[static_cast<std::size_t>(j)] = static_cast<std::uint8_t>(random());
        }
    }
  }
  return input;
}

std::vector<Input> files_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.is_regular_file()) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<Input> inputs;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return inputs;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<Input> seeds;
  if (tape_fuzz_seeds != nullptr) seeds = tape_fuzz_seeds();
  for (int i = 1; i < argc; ++i) {
    for (auto& input : files_in(argv[i])) seeds.push_back(std::move(input));
  }
  if (seeds.empty()) {
    std::fputs("no seeds: name a folder of inputs\n", stderr);
    return 2;
  }
  std::mt19937_64 random(1);
  for (const auto& seed : seeds) {
    (void)LLVMFuzzerTestOneInput(seed.data(), seed.size());
    for (int i = 0; i < kMutationsOfEach; ++i) {
      const auto input = mutated(seed, random);
      (void)LLVMFuzzerTestOneInput(input.data(), input.size());
    }
  }
  return 0;
}
