// A fuzz target may make seeds of its own, besides the files of its corpus.
#pragma once

#include <cstdint>
#include <vector>

/// Optional: a target that defines it hands its seeds to the plain driver.
[[gnu::weak]] std::vector<std::vector<std::uint8_t>> tape_fuzz_seeds();
