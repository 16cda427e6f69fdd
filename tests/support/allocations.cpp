// Replaces operator new in a program that wants to count. Apart from the tests, so that the
// compiler does not see into it there and take free() for a mistake.
#include <support/allocations.h>

#include <cstdlib>
#include <new>

void* operator new(std::size_t size) {
  ++tape_test::allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++tape_test::allocations;
  return std::malloc(size == 0 ? 1 : size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
