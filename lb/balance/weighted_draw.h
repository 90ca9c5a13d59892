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

 private:
  std::uint32_t weight_of(std::size_t index) const { return index == 0 ? ends_[0] : ends_[index] - ends_[index - 1]; }

  std::vector<std::uint32_t> ends_;  // Running sums of the weights.
};

}  // namespace stickler::balance
