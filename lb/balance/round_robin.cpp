#include "lb/balance/round_robin.h"

#include "lb/balance/rotation.h"

namespace stickler::balance {

Pick RoundRobin::pick(const PickContext& context, PickState& state) const {
  return next_in_rotation(candidates_, state, [&](std::size_t i) { return !was_tried(context, i); });
}

}  // namespace stickler::balance
