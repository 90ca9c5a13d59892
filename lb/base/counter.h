// Counter: written by one thread, read by any. A relaxed load and store, so an increment is a plain add.
#pragma once

#include <atomic>
#include <cstdint>

namespace stickler {

class Counter {
 public:
  void add(std::uint64_t by = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};  // Written by the owning thread only.
};

}  // namespace stickler
