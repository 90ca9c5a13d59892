#include "lb/balance/least_connections.h"

#include "lb/balance/least.h"

namespace stickler::balance {

Pick LeastConnections::pick(const PickContext& context, PickState& state) const {
  return pick_least(candidates_, context, state,
                    [](const Candidate& candidate) { return RelativeLoad::of(candidate); });
}

}  // namespace stickler::balance
