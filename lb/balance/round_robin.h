// round_robin: each backend in turn, smoothly by weight. Immutable; any thread.
#pragma once

#include <utility>
#include <vector>

#include "lb/balance/policy.h"

namespace stickler::balance {

class RoundRobin final : public Policy {
 public:
  explicit RoundRobin(std::vector<Candidate> candidates) : candidates_(std::move(candidates)) {}
  Pick pick(const PickContext& context, PickState& state) const override;

 private:
  std::vector<Candidate> candidates_;
};

}  // namespace stickler::balance
