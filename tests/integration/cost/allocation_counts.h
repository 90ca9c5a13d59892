// What the counting allocator of a program under test (allocation_counter_preload.cpp) and the test share: a mapped
// file. Written by every thread of the program, read by the test.
#pragma once

#include <atomic>
#include <cstdint>

namespace stickler::integration {

// The environment variable that names the file. It is there before the program starts, of this size, and zero.
inline constexpr const char* allocation_counts_variable = "ALLOCATION_COUNTS";

struct AllocationCounts {
  std::atomic<std::uint64_t> allocations;  // malloc and its kin, realloc included.
  std::atomic<std::int32_t> traces_left;   // Set by the test: so many allocations say on standard error who made them.
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

}  // namespace stickler::integration
