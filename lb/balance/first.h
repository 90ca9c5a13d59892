// first: the first backend of the list that can be given something, so that the rest may sleep. With
// `connections.max_per_backend` the next takes what the first has no place for. Weights only say whether. Immutable;
// any thread.
#pragma once

#include <utility>
#include <vector>

#include "lb/balance/policy.h"

namespace stickler::balance {

class First final : public Policy {
 public:
  explicit First(std::vector<Candidate> candidates) : candidates_(std::move(candidates)) {}
  Pick pick(const PickContext& context, PickState&) const override { return first_left(candidates_, context); }

 private:
  std::vector<Candidate> candidates_;
};

}  // namespace stickler::balance
