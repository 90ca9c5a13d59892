// Random: a small fast generator for balancing and jitter (splitmix64). One thread; never for secrets.
#pragma once

#include <cstdint>

#include "lb/base/hash.h"

namespace stickler {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    const std::uint64_t value = mix64(state_);
    state_ += 0x9e3779b97f4a7c15;
    return value;
  }

  // Uniform in [0, bound) by multiply and shift (Lemire 2019); the bias is below bound / 2^32. Requires: bound > 0.
  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(((next() >> 32) * bound) >> 32); }

  double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }  // [0, 1)

 private:
  std::uint64_t state_;
};

}  // namespace stickler
