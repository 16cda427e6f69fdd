// Counts what a test program takes from the heap; the program's sources include allocations.cpp.
#pragma once

#include <atomic>
#include <cstddef>

namespace tape_test {

// Of all threads.
inline std::atomic<std::size_t> allocations = 0;

/// How many allocations the call makes.
template <typename Call>
std::size_t allocations_of(Call call) {
  const std::size_t before = allocations;
  call();
  return allocations - before;
}

}  // namespace tape_test
