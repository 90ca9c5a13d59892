// Whose turn it is in a pool: what each of its members may be given, by what is known of all of them. Pure values; any
// thread.
//
// Standbys serve when no primary may get new sessions, all of them, by the pool's policy. Where too few are healthy, it
// is the verdicts that are no longer believed (the "panic threshold" of Envoy): the few that are left would fall under
// the load of all, and probes fail more often together than machines do.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lb/balance/standing.h"
#include "lb/cluster/health_state.h"

namespace stickler::cluster {

enum class Role : std::uint8_t { primary, standby };

struct Footing {  // What one member brings to it.
  HealthInputs health;
  std::uint32_t weight = 1;
  Role role = Role::primary;
};

struct Turn {
  std::vector<balance::Standing> standings;  // Of the members, in their order.
  bool panics = false;                       // Health is ignored.
  bool on_standby = false;                   // Standbys get new sessions, for want of primaries.
};

// Panic: of the primaries that the operator lets have new sessions (where there are none: of the standbys) fewer than
// `panic_below_percent` are healthy, and no healthy standby is there to take over from the last of them. Then all are
// taken for healthy, but for what the operator has taken out.
Turn turn_of(std::span<const Footing> members, std::uint32_t panic_below_percent);

}  // namespace stickler::cluster
