#include "lb/balance/first.h"

namespace stickler::balance {

Pick First::pick(const PickContext& context, PickState&) const {
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    if (candidates_[i].weight > 0 && !was_tried(context, i)) return i;
  }
  return std::nullopt;
}

}  // namespace stickler::balance
