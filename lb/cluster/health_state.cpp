#include "lb/cluster/health_state.h"

#include <array>

namespace stickler::cluster {

State effective_state(const HealthInputs& inputs) {
  if (inputs.configured == Configured::down || inputs.probes == ProbeVerdict::down) return State::down;
  if (inputs.ejected) return State::ejected;
  if (inputs.configured == Configured::drained) return State::drained;
  return inputs.configured == Configured::drain ? State::draining : State::up;
}

balance::Standing standing_of(State state, std::uint32_t weight) {
  if (state == State::down || state == State::ejected) return balance::Standing::down;
  if (state == State::drained) return balance::Standing::drained;
  return state == State::draining || weight == 0 ? balance::Standing::bound_only : balance::Standing::eligible;
}

std::string_view to_string(State state) {
  constexpr std::array<std::string_view, 5> words = {"up", "draining", "drained", "ejected", "down"};
  return words[static_cast<std::size_t>(state)];
}

}  // namespace stickler::cluster
