// Random decisions that follow from a seed. One thread.
#pragma once

#include <cstdint>
#include <random>

namespace stickler::integration {

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : engine_(seed) {}

  std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(engine_); }
  bool percent(std::size_t share) { return below(100) < share; }

  // Up to 2 KiB in so many of a hundred, up to 32 KiB in those to the second number, up to 256 KiB in the rest.
  std::size_t size(std::size_t small, std::size_t middle) {
    const std::size_t kind = below(100);
    return 1 + below(kind < small ? 2'048 : kind < middle ? 32'768 : 262'144);
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace stickler::integration
