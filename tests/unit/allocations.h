// Counts what the test program allocates, by replacing operator new: for tests of code that must not. To be included
// by one source of a program only. One thread counts. Not inlined: GCC 12 would take malloc and delete for a mismatch.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

namespace stickler::test {

inline thread_local std::size_t allocations = 0;

// How many allocations `run` makes.
template <class Run>
std::size_t allocations_of(Run run) {
  const std::size_t before = allocations;
  run();
  return allocations - before;
}

}  // namespace stickler::test

[[gnu::noinline]] void* operator new(std::size_t size) {
  ++stickler::test::allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++stickler::test::allocations;
  return std::malloc(size == 0 ? 1 : size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
