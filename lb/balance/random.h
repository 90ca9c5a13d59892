// random: any backend, with the chance of its weight. Immutable; any thread.
#pragma once

#include <vector>

#include "lb/balance/policy.h"
#include "lb/balance/weighted_draw.h"

namespace stickler::balance {

class RandomChoice final : public Policy {
 public:
  explicit RandomChoice(const std::vector<Candidate>& candidates) : draw_(candidates) {}
  Pick pick(const PickContext& context, PickState& state) const override { return draw_.draw(context, state.random); }

 private:
  WeightedDraw draw_;
};

}  // namespace stickler::balance
