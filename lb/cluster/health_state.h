// What a backend's configuration, its probes and its traffic say together. Pure values; any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "lb/balance/standing.h"

namespace stickler::cluster {

// `state` in the configuration, or what an operator has ordered since. `drained`: a drain whose deadline is over.
enum class Configured : std::uint8_t { up, drain, drained, down };
enum class ProbeVerdict : std::uint8_t { unknown, up, down };  // Active health; unknown: up until told otherwise.
// `trial`: out of an ejection, and one request after the other tries it.
enum class State : std::uint8_t { up, draining, drained, trial, ejected, down };

struct HealthInputs {
  Configured configured = Configured::up;
  ProbeVerdict probes = ProbeVerdict::unknown;
  bool ejected = false;
  bool on_trial = false;
};

State effective_state(const HealthInputs& inputs);
balance::Standing standing_of(State state, std::uint32_t weight);

// Why a backend gets no new session; none: it may. `trial`: but for single requests that try it.
enum class Exclusion : std::uint8_t { none, weight_0, standby, trial, draining, drained, ejected, down };
Exclusion exclusion_of(State state, balance::Standing standing);  // Its standing by the turn of its pool.
std::string_view to_string(Exclusion exclusion);                  // Its own name; "" for none.

std::string_view to_string(State state);  // "up", "draining", "drained", "trial", "ejected", "down".

}  // namespace stickler::cluster
