#include "lb/cluster/health_state.h"

#include <array>

namespace stickler::cluster {

State effective_state(const HealthInputs& inputs) {
  if (inputs.configured == Configured::down || inputs.probes == ProbeVerdict::down) return State::down;
  if (inputs.ejected) return State::ejected;
  if (inputs.configured == Configured::drained) return State::drained;
  if (inputs.configured == Configured::drain) return State::draining;
  return inputs.on_trial ? State::trial : State::up;
}

balance::Standing standing_of(State state, std::uint32_t weight) {
  if (state == State::down || state == State::ejected) return balance::Standing::down;
  if (state == State::drained) return balance::Standing::drained;
  const bool bound_only = state == State::draining || state == State::trial || weight == 0;
  return bound_only ? balance::Standing::bound_only : balance::Standing::eligible;
}

// In panic a backend that is ejected or down may be as good as one that is not.
Exclusion exclusion_of(State state, balance::Standing standing) {
  if (standing == balance::Standing::eligible) return Exclusion::none;
  if (standing == balance::Standing::standby) return Exclusion::standby;
  switch (state) {
    case State::trial:
      return Exclusion::trial;
    case State::draining:
      return Exclusion::draining;
    case State::drained:
      return Exclusion::drained;
    case State::ejected:
      return standing == balance::Standing::down ? Exclusion::ejected : Exclusion::weight_0;
    case State::down:
      return standing == balance::Standing::down ? Exclusion::down : Exclusion::weight_0;
    case State::up:
      break;
  }
  return Exclusion::weight_0;
}

std::string_view to_string(Exclusion exclusion) {
  constexpr std::array<std::string_view, 8> words = {"",         "weight_0", "standby", "trial",
                                                     "draining", "drained",  "ejected", "down"};
  return words[static_cast<std::size_t>(exclusion)];
}

std::string_view to_string(State state) {
  constexpr std::array<std::string_view, 6> words = {"up", "draining", "drained", "trial", "ejected", "down"};
  return words[static_cast<std::size_t>(state)];
}

}  // namespace stickler::cluster
