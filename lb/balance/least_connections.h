// least_connections: the backend with fewest exchanges in flight per weight, over all workers. Immutable; any thread.
#pragma once

#include <utility>
#include <vector>

#include "lb/balance/policy.h"

namespace stickler::balance {

class LeastConnections final : public Policy {
 public:
  explicit LeastConnections(std::vector<Candidate> candidates) : candidates_(std::move(candidates)) {}
  Pick pick(const PickContext& context, PickState& state) const override;

 private:
  std::vector<Candidate> candidates_;
};

}  // namespace stickler::balance
