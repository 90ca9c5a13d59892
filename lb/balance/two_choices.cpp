#include "lb/balance/two_choices.h"

#include <utility>

#include "lb/balance/relative_load.h"

namespace stickler::balance {

TwoChoices::TwoChoices(std::vector<Candidate> candidates) : candidates_(std::move(candidates)), draw_(candidates_) {}

Pick TwoChoices::pick(const PickContext& context, PickState& state) const {
  return draw_.better_of_two(context, state.random, [this](std::size_t a, std::size_t b) {
    return RelativeLoad::of(candidates_[a]) < RelativeLoad::of(candidates_[b]);
  });
}

}  // namespace stickler::balance
