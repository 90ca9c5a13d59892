// least_sessions: the backend with fewest log-in sessions per weight, over all workers: where sessions stay with their
// node, they are the load to come, and what is open at the moment says little of it. Immutable; any thread.
#pragma once

#include <utility>
#include <vector>

#include "lb/balance/policy.h"

namespace stickler::balance {

class LeastSessions final : public Policy {
 public:
  explicit LeastSessions(std::vector<Candidate> candidates) : candidates_(std::move(candidates)) {}
  Pick pick(const PickContext& context, PickState& state) const override;

 private:
  std::vector<Candidate> candidates_;
};

}  // namespace stickler::balance
