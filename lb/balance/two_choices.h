// two_choices: of two random backends the less loaded (Mitzenmacher 2001). Nearly as even as least_connections
// without looking at every backend, and workers with figures a moment old do not herd. Immutable; any thread.
#pragma once

#include <vector>

#include "lb/balance/policy.h"
#include "lb/balance/weighted_draw.h"

namespace stickler::balance {

class TwoChoices final : public Policy {
 public:
  explicit TwoChoices(std::vector<Candidate> candidates);
  Pick pick(const PickContext& context, PickState& state) const override;

 private:
  std::vector<Candidate> candidates_;
  WeightedDraw draw_;
};

}  // namespace stickler::balance
