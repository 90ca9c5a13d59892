#include "lb/cluster/health_state.h"

#include <array>

namespace stickler::cluster {

State effective_state(const HealthInputs& inputs) {
  if (inputs.configured == Configured::down || inputs.probes == ProbeVerdict::down) return State::down;
  if (inputs.ejected) return State::ejected;
  return inputs.configured == Configured::drain ? State::draining : State::up;
}

balance::Standing standing_of(State state, std::uint32_t weight) {
  if (state == State::down || state == State::ejected) return balance::Standing::down;
  return state == State::draining || weight == 0 ? balance::Standing::bound_only : balance::Standing::eligible;
}

std::string_view to_string(State state) {
  constexpr std::array<std::string_view, 4> words = {"up", "draining", "ejected", "down"};
  return words[static_cast<std::size_t>(state)];
}

}  // namespace stickler::cluster
