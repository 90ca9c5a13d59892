// WeightedDraw: draws a candidate at random, each with the chance of its weight. Immutable; any thread.
#pragma once

#include <cstdint>
#include <vector>

#include "lb/balance/policy.h"

namespace stickler::balance {

class WeightedDraw {
 public:
  explicit WeightedDraw(const std::vector<Candidate>& candidates);

  // Neither a tried one nor `other_than`. nullopt: none is left.
  Pick draw(const PickContext& context, Random& random, Pick other_than = std::nullopt) const;

  // Of two that are drawn the second if `is_better(second, first)`, else the first.
  template <class IsBetter>
  Pick better_of_two(const PickContext& context, Random& random, IsBetter is_better) const {
    const Pick first = draw(context, random);
    if (!first) return first;
    const Pick second = draw(context, random, first);
    return second && is_better(*second, *first) ? second : first;
  }

 private:
  std::uint32_t weight_of(std::size_t index) const { return index == 0 ? ends_[0] : ends_[index] - ends_[index - 1]; }

  std::vector<std::uint32_t> ends_;  // Running sums of the weights.
};

}  // namespace stickler::balance
