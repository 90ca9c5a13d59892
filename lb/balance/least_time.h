// least_time: of two backends drawn by weight the one that would answer sooner: its smoothed time to the first byte,
// times one and the exchanges that it has open per weight (Finagle's "power of two choices, peak EWMA"). Looking at
// all instead of two would send every worker to the same backend until its figure changes. Immutable; any thread.
#pragma once

#include <vector>

#include "lb/balance/policy.h"
#include "lb/balance/weighted_draw.h"

namespace stickler::balance {

class LeastTime final : public Policy {
 public:
  LeastTime(std::vector<Candidate> candidates, const PolicyOptions& options);
  Pick pick(const PickContext& context, PickState& state) const override;

 private:
  double cost(std::size_t index, TimePoint now) const;

  std::vector<Candidate> candidates_;
  WeightedDraw draw_;
  double weight_unit_;
};

}  // namespace stickler::balance
