#include "lb/balance/least_connections.h"

#include "lb/balance/relative_load.h"
#include "lb/balance/rotation.h"

namespace stickler::balance {

Pick LeastConnections::pick(const PickContext& context, PickState& state) const {
  Pick best;
  RelativeLoad least;
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    if (candidates_[i].weight == 0 || was_tried(context, i)) continue;
    const RelativeLoad load = RelativeLoad::of(candidates_[i]);
    if (best && !(load < least)) continue;
    best = i;
    least = load;
  }
  if (!best) return best;

  // Ties take turns by weight: a pool that is mostly idle must not send everything to backend 0.
  const Pick turn = next_in_rotation(candidates_, state, [&](std::size_t i) {
    return !(least < RelativeLoad::of(candidates_[i])) && !was_tried(context, i);
  });
  return turn ? turn : best;  // None: other workers have loaded every one of them since.
}

}  // namespace stickler::balance
