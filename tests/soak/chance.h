// Random decisions that follow from a seed. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>
#include <thread>

namespace stickler::soak {

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : engine_(seed) {}

  std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(engine_); }
  bool percent(std::size_t share) { return below(100) < share; }

  // Mostly small, up to 256 KiB.
  std::size_t size() {
    const std::size_t kind = below(100);
    return 1 + below(kind < 70 ? 2'048 : kind < 90 ? 32'768 : 262'144);
  }

  void pause(std::size_t milliseconds_max) {
    std::this_thread::sleep_for(std::chrono::milliseconds(below(milliseconds_max + 1)));
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace stickler::soak
