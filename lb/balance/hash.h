// hash: the backend that the request's key belongs to, the same on every worker and balancer; where it may not have the
// request, the next in the key's own order. A request without a key goes to a random one. Immutable; any thread.
//
// With a bound (Mirrokni et al. 2018, "consistent hashing with bounded loads") nobody has more exchanges open than
// `bounded_load` times its share of all that are.
#pragma once

#include <vector>

#include "lb/balance/key_table.h"
#include "lb/balance/policy.h"

namespace stickler::balance {

class Hash final : public Policy {
 public:
  Hash(std::vector<Candidate> candidates, const PolicyOptions& options);
  Pick pick(const PickContext& context, PickState& state) const override;

 private:
  double open_per_weight() const;
  bool has_room(std::size_t index, double open_per_weight) const;

  std::vector<Candidate> candidates_;
  KeyTable table_;
  double bounded_load_;
};

}  // namespace stickler::balance
