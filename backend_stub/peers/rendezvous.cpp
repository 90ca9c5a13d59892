#include "backend_stub/peers/rendezvous.h"

#include <cstdint>

#include "lb/base/hash.h"

namespace stickler::stub {

std::string first_in_order(std::string_view id, std::span<const std::string> nodes) {
  const std::uint64_t seed = hash_bytes(id);
  const std::string* best = nullptr;
  std::uint64_t highest = 0;
  for (const std::string& node : nodes) {
    const std::uint64_t score = mix64(seed ^ hash_bytes(node));
    if (best != nullptr && (score < highest || (score == highest && node >= *best))) continue;
    best = &node;
    highest = score;
  }
  return best == nullptr ? std::string() : *best;
}

}  // namespace stickler::stub
