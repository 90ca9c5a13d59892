#include "lb/balance/least_sessions.h"

#include "lb/balance/least.h"

namespace stickler::balance {

Pick LeastSessions::pick(const PickContext& context, PickState& state) const {
  return pick_least(candidates_, context, state,
                    [](const Candidate& candidate) { return RelativeLoad::of_sessions(candidate); });
}

}  // namespace stickler::balance
