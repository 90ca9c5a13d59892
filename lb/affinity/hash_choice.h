// The node of a session whose key is hashed: the same on every balancer, without any memory. Pure; any thread.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "lb/affinity/node_table.h"
#include "lb/balance/standing.h"
#include "lb/base/hash.h"

namespace stickler::affinity {

struct HashedNodes {
  std::optional<std::size_t> first;   // nullopt: there is none.
  std::optional<std::size_t> second;  // The one that is first where that one is not.
};

// Weighted rendezvous (Schindelhauer and Schomaker 2005) over the members that may take new sessions: each gets its
// share by weight, and when one comes or goes no session moves but from or to it. Looks at every member, at some 20 ns
// each. `weight_of(index)`: above 0 for an eligible one.
template <class WeightOf>
HashedNodes hashed_nodes(std::uint64_t session, const NodeTable& nodes, std::span<const balance::Standing> standings,
                         WeightOf weight_of) {
  HashedNodes best;
  double least = 0;
  double second = 0;
  for (std::size_t i = 0; i < standings.size(); ++i) {
    if (standings[i] != balance::Standing::eligible) continue;
    const std::uint64_t hash = mix64(session ^ nodes.name_hash(i));
    const double unit = (static_cast<double>(hash >> 11) + 0.5) * 0x1.0p-53;  // In (0, 1).
    const double wait = -std::log(unit) / weight_of(i);  // As if the first of them to be served: exponential by weight.
    if (!best.first || wait < least) {
      best = {.first = i, .second = best.first};
      second = std::exchange(least, wait);
    } else if (!best.second || wait < second) {
      best.second = i;
      second = wait;
    }
  }
  return best;
}

}  // namespace stickler::affinity
