// The smooth weighted rotation of nginx (2012), over a part of the candidates: at each turn every one of them earns
// its weight, and the one with most credit gets the turn and pays what all have earned. Weights 5, 1, 1 give
// a a b a c a a, not a a a a a b c. Credits belong to the PickState: one thread.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "lb/balance/policy.h"

namespace stickler::balance {

// `takes_part(index)` is asked for candidates with weight only.
template <class TakesPart>
Pick next_in_rotation(const std::vector<Candidate>& candidates, PickState& state, TakesPart takes_part) {
  constexpr std::int64_t unit = 1 << 16;  // Of weight; fine enough to spread the starting credits.
  assert(state.credits.size() == candidates.size());
  if (state.credits.size() != candidates.size()) return std::nullopt;

  Pick best;
  std::int64_t earned = 0;
  std::int64_t largest = 0;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (candidates[i].weight == 0 || !takes_part(i)) continue;
    const std::int64_t share = candidates[i].weight * unit;
    std::int64_t& credit = state.credits[i];
    // A random part of the first share: workers start out of step, and a backend that joins causes no burst.
    if (credit == PickState::credit_unset) credit = state.random.below(static_cast<std::uint32_t>(share));
    credit += share;
    earned += share;
    largest = std::max(largest, credit < 0 ? -credit : credit);
    if (!best || credit > state.credits[*best]) best = i;
  }
  if (!best) return best;

  // A steady rotation stays within 2.1 times what all earn in a turn (the largest of 3,000 random sets of weights).
  // More was earned under other weights or among heavier candidates, and would now give one of them a long run.
  constexpr std::int64_t turns_max = 4;
  if (largest > turns_max * earned) {
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      if (candidates[i].weight == 0 || !takes_part(i)) continue;
      state.credits[i] = std::clamp(state.credits[i], -earned, earned);
    }
  }
  state.credits[*best] -= earned;
  return best;
}

}  // namespace stickler::balance
