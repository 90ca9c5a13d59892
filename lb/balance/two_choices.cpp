#include "lb/balance/two_choices.h"

#include <utility>

#include "lb/balance/relative_load.h"

namespace stickler::balance {

TwoChoices::TwoChoices(std::vector<Candidate> candidates) : candidates_(std::move(candidates)), draw_(candidates_) {}

Pick TwoChoices::pick(const PickContext& context, PickState& state) const {
  const Pick first = draw_.draw(context, state.random);
  if (!first) return first;
  const Pick second = draw_.draw(context, state.random, first);
  if (!second) return first;
  return RelativeLoad::of(candidates_[*second]) < RelativeLoad::of(candidates_[*first]) ? second : first;
}

}  // namespace stickler::balance
