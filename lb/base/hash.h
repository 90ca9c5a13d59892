// Seeded hashes that are stable across processes, machines and releases. Any thread.
//
// Not for secrets: the affinity cookie has its own keyed hash.
#pragma once

#include <cstdint>
#include <string_view>

namespace stickler {

// XXH3, 64 bits.
std::uint64_t hash_bytes(std::string_view bytes, std::uint64_t seed = 0);

// The splitmix64 finaliser (Steele, Lea, Flood 2014): every input bit changes half of the output bits.
constexpr std::uint64_t mix64(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

}  // namespace stickler
