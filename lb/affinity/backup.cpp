#include "lb/affinity/backup.h"

#include "lb/base/hash.h"

namespace stickler::affinity {

std::optional<std::size_t> next_in_order(std::uint64_t nonce, const NodeTable& nodes,
                                         std::span<const balance::Standing> standings, std::size_t primary) {
  std::optional<std::size_t> best;
  std::uint64_t highest = 0;
  for (std::size_t i = 0; i < standings.size(); ++i) {
    const bool waits = standings[i] == balance::Standing::standby;
    if (i == primary || (standings[i] != balance::Standing::eligible && !waits)) continue;
    const std::uint64_t score = mix64(nonce ^ nodes.name_hash(i));
    const bool best_waits = best && standings[*best] == balance::Standing::standby;
    if (best && (waits == best_waits ? score <= highest : waits)) continue;
    best = i;
    highest = score;
  }
  return best;
}

}  // namespace stickler::affinity
