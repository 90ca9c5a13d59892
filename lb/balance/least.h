// The candidate that has least of something for its weight; those that have as little take turns. Stateless; any
// thread.
#pragma once

#include <vector>

#include "lb/balance/policy.h"
#include "lb/balance/relative_load.h"
#include "lb/balance/rotation.h"

namespace stickler::balance {

// `load_of(candidate)`: a RelativeLoad. Looks at all of them, twice.
template <class LoadOf>
Pick pick_least(const std::vector<Candidate>& candidates, const PickContext& context, PickState& state,
                LoadOf load_of) {
  Pick best;
  RelativeLoad least;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (candidates[i].weight == 0 || was_tried(context, i)) continue;
    const RelativeLoad load = load_of(candidates[i]);
    if (best && !(load < least)) continue;
    best = i;
    least = load;
  }
  if (!best) return best;

  // Ties take turns by weight: a pool that is mostly idle must not send everything to backend 0.
  const Pick turn = next_in_rotation(
      candidates, state, [&](std::size_t i) { return !(least < load_of(candidates[i])) && !was_tried(context, i); });
  return turn ? turn : best;  // None: other workers have loaded every one of them since.
}

}  // namespace stickler::balance
